"""Claims in the played world: somebody who made one, what came of it at once, what the detector hears."""

from peerseal.wire import messages as m
from support.meeting_world import NOBODY, Person, World, code


def outcome(reply: m.Reply) -> str:
    """What became of a claim at once."""
    return "waits" if isinstance(reply, m.Requested) else code(reply)


def claimer(world: World, nameplate: str, address: str) -> Person:
    person = world.person(NOBODY, address)
    person.join("Bob", listed=False)
    assert isinstance(person.say(m.Claim(nameplate)), m.Requested)
    return person


def odd(world: World) -> list[tuple[str, str | None, str]]:
    heard: list[tuple[str, str | None, str]] = []
    world.meeting.on_oddity(lambda one, point, event, room: heard.append((one.source, point, event)))
    return heard
