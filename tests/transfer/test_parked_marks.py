"""A park that was begun must not make two honest people disagree: whatever the receiver took from it, they go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from peerseal.crypto_engine import MARK_BYTES, Marks
from peerseal.errors import Interrupted
from peerseal.transfer import away
from peerseal.transfer.events import Notice, Parked
from peerseal.transfer.events import Path as PathEvent
from peerseal.transfer.going_on import resume_receive, resume_send
from peerseal.transfer.journal import Journal
from peerseal.transfer.journals import all_journals
from peerseal.transfer.leftovers import end_park
from peerseal.transfer.parked_marks import ParkedMarks
from peerseal.transport.park_down import ParkedEnd
from peerseal.transport.park_up import ParkingEnd

from .test_going_on import going_on, interrupted
from .wishing import noise

_SIZE = 40_000_000


def made(stream: int, count: int, seal: int) -> bytes:
    return b"".join(bytes([stream, seal, index]) + bytes(MARK_BYTES - 3) for index in range(count))


def own_and_parked() -> tuple[Marks, ParkedMarks]:
    """40 records were sent, 30 of them acknowledged, and everything from 16 on parked, up to 60."""
    own = Marks(made(1, 2, 0), made(2, 40, 0))
    parked = ParkedMarks(own, 2, 30)
    for index in range(16, 60):
        parked.put("content", index, memoryview(bytes([2, 1, index]) + bytes(MARK_BYTES - 3)))
    return own, parked


@pytest.mark.parametrize("turned", [30, 33, 40])
def test_wherever_the_receiver_turned_to_the_park_its_marks_are_known(turned: int) -> None:
    own, parked = own_and_parked()
    held = Marks(made(1, 2, 0), made(2, turned, 0) + made(2, 50, 1)[turned * MARK_BYTES :])
    found = parked.settle(own, 2, 50, held.hash(2, 50))
    assert found is not None
    assert found.hash(2, 50) == held.hash(2, 50)


def test_marks_of_something_else_are_not() -> None:
    own, parked = own_and_parked()
    wrong = Marks(made(1, 2, 0), made(2, 29, 0) + made(2, 50, 1)[29 * MARK_BYTES :])
    assert parked.settle(own, 2, 50, wrong.hash(2, 50)) is None
    assert parked.settle(own, 2, 61, bytes(32)) is None


def store_too(home: Path) -> None:
    with Journal.open(str(home), all_journals(str(home))[0].id) as journal:
        about = journal.about
        assert about.live is not None
        live = type(about.live)(**{**vars(about.live), "store": "auto"})
        journal.replace(type(about)(**{**vars(about), "live": live}))


def parks_so_much(monkeypatch: pytest.MonkeyPatch, records: int) -> None:
    """From now on a park breaks after so many records; 0: no more."""
    send = ParkingEnd.send
    left = [records]

    def broken(self: ParkingEnd, *content: memoryview) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Interrupted("The connection broke.", code="connection_lost", retryable=True)
        send(self, *content)

    monkeypatch.setattr(ParkingEnd, "send", broken)


@pytest.mark.e2e
@pytest.mark.parametrize("then", ["live", "parked"])
def test_a_park_that_broke_off_is_gone_on_from_live_or_parked(  # noqa: PLR0917 - fixtures
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    content = noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    store_too(homes[0])
    with monkeypatch.context() as patience:
        patience.setattr(away, "PATIENCE_SECONDS", 0.5)
        parks_so_much(patience, 100)
        assert going_on(resume_send, homes[0]).error().exit_code == 10
    if then == "parked":
        with monkeypatch.context() as patience:
            patience.setattr(away, "PATIENCE_SECONDS", 0.5)
            alice = going_on(resume_send, homes[0])
            alice.result()
            assert any(isinstance(event, Parked) for event in alice.events)
        bob = going_on(resume_receive, homes[1])
        assert bob.result().path == "store"
    else:
        # Nothing is parked for it as far as it looks: it comes back live.
        monkeypatch.setattr("peerseal.transfer.collection.Collection._look_for_park", lambda *_: False)
        alice, bob = going_on(resume_send, homes[0]), going_on(resume_receive, homes[1])
        bob.result()
        alice.result()
        assert {event.kind for event in bob.events if isinstance(event, PathEvent)} == {"relay"}
    assert (inbox / "a.bin").read_bytes() == content


def _stops(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.e2e
def test_what_was_taken_from_a_park_that_is_gone_since_is_gone_on_from(
    server: str, outbox: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second park would be sealed anew: nobody could tell then which of the two the receiver holds."""
    content = noise(outbox / "a.bin", _SIZE)
    homes = interrupted(server, outbox, inbox, tmp_path, monkeypatch)
    store_too(homes[0])
    with monkeypatch.context() as patience:
        patience.setattr(away, "PATIENCE_SECONDS", 0.5)
        parks_so_much(patience, 100)
        assert going_on(resume_send, homes[0]).error().exit_code == 10
    with monkeypatch.context() as stopping:
        stopping.setattr(ParkedEnd, "_still", _stops)
        with pytest.raises(KeyboardInterrupt):
            going_on(resume_receive, homes[1]).result()
    about = all_journals(str(homes[0]))[0].about
    assert about is not None
    end_park(about)
    monkeypatch.setattr(away, "PATIENCE_SECONDS", 0.5)
    alice = going_on(resume_send, homes[0])
    while "is gone from there" not in alice.wait_for(Notice).message:
        """It would park the rest again."""
    bob = going_on(resume_receive, homes[1])
    bob.result()
    alice.result()
    assert not any(isinstance(event, Parked) for event in alice.events)
    assert (inbox / "a.bin").read_bytes() == content
