"""Nameplates and claims: each claim gets a room of its own with the one who shows the code, or an end."""

import time

import pytest

from peerseal.wire import messages as m
from support.meeting_world import NOBODY, Person, World, code

TOKEN = "A" * 22


def outcome(reply: m.Reply) -> str:
    """What became of a claim at once."""
    return "waits" if isinstance(reply, m.Requested) else code(reply)


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


def test_thirty_claims_a_minute_and_source(world: World) -> None:
    codes = []
    for number in range(40):
        guesser = world.person(NOBODY, f"2001:db8:1:2::{number:x}")
        guesser.join("x", listed=False)
        codes.append(outcome(guesser.say(m.Claim("123"))))
    assert codes == ["waits"] * 30 + ["rate_limited"] * 10
    elsewhere = world.person(NOBODY, "2001:db8:1:3::1")
    elsewhere.join("x", listed=False)
    assert outcome(elsewhere.say(m.Claim("123"))) == "waits"
    world.now += 61
    again = world.person(NOBODY, "2001:db8:1:2::1")
    again.join("x", listed=False)
    assert outcome(again.say(m.Claim("123"))) == "waits"


def test_six_hundred_claims_a_minute_in_all_beside_the_first_ones_of_each_network(world: World) -> None:
    codes = []
    for number in range(700):
        guesser = world.person(NOBODY, f"10.0.{number // 250}.{number % 250}")
        guesser.join("x", listed=False)
        codes.append(outcome(guesser.say(m.Claim("123"))))
    assert codes == ["waits"] * 690 + ["rate_limited"] * 10


def test_whoever_spends_the_claims_of_all_shuts_nobody_out_who_has_a_code(world: World) -> None:
    _, own = world.code()
    said = []
    for number in range(22):
        stranger = world.person(NOBODY, f"10.{number}.0.1")
        stranger.join("x", listed=False)
        for _ in range(30):
            said.append(outcome(stranger.say(m.Claim(own))))
            stranger.say(m.Leave())
            stranger.join("x", listed=False)
    assert said.count("waits") == 22 * 3 + 22 * 27
    world.now += 61
    said = []
    for number in range(25):
        stranger = world.person(NOBODY, f"10.{number}.0.1")
        stranger.join("x", listed=False)
        said += [outcome(stranger.say(m.Claim("123"))) for _ in range(30)]
    assert said.count("waits") == 25 * 3 + 600
    _, nameplate = world.code()
    for _ in range(3):
        right = world.person(NOBODY, "203.0.113.9")
        right.join("Bob", listed=False)
        assert outcome(right.say(m.Claim(nameplate))) == "waits"


def test_claims_of_a_code_of_ones_own_network_spend_nothing_of_all(world: World) -> None:
    sender = world.person(NOBODY, "2001:db8:7::1")
    sender.join("x", listed=False)
    sender.say(m.Allocate("5"))
    said = []
    for number in range(30):
        claimer = world.person(NOBODY, f"2001:db8:7:{number:x}::1")
        claimer.join("x", listed=False)
        for _ in range(30):
            said.append(outcome(claimer.say(m.Claim("5"))))
            claimer.say(m.Leave())
            claimer.join("x", listed=False)
    assert set(said) == {"waits"}
    elsewhere = world.person(NOBODY, "203.0.113.9")
    elsewhere.join("x", listed=False)
    assert {outcome(elsewhere.say(m.Claim("123"))) for _ in range(30)} == {"waits"}


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


def test_who_gives_the_right_code_is_heard_of_with_it_like_who_gives_a_wrong_one(world: World) -> None:
    heard: list[tuple[str, str | None, str, str]] = []
    world.meeting.on_oddity(
        lambda connection, point, event, room: heard.append((connection.id, point, event, room))
    )
    sender, nameplate = world.code()
    claimer = world.person(NOBODY)
    claimer.join("Bob", listed=False)
    claimer.say(m.Claim("999"))
    world.tick(10.0)
    assert heard == [(claimer.id, "code_wrong", "code_join", "999")]
    heard.clear()
    claimer.say(m.Claim(nameplate))
    assert heard == [(sender.id, None, "accept", "")]
    (room,) = claimer.heard("room")
    sender.say(m.Signal(room["room"], b"x"))
    claimer.say(m.Signal(room["room"], b"x"))
    sender.say(m.Release())
    assert heard == [(sender.id, None, "accept", "")]
    sender.say(m.Signal(room["room"], b"an offer"))
    assert heard == [(sender.id, None, "accept", ""), (claimer.id, None, "code_join", nameplate)]
    sender.say(m.Close(room["room"]))
    assert len(heard) == 2


