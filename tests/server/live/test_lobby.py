"""Presence in a lobby: who is there is told to everybody, once, in small messages, and to nobody else."""

import json

from peerseal.wire import messages as m
from support.meeting_world import NOBODY, Person, World, code

TOKEN = "A" * 22
EVERYBODY = m.Lobby("everyone", None)


def test_neighbours_appear_and_vanish_by_themselves(world: World) -> None:
    alice = world.person()
    assert alice.join("Alice").peers == ()
    bob = world.person()
    joined = bob.join("Bob")
    assert [peer.name for peer in joined.peers] == ["Alice"]
    world.tick(0.25)
    assert alice.heard() == [
        {
            "type": "presence",
            "joined": [
                {"id": bob.id, "tag": joined.you.tag, "name": "Bob", "role": "receiver", "account": None}
            ],
            "left": [],
        }
    ]
    assert bob.heard() == []
    bob.say(m.Leave())
    world.tick(0.25)
    assert alice.heard() == [{"type": "presence", "joined": [], "left": [bob.id]}]


def test_nobody_is_told_of_itself_nor_twice_within_a_batch(world: World) -> None:
    people = [world.person() for _ in range(5)]
    known = {person.id: {peer.id for peer in person.join(f"P{n}").peers} for n, person in enumerate(people)}
    world.tick()
    for person in people:
        for frame in person.heard("presence"):
            new = [peer["id"] for peer in frame["joined"]]
            assert not known[person.id] & set(new)
            known[person.id] |= set(new)
        assert known[person.id] == {other.id for other in people} - {person.id}


def test_who_is_not_listed_sees_and_is_not_seen(world: World) -> None:
    bob, sender = world.person(), world.person()
    bob.join("Bob")
    assert [peer.name for peer in sender.join("Alice", listed=False).peers] == ["Bob"]
    world.tick()
    assert bob.heard() == []
    assert code(bob.say(m.Connect(sender.id))) == "not_found"


def test_strangers_have_no_lobby_and_a_room_link_brings_them_together(world: World) -> None:
    one, two, three = world.person(NOBODY), world.person(NOBODY), world.person(NOBODY)
    assert one.join("One").lobby == NOBODY
    assert two.join("Two").peers == ()
    world.tick()
    assert one.heard() == []
    assert code(one.say(m.Connect(two.id))) == "not_found"
    four = world.person()
    assert three.join("Three", TOKEN).lobby == m.Lobby("room", None)
    assert [peer.name for peer in four.join("Four", TOKEN).peers] == ["Three"]
    assert world.person().join("Five").peers == ()


def test_who_came_and_left_within_one_batch_and_who_came_again(world: World) -> None:
    alice, bob = world.two()
    bob.say(m.Leave())
    bob.join("Robert")
    world.tick()
    (frame,) = alice.heard("presence")
    assert frame["left"] == []
    assert [peer["name"] for peer in frame["joined"]] == ["Robert"]


def test_a_lobby_of_many_long_names_fits_into_small_messages(world: World) -> None:
    people = [world.person() for _ in range(150)]
    for person in people:
        person.join("☃" * 200)
    late = world.person()
    seen = {peer.id for peer in late.join("late").peers}
    assert 0 < len(seen) < 150
    world.tick()
    for frame in late.heard("presence"):
        assert len(json.dumps(frame, ensure_ascii=False).encode()) < 65_536
        seen |= {peer["id"] for peer in frame["joined"]}
    assert seen == {person.id for person in people}


def test_who_comes_and_goes_a_hundred_times_within_a_batch_is_told_at_most_once(world: World) -> None:
    alice, bob = world.two()
    for _ in range(100):
        bob.say(m.Leave())
        bob.join("Bob")
    world.tick()
    (frame,) = alice.heard("presence")
    assert [peer["id"] for peer in frame["joined"]] == [bob.id]
    assert frame["left"] == []
    for _ in range(100):
        bob.say(m.Leave())
        bob.join("Bob")
    bob.say(m.Leave())
    world.tick()
    (frame,) = alice.heard("presence")
    assert (frame["joined"], frame["left"]) == ([], [bob.id])


