"""Two who were cut off meet again: the rules of `rejoin`, played with a clock and links of our own."""

import pytest

from peerseal.wire import messages as m
from peerseal.wire.limits import RENDEZVOUS_PER_CONNECTION, RENDEZVOUS_WAITING_PER_SOURCE
from support.meeting_world import Person, World, code

HERE = bytes(range(16))
ELSEWHERE = bytes(range(16, 32))


@pytest.fixture
def world() -> World:
    return World()


def back(person: Person, side: m.Side, room: str | None = None, at: bytes = HERE) -> m.Reply:
    return person.say(m.Rejoin(at, side, room))


def here(world: World, address: str = "192.168.1.7") -> Person:
    person = world.person(address=address)
    person.join(listed=False)
    return person


def room_of(person: Person) -> str:
    (told,) = person.heard("room")
    assert (told["mode"], told["request"]) == ("resume", None)
    room: str = told["room"]
    return room


def tethered(world: World) -> tuple[Person, Person, str]:
    alice, bob, room = world.room()
    assert back(alice, "initiator", room) == back(bob, "responder", room) == m.Done()
    return alice, bob, room


def test_both_sides_of_a_rendezvous_meet(world: World) -> None:
    alice, bob = here(world), here(world)
    assert back(alice, "initiator") == m.Done()
    assert alice.heard() == []
    assert back(bob, "responder") == m.Done()
    room = room_of(alice)
    assert room == room_of(bob)
    assert alice.say(m.Signal(room, b"hello")) == m.Done()
    assert bob.heard("signal")[0]["room"] == room


def test_one_side_never_meets_itself(world: World) -> None:
    alice, bob = here(world), here(world)
    back(alice, "initiator")
    back(bob, "initiator")
    back(bob, "responder")
    assert alice.heard("room") == bob.heard("room") == []


def test_different_rendezvous_do_not_meet(world: World) -> None:
    alice, bob = here(world), here(world)
    back(alice, "initiator", at=HERE)
    back(bob, "responder", at=ELSEWHERE)
    assert alice.heard() == bob.heard() == []


def test_who_comes_again_takes_the_place_of_its_older_connection(world: World) -> None:
    old, new, bob = here(world), here(world), here(world)
    back(old, "initiator")
    back(new, "initiator")
    back(bob, "responder")
    assert old.heard("room") == []
    assert room_of(new) == room_of(bob)


def test_a_half_dead_room_is_closed_for_both_as_soon_as_one_is_back(world: World) -> None:
    alice, bob, room = tethered(world)
    again = here(world)
    bob.backlog = 10**9  # its wire is dead and nobody has noticed
    back(again, "responder")
    closed = [{"type": "room_closed", "room": room, "code": "taken_over"}]
    assert alice.heard() == closed
    assert bob.heard() == closed
    assert back(alice, "initiator") == m.Done()
    assert room_of(alice) == room_of(again) != room


def test_the_older_connection_does_not_take_the_room_with_it(world: World) -> None:
    alice, bob, _ = tethered(world)
    again = here(world)
    back(again, "responder")
    back(alice, "initiator")
    room = room_of(alice)
    world.meeting.depart(bob.connection, "vanished")
    assert alice.heard("room_closed") == []
    assert alice.say(m.Signal(room, b"on")) == m.Done()


def test_one_member_is_enough_to_say_whose_room_it_is(world: World) -> None:
    alice, bob, room = world.room()
    assert back(alice, "initiator", room) == m.Done()
    again = here(world)
    back(again, "responder")
    assert [one["code"] for one in alice.heard("room_closed")] == ["taken_over"]
    assert [one["code"] for one in bob.heard("room_closed")] == ["taken_over"]


def test_who_came_back_before_the_room_was_named_closes_it_too(world: World) -> None:
    alice, bob, room = world.room()
    again = here(world)
    back(again, "responder")
    assert code(back(alice, "initiator", room)) == "room_closed"
    assert [one["code"] for one in bob.heard("room_closed")] == ["taken_over"]
    back(alice, "initiator")
    assert room_of(alice) == room_of(again)


def test_a_resumed_room_belongs_to_its_rendezvous_without_being_named(world: World) -> None:
    alice, bob = here(world), here(world)
    back(alice, "initiator")
    back(bob, "responder")
    room_of(alice)
    again = here(world)
    back(again, "initiator")
    assert [one["code"] for one in bob.heard("room_closed")] == ["taken_over"]


def test_the_other_side_vanished_and_both_come_back(world: World) -> None:
    alice, bob, _ = tethered(world)
    world.meeting.depart(bob.connection, "vanished")
    assert [one["code"] for one in alice.heard("room_closed")] == ["vanished"]
    back(alice, "initiator")
    again = here(world)
    back(again, "responder")
    assert room_of(alice) == room_of(again)


