"""Who is meant by a name, and that nobody keeps others from a code."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import peerseal
from peerseal.client.settings import parse_server
from peerseal.errors import TimedOut, UsageError
from peerseal.transfer import calling
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.encounter import Encounter
from peerseal.transfer.wanted import Wanted
from peerseal.wire.messages import Peer, Presence
from support.raw_peer import RawPeer

from .conftest import Doing

pytestmark = pytest.mark.e2e


@pytest.fixture
def encounter(server: str) -> Iterator[Encounter]:
    meeting = Encounter(parse_server(server), Cancel())
    yield meeting
    meeting.close()


def there(encounter: Encounter, *named: tuple[str, str]) -> None:
    """People with these names and tags are in the list."""
    people = tuple(Peer(f"{at:032x}", tag, name, "receiver", None) for at, (name, tag) in enumerate(named))
    encounter.on_message(Presence(people, ()))


def chosen(encounter: Encounter, wanted: str) -> str:
    """The tag of who is found under that name."""
    return encounter.wait_for_peer(Wanted(wanted), "receiver", time.monotonic() + 0.05).tag


@pytest.mark.parametrize("wanted", ["Bob#1a2b", "bob#1A2B"])
def test_a_name_that_looks_like_a_tag_is_nobodys_double(encounter: Encounter, wanted: str) -> None:
    there(encounter, ("Bob#1a2b", "ffff"), ("Bob", "1a2b"), ("Bob", "0000"))
    assert chosen(encounter, wanted) == "1a2b"


def test_while_the_right_one_is_away_the_double_is_not_taken_for_it(encounter: Encounter) -> None:
    there(encounter, ("Bob#1a2b", "ffff"))
    with pytest.raises(TimedOut):
        chosen(encounter, "Bob#1a2b")
    assert chosen(encounter, "Bob#1a2b#ffff") == "ffff"


def test_two_of_one_name_are_still_a_choice(encounter: Encounter) -> None:
    there(encounter, ("Bob", "1a2b"), ("Bob", "0000"))
    with pytest.raises(UsageError):
        chosen(encounter, "Bob")


def test_a_claimer_who_says_nothing_does_not_keep_others_from_the_code(
    server: str, outbox: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "CLAIM_SECONDS", 0.5)
    (outbox / "a.txt").write_bytes(b"hello")
    sender = Doing(peerseal.send, outbox / "a.txt", server=server)
    code = sender.code()
    with RawPeer(server) as silent:
        silent.join("Mallory", "receiver", listed=False)
        silent.call("claim", nameplate=code.split("-")[0])
        silent.hear("room")
        began = time.monotonic()
        silent.hear("room_closed")
        assert time.monotonic() - began < 5
    monkeypatch.undo()
    receiver = Doing(peerseal.receive, code, into=inbox, server=server)
    assert receiver.result().paths == (str(inbox / "a.txt"),)
    sender.result()