def test_who_was_never_told_of_is_not_told_to_have_left(world: World) -> None:
    alice, _ = world.two()
    carol = world.person()
    for _ in range(100):
        carol.join("Carol")
        carol.say(m.Leave())
    world.tick()
    assert alice.heard("presence") == []


def test_who_does_not_read_is_told_of_newcomers_once_it_does(world: World) -> None:
    alice, bob = world.two()
    alice.backlog = 200_000
    people = [world.person() for _ in range(3)]
    for person in people:
        person.join("Newcomer")
    world.tick()
    assert alice.heard("presence") == []
    assert len(bob.heard("presence")[0]["joined"]) == 3
    people[0].say(m.Leave())
    world.tick()
    assert alice.heard("presence") == []
    alice.backlog = 0
    world.tick()
    (frame,) = alice.heard("presence")
    assert [peer["id"] for peer in frame["joined"]] == [people[1].id, people[2].id]


def test_a_lobby_of_long_names_is_told_in_small_batches(world: World) -> None:
    for _ in range(300):
        world.person(heartbeat=False).join("\U0001f600" * 200, TOKEN)
        if len(world.meeting) % 50 == 0:
            world.tick(0.25)
    first = next(iter(world.people))
    first.say(m.Leave())
    late = world.person(heartbeat=False)
    known = {peer.id for peer in late.join("late", TOKEN).peers}
    for _ in range(8):
        world.tick(0.25)
        frames = late.heard("presence")
        assert sum(len(json.dumps(frame, ensure_ascii=False).encode()) for frame in frames) < 90_000
        known |= {peer["id"] for frame in frames for peer in frame["joined"]}
        assert late.id not in known
    assert len(known) == 299


def full(world: World, addresses: int) -> list[Person]:
    """A lobby without a free place, as many of each of these networks."""
    people = [
        world.person(EVERYBODY, f"198.{18 + n % addresses // 256}.{n % addresses % 256}.7", heartbeat=False)
        for n in range(2000)
    ]
    for person in people:
        person.join("x")
    return people


def test_who_comes_to_a_full_lobby_from_where_fewer_are_takes_the_place_of_the_newest_of_those_with_most(
    world: World,
) -> None:
    strangers = full(world, 50)
    right = world.person(EVERYBODY, "203.0.113.9", heartbeat=False)
    right.join("Zoe")
    assert [one.ended for one in strangers] == [[]] * 1999 + [["lobby_full"]]
    assert isinstance(strangers[0].say(m.Connect(right.id)), m.Requested)
    assert code(strangers[0].say(m.Connect(strangers[1999].id))) == "not_found"
    again = world.person(EVERYBODY, "198.18.3.7", heartbeat=False)
    assert code(again.say(m.Join("receiver", "x", None, listed=True))) == "lobby_full"
    assert right.ended == []


def test_an_office_behind_one_address_keeps_its_places_while_there_is_room(world: World) -> None:
    office = [world.person(EVERYBODY, "198.51.100.7", heartbeat=False) for _ in range(300)]
    for one in [*office, *(world.person(EVERYBODY, f"203.0.{n}.1") for n in range(50))]:
        one.join("x")
    assert all(one.ended == [] for one in world.people)


def test_a_full_lobby_keeps_nobody_from_a_code_and_ends_none_that_is_shown(world: World) -> None:
    strangers = full(world, 1)
    shown = strangers[-1].say(m.Allocate(None))
    assert isinstance(shown, m.Allocated)
    world.person(EVERYBODY, "203.0.113.9").join("Zoe")
    assert strangers[-1].ended == []
    receiver = world.person(EVERYBODY, "198.18.0.7")
    assert receiver.join("Bob", listed=False).peers == ()
    assert isinstance(receiver.say(m.Claim(shown.nameplate)), m.Requested)
    assert receiver.heard("room")