def claimer(world: World, nameplate: str, address: str) -> Person:
    person = world.person(NOBODY, address)
    person.join("Bob", listed=False)
    assert isinstance(person.say(m.Claim(nameplate)), m.Requested)
    return person


def odd(world: World) -> list[tuple[str, str | None, str]]:
    heard: list[tuple[str, str | None, str]] = []
    world.meeting.on_oddity(lambda one, point, event, room: heard.append((one.source, point, event)))
    return heard


def test_one_network_keeps_the_line_shut_for_one_turn_and_no_longer_than_its_silence_may_last(
    world: World,
) -> None:
    heard = odd(world)
    sender, nameplate = world.code()
    strangers = [claimer(world, nameplate, f"198.51.100.{n}") for n in range(5)]
    right = claimer(world, nameplate, "203.0.113.9")
    (room,) = strangers[0].heard()
    sender.say(m.Signal(room["room"], b"x"))
    world.tick(1.5)
    assert right.heard() == []
    world.tick(1.0)
    assert [frame["type"] for frame in right.heard()] == ["room"]
    assert strangers[0].heard("room_closed")[0]["code"] == "vanished"
    assert strangers[1].heard("room") == []
    assert heard.count(("198.51.100.0", "code_wrong", "code_join")) == 1
    assert all(point is None for source, point, _ in heard if source == "203.0.113.9")


def test_who_is_silent_while_nobody_waits_is_left_alone_until_the_room_ends(world: World) -> None:
    heard = odd(world)
    sender, nameplate = world.code()
    slow = claimer(world, nameplate, "198.51.100.1")
    (room,) = slow.heard()
    sender.say(m.Signal(room["room"], b"x"))
    world.tick(8.0)
    assert slow.heard("room_closed") == []
    assert ("198.51.100.1", None, "code_join") not in heard
    slow.say(m.Signal(room["room"], b"x"))
    assert isinstance(sender.say(m.AskTicket(room["room"], bytes(16), "send")), m.Ticket)
    assert ("198.51.100.1", None, "code_join") in heard
    slow.say(m.Close(room["room"]))
    assert all(point is None for _, point, _ in heard)


def test_silence_is_nobodys_fault_who_was_told_nothing(world: World) -> None:
    heard = odd(world)
    sender, nameplate = world.code()
    waits = claimer(world, nameplate, "198.51.100.1")
    (room,) = waits.heard()
    world.tick(9.0)
    sender.say(m.Close(room["room"]))
    assert all(point is None for _, point, _ in heard)


def test_some_claims_of_one_address_wait_for_a_nameplate_also_those_that_came_before_it(world: World) -> None:
    _, nameplate = world.code()
    claimer(world, nameplate, "198.51.100.200")  # has the room, and does not wait
    people = [world.person(NOBODY, "198.51.100.7") for _ in range(27)]
    for person in people:
        person.join("Bob", listed=False)
    said = [outcome(person.say(m.Claim(nameplate))) for person in people]
    assert said == ["waits"] * 25 + ["rate_limited"] * 2
    claimer(world, nameplate, "203.0.113.9")
    early = [claimer(world, "77", "192.0.2.7") for _ in range(27)]
    sender = world.person(NOBODY)
    sender.join("Alice", listed=False)
    assert sender.say(m.Allocate("77")) == m.Allocated("77")
    assert early[0].heard("room")
    world.tick(4.0)
    assert [bool(one.heard("request_ended")) for one in early] == [False] * 25 + [True] * 2


def test_a_full_line_makes_place_for_somebody_of_another_network_who_gets_a_turn_soon(world: World) -> None:
    heard = odd(world)
    sender, nameplate = world.code()
    strangers = [claimer(world, nameplate, f"198.51.{n // 25}.{n % 25}") for n in range(101)]
    right = claimer(world, nameplate, "203.0.113.9")
    (ended,) = strangers[100].heard("request_ended") + strangers[99].heard("request_ended")
    assert ended["code"] == "busy"
    for _ in range(5):
        for room in sender.heard("room"):
            sender.say(m.Signal(str(room["room"]), b"x"))
        world.tick(2.0)
    assert right.heard("room")
    assert [point for source, point, _ in heard if source.startswith("198.51.")] == ["code_wrong"] * 5


