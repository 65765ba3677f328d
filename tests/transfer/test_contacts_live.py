"""Signed-in people hand things over live: verified, pinned and changed keys, guests and impostors of the same name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import peerseal
from peerseal.client.settings import parse_server
from peerseal.crypto_engine import Identity, Root
from peerseal.files.bytes_source import from_text
from peerseal.protocol.book import Contact
from peerseal.transfer import receive as receiving
from peerseal.transfer import recognition
from peerseal.transfer import send as sending
from peerseal.transfer.account import Account
from peerseal.transfer.events import Check, Event, Notice, Offer, Peer, Ready, Request, Waiting
from peerseal.transfer.live_account import LiveAccount
from peerseal.transfer.person import Settled
from peerseal.transfer.receive import ReceiveWish
from peerseal.transfer.send import SendWish

from .conftest import Doing

pytestmark = pytest.mark.e2e


class People:
    """Accounts of one server; each name is registered once, for all tests of the module."""

    def __init__(self, server: str) -> None:
        self.server = server
        self._accounts: dict[str, Account] = {}

    def __getitem__(self, name: str) -> Account:
        if name not in self._accounts:
            self._accounts[name] = peerseal.register(self.server, name, f"{name}'s password")
        return self._accounts[name]

    def exchange(self, one: str, other: str) -> None:
        """The two have each other's keys, pinned."""
        asker, asked = self[one], self[other]
        asker.ask_exchange(asked.name)
        asked.accept_exchange(one)
        assert any(contact.name == other for contact in self[one].contacts)

    def verify(self, one: str, other: str) -> None:
        """`one` compared safety numbers with `other`."""
        self[one].verify(other, self[other].safety_number(one))

    def close(self) -> None:
        for account in self._accounts.values():
            account.close()


@pytest.fixture(scope="module")
def people(server: str) -> Iterator[People]:
    known = People(server)
    try:
        known.exchange("alice", "bob")
        known.verify("alice", "bob")
        known.verify("bob", "alice")
        known.exchange("alice", "pia")
        yield known
    finally:
        known.close()


def never(words: tuple[str, ...]) -> bool:
    raise AssertionError(f"asked for {words}")


def trust(people: People, one: str, other: str) -> Contact:
    """What is in the book of `one` about `other`."""
    return next(contact for contact in people[one].contacts if contact.name == other)


def showing(account: Account, identity: Identity | None) -> LiveAccount:
    """Signed in as this account, on a device that has other keys or none: after a change, or in an impostor's hands."""
    live = LiveAccount(account.open)
    live.identity = identity  # type: ignore[misc, assignment] # what the honest class never does
    return live


OTHER_KEYS = Identity(Root(b"k" * 32))


class Everybody:
    """Starts receivers and senders; whoever still waits at the end is stopped."""

    def __init__(self, people: People, inbox: Path) -> None:
        self._people, self._inbox = people, inbox
        self._server = parse_server(people.server)
        self._doing: list[Doing] = []

    def receives(self, who: str | LiveAccount | None, name: str | None = None, **options: Any) -> Doing:
        if isinstance(who, LiveAccount):
            wish = ReceiveWish(self._server, name or who.name, target=str(self._inbox), account=who)
            doing = Doing(_without_timeout(receiving.receive), wish, Settled(unverified=True))
        else:
            given = {
                "into": self._inbox,
                "account": self._account(who),
                "server": str(self._server),
                **options,
            }
            doing = Doing(peerseal.receive, name=name, **given)
        self._doing.append(doing)
        doing.wait_for(Ready)
        return doing

    def sends(self, who: str | LiveAccount | None, to: str, **options: Any) -> Doing:
        if isinstance(who, LiveAccount):
            wish = SendWish(
                self._server, who.name, lambda: from_text("hello", 100), to=to, unverified=True, account=who
            )
            doing = Doing(_without_timeout(sending.send), wish, Settled(unverified=True))
        else:
            given = {"text": "hello", "account": self._account(who), "server": str(self._server), **options}
            doing = Doing(peerseal.send, to=to, **given)
        self._doing.append(doing)
        return doing

    def _account(self, who: str | None) -> Account | None:
        return None if who is None else self._people[who]

    def close(self) -> None:
        for doing in self._doing:
            doing.cancel.cancel()


