"""Contacts at command lines, on an honest server and on ones that lie: what counts are the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import peerseal
from peerseal.transfer.account import Account
from support.command_line import CommandLinePerson
from support.live_server import LiveServer
from support.payloads import one_file, tree_of
from support.serving import hostile

pytestmark = pytest.mark.e2e

VERIFICATION = 4
INTEGRITY = 7
Pair = tuple[CommandLinePerson, CommandLinePerson]


@contextmanager
def _contacts(server: str, home: Path, *, verified: bool) -> Iterator[Pair]:
    """Alice and Bob, signed in at their command lines, with each other's keys."""
    people = tuple(CommandLinePerson(server, home / name) for name in ("alice", "bob"))
    alice, bob = (_registered(one, name) for one, name in zip(people, ("alice", "bob"), strict=True))
    with alice, bob:
        alice.ask_exchange("bob")
        bob.accept_exchange("alice")
        assert [contact.name for contact in alice.contacts] == ["bob"]
        if verified:
            alice.verify("bob", bob.safety_number("alice"))
            bob.verify("alice", alice.safety_number("bob"))
    try:
        yield people[0], people[1]
    finally:
        for one in people:
            one.close()


def _registered(person: CommandLinePerson, name: str) -> Account:
    return peerseal.register(person.server, name, f"{name}'s password", home=person.env["PEERSEAL_HOME"])


@pytest.fixture
def contacts_on(tmp_path: Path) -> Iterator[Callable[[str], Pair]]:
    """Two verified contacts on a server that does this."""
    with ExitStack() as stack:

        def start(attack: str) -> Pair:
            server = stack.enter_context(hostile(tmp_path / "server", attack))
            return stack.enter_context(_contacts(server, tmp_path, verified=True))

        yield start


@pytest.fixture(scope="module")
def contacts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two verified contacts on an honest server."""
    with LiveServer() as live, _contacts(live.url, tmp_path_factory.mktemp("home"), verified=True) as pair:
        yield pair


def listed(person: CommandLinePerson, *more: str, name: str | None = None) -> None:
    """Wait for somebody."""
    person.close()  # what it did before
    person.start("receive", name=name, more=more)
    person.program.event("ready")


def sends(person: CommandLinePerson, to: str, *more: str) -> None:
    """Send one file to a name, with nobody at the terminal and no leave to go unverified."""
    person.close()  # what it did before
    payload = one_file(person.home / f"files-{len(list(person.home.iterdir()))}")
    person.start("send", payload, more=("--to", to, *more))


def test_verified_contacts_need_nobody_at_the_terminal(contacts: Pair) -> None:
    alice, bob = contacts
    listed(bob)
    assert bob.program.seen("ready")[0]["name"] == "bob"
    sends(alice, "Bob")
    alice.sent()
    assert len(bob.received()) == 1
    (peer,) = alice.program.seen("peer")
    assert (peer["name"], peer["verified"], peer["contact"]) == ("bob", True, "bob")
    assert bob.program.seen("offer")[0]["verified"] is True


def test_a_guest_on_purpose_compares_words(contacts: Pair) -> None:
    alice, bob = contacts
    listed(bob, "--unverified")
    sends(alice, "bob", "--guest")
    assert alice.program.exit_code(30) == VERIFICATION
    assert alice.program.error()["code"] == "not_verified"
    assert bob.program.exit_code(30) != 0


def test_a_session_that_has_ended_is_said_and_no_guest_is_made_of_it(tmp_path: Path) -> None:
    with LiveServer() as live:
        person = CommandLinePerson(live.url, tmp_path)
        with _registered(person, "cleo") as account:
            for row in account.open.api.call("sessions").sessions:  # type: ignore[union-attr] # it gives sessions
                account.open.api.call("end_session", session=row.id)
        person.start("receive")
        assert person.program.exit_code(30) == 11
        assert person.program.error()["code"] == "not_signed_in"
        assert "peerseal login" in str(person.program.error()["hint"])
        person.close()


def test_a_server_that_gives_a_guest_a_contacts_account_is_found_out(
    contacts_on: Callable[[str], Pair], tmp_path: Path
) -> None:
    alice, _ = contacts_on("claim bob")
    mallory = CommandLinePerson(alice.server, tmp_path / "mallory")
    listed(mallory, name="Bob")
    sends(alice, "bob", "--unverified")
    assert alice.program.exit_code(40) == VERIFICATION, alice.program.story()
    assert alice.program.error()["code"] == "key_changed"
    assert mallory.program.exit_code(40) != 0
    assert mallory.program.seen("offer") == []
    assert tree_of(mallory.into) == {}
    mallory.close()


def test_somebody_between_two_verified_contacts_is_found_out_by_the_signature(
    contacts_on: Callable[[str], Pair],
) -> None:
    alice, bob = contacts_on("middle")
    listed(bob)
    sends(alice, "bob", "--unverified")
    codes = [one.program.exit_code(40) for one in (alice, bob)]
    assert INTEGRITY in codes, (alice.program.story(), bob.program.story())
    assert all(codes)
    assert "signature_invalid" in {one.program.error()["code"] for one in (alice, bob)}
    assert bob.program.seen("offer") == []
    assert tree_of(bob.into) == {}