def test_somebody_who_does_not_know_the_bytes_changes_nothing(world: World) -> None:
    alice, bob, room = tethered(world)
    stranger = here(world)
    assert back(stranger, "initiator", at=ELSEWHERE) == m.Done()
    assert code(back(stranger, "initiator", room)) == "not_connected"
    assert code(back(stranger, "initiator", room, at=ELSEWHERE)) == "not_connected"
    assert {one["type"] for one in alice.heard()} == {"notice"}
    assert alice.say(m.Signal(room, b"still here")) == m.Done()
    assert bob.heard("signal") != []


def test_the_reply_does_not_tell_whether_somebody_waits(world: World) -> None:
    alice, early, late = here(world), here(world), here(world)
    assert back(early, "initiator") == m.Done()
    back(alice, "responder", at=ELSEWHERE)
    assert back(late, "responder", at=ELSEWHERE) == m.Done()


def test_a_room_of_others_cannot_be_named(world: World) -> None:
    _, _, room = world.room()
    assert code(back(here(world), "initiator", room)) == "not_connected"
    assert code(back(here(world), "initiator", "0" * 32)) == "not_connected"


def test_who_is_in_a_room_does_not_wait(world: World) -> None:
    alice, _, _ = world.room()
    assert code(back(alice, "initiator")) == "busy"


def test_who_waits_and_is_busy_meets_when_the_other_room_is_closed(world: World) -> None:
    alice, bob = world.two()
    back(alice, "initiator")
    request = alice.say(m.Connect(bob.id))
    assert isinstance(request, m.Requested)
    accepted = bob.say(m.Answer(request.request, accept=True))
    assert isinstance(accepted, m.Accepted)
    alice.heard()
    carol = here(world)
    back(carol, "responder")
    assert carol.heard("room") == []
    alice.say(m.Close(accepted.room))
    assert room_of(alice) == room_of(carol)


def test_who_joined_again_still_waits(world: World) -> None:
    alice, _, room = world.room()
    alice.say(m.Close(room))
    back(alice, "initiator")
    alice.join("Alice")
    again = here(world)
    back(again, "responder")
    assert room_of(alice) == room_of(again)


@pytest.mark.parametrize("how", ["leave", "depart"])
def test_who_is_gone_waits_no_more(world: World, how: str) -> None:
    alice, bob = here(world), here(world)
    back(alice, "initiator")
    if how == "leave":
        alice.say(m.Leave())
    else:
        world.meeting.depart(alice.connection)
    back(bob, "responder")
    assert bob.heard("room") == []


def test_only_who_joined_comes_back(world: World) -> None:
    assert code(back(world.person(), "initiator")) == "not_joined"


def test_one_connection_waits_at_eight_places(world: World) -> None:
    alice = here(world)
    for number in range(RENDEZVOUS_PER_CONNECTION):
        assert back(alice, "initiator", at=bytes([number] * 16)) == m.Done()
    assert code(back(alice, "initiator", at=HERE)) == "too_many_requests"
    assert back(alice, "responder", at=bytes(16)) == m.Done()  # one it has already


def test_one_network_waits_at_so_many_places(world: World) -> None:
    crowd = [here(world, "10.1.1.1") for _ in range(RENDEZVOUS_WAITING_PER_SOURCE // 8)]
    for number in range(RENDEZVOUS_WAITING_PER_SOURCE):
        assert back(crowd[number // 8], "initiator", at=number.to_bytes(16, "big")) == m.Done()
    one_more = here(world, "10.1.1.1")
    assert code(back(one_more, "initiator")) == "too_many_requests"
    assert back(here(world, "10.1.1.2"), "initiator") == m.Done()
    crowd[0].say(m.Leave())
    assert back(one_more, "initiator") == m.Done()


def test_a_rendezvous_has_one_room(world: World) -> None:
    alice, bob, room = tethered(world)
    carol, dave, other = world.room()
    assert back(carol, "initiator", other) == m.Done()
    assert [one["room"] for one in alice.heard("room_closed")] == [room]
    assert [one["room"] for one in bob.heard("room_closed")] == [room]
    assert carol.heard("room_closed") == dave.heard("room_closed") == []


def test_two_members_on_one_side_have_no_room(world: World) -> None:
    alice, bob, room = world.room()
    back(alice, "initiator", room)
    assert code(back(bob, "initiator", room)) == "room_closed"
    assert [one["code"] for one in alice.heard("room_closed")] == ["taken_over"]


def test_a_room_that_has_just_closed_cannot_be_named_and_is_no_offence(world: World) -> None:
    alice, bob, room = world.room()
    bob.say(m.Close(room))
    for _ in range(20):
        assert code(back(alice, "initiator", room)) == "room_closed"
    assert alice.ended == []


def test_ice_is_for_members_of_a_room(world: World) -> None:
    alice, _, room = world.room()
    assert alice.say(m.AskIce(room)) == m.Ice((m.IceServer(("stun:stun.example.org",), None, None),))
    assert code(here(world).say(m.AskIce(room))) == "not_connected"
