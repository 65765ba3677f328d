"""Nobody is blocked by the word of one who shows codes: how often they are believed about whom."""

from peerseal.server.guard.detector import Scoring, Sighting
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.live.witnesses import OF_NETWORK
from peerseal.wire import messages as m
from support.meeting_world import NOBODY, Person, World

from .claiming import claimer, odd

RECEIVER = "203.0.113.9"


def ends_after_the_first_word(world: World, sender: Person, address: str = RECEIVER) -> None:
    """A code is given out, and its right words are told to be wrong."""
    allocated = sender.say(m.Allocate(None))
    assert isinstance(allocated, m.Allocated)
    right = claimer(world, allocated.nameplate, address)
    (room,) = right.heard("room")
    for person in (sender, right):
        person.say(m.Signal(str(room["room"]), b"x"))
    sender.say(m.Release())
    sender.say(m.Close(str(room["room"])))
    world.meeting.depart(right.connection)


def shows_codes(world: World, address: str) -> Person:
    sender = world.person(NOBODY, address, heartbeat=False)
    sender.join("Mallory", listed=False)
    return sender


def points(heard: list[tuple[str, str | None, str]], address: str = RECEIVER) -> int:
    return heard.count((address, "code_wrong", "code_join"))


def test_one_sender_is_believed_twice_an_hour_about_one_receiver_from_however_many_connections(
    world: World,
) -> None:
    heard = odd(world)
    sender = shows_codes(world, "198.51.100.1")
    for again in (shows_codes(world, "198.51.100.1"), sender):
        for _ in range(4):
            ends_after_the_first_word(world, again)
    assert points(heard) == 2
    ends_after_the_first_word(world, sender, "203.0.113.10")
    assert points(heard, "203.0.113.10") == 1
    world.now += 3600
    ends_after_the_first_word(world, shows_codes(world, "198.51.100.1"))
    assert points(heard) == 3


def test_a_network_full_of_senders_brings_no_more_than_a_challenge_and_several_networks_do(
    world: World,
) -> None:
    heard = odd(world)
    for n in range(20):
        ends_after_the_first_word(world, shows_codes(world, f"198.51.100.{n}"))
    assert points(heard) == 4
    for n in range(6):
        ends_after_the_first_word(world, shows_codes(world, f"192.0.{n}.1"))
    assert points(heard) == 10


def test_what_a_network_is_believed_blocks_nobody_however_fast(world: World) -> None:
    scoring = Scoring()
    seen = [
        Sighting(
            *(
                n * 0.05,
                RECEIVER,
                network_of(RECEIVER),
                None,
                None,
                f"live:{n}",
                "code_wrong",
                "sio:code_join",
                0,
            ),
            {"room": f"{n}", "code": f"{n}", "ua": "peerseal"},
        )
        for n in range(OF_NETWORK + 2)
    ]
    actions = [scoring.see(one).action for one in seen]
    assert "block" not in actions[:OF_NETWORK]
    assert actions[-1] == "block"


def test_one_sender_does_not_make_all_of_the_site_pay(world: World) -> None:
    heard = odd(world)
    sender = shows_codes(world, "198.51.100.1")
    for n in range(25):
        ends_after_the_first_word(world, sender, f"203.0.{n}.9")
        world.now += 3  # no more codes in a minute than a sender may make
    assert sum(point == "code_wrong" for _, point, _ in heard) == 20
