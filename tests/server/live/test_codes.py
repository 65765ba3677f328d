"""Nameplates and claims: each claim gets a room of its own with the one who shows the code, or an end."""

import time

from peerseal.wire import messages as m
from support.meeting_world import NOBODY, World, code

TOKEN = "A" * 22


def test_a_claim_makes_a_room_with_the_allocator(world: World) -> None:
    sender, nameplate = world.code()
    receiver = world.person(NOBODY)
    receiver.join("Bob", listed=False)
    claimed = receiver.say(m.Claim(nameplate))
    assert isinstance(claimed, m.Requested)
    (theirs,) = receiver.heard()
    (ours,) = sender.heard()
    assert theirs["room"] == ours["room"]
    assert (theirs["mode"], theirs["request"], ours["request"]) == ("code", claimed.request, None)


def test_claims_wait_in_line_and_each_gets_its_own_room(world: World) -> None:
    sender, nameplate = world.code()
    first, second = world.person(NOBODY), world.person(NOBODY)
    first.join("1", listed=False)
    second.join("2", listed=False)
    first.say(m.Claim(nameplate))
    second.say(m.Claim(nameplate))
    (room,) = first.heard()
    assert second.heard() == []
    sender.heard()
    assert isinstance(room["room"], str)
    first.say(m.Close(room["room"]))
    (next_room,) = second.heard()
    assert next_room["room"] != room["room"]
    assert [frame["type"] for frame in sender.heard()] == ["room_closed", "room"]


def test_release_ends_waiting_claims_and_the_nameplate(world: World) -> None:
    sender, nameplate = world.code()
    first, second = world.person(NOBODY), world.person(NOBODY)
    first.join("1", listed=False)
    second.join("2", listed=False)
    first.say(m.Claim(nameplate))
    waiting = second.say(m.Claim(nameplate))
    assert isinstance(waiting, m.Requested)
    sender.heard()
    assert sender.say(m.Release()) == m.Done()
    assert sender.heard() == [{"type": "code_closed", "code": "released"}]
    assert second.heard() == [{"type": "request_ended", "request": waiting.request, "code": "not_found"}]
    assert code(second.say(m.Claim(nameplate))) == "not_found"


def test_a_withdrawn_or_vanished_claim_gets_no_room(world: World) -> None:
    sender, nameplate = world.code()
    people = [world.person(NOBODY) for _ in range(4)]
    for person in people:
        person.join("x", listed=False)
    requests = [person.say(m.Claim(nameplate)) for person in people]
    assert isinstance(requests[1], m.Requested)
    people[1].say(m.Cancel(requests[1].request))
    world.meeting.depart(people[2].connection)
    (room,) = people[0].heard()
    assert isinstance(room["room"], str)
    people[0].say(m.Close(room["room"]))
    assert people[1].heard("room") == []
    assert [frame["type"] for frame in people[3].heard()] == ["room"]
    assert sender.connection.room == people[3].connection.room


def test_a_nameplate_lives_an_hour_or_as_long_as_its_owner(world: World) -> None:
    sender, nameplate = world.code()
    sender.connection.heartbeat = False
    world.tick(3599)
    assert sender.heard() == []
    world.tick(1)
    assert sender.heard() == [{"type": "code_closed", "code": "expired"}]
    again = sender.say(m.Allocate(nameplate))
    assert again == m.Allocated(nameplate)
    world.meeting.depart(sender.connection)
    other = world.person(NOBODY)
    other.join("x", listed=False)
    assert code(other.say(m.Claim(nameplate))) == "not_found"


def test_nameplates_are_the_smallest_free_or_the_wanted_one(world: World) -> None:
    (one, first), (_, second) = world.code(), world.code()
    assert (first, second) == ("1", "2")
    assert code(one.say(m.Allocate(None))) == "already_allocated"
    other = world.person(NOBODY)
    other.join("x", listed=False)
    assert code(other.say(m.Allocate("2"))) == "nameplate_taken"
    assert other.say(m.Allocate("77")) == m.Allocated("77")
    one.say(m.Release())
    last = world.person(NOBODY)
    last.join("x", listed=False)
    assert last.say(m.Allocate(None)) == m.Allocated("3")
    world.tick(601)
    later = world.person(NOBODY)
    later.join("x", listed=False)
    assert later.say(m.Allocate(None)) == m.Allocated("1")


def test_a_claim_waits_a_little_for_its_nameplate(world: World) -> None:
    early, sender = world.person(NOBODY), world.person(NOBODY)
    early.join("1", listed=False)
    sender.join("2", listed=False)
    request = early.say(m.Claim("77"))
    assert isinstance(request, m.Requested)
    world.tick(2)
    assert early.heard() == []
    sender.say(m.Allocate("77"))
    (room,) = early.heard()
    assert (room["type"], room["request"]) == ("room", request.request)


