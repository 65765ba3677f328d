"""What a receiver says it holds: an ack tells of progress or of a break, and nobody can hold more than was sent."""

from __future__ import annotations

import pytest

from peerseal.protocol.control import Ack
from peerseal.protocol.events import AckArrived, DoneArrived, Event, HaveArrived, WhereArrived
from peerseal.protocol.moves import Have
from peerseal.transfer.held import Held
from peerseal.transfer.outgoing import Begun

FILE = bytes(16)


class Clock:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def ack(manifest: int, content: int) -> Ack:
    return Ack(FILE, manifest, content, content * 64)


def have(manifest: int, content: int) -> Have:
    return Have(FILE, manifest, content, content * 64, bytes(32))


def begun(manifest: int, content: int, *, all_: bool = False) -> Begun:
    return Begun(manifest, content, content * 64, all_)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def held(clock: Clock) -> Held:
    """One record of the list and five of content are under way."""
    held = Held(clock)
    held.begun = begun(1, 5)
    return held


def test_what_moves_is_progress_at_its_time(held: Held, clock: Clock) -> None:
    clock.now = 3.0
    assert held.acknowledged(ack(1, 2))
    clock.now = 4.0
    assert not held.acknowledged(ack(1, 2))
    assert held.acked_at == 3.0


def test_said_again_is_a_break_only_while_something_is_under_way_and_nobody_asked(held: Held) -> None:
    assert held.acknowledged(ack(1, 2))
    held.asked()
    assert held.acknowledged(ack(1, 2))
    held.on_a_path()
    assert not held.acknowledged(ack(1, 2))
    assert held.acknowledged(ack(1, 5))
    assert held.acknowledged(ack(1, 5))


def test_everything_is_held_once_the_final_records_are(held: Held) -> None:
    held.acknowledged(ack(1, 5))
    said = [held.everything]
    held.begun = begun(1, 5, all_=True)
    said.append(held.everything)
    held.answered(have(1, 4), begun(1, 4))
    said.append(held.everything)
    assert said == [False, True, False]


@pytest.mark.parametrize(
    "event",
    [
        AckArrived(ack(2, 5)),
        AckArrived(ack(1, 6)),
        AckArrived(Ack(FILE, 1, 5, 321)),
        HaveArrived(have(1, 6)),
        DoneArrived(FILE),
    ],
)
def test_nobody_holds_what_was_never_sent(held: Held, event: Event) -> None:
    assert held.claims_too_much(event)


@pytest.mark.parametrize("event", [AckArrived(ack(1, 5)), HaveArrived(have(0, 0)), WhereArrived(FILE)])
def test_what_was_sent_may_be_held(held: Held, event: Event) -> None:
    assert not held.claims_too_much(event)


def test_done_is_believed_once_everything_was_sent(held: Held) -> None:
    held.begun = begun(1, 5, all_=True)
    assert not held.claims_too_much(DoneArrived(FILE))


def test_who_speaks_of_records_has_the_key(held: Held) -> None:
    said = []
    for event in (WhereArrived(FILE), AckArrived(ack(0, 0)), WhereArrived(FILE)):
        held.spoke(event)
        said.append(held.key_is_there)
    assert said == [False, True, True]
