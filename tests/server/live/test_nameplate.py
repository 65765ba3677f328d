"""The line at a nameplate: turns, silence, and place for who comes when it is full."""

from peerseal.wire import messages as m
from support.meeting_world import NOBODY, Person, World

from .claiming import claimer, odd, outcome


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


def test_a_crowd_of_silent_claims_of_many_networks_holds_the_line_up_for_less_than_45_seconds(
    world: World,
) -> None:
    heard = odd(world)
    sender, nameplate = world.code()
    strangers = [claimer(world, nameplate, f"198.51.{n}.1") for n in range(60)]
    right = claimer(world, nameplate, "203.0.113.9")
    began = world.now
    while not right.heard("room"):
        assert world.now - began < 45
        for one in (sender, right, *strangers):
            one.say(m.Ping())
        for room in sender.heard("room"):
            sender.say(m.Signal(str(room["room"]), b"x"))
        world.tick(0.25)
    assert [point for _, point, _ in heard].count("code_wrong") == 60


def test_who_speaks_ends_the_hurry_of_those_behind_silent_ones(world: World) -> None:
    sender, nameplate = world.code()
    line = [claimer(world, nameplate, f"198.51.{n}.1") for n in range(6)]

    def asked(person: Person) -> str:
        (room,) = person.heard("room")
        sender.say(m.Signal(str(room["room"]), b"x"))
        return str(room["room"])

    for silent in line[:3]:
        asked(silent)
        world.tick(2.0)
    room = asked(line[3])
    line[3].say(m.Signal(room, b"x"))
    world.tick(2.0)
    assert line[3].heard("room_closed") == []
    line[3].say(m.Close(room))
    asked(line[4])
    world.tick(1.5)
    assert line[4].heard("room_closed") == []
    world.tick(0.5)
    assert line[4].heard("room_closed")[0]["code"] == "vanished"


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
