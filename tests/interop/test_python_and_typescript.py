"""What one language seals or says, the other opens and understands: files, handshakes, whole sessions."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peerseal.crypto_engine import FileKey, RecordOpener, RecordSealer, commitment, parse_code
from peerseal.errors import IntegrityFailed, PeersealError
from peerseal.protocol import events
from peerseal.protocol.control import Offer, PreviewEntry
from peerseal.protocol.entries import Entry
from peerseal.protocol.handshake import Handshake
from peerseal.protocol.manifest import ManifestReader, ManifestWriter
from peerseal.protocol.moves import Have
from peerseal.protocol.session import Session
from peerseal.wire.frames import FrameHeader, FrameReader, StreamName, frame_header
from peerseal.wire.limits import FRAME_HEADER_BYTES
from support.node import TypeScriptPeer, typescript_peer

MIB = 2**20
PATH = "文件夹/café 🙂.bin"
RECORD_SIZES = st.integers(64, 4096)
#: Around every edge: nothing, a byte, records less one, exactly full, one more.
COUNTS = st.tuples(st.integers(0, 5), st.sampled_from([-1, 0, 1, 17]))
FILES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module", params=["webcrypto", "javascript"])
def peer(request: pytest.FixtureRequest) -> Iterator[TypeScriptPeer]:
    """The TypeScript side, with each of its cryptographies."""
    with typescript_peer(request.param) as running:
        assert running.ask("cryptography") == ({"cryptography": request.param}, b"")
        yield running


class SealedFile:
    """One file with fresh secrets, sealed and opened by Python."""

    def __init__(self, record_size: int) -> None:
        self.key, self.id, self.version, self.record_size = os.urandom(32), os.urandom(16), 3, record_size

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "key": self.key.hex(),
            "id": self.id.hex(),
            "version": self.version,
            "record_size": self.record_size,
            "path": PATH,
        }

    def seal(self, content: bytes) -> bytes:
        writer = ManifestWriter(False, self.record_size)
        manifest = list(writer.cut(writer.entries([Entry("file", PATH, len(content))])))
        starts = range(0, max(len(content), 1), self.record_size)
        pieces = [content[start : start + self.record_size] for start in starts]
        return self._seal_stream("manifest", manifest) + self._seal_stream("content", pieces)

    def _seal_stream(self, stream: StreamName, pieces: list[bytes]) -> bytes:
        sealer = RecordSealer(FileKey(self.key), stream, self.id, self.version, self.record_size)
        sealed = b""
        for index, piece in enumerate(pieces):
            final = index == len(pieces) - 1
            record = sealer.seal(index, final, piece)
            sealed += frame_header(FrameHeader(len(record), stream, final, index)) + record
        return sealed

    def open(self, sealed: bytes) -> tuple[list[str], bytes]:
        """Paths and content."""
        frames, manifest, content = FrameReader(self.record_size), ManifestReader(self.record_size), b""
        streams: tuple[StreamName, StreamName] = ("manifest", "content")
        openers = {
            stream: RecordOpener(FileKey(self.key), stream, self.id, self.version, self.record_size)
            for stream in streams
        }
        at = 0
        while at < len(sealed):
            header = frames.accept(sealed[at : at + FRAME_HEADER_BYTES])
            at += FRAME_HEADER_BYTES
            record = sealed[at : at + header.length]
            if len(record) < header.length:
                raise IntegrityFailed("an end inside a frame", code="truncated")
            at += header.length
            plaintext = openers[header.stream].open(header.index, header.final, record)
            if header.stream == "content":
                content += plaintext
                continue
            manifest.feed(header.index, plaintext, header.final)
            if manifest.head_complete:
                frames.allow_content()
        frames.end()
        manifest.check(len(content))
        return [entry.path for entry in manifest.entries], content


@FILES
@given(record_size=RECORD_SIZES, count=COUNTS)
def test_typescript_opens_what_python_seals(
    peer: TypeScriptPeer, record_size: int, count: tuple[int, int]
) -> None:
    content = os.urandom(max(0, count[0] * record_size + count[1]))
    file = SealedFile(record_size)
    assert peer.ask("open", file.seal(content), **file.fields) == ({"paths": [PATH]}, content)


@FILES
@given(record_size=RECORD_SIZES, count=COUNTS)
def test_python_opens_what_typescript_seals(
    peer: TypeScriptPeer, record_size: int, count: tuple[int, int]
) -> None:
    content = os.urandom(max(0, count[0] * record_size + count[1]))
    file = SealedFile(record_size)
    reply, sealed = peer.ask("seal", content, **file.fields)
    assert reply == {}
    assert file.open(sealed) == ([PATH], content)


@pytest.mark.parametrize("size", [8 * MIB, 8 * MIB + 1])
def test_a_large_file_crosses_both_ways(peer: TypeScriptPeer, size: int) -> None:
    content = os.urandom(size)
    file = SealedFile(512 * 1024)
    assert peer.ask("open", file.seal(content), **file.fields) == ({"paths": [PATH]}, content)
    _, sealed = peer.ask("seal", content, **file.fields)
    assert file.open(sealed) == ([PATH], content)


@FILES
@given(where=st.integers(0), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_by_both(peer: TypeScriptPeer, where: int, bit: int) -> None:
    file = SealedFile(64)
    sealed = bytearray(file.seal(b"abc" * 50))
    sealed[where % len(sealed)] ^= 1 << bit
    reply, content = peer.ask("open", bytes(sealed), **file.fields)
    assert (list(reply), content) == (["error"], b"")
    with pytest.raises(PeersealError):
        file.open(bytes(sealed))


class Meeting:
    """A Python session and a TypeScript one in a room; messages are carried between them until all is said."""

    def __init__(
        self,
        peer: TypeScriptPeer,
        python_starts: bool,
        code: str | None,
        typed: str | None,
        resume: tuple[bytes, bytes] | None = None,
    ) -> None:
        room = os.urandom(16)
        self._peer = peer
        self.theirs: list[dict[str, Any]] = []
        self.ours: list[events.Event] = []
        role = "responder" if python_starts else "initiator"
        secret = None if resume is None else resume[1].hex()
        peer.ask("meet", role=role, room=room.hex(), code=typed, resume=secret)
        make = Handshake.initiator if python_starts else Handshake.responder
        parsed = None if code is None else parse_code(code)
        if resume is None:
            self.session = Session(make(room, "words" if code is None else "code", parsed))
        else:
            self.session = Session(make(room, "resume", resume=resume[0]), verified=True)
        self.ours += self.session.start(0)
        self.typescript("start")

    def typescript(self, what: str, body: bytes = b"", **fields: object) -> None:
        """The TypeScript side does something; then everything said is delivered."""
        self._carry(self._ask(what, body, **fields))

    def deliver(self) -> None:
        """Delivers what Python said, and all answers."""
        self._carry([])

    def _carry(self, to_python: list[bytes]) -> None:
        for _ in range(20):
            for body in to_python:
                self.ours += self.session.receive(body, 0)
            to_typescript, to_python = self.session.outbox(), []
            for body in to_typescript:
                to_python += self._ask("receive", body)
            if not to_python:
                return
        raise AssertionError("they never stop talking")

    def _ask(self, what: str, body: bytes = b"", **fields: object) -> list[bytes]:
        reply, _ = self._peer.ask("session", body, what=what, **fields)
        self.theirs += reply["events"]
        return [bytes.fromhex(message) for message in reply["outbox"]]


@pytest.mark.parametrize("python_starts", [True, False])
def test_both_show_the_same_words(peer: TypeScriptPeer, python_starts: bool) -> None:
    meeting = Meeting(peer, python_starts, None, None)
    assert [event["event"] for event in meeting.theirs] == ["established"]
    [established] = meeting.ours
    assert isinstance(established, events.Established)
    assert len(established.words) == 4
    assert meeting.theirs[0]["words"] == list(established.words)


@pytest.mark.parametrize("python_starts", [True, False])
def test_the_same_code_meets_without_words(peer: TypeScriptPeer, python_starts: bool) -> None:
    meeting = Meeting(peer, python_starts, "7-harbor-velvet", " 7 Harbor_Velvet ")
    assert meeting.ours == [events.Established(())]
    assert meeting.theirs == [{"event": "established", "words": []}]


@pytest.mark.parametrize("python_starts", [True, False])
def test_another_code_is_a_wrong_code_to_both(peer: TypeScriptPeer, python_starts: bool) -> None:
    meeting = Meeting(peer, python_starts, "7-harbor-velvet", "7-harbor-velour")
    if python_starts:
        assert meeting.theirs == [{"event": "failed", "error": "wrong_code"}]
        meeting.ours += meeting.session.disconnected()
        [failed] = meeting.ours
        assert isinstance(failed, events.Failed)
        assert failed.error.code == "wrong_code"
    else:
        [failed] = meeting.ours
        assert isinstance(failed, events.Failed)
        assert failed.error.code == "wrong_code"
        assert meeting.session.over


def test_python_hands_over_and_typescript_takes(peer: TypeScriptPeer) -> None:
    meeting = Meeting(peer, True, None, None)
    key, file_id, stream = FileKey(os.urandom(32)), os.urandom(16), os.urandom(8)
    session = meeting.session
    session.words_match()
    preview = (PreviewEntry("a", 1, "file"),)
    session.offer(Offer(file_id, 1, 64, commitment(key, file_id, 1), 1, 1, False, False, False, preview))
    meeting.deliver()
    meeting.typescript("answer", id=file_id.hex())
    session.file_key(file_id, key)
    session.path(file_id, "relay", stream, 0, 0)
    meeting.deliver()
    meeting.typescript("ack", id=file_id.hex(), bytes=1)
    meeting.typescript("done", id=file_id.hex())
    session.bye()
    meeting.deliver()
    assert [event["event"] for event in meeting.theirs] == [
        "established",
        "offer",
        "key",
        "path",
        "peer_left",
    ]
    assert meeting.theirs[1]["offer"]["preview"] == [{"path": "a", "size": 1, "kind": "file"}]
    assert meeting.theirs[3]["stream"] == stream.hex()
    names = ["Established", "AnswerArrived", "AckArrived", "DoneArrived"]
    assert [type(event).__name__ for event in meeting.ours] == names


def test_typescript_hands_over_and_python_takes(peer: TypeScriptPeer) -> None:
    meeting = Meeting(peer, False, None, None)
    key, file_id, stream = os.urandom(32), os.urandom(16), os.urandom(8)
    meeting.typescript("words_match")
    meeting.typescript("offer", id=file_id.hex(), key=key.hex())
    meeting.session.answer(file_id, accept=True)
    meeting.deliver()
    meeting.typescript("file_key", id=file_id.hex(), key=key.hex())
    meeting.typescript("path", id=file_id.hex(), stream=stream.hex())
    meeting.session.ack(file_id, 1, 1, 1)
    meeting.session.done(file_id)
    meeting.deliver()
    meeting.typescript("bye", code="enough")
    _, offer, arrived, path, left = meeting.ours
    assert isinstance(offer, events.OfferArrived)
    assert arrived == events.KeyArrived(file_id, FileKey(key))
    assert path == events.PathArrived(file_id, "relay", stream, 0, 0)
    assert left == events.PeerLeft("cancelled")  # what "enough" means is not known here
    assert [event["event"] for event in meeting.theirs] == ["established", "answer", "ack", "done"]


@pytest.mark.parametrize("python_starts", [True, False])
def test_typescript_goes_on_with_what_python_holds(peer: TypeScriptPeer, python_starts: bool) -> None:
    secret, file_id, stream, marks = os.urandom(32), os.urandom(16), os.urandom(8), os.urandom(32)
    meeting = Meeting(peer, python_starts, None, None, (secret, secret))
    meeting.typescript("where", id=file_id.hex())
    meeting.session.have(file_id, 1, 3, 150, marks)
    meeting.deliver()
    meeting.typescript("path", id=file_id.hex(), stream=stream.hex(), manifest=1, content=3)
    meeting.session.done(file_id)
    meeting.deliver()
    assert meeting.ours == [
        events.Established(()),
        events.WhereArrived(file_id),
        events.PathArrived(file_id, "relay", stream, 1, 3),
    ]
    assert [event["event"] for event in meeting.theirs] == ["established", "have", "done"]


@pytest.mark.parametrize("python_starts", [True, False])
def test_python_goes_on_with_what_typescript_holds(peer: TypeScriptPeer, python_starts: bool) -> None:
    secret, file_id, stream, marks = os.urandom(32), os.urandom(16), os.urandom(8), os.urandom(32)
    meeting = Meeting(peer, python_starts, None, None, (secret, secret))
    meeting.session.where(file_id)
    meeting.deliver()
    meeting.typescript("have", id=file_id.hex(), manifest=1, content=3, bytes=150, marks=marks.hex())
    meeting.session.path(file_id, "relay", stream, 1, 3)
    meeting.deliver()
    assert meeting.ours == [
        events.Established(()),
        events.HaveArrived(Have(file_id, 1, 3, 150, marks)),
    ]
    assert [event["event"] for event in meeting.theirs] == ["established", "where", "path"]


@pytest.mark.parametrize("python_starts", [True, False])
def test_who_lacks_the_resume_secret_gets_no_channel(peer: TypeScriptPeer, python_starts: bool) -> None:
    meeting = Meeting(peer, python_starts, None, None, (bytes(32), os.urandom(32)))
    failures = [event.error.code for event in meeting.ours if isinstance(event, events.Failed)]
    failures += [event["error"] for event in meeting.theirs if event["event"] == "failed"]
    assert failures == ["confirmation_failed"]
    assert not meeting.session.established


def test_an_offer_before_the_words_were_compared_is_refused_by_typescript(peer: TypeScriptPeer) -> None:
    meeting = Meeting(peer, True, None, None)
    reply, _ = peer.ask("session", what="offer", id="11" * 16, key="22" * 32)
    assert reply == {"error": "not_verified"}
    assert [type(event).__name__ for event in meeting.ours] == ["Established"]
