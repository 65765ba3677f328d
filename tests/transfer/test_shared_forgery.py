"""All receivers of a shared file hold its key: still none of them can make another take other bytes."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from peerseal.client.settings import parse_server
from peerseal.crypto_engine import (
    RECORD_OVERHEAD,
    SPARE_BYTES,
    Leaves,
    ParkClosing,
    ParkSecret,
    RecordSealer,
    commitment,
    new_file_id,
    new_file_key,
    random_bytes,
    root_of_leaves,
)
from peerseal.errors import IntegrityFailed
from peerseal.files.folder_sink import FolderSink
from peerseal.files.scan import scan
from peerseal.files.sink import StreamSink
from peerseal.files.spool_sink import SpoolSink
from peerseal.protocol.control import Offer, preview_of
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.fan_out_notes import FanOutNotes
from peerseal.transfer.outgoing import SealedFile
from peerseal.transfer.parking import FoundPark
from peerseal.transfer.payload import payload_of
from peerseal.transfer.receive import ReceiveWish, _Receiving
from peerseal.transfer.recognition import Known
from peerseal.transfer.send import SendWish
from peerseal.transfer.shared import SharedReceiving, WitnessedIncoming
from peerseal.transfer.shared_park import SharedPark
from support.live_server import LiveServer

RECORD = 1024
CONTENT = random_bytes(40 * RECORD + 100)
WAIT = 20.0


@pytest.fixture
def live() -> Iterator[LiveServer]:
    with LiveServer() as live:
        yield live


class Parked:
    """A file that is parked for two, complete."""

    def __init__(self, live: LiveServer, folder: Path) -> None:
        (folder / "plan.txt").write_bytes(CONTENT)
        source = scan([str(folder / "plan.txt")])
        self.server = parse_server(live.url)
        self.file = SealedFile(new_file_id(), 1, RECORD, new_file_key())
        self.secrets = [ParkSecret(random_bytes(32), self.file.id, 1) for _ in range(2)]
        self.offer = Offer(
            id=self.file.id,
            version=1,
            record_size=RECORD,
            commitment=commitment(self.file.key, self.file.id, 1),
            files=1,
            bytes=len(CONTENT),
            open=False,
            text=False,
            shared=True,
            preview=preview_of(entry.preview for entry in source.entries),
        )
        self._path = folder / "plan.txt"
        source.close()
        self.park(self.secrets)

    def park(self, secrets: list[ParkSecret]) -> None:
        source = scan([str(self._path)])
        notes = FanOutNotes(lambda _event: None)
        park = SharedPark(self.server, self.file, source, payload_of(source, RECORD), notes)
        wish = SendWish(self.server, "Ada", lambda: source)
        for secret in secrets:
            park.admit(wish, Known("Ben", None, False), secret)
        deadline = time.monotonic() + WAIT
        while not park.expires:
            park.check()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        park.leave()
        source.close()

    def receive(
        self, secret: ParkSecret, target: Path, sleep: Callable[[float], None] = time.sleep
    ) -> list[str]:
        sink = FolderSink(str(target))
        incoming = WitnessedIncoming(
            self.file, self.offer, sink, on_kept=lambda _kept: None, on_bytes=lambda _count, _file: None
        )
        receiving = SharedReceiving(self.server, secret, incoming, Cancel(), sleep=sleep, on_waited=nobody)
        try:
            receiving.run()
            placed = sink.finish()
            receiving.done()
            return placed
        finally:
            receiving.close()
            sink.abort()

    def forged_chunk(self, changed: bytes) -> bytes:
        """The first chunk of the content with other plaintext, sealed by somebody who holds the file key."""
        sealer = RecordSealer(self.file.key, "content", self.file.id, 1, RECORD)
        chunk = b""
        for index in range(16):
            out = memoryview(bytearray(RECORD + RECORD_OVERHEAD + SPARE_BYTES))
            length = sealer.seal_into(index, False, changed[index * RECORD : (index + 1) * RECORD], out)
            chunk += bytes(out[:length])
        return chunk


def nobody(_seconds: float, _came: bool) -> None:
    """Hears how long the sender takes."""


def chunk_on_disk(live: LiveServer) -> Path:
    """The first content chunk's file, in the data of a server that is the attacker's."""
    assert live._folder is not None
    full = 16 * (RECORD + RECORD_OVERHEAD)
    found = [
        path for path in Path(live._folder.name).rglob("*") if path.is_file() and path.stat().st_size == full
    ]
    return min(found, key=lambda path: (path.name, str(path)))


def test_a_chunk_another_receiver_sealed_is_not_kept(live: LiveServer, tmp_path: Path) -> None:
    parked = Parked(live, tmp_path)
    target = tmp_path / "victim"
    target.mkdir()
    chunk_on_disk(live).write_bytes(parked.forged_chunk(b"pay Mallory ".ljust(16 * RECORD, b"!")))
    with pytest.raises(IntegrityFailed) as differs:
        parked.receive(parked.secrets[0], target)
    assert differs.value.code == "content_differs"
    assert list(target.iterdir()) == []


def test_the_right_bytes_sealed_by_anybody_are_the_right_bytes(live: LiveServer, tmp_path: Path) -> None:
    """The check is of what was sealed, so the one above fails for the plaintext alone."""
    parked = Parked(live, tmp_path)
    target = tmp_path / "other"
    target.mkdir()
    chunk_on_disk(live).write_bytes(parked.forged_chunk(CONTENT))
    parked.receive(parked.secrets[0], target)
    assert (target / "plan.txt").read_bytes() == CONTENT


def test_a_closing_of_another_receiver_opens_nothing() -> None:
    """Mallory controls the server and gives a closing that fits the forgery: sealed under a secret of its own."""
    file = SealedFile(new_file_id(), 1, RECORD, new_file_key())
    mallory, victim = (ParkSecret(random_bytes(32), file.id, 1) for _ in range(2))
    closing = mallory.seal_closing(ParkClosing(b"m" * 32, b"r" * 32, 1, 1))
    with pytest.raises(IntegrityFailed) as closed:
        victim.open_closing(closing)
    assert closed.value.code == "not_authentic"


def says_instead(live: LiveServer, victim: ParkSecret, closing: bytes) -> None:
    """A server that is the attacker's gives this as the victim's closing."""
    assert live._folder is not None
    (database,) = Path(live._folder.name).glob("*.db")
    with contextlib.closing(sqlite3.connect(database, timeout=WAIT)) as tables:
        changed = tables.execute(
            "UPDATE park_readers SET closing = ? WHERE id = ?", (closing, victim.reader.hex())
        )
        assert changed.rowcount == 1
        tables.commit()


def closing_of(parked: Parked, secret: ParkSecret) -> bytes:
    """As the server gives it to this reader."""
    found = FoundPark(parked.server, secret)
    try:
        there = found.look()
        assert there is not None
        assert there.closing is not None
        return there.closing
    finally:
        found.close()


def test_a_forgery_with_a_closing_that_fits_it_is_not_kept(live: LiveServer, tmp_path: Path) -> None:
    """Another receiver has the file key and the server, makes other content and the closing for it: all but the victim's P."""
    parked = Parked(live, tmp_path)
    victim, mallory = parked.secrets
    target = tmp_path / "victim"
    target.mkdir()
    changed = b"pay Mallory ".ljust(16 * RECORD, b"!")
    true = mallory.open_closing(closing_of(parked, mallory))
    leaves, kept = Leaves(parked.file.key, "content", parked.file.id, 1), b""
    for at in range(0, len(CONTENT), RECORD):
        kept += leaves.leaf((changed + CONTENT[len(changed) :])[at : at + RECORD])
    forged = ParkClosing(true.manifest_hash, root_of_leaves(kept), *true[2:])
    assert forged != true
    chunk_on_disk(live).write_bytes(parked.forged_chunk(changed))
    for secret in (mallory, ParkSecret(random_bytes(32), parked.file.id, 1)):
        says_instead(live, victim, secret.seal_closing(forged))
        with pytest.raises(IntegrityFailed) as differs:
            parked.receive(victim, target)
        assert differs.value.code == "not_authentic"
        assert list(target.iterdir()) == []
    # With the victim's secret it would hold: nothing else stands between the two.
    says_instead(live, victim, victim.seal_closing(forged))
    parked.receive(victim, target)
    assert (target / "plan.txt").read_bytes() == changed + CONTENT[len(changed) :]