def test_a_line_full_of_ones_own_network_makes_place_for_another_address_and_not_for_the_same(
    world: World,
) -> None:
    sender, nameplate = world.code()
    strangers = [claimer(world, nameplate, "198.51.100.7") for _ in range(26)]
    again = world.person(NOBODY, "198.51.100.7")
    again.join("x", listed=False)
    assert outcome(again.say(m.Claim(nameplate))) == "rate_limited"
    right = claimer(world, nameplate, "198.51.100.9")
    assert strangers[-1].heard("request_ended")[0]["code"] == "busy"
    (room,) = sender.heard("room")
    sender.say(m.Signal(str(room["room"]), b"x"))
    world.tick(2.0)
    assert right.heard("room")


def test_claims_of_one_connection_that_wait_in_two_lines_are_a_point(world: World) -> None:
    heard = odd(world)
    codes = [world.code()[1] for _ in range(2)]
    for nameplate in codes:
        claimer(world, nameplate, "203.0.113.9")
    stranger = claimer(world, codes[0], "198.51.100.7")
    right = claimer(world, codes[1], "198.51.100.8")
    assert all(point is None for _, point, _ in heard)
    stranger.say(m.Claim(codes[1]))
    assert ("198.51.100.7", "code_wrong", "code_join") in heard
    heard.clear()
    for _ in range(2):
        right.say(m.Claim(codes[1]))
    assert heard == [("198.51.100.8", "code_wrong", "code_join")]


@pytest.mark.parametrize("order", ["as the command line", "as the page", "the claimer leaves first"])
def test_a_guess_that_ends_a_code_is_a_point_of_who_made_it_every_time(world: World, order: str) -> None:
    heard: list[tuple[str, str | None, str]] = []
    world.meeting.on_oddity(
        lambda one, point, event, room: (
            heard.append((one.source, point, room)) if event == "code_join" else None
        )
    )
    stranger = world.person(NOBODY, "198.51.100.1")
    for _ in range(3):
        sender, nameplate = world.code()
        stranger.join("x", listed=False)
        stranger.say(m.Claim(nameplate))
        room = str(stranger.heard("room")[0]["room"])
        for person in (sender, stranger, sender):
            person.say(m.Signal(room, b"x"))
        if order == "as the page":
            sender.say(m.Release())
            sender.say(m.Close(room))
        else:
            (stranger if order == "the claimer leaves first" else sender).say(m.Close(room))
            sender.say(m.Release())
        assert heard == [("198.51.100.1", "code_wrong", nameplate)]
        heard.clear()
        stranger.say(m.Leave())


def test_who_was_right_or_whose_line_broke_before_the_code_was_used_has_no_point(world: World) -> None:
    heard = odd(world)
    sender, nameplate = world.code()
    broken = claimer(world, nameplate, "198.51.100.1")
    (room,) = broken.heard("room")
    sender.say(m.Signal(room["room"], b"x"))
    broken.say(m.Signal(room["room"], b"x"))
    world.meeting.depart(broken.connection)
    right = claimer(world, nameplate, "198.51.100.2")
    (room,) = right.heard("room")
    sender.say(m.Signal(room["room"], b"x"))
    right.say(m.Signal(room["room"], b"x"))
    sender.say(m.Release())
    sender.say(m.Signal(room["room"], b"an offer"))
    right.say(m.Close(room["room"]))
    gone, other = world.code()
    left = claimer(world, other, "198.51.100.3")
    (room,) = left.heard("room")
    gone.say(m.Signal(room["room"], b"x"))
    left.say(m.Signal(room["room"], b"x"))
    world.meeting.depart(gone.connection)
    assert [point for _, point, _ in heard if point] == []
    assert ("198.51.100.2", None, "code_join") in heard


def test_thirty_codes_a_minute_of_one_source_and_more_are_a_point(world: World) -> None:
    heard = odd(world)
    hog = world.person(NOBODY, "2001:db8::1")
    hog.join("x", listed=False)
    said = []
    for _ in range(32):
        said.append(hog.say(m.Allocate(None)))
        hog.say(m.Release())
    assert all(isinstance(reply, m.Allocated) for reply in said[:30])
    assert [code(reply) for reply in said[30:]] == ["rate_limited"] * 2
    assert heard == [("2001:db8::/64", "malformed", "allocate")] * 2
    other = world.person(NOBODY, "2001:db8::2")
    other.join("x", listed=False)
    assert code(other.say(m.Allocate("777"))) == "rate_limited"
    assert world.code("203.0.113.9")[1] == "31"
    world.now += 61
    assert isinstance(hog.say(m.Allocate(None)), m.Allocated)
