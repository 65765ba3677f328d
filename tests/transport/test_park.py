"""Frames that rest on a real server's disk come out as they went in, from any record on, whatever breaks meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from peerseal.client.parks import ParkPass
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.crypto_engine import (
    RECORD_OVERHEAD,
    SPARE_BYTES,
    ParkClosing,
    ParkSecret,
    RecordSealer,
    Stream,
    new_file_id,
    new_file_key,
    random_bytes,
    stream_record_size,
)
from peerseal.errors import IntegrityFailed, Interrupted, NotFound, PeersealError, Refused
from peerseal.transfer.outgoing import SealedFile
from peerseal.transfer.parking import Parking, find_parked, plan_of
from peerseal.transport.transport import PathEnded, SendEnd
from peerseal.wire.frames import FrameHeader, read_frame_header, write_frame_header
from peerseal.wire.limits import FRAME_HEADER_BYTES, RECORDS_PER_CHUNK
from support.cutting_way import CuttingWay
from support.live_server import LiveServer

RECORD = 1024
MANIFEST = bytes(range(256)) * 73  # 19 records: two chunks
CONTENT = random_bytes(40 * RECORD + 17)  # 41 records: three chunks
PATIENCE = 20.0

Frame = tuple[FrameHeader, bytes]


@pytest.fixture(scope="module")
def live() -> Iterator[LiveServer]:
    with LiveServer() as live:
        yield live


@pytest.fixture
def server(live: LiveServer) -> ServerUrl:
    return parse_server(live.url)


def new_file() -> SealedFile:
    return SealedFile(new_file_id(), 1, RECORD, new_file_key())


def secret_of(file: SealedFile) -> ParkSecret:
    return ParkSecret(random_bytes(32), file.id, file.version)


def frames(file: SealedFile, name: Stream, content: bytes) -> list[Frame]:
    """The frames of one stream."""
    sealer = RecordSealer(file.key, name, file.id, file.version, file.record_size)
    size = stream_record_size(name, file.record_size)
    pieces = [content[start : start + size] for start in range(0, max(len(content), 1), size)]
    made = []
    for index, piece in enumerate(pieces):
        out = bytearray(len(piece) + RECORD_OVERHEAD + SPARE_BYTES)
        final = index == len(pieces) - 1
        length = sealer.seal_into(index, final, memoryview(piece), memoryview(out))
        made.append((FrameHeader(length, name, final, index), bytes(out[:length])))
    return made


def send(end: SendEnd, everything: list[Frame]) -> None:
    for header, record in everything:
        head = bytearray(FRAME_HEADER_BYTES)
        write_frame_header(header, head)
        end.send(memoryview(head), memoryview(record))


def received(server: ServerUrl, secret: ParkSecret, manifest: int = 0, content: int = 0) -> list[Frame]:
    found = find_parked(server, secret)
    assert found is not None
    end = found.end(manifest, content)
    came: list[Frame] = []
    try:
        while True:
            head = bytearray(FRAME_HEADER_BYTES)
            try:
                end.receive_into(memoryview(head))
            except PathEnded:
                return came
            header = read_frame_header(head)
            record = bytearray(header.length)
            end.receive_into(memoryview(record))
            came.append((header, bytes(record)))
    finally:
        end.close()
        found.close()


def test_everything_parked_comes_out_from_any_record_on(server: ServerUrl) -> None:
    file = new_file()
    secret = secret_of(file)
    sent = frames(file, "manifest", MANIFEST) + frames(file, "content", CONTENT)
    parking = Parking.begin(server, plan_of(RECORD, len(MANIFEST), len(CONTENT)), [secret])
    stored: list[tuple[int, int]] = []
    end = parking.end(on_stored=lambda manifest, content: stored.append((manifest, content)))
    send(end, sent)
    end.finish()
    assert end.expires > time.time() * 1000
    assert stored[-1] == (19, 41)
    assert stored == sorted(stored)
    end.close()
    assert received(server, secret) == sent
    assert received(server, secret, 18, 40) == [sent[18], sent[-1]]
    assert received(server, secret, 19, 17) == sent[19 + 17 :]
    found = find_parked(server, secret)
    assert found is not None
    found.done()
    found.close()
    assert parking.look() is None  # the only reader has it: gone
    assert find_parked(server, secret) is None
    parking.close()


def test_a_park_may_begin_with_the_chunk_of_the_first_missing_record(server: ServerUrl) -> None:
    file = new_file()
    secret = secret_of(file)
    parking = Parking.begin(server, plan_of(RECORD, len(MANIFEST), len(CONTENT), 19, 35), [secret])
    end = parking.end()
    manifest, content = frames(file, "manifest", MANIFEST), frames(file, "content", CONTENT)
    send(end, manifest[RECORDS_PER_CHUNK:] + content[2 * RECORDS_PER_CHUNK :])
    end.finish()
    end.close()
    assert received(server, secret, 19, 35) == content[35:]
    with pytest.raises(IntegrityFailed, match="begins too late"):
        received(server, secret, 19, 31)
    parking.discard()
    assert find_parked(server, secret) is None
    parking.close()


def test_a_reader_takes_what_still_comes(server: ServerUrl) -> None:
    file = new_file()
    secret = secret_of(file)
    sent = frames(file, "manifest", b"head") + frames(file, "content", CONTENT)
    parking = Parking.begin(server, plan_of(RECORD, 4, len(CONTENT)), [secret])
    end = parking.end()
    came: list[list[Frame]] = []
    reading = threading.Thread(target=lambda: came.append(received(server, secret)))
    reading.start()
    send(end, sent[:20])
    time.sleep(0.2)
    send(end, sent[20:])
    reading.join(PATIENCE)  # before the sender says that this is all
    assert came == [sent]
    end.finish()
    end.close()
    parking.close()


def test_a_stream_whose_end_nobody_knew_is_read_once_it_is_complete(server: ServerUrl) -> None:
    file = new_file()
    secret = secret_of(file)
    manifest, content = frames(file, "manifest", b"h" * 21 * 2), frames(file, "content", CONTENT)
    parking = Parking.begin(server, plan_of(RECORD, 21, None), [secret])
    end = parking.end()
    came: list[list[Frame]] = []
    reading = threading.Thread(target=lambda: came.append(received(server, secret)))
    reading.start()
    send(end, content + manifest)
    end.finish()
    end.close()
    reading.join(PATIENCE)
    assert came == [manifest + content]
    parking.discard()
    parking.close()


def test_lost_connections_cost_a_chunk_and_no_byte_is_wrong(live: LiveServer, server: ServerUrl) -> None:
    file = new_file()
    secret = secret_of(file)
    content = random_bytes(200 * RECORD)
    sent = frames(file, "manifest", b"head") + frames(file, "content", content)
    way = CuttingWay(live.port, 3 * RECORDS_PER_CHUNK * RECORD)
    parking = Parking.begin(server, plan_of(RECORD, 4, len(content)), [secret])
    other = Parking.resume(parse_server(way.url), plan_of(RECORD, 4, len(content)), parking.own)
    end = other.end()
    send(end, sent)
    end.finish()
    end.close()
    way.close()
    assert way.cuts >= 3
    assert received(server, secret) == sent
    for one in (parking, other):
        one.close()


def test_a_sender_comes_back_to_what_it_parked_before(server: ServerUrl) -> None:
    """By the id and token it keeps, at the first chunk that is not there: what is there stays as it is."""
    file = new_file()
    secret = secret_of(file)
    plan = plan_of(RECORD, len(MANIFEST), len(CONTENT))
    sent = frames(file, "manifest", MANIFEST) + frames(file, "content", CONTENT)
    own = ParkPass.new()
    first = Parking.begin(server, plan, [secret], own)
    end = first.end()
    send(end, sent[: 19 + 20])
    until(lambda: (park := first.look()) is not None and park.content and park.manifest[-1].last == 1)
    end.close()
    first.close()
    again = Parking.resume(server, plan, own)
    assert again.positions() == (19, RECORDS_PER_CHUNK)
    end = again.end()
    send(end, frames(file, "content", CONTENT)[RECORDS_PER_CHUNK:])
    end.finish()
    end.close()
    assert [header.index for header, _ in received(server, secret)] == [*range(19), *range(41)]
    assert again.positions() == (19, 41)
    again.discard()
    again.close()


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_record_out_of_order_is_not_parked(server: ServerUrl) -> None:
    file = new_file()
    parking = Parking.begin(server, plan_of(RECORD, 4, len(CONTENT)), [secret_of(file)])
    end = parking.end()
    content = frames(file, "content", CONTENT)
    send(end, content[:1])
    with pytest.raises(IntegrityFailed) as wrong:
        send(end, content[2:3])
    assert wrong.value.code == "out_of_order"
    with pytest.raises(PeersealError):
        end.finish()
    end.close()
    parking.discard()
    parking.close()


def test_aborting_stops_both_ends(server: ServerUrl) -> None:
    file = new_file()
    secret = secret_of(file)
    parking = Parking.begin(server, plan_of(RECORD, 4, len(CONTENT)), [secret])
    end = parking.end()
    end.abort()
    with pytest.raises(Interrupted):
        send(end, frames(file, "manifest", b"head") + frames(file, "content", CONTENT))
    end.close()
    found = find_parked(server, secret)
    assert found is not None
    parked = found.end(0, 0)
    threading.Timer(0.1, parked.abort).start()
    with pytest.raises(Interrupted):
        parked.receive_into(memoryview(bytearray(1)))
    parked.close()
    found.close()
    parking.discard()
    parking.close()


def test_a_closing_reaches_its_own_reader_only(server: ServerUrl) -> None:
    file = new_file()
    one, other = secret_of(file), secret_of(file)
    parking = Parking.begin(server, plan_of(RECORD, 4, 10), [one])
    parking.add_reader(other)
    closing = ParkClosing(b"m" * 32, b"r" * 32, 1, 1)
    parking.close_for(one, closing)
    for secret, expected in ((one, closing), (other, None)):
        found = find_parked(server, secret)
        assert found is not None
        assert found.closing() == expected
        found.close()
    parking.discard()
    parking.close()


def test_a_wrong_token_finds_nothing(server: ServerUrl) -> None:
    file = new_file()
    secret = secret_of(file)
    parking = Parking.begin(server, plan_of(RECORD, 4, 10), [secret])
    assert find_parked(server, secret_of(file)) is None
    stranger = Parking.resume(server, plan_of(RECORD, 4, 10), ParkPass(parking.own.id, random_bytes(32)))
    assert stranger.look() is None
    with pytest.raises(NotFound):
        stranger.add_reader(secret_of(file))
    parking.discard()
    for one in (parking, stranger):
        one.close()


def test_a_server_that_parks_nothing_says_so() -> None:
    file = new_file()
    with LiveServer({"parking": "off"}) as closed, pytest.raises(Refused) as refused:
        Parking.begin(parse_server(closed.url), plan_of(RECORD, 4, 10), [secret_of(file)])
    assert refused.value.code == "parking_closed"
    assert "parks nothing" in refused.value.message