def test_a_claim_of_no_nameplate_ends_after_three_seconds(world: World) -> None:
    early = world.person(NOBODY)
    early.join("1", listed=False)
    request = early.say(m.Claim("77"))
    assert isinstance(request, m.Requested)
    world.tick(2.9)
    assert early.heard() == []
    world.tick(1)
    assert early.heard() == [{"type": "request_ended", "request": request.request, "code": "not_found"}]
    late = world.person(NOBODY)
    late.join("2", listed=False)
    late.say(m.Allocate("77"))
    assert early.heard() == []


def test_a_withdrawn_early_claim_gets_no_room(world: World) -> None:
    early, sender = world.person(NOBODY), world.person(NOBODY)
    early.join("1", listed=False)
    sender.join("2", listed=False)
    request = early.say(m.Claim("77"))
    assert isinstance(request, m.Requested)
    assert early.say(m.Cancel(request.request)) == m.Done()
    sender.say(m.Allocate("77"))
    assert early.heard("room") == sender.heard("room") == []


def test_thousands_who_claim_and_ask_do_not_look_at_each_other(world: World) -> None:
    for number in range(2000):
        world.code(f"10.1.{number // 250}.{number % 250}")
    door = world.person()
    door.join("Door", TOKEN)
    start = time.process_time()
    for number in range(2000):
        claimer = world.person(NOBODY, f"10.0.{number // 250}.{number % 250}")
        claimer.join("x", listed=False)
        claimer.say(m.Claim(str(number + 1)))
        claimer.say(m.Leave())
    assert time.process_time() - start < 2
    assert code(door.say(m.Connect("0" * 32))) == "not_found"


def test_the_smallest_number_is_picked_and_picked_again_after_its_rest(world: World) -> None:
    people = [world.code() for _ in range(4)]
    assert [nameplate for _, nameplate in people] == ["1", "2", "3", "4"]
    chosen = world.person(NOBODY)
    chosen.join("x", listed=False)
    assert isinstance(chosen.say(m.Allocate("5")), m.Allocated)
    for number in (2, 0):
        people[number][0].connection.heartbeat = False
        people[number][0].say(m.Release())
    chosen.connection.heartbeat = False
    chosen.say(m.Release())
    assert world.code()[1] == "6"
    world.tick(601)
    assert [world.code()[1] for _ in range(4)] == ["1", "3", "5", "7"]


def test_a_claim_withdrawn_early_or_in_the_queue_is_gone(world: World) -> None:
    sender, nameplate = world.code()
    first, second, early = world.person(NOBODY), world.person(NOBODY), world.person(NOBODY)
    for person in (first, second, early):
        person.join("x", listed=False)
    assert isinstance(first.say(m.Claim(nameplate)), m.Requested)
    waiting = second.say(m.Claim(nameplate))
    sooner = early.say(m.Claim("77"))
    assert isinstance(waiting, m.Requested)
    assert isinstance(sooner, m.Requested)
    assert code(first.say(m.Cancel(waiting.request))) == "not_found"
    assert second.say(m.Cancel(waiting.request)) == m.Done()
    assert early.say(m.Cancel(sooner.request)) == m.Done()
    assert code(second.say(m.Cancel(waiting.request))) == "not_found"
    first.say(m.Leave())
    assert [frame["type"] for frame in sender.heard()] == ["room", "room_closed"]
    world.tick(4)
    assert early.heard("request_ended") == []


def test_many_who_claim_a_code_and_leave_at_once_make_no_fault_of_what_its_owner_had_under_way(
    world: World,
) -> None:
    odd: list[str] = []
    world.meeting.on_oddity(lambda _, point, event, __: odd.append(event) if point else None)
    sender, nameplate = world.code()
    rooms = []
    for n in range(100):
        stranger = world.person(NOBODY)
        stranger.connection.source = f"192.0.2.{n}"
        stranger.join("x", listed=False)
        assert isinstance(stranger.say(m.Claim(nameplate)), m.Requested)
        (room,) = stranger.heard("room")
        rooms.append(str(room["room"]))
        assert stranger.say(m.Close(rooms[-1])) == m.Done()
    # A slow line brings late what began the handshake with each of them.
    assert {code(sender.say(m.Signal(room, b"x"))) for room in rooms} == {"room_closed"}
    assert odd == []
    # An id that was never theirs is one, and which it was is told.
    assert code(sender.say(m.Signal("0" * 32, b"x"))) == "not_connected"
    assert odd == ["signal"]