def test_an_older_closing_of_the_same_reader_does_not_stand_for_what_was_sealed_later(
    live: LiveServer, tmp_path: Path
) -> None:
    parked = Parked(live, tmp_path)
    victim = parked.secrets[0]
    older = closing_of(parked, victim)
    for secret in parked.secrets:  # everybody had it: the park is gone
        found = FoundPark(parked.server, secret)
        found.done()
        found.close()
    (tmp_path / "plan.txt").write_bytes(bytes([CONTENT[0] ^ 1]) + CONTENT[1:])
    parked.park(parked.secrets)
    assert closing_of(parked, victim) != older
    says_instead(live, victim, older)
    target = tmp_path / "victim"
    target.mkdir()
    with pytest.raises(IntegrityFailed) as differs:
        parked.receive(victim, target)
    assert differs.value.code == "content_differs"
    assert list(target.iterdir()) == []


def test_a_closing_of_another_version_opens_nothing() -> None:
    file_id, exported = new_file_id(), random_bytes(32)
    first, second = (ParkSecret(exported, file_id, version) for version in (1, 2))
    with pytest.raises(IntegrityFailed) as closed:
        second.open_closing(first.seal_closing(ParkClosing(b"m" * 32, b"r" * 32, 1, 1)))
    assert closed.value.code == "not_authentic"


def test_for_standard_output_it_is_held_back_until_it_is_proved() -> None:
    """What is on standard output cannot be taken back."""
    receiving = _Receiving.__new__(_Receiving)
    receiving._wish = ReceiveWish(server=parse_server("http://127.0.0.1:1"), name="Eve", target_fd=1)
    shared = Offer(bytes(16), 1, RECORD, bytes(32), 1, 5, open=False, text=False, shared=True, preview=())
    sink = receiving._sink(shared)
    assert isinstance(sink, SpoolSink)
    sink.abort()
    assert isinstance(receiving._sink(shared._replace(shared=False)), StreamSink)


def test_what_is_promised_may_take_a_moment_to_appear(live: LiveServer, tmp_path: Path) -> None:
    """A sender may say where before it has made the place."""
    parked = Parked(live, tmp_path)
    target = tmp_path / "early"
    target.mkdir()
    ready = threading.Event()

    def sleep(_seconds: float) -> None:
        if not ready.is_set():
            ready.set()
            parked.park([late])

    late = ParkSecret(random_bytes(32), parked.file.id, 1)
    assert parked.receive(late, target, sleep) == [str(target / "plan.txt")]
    assert ready.is_set()