@pytest.fixture
def live(people: People, inbox: Path) -> Iterator[Everybody]:
    everybody = Everybody(people, inbox)
    yield everybody
    everybody.close()


def _without_timeout(call: Callable[..., Any]) -> Callable[..., Any]:
    """The inner functions take their timeout from the wish."""
    return lambda wish, person, *, on_event, cancel, timeout: call(wish, person, on_event, cancel)


def seen(doing: Doing, kind: type[Event]) -> list[Event]:
    return [event for event in doing.events if isinstance(event, kind)]


# --- contacts ---


def test_verified_contacts_hand_over_without_being_asked_for_words(live: Everybody) -> None:
    receiver = live.receives("bob", words=never)
    sent = live.sends("alice", "Bob", words=never).result()
    received = receiver.result()
    assert (sent.contact, sent.verified) == ("bob", True)
    assert (received.contact, received.verified, received.text) == ("alice", True, "hello")
    assert seen(receiver, Peer) == [Peer("alice", True, "words", "alice")]
    (shown,) = seen(receiver, Check)
    assert isinstance(shown, Check)
    assert not shown.needed
    offers = seen(receiver, Offer)
    assert [(offer.verified, offer.contact) for offer in offers if isinstance(offer, Offer)] == [
        (True, "alice")
    ]


def test_a_request_carries_no_mark_before_the_handshake(live: Everybody) -> None:
    receiver = live.receives("bob")
    live.sends("alice", "bob").result()
    (asked,) = seen(receiver, Request)
    assert set(asked.field_names) == {"name", "tag"}


def test_a_listed_account_is_called_by_its_name(live: Everybody) -> None:
    receiver = live.receives("bob")
    (ready,) = seen(receiver, Ready)
    assert isinstance(ready, Ready)
    assert ready.name == "bob"


def test_comparing_words_with_a_pinned_contact_makes_it_verified(people: People, live: Everybody) -> None:
    assert trust(people, "alice", "pia").state == "pinned"
    receiver = live.receives("pia", unverified=True)
    asked: list[tuple[str, ...]] = []

    def same(words: tuple[str, ...]) -> bool:
        asked.append(words)
        return True

    first = live.sends("alice", "pia", words=same).result()
    assert receiver.result().verified is False  # nobody compared there
    assert (first.contact, first.verified, len(asked)) == ("pia", True, 1)
    assert trust(people, "alice", "pia").state == "verified"
    assert trust(people, "pia", "alice").state == "pinned"
    live.receives("pia", unverified=True)
    assert live.sends("alice", "pia", words=never).result().verified is True


def test_a_pinned_contact_whose_words_differ_stays_pinned(people: People, live: Everybody) -> None:
    people.exchange("carl", "dora")
    live.receives("dora", unverified=True)
    assert live.sends("carl", "dora", words="one two three four").error().code == "words_differ"
    assert trust(people, "carl", "dora").state == "pinned"


def test_somebody_signed_in_who_is_no_contact_is_a_guest(live: Everybody) -> None:
    receiver = live.receives("zoe", unverified=True)
    sent = live.sends("alice", "zoe", unverified=True).result()
    assert (sent.contact, sent.verified) == (None, False)
    assert receiver.result().contact is None


def test_a_code_shows_a_verified_contact_as_verified(live: Everybody, people: People, inbox: Path) -> None:
    sender = Doing(peerseal.send, text="hello", account=people["alice"], server=people.server)
    code = sender.code()
    receiver = Doing(peerseal.receive, code, into=inbox, account=people["bob"], server=people.server)
    assert receiver.result().contact == "alice"
    assert sender.result().contact == "bob"
    assert seen(receiver, Peer) == [Peer("alice", True, "code", "alice")]


# --- others under the same name ---


