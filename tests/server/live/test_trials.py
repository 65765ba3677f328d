"""What is told of who claimed a code and spoke: right or wrong."""

import pytest

from peerseal.wire import messages as m
from support.meeting_world import NOBODY, World

from .claiming import claimer, odd


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


@pytest.mark.parametrize("order", ["as the command line", "as the page", "the claimer leaves first"])
def test_a_guess_that_ends_a_code_is_a_point_of_who_made_it_every_time(world: World, order: str) -> None:
    heard: list[tuple[str, str | None, str]] = []
    world.meeting.on_oddity(
        lambda one, point, event, room: (
            heard.append((one.source, point, room)) if event == "code_join" else None
        )
    )
    stranger = world.person(NOBODY, "198.51.100.1")
    for n in range(3):
        sender, nameplate = world.code(f"192.168.1.{n}")
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


@pytest.mark.parametrize("ask", ["ice", "ticket"])
def test_who_guesses_does_not_pass_for_right_by_asking_for_a_way(world: World, ask: str) -> None:
    heard = odd(world)
    sender, nameplate = world.code()
    stranger = claimer(world, nameplate, "198.51.100.1")
    (room,) = stranger.heard("room")
    wanted = m.AskIce(room["room"]) if ask == "ice" else m.AskTicket(room["room"], bytes(8), "receive")
    sender.say(m.Signal(room["room"], b"x"))
    stranger.say(m.Signal(room["room"], b"x"))
    assert not isinstance(stranger.say(wanted), m.Refusal)
    sender.say(m.Close(room["room"]))
    sender.say(m.Release())
    assert [one for one in heard if one[2] == "code_join"] == [("198.51.100.1", "code_wrong", "code_join")]


def test_several_who_are_right_and_decline_have_no_point_when_the_code_is_given_back_then(
    world: World,
) -> None:
    heard = odd(world)
    sender, nameplate = world.code()
    addresses = [f"198.51.100.{n}" for n in range(1, 4)]
    for address in addresses:
        receiver = claimer(world, nameplate, address)
        (room,) = receiver.heard("room")
        talk = (sender, receiver, sender, sender, receiver, sender)  # M1 to M5, and the offer
        for person in talk:
            person.say(m.Signal(room["room"], b"x"))
        world.tick()
        receiver.say(m.Signal(room["room"], b"no"))
        sender.say(m.Close(room["room"]))
    sender.say(m.Release())
    world.tick(10.0)
    assert [one for one in heard if one[2] == "code_join"] == [
        (address, None, "code_join") for address in addresses
    ]


def test_who_is_wrong_at_a_code_for_several_has_a_point_however_much_they_say(world: World) -> None:
    heard = odd(world)
    sender, nameplate = world.code()
    stranger = claimer(world, nameplate, "198.51.100.1")
    (room,) = stranger.heard("room")
    # What the one who shows the code says before it knows: M1, M3, M4.
    for person in (stranger, sender, stranger, stranger, sender, sender, stranger, stranger):
        person.say(m.Signal(room["room"], b"x"))
    sender.say(m.Close(room["room"]))
    sender.say(m.Release())
    assert [one for one in heard if one[2] == "code_join"] == [("198.51.100.1", "code_wrong", "code_join")]
