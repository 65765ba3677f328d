"""Tickets open one end, once, in time; a closed room cuts everything."""

import time
from typing import Literal

import pytest

from peerseal.errors import Refused
from peerseal.server.relay.stream import Stream
from peerseal.server.relay.switchboard import STREAMS_PER_ROOM, Switchboard

STREAM = bytes(8)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class End:
    def __init__(self) -> None:
        self.dead = False

    def cut(self) -> None:
        self.dead = True

    def pause(self) -> None: ...
    def resume(self) -> None: ...
    def finished(self) -> None: ...
    def finish(self) -> None: ...
    def write(self, piece: bytes) -> None: ...


def attach(stream: Stream, end: str, which: End) -> None:
    if end == "send":
        stream.attach_source(which)
    else:
        stream.attach_sink(which)


def board() -> tuple[Switchboard, Clock]:
    clock = Clock()
    return Switchboard(clock), clock


def test_a_ticket_opens_its_end_once() -> None:
    switchboard, _ = board()
    ticket = switchboard.issue("room", "alice", STREAM, "send")
    opened = switchboard.open(ticket)
    assert opened is not None
    assert opened[1] == "send"
    assert switchboard.open(ticket) is None


@pytest.mark.parametrize("text", ["", "x", "A" * 43, "\udcff", "ä" * 1000])
def test_a_wrong_ticket_opens_nothing(text: str) -> None:
    switchboard, _ = board()
    switchboard.issue("room", "alice", STREAM, "send")
    assert switchboard.open(text) is None


def test_a_ticket_lives_60_seconds() -> None:
    switchboard, clock = board()
    early, late = (switchboard.issue("room", "alice", bytes([n] * 8), "send") for n in range(2))
    clock.now += 59.9
    assert switchboard.open(early) is not None
    clock.now += 0.2
    assert switchboard.open(late) is None


def test_both_ends_meet_in_one_stream() -> None:
    switchboard, _ = board()
    sending = switchboard.open(switchboard.issue("room", "alice", STREAM, "send"))
    receiving = switchboard.open(switchboard.issue("room", "bob", STREAM, "receive"))
    other = switchboard.open(switchboard.issue("other room", "bob", STREAM, "receive"))
    assert sending is not None
    assert receiving is not None
    assert other is not None
    assert sending[0] is receiving[0] is not other[0]


@pytest.mark.parametrize("end", ["send", "receive"])
def test_an_end_that_is_promised_or_open_is_taken(end: Literal["send", "receive"]) -> None:
    switchboard, _ = board()
    ticket = switchboard.issue("room", "alice", STREAM, end)
    with pytest.raises(Refused) as refused:
        switchboard.issue("room", "bob", STREAM, end)
    assert refused.value.code == "stream_taken"
    again = switchboard.issue("room", "alice", STREAM, end)  # the first got lost on its way
    opened = switchboard.open(ticket)
    assert opened is not None
    (opened[0].attach_source if end == "send" else opened[0].attach_sink)(End())
    assert switchboard.open(again) is None
    with pytest.raises(Refused):
        switchboard.issue("room", "alice", STREAM, end)


def test_a_closed_room_cuts_its_streams_and_voids_its_tickets() -> None:
    switchboard, _ = board()
    opened = switchboard.open(switchboard.issue("room", "alice", STREAM, "send"))
    assert opened is not None
    end = End()
    opened[0].attach_source(end)
    unused = switchboard.issue("room", "bob", STREAM, "receive")
    elsewhere = switchboard.issue("elsewhere", "bob", STREAM, "receive")
    switchboard.cut_room("room")
    assert end.dead
    assert switchboard.open(unused) is None
    assert switchboard.open(elsewhere) is not None


@pytest.mark.parametrize("end", ["send", "receive"])
def test_a_stream_that_is_over_is_not_opened_again(end: Literal["send", "receive"]) -> None:
    """The answer to the one who came may be lost, and the other is not coming back for this stream."""
    switchboard, _ = board()
    whole = [
        switchboard.open(switchboard.issue("room", "ada", STREAM, "send")),
        switchboard.open(switchboard.issue("room", "ben", STREAM, "receive")),
    ]
    for opened in whole:
        assert opened is not None
        attach(opened[0], opened[1], End())
    assert whole[0] is not None
    whole[0][0].cut()
    again = switchboard.open(switchboard.issue("room", "ada" if end == "send" else "ben", STREAM, end))
    assert again is not None
    late = End()
    attach(again[0], end, late)
    assert late.dead
    assert again[0].was_cut
    assert len(switchboard) == 0


def test_what_is_over_is_forgotten_with_its_room_and_bounded_in_number() -> None:
    switchboard, _ = board()
    for number in range(1000):
        opened = switchboard.open(switchboard.issue("room", "ada", number.to_bytes(8, "big"), "send"))
        assert opened is not None
        opened[0].cut()
    assert sum(map(len, switchboard._over.values())) <= 64
    switchboard.cut_room("room")
    assert not switchboard._over


def test_an_end_waits_30_seconds_for_the_other() -> None:
    switchboard, clock = board()
    opened = switchboard.open(switchboard.issue("room", "alice", STREAM, "send"))
    assert opened is not None
    end = End()
    opened[0].attach_source(end)
    told = []
    for seconds in (30, 1):
        clock.now += seconds
        switchboard.tick()
        told.append(end.dead)
    assert told == [False, True]
    assert len(switchboard) == 0


def test_a_room_has_a_bounded_number_of_unused_tickets() -> None:
    switchboard, clock = board()
    for number in range(64):
        switchboard.issue("room", "alice", number.to_bytes(8, "big"), "send")
    with pytest.raises(Refused) as refused:
        switchboard.issue("room", "alice", b"one more", "send")
    assert refused.value.code == "too_many_requests"
    assert switchboard.issue("other room", "alice", b"one more", "send")
    clock.now += 61
    switchboard.tick()
    assert switchboard.issue("room", "alice", b"one more", "send")


def test_the_fifth_stream_of_a_room_cuts_its_oldest() -> None:
    switchboard, _ = board()
    ends = []
    for number in range(6):
        opened = switchboard.open(switchboard.issue("room", "alice", bytes([number] * 8), "send"))
        assert opened is not None
        ends.append(End())
        opened[0].attach_source(ends[-1])
    assert [end.dead for end in ends] == [True, True, False, False, False, False]
    assert len(switchboard) == STREAMS_PER_ROOM
    assert switchboard.open(switchboard.issue("elsewhere", "alice", STREAM, "send")) is not None
    assert len(switchboard) == STREAMS_PER_ROOM + 1


def test_ten_thousand_rooms_are_asked_for_tickets_and_closed_without_looking_at_each_other() -> None:
    switchboard, _ = board()
    start = time.process_time()
    for number in range(10_000):
        switchboard.issue(str(number), "alice", STREAM, "send")
    for number in range(10_000):
        switchboard.cut_room(str(number))
    assert time.process_time() - start < 2  # each looking at all takes a minute
