"""Streams cut at any byte: with real records, frames and marks, what was kept is gone on from, byte for byte."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from peerseal.crypto_engine import (
    FileKey,
    Marks,
    RecordOpener,
    RecordSealer,
    Stream,
    mark_holds,
    random_bytes,
)
from peerseal.errors import IntegrityFailed
from peerseal.protocol.handshake import Handshake
from peerseal.wire.frames import FrameHeader, FrameReader, frame_header
from peerseal.wire.limits import FRAME_HEADER_BYTES, RECORD_OVERHEAD
from support.refusals import refused

SIZE, ID = 64, b"i" * 16
ORDER: tuple[Stream, ...] = ("manifest", "content")


class Sending:
    """What a sender has: plaintext records, and the marks of its last sealing of each."""

    def __init__(self, key: FileKey, content: bytes) -> None:
        self.key = key
        self.records: dict[Stream, list[bytes]] = {
            "manifest": [b"a manifest"],
            "content": [content[at : at + SIZE] for at in range(0, max(len(content), 1), SIZE)],
        }
        self.marks = Marks()
        self.ivs: list[bytes] = []

    def path(self, first: dict[Stream, int]) -> bytes:
        """Everything from these records on, sealed anew."""
        sent = b""
        for stream in ORDER:
            sealer = RecordSealer(self.key, stream, ID, 1, SIZE, first=first[stream])
            records = self.records[stream]
            for index in range(first[stream], len(records)):
                final = index == len(records) - 1
                sealed = sealer.seal(index, final, records[index])
                self.marks.put(stream, index, sealed)
                self.ivs.append(sealed[:12])
                sent += frame_header(FrameHeader(len(sealed), stream, final, index)) + sealed
        return sent


class Receiving:
    """What a receiver keeps: plaintext and marks of whole records, nothing of an unfinished one."""

    def __init__(self, key: FileKey) -> None:
        self.key = key
        self.kept: dict[Stream, bytes] = {"manifest": b"", "content": b""}
        self.count: dict[Stream, int] = {"manifest": 0, "content": 0}
        self.ended: list[Stream] = []
        self.marks = Marks()

    def take(self, path: bytes) -> None:
        """Reads a path as far as it goes."""
        frames = FrameReader(SIZE, self.count["manifest"], self.count["content"], ended=self.ended)
        if "manifest" in self.ended:
            frames.allow_content()
        openers = {
            stream: RecordOpener(self.key, stream, ID, 1, SIZE, first=self.count[stream]) for stream in ORDER
        }
        while len(path) >= FRAME_HEADER_BYTES:
            header = frames.accept(path[:FRAME_HEADER_BYTES])
            record = path[FRAME_HEADER_BYTES : FRAME_HEADER_BYTES + header.length]
            if len(record) < header.length:
                return
            self.kept[header.stream] += openers[header.stream].open(header.index, header.final, record)
            self.marks.put(header.stream, header.index, record)
            self.count[header.stream] += 1
            if header.final:
                self.ended.append(header.stream)
                frames.allow_content()
            path = path[FRAME_HEADER_BYTES + header.length :]


@settings(max_examples=60, deadline=None)
@example(b"x" * 1_000, [n / 100 for n in range(1, 100)])
@given(st.binary(max_size=1_000), st.lists(st.floats(0, 0.99), max_size=12))
def test_a_stream_cut_anywhere_arrives_byte_for_byte_and_nothing_kept_is_sent_again(
    content: bytes, cuts: list[float]
) -> None:
    key = FileKey(random_bytes(32))
    sending, receiving = Sending(key, content), Receiving(key)
    for cut in [*cuts, 1.0]:
        first = dict(receiving.count)
        have = receiving.marks.hash(first["manifest"], first["content"])
        assert have == sending.marks.hash(first["manifest"], first["content"])
        path = sending.path(first)
        receiving.take(path[: int(len(path) * cut)])
        assert all(receiving.count[stream] >= first[stream] for stream in ORDER)
        assert content.startswith(receiving.kept["content"])
        if len(receiving.ended) == len(ORDER):
            break
    assert receiving.kept == {"manifest": b"a manifest", "content": content}
    assert len(set(sending.ivs)) == len(sending.ivs)  # sealing again never uses an IV again
    marks = receiving.marks
    for index, record in enumerate(sending.records["content"]):
        final = index == len(sending.records["content"]) - 1
        assert mark_holds(key, "content", ID, 1, index, final, marks.get("content", index), record)


@given(st.integers(0, 15), st.integers(0, 2**12))
def test_nothing_a_path_carries_makes_a_receiver_keep_a_wrong_record(where: int, bit: int) -> None:
    key, content = FileKey(random_bytes(32)), bytes(range(256)) * 4
    sending, receiving = Sending(key, content), Receiving(key)
    path = bytearray(sending.path({"manifest": 0, "content": 0}))
    at = (where * (SIZE + RECORD_OVERHEAD + FRAME_HEADER_BYTES) + bit // 8) % len(path)
    path[at] ^= 1 << bit % 8
    try:
        receiving.take(bytes(path))
    except IntegrityFailed as refusal:
        assert refusal.code in {"malformed", "out_of_order", "not_authentic"}  # noqa: PT017 - or a cut, below
    assert content.startswith(receiving.kept["content"])
    receiving.take(sending.path(dict(receiving.count)))
    assert receiving.kept["content"] == content


def test_a_receiver_with_other_bytes_is_noticed_before_a_record_moves() -> None:
    key = FileKey(random_bytes(32))
    sending, receiving = Sending(key, b"x" * 500), Receiving(key)
    receiving.take(sending.path({"manifest": 0, "content": 0})[:400])
    sending.path({"manifest": 0, "content": 0})  # sealed again although it was kept: other marks
    counts = receiving.count["manifest"], receiving.count["content"]
    assert receiving.marks.hash(*counts) != sending.marks.hash(*counts)


def test_a_resumed_handshake_recorded_earlier_is_worth_nothing() -> None:
    room, secret = bytes(16), bytes(range(32))
    first = Handshake.initiator(room, "resume", resume=secret)
    [m1] = first.start()
    m3, m4 = first.receive(Handshake.responder(room, "resume", resume=secret).receive(m1)[0])
    later = Handshake.responder(room, "resume", resume=secret)
    later.receive(m1)
    later.receive(m3)
    with refused("confirmation_failed"):
        later.receive(m4)
    assert not later.established