def test_a_guest_never_stands_in_for_a_contact(live: Everybody) -> None:
    live.receives(None, name="Bob", unverified=True)
    sender = live.sends("alice", "Bob", words=never)
    sender.wait_for(Waiting)
    said = sender.wait_for(Notice).message
    assert said.startswith("Bob (guest) is here")
    assert "--to Bob#" in said
    live.receives("bob")
    assert sender.result().contact == "bob"


def test_a_guest_is_chosen_by_tag_and_called_a_guest(live: Everybody) -> None:
    receiver = live.receives(None, name="Bob", unverified=True)
    (ready,) = seen(receiver, Ready)
    assert isinstance(ready, Ready)
    sender = live.sends("alice", f"Bob#{ready.tag}", unverified=True)
    result = sender.result()
    assert (result.peer, result.contact, result.verified) == ("Bob (guest)", None, False)


def test_another_account_under_a_contacts_name_is_not_that_contact(live: Everybody) -> None:
    live.receives("mallory", name="Bob", unverified=True)
    sender = live.sends("alice", "Bob", words=never)
    assert sender.wait_for(Notice).message.startswith("Bob (guest) is here")
    live.receives("bob")
    assert sender.result().contact == "bob"


def test_a_guest_who_asks_under_a_contacts_name_is_called_a_guest(live: Everybody) -> None:
    receiver = live.receives("bob", unverified=True)
    live.sends(None, "bob", name="Alice", unverified=True).result()
    assert receiver.result().peer == "Alice (guest)"
    (asked,) = seen(receiver, Request)
    assert isinstance(asked, Request)
    assert asked.name == "Alice (guest)"


def test_several_devices_of_a_contact_must_be_told_apart(live: Everybody) -> None:
    first = live.receives("bob", name="Bob's desk")
    live.receives("bob", name="Bob's bag")
    error = live.sends("alice", "bob").error()
    assert (error.code, error.exit_code) == ("ambiguous_name", 2)
    assert "Bob's desk#" in error.message
    (ready,) = seen(first, Ready)
    assert isinstance(ready, Ready)
    assert live.sends("alice", f"Bob#{ready.tag}", words=never).result().contact == "bob"
    assert first.result().contact == "alice"


# --- keys that do not hold ---


def test_other_keys_than_the_known_ones_are_a_hard_stop(people: People, live: Everybody, inbox: Path) -> None:
    receiver = live.receives(showing(people["bob"], OTHER_KEYS))
    error = live.sends("alice", "bob", unverified=True).error()
    assert (error.code, error.exit_code) == ("key_changed", 4)
    assert "peerseal exchange verify bob" in error.hint
    assert people["alice"].safety_number("bob")[:5] in error.hint
    assert receiver.error().code == "not_verified"
    assert seen(receiver, Offer) == []
    assert list(inbox.iterdir()) == []


def test_no_keys_at_all_are_a_hard_stop(
    people: People, live: Everybody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition, "IDENTITY_SECONDS", 0.5)
    receiver = live.receives(showing(people["bob"], None))
    error = live.sends("alice", "bob", unverified=True).error()
    assert (error.code, error.exit_code) == ("key_changed", 4)
    assert "--guest" in error.hint
    assert receiver.error().code == "not_verified"


@pytest.mark.parametrize("chosen", ["Bob's desk", "Bob's desk#{tag}", "bob#{tag}"])
def test_however_a_contacts_device_is_chosen_it_must_show_the_keys(
    people: People, live: Everybody, chosen: str
) -> None:
    receiver = live.receives(showing(people["bob"], OTHER_KEYS), name="Bob's desk")
    (ready,) = seen(receiver, Ready)
    assert isinstance(ready, Ready)
    error = live.sends("alice", chosen.format(tag=ready.tag), unverified=True).error()
    assert error.code == "key_changed"
    assert seen(receiver, Offer) == []


def test_a_receiver_is_told_of_a_sender_who_only_seems_to_be_a_contact(
    people: People, live: Everybody
) -> None:
    receiver = live.receives("bob", unverified=True)
    live.sends(showing(people["alice"], OTHER_KEYS), "bob")
    assert receiver.wait_for(Notice).message.startswith("The server says that this is alice")
    assert receiver.result().contact is None
