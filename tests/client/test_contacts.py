"""The contact book against a server that forgets, goes back or mixes up, and beside other devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from peerseal.client.account import OpenAccount
from peerseal.client.contacts import Contacts
from peerseal.client.keyring import Keyring
from peerseal.crypto_engine import Bundle, Identity, new_root
from peerseal.errors import IntegrityFailed, Interrupted, PeersealError, Refused
from peerseal.protocol.book import Book
from peerseal.wire import accounts as wire
from peerseal.wire.value import Value

pytestmark = pytest.mark.e2e


def somebody() -> Bundle:
    return Identity(new_root()).bundle


def adding(name: str) -> Callable[[Book], Book]:
    bundle = somebody()
    return lambda book: book.pin(name, bundle, 1)


class Server:
    """The real server's calls, through which a test makes it lie."""

    def __init__(self, account: OpenAccount) -> None:
        self._api = account.api
        self.server = account.server
        self.lie: wire.Book | None = None
        self.stored = 0
        self.after_ask: Callable[[], object] = lambda: None
        self.before_store: Callable[[], object] = lambda: None
        self.after_store: Callable[[], object] = lambda: None

    def ask(self, kind: type[Any], name: str, *arguments: Any, **named: Any) -> Any:
        given = self._api.ask(kind, name, *arguments, **named)
        after, self.after_ask = self.after_ask, lambda: None
        after()
        return self.lie if self.lie is not None and kind is wire.Book else given

    def call(self, name: str, *arguments: Any, **named: Any) -> Value | None:
        before, self.before_store = self.before_store, lambda: None
        before()
        self.stored += 1
        given = self._api.call(name, *arguments, **named)
        after, self.after_store = self.after_store, lambda: None
        after()
        return given

    def book(self) -> wire.Book:
        """The newest sealed book, honestly."""
        return self._api.ask(wire.Book, "book")


@pytest.fixture
def honest(ada: OpenAccount) -> Server:
    return Server(ada)


@pytest.fixture
def contacts(ada: OpenAccount, honest: Server) -> Contacts:
    """The book of a device that has seen a few changes of it."""
    contacts = device(ada, honest, ada.keyring)
    if contacts.load().contact("carol") is None:
        contacts.change(adding("carol"))
        contacts.change(adding("dan"))
    return contacts


def device(account: OpenAccount, server: Server, keyring: Keyring) -> Contacts:
    return Contacts(server, account.identity, keyring)  # type: ignore[arg-type]


def another_device(ada: OpenAccount) -> Contacts:
    keyring = Keyring(None)
    keyring.sign_in(ada.server, bytes(16), ada.member)
    return device(ada, Server(ada), keyring)


def rolled_back(contacts: Contacts) -> bool:
    with pytest.raises(IntegrityFailed) as caught:
        contacts.load()
    assert (caught.value.exit_code, "logout --forget" in caught.value.hint) == (7, True)
    return caught.value.code == "rolled_back"


def test_a_change_is_there_for_the_next_device(contacts: Contacts, ada: OpenAccount) -> None:
    contacts.change(adding("erin"))
    assert another_device(ada).load().contact("erin") is not None
    assert contacts.book.contact("erin") is not None


def test_a_change_that_changes_nothing_is_not_stored(contacts: Contacts, honest: Server) -> None:
    stored, book = honest.stored, contacts.book
    assert contacts.change(lambda book: book) == book
    assert honest.stored == stored


def test_two_devices_changing_at_once_lose_nothing(
    contacts: Contacts, honest: Server, ada: OpenAccount
) -> None:
    honest.before_store = lambda: another_device(ada).change(adding("first"))
    book = contacts.change(adding("second"))
    assert book.contact("first") is not None
    assert book.contact("second") is not None
    assert another_device(ada).load() == book


def test_an_answer_that_is_lost_on_the_way_is_looked_for(contacts: Contacts, honest: Server) -> None:
    def cut() -> None:
        raise Interrupted("The connection to the server broke.")

    honest.after_store = cut
    stored = honest.stored
    assert contacts.change(adding("lost")).contact("lost") is not None
    assert honest.stored == stored + 1, "it was stored and is not stored twice"


def test_an_older_book_is_rolled_back(contacts: Contacts, honest: Server) -> None:
    honest.lie = honest.book()
    before = honest.lie
    honest.lie = None
    contacts.change(adding("newer"))
    honest.lie = before
    assert rolled_back(contacts)


def test_no_book_where_one_was_seen_is_rolled_back(contacts: Contacts, honest: Server) -> None:
    honest.lie = wire.Book(0, None)
    assert rolled_back(contacts)


def test_another_book_of_the_same_number_is_rolled_back(
    contacts: Contacts, honest: Server, ada: OpenAccount
) -> None:
    now = honest.book()
    forked = another_device(ada)
    forked.load()
    fork = Server(ada)
    kept: list[wire.Book] = []
    fork.call = lambda name, body, **named: kept.append(body)  # type: ignore[method-assign]
    forked._api = fork  # type: ignore[assignment]
    forked.change(adding("forked"))
    assert kept[0].counter == now.counter + 1
    contacts.change(adding("honest"))
    honest.lie = kept[0]
    assert rolled_back(contacts)


def test_a_next_book_that_does_not_follow_the_last_is_rolled_back(
    contacts: Contacts, honest: Server, ada: OpenAccount
) -> None:
    other, fork, kept = another_device(ada), Server(ada), list[wire.Book]()
    other._api = fork  # type: ignore[assignment]
    fork.call = lambda name, body, **named: kept.append(body)  # type: ignore[method-assign]
    other.change(adding("one"))
    fork.lie = kept[0]
    other.change(adding("two"))
    contacts.change(adding("honest too"))
    assert kept[1].counter == honest.book().counter + 1
    honest.lie = kept[1]
    assert rolled_back(contacts)


def test_a_book_of_somebody_else_does_not_open(contacts: Contacts, honest: Server, bob: OpenAccount) -> None:
    device(bob, Server(bob), bob.keyring).change(adding("carol"))
    honest.lie = bob.api.ask(wire.Book, "book")
    with pytest.raises(IntegrityFailed) as caught:
        contacts.load()
    assert caught.value.code == "not_authentic"


def test_a_counter_that_is_not_the_books_own_is_rolled_back(contacts: Contacts, honest: Server) -> None:
    now = honest.book()
    honest.lie = wire.Book(now.counter + 1, now.book)
    assert rolled_back(contacts)


def test_a_device_that_saw_nothing_yet_takes_what_there_is(ada: OpenAccount, contacts: Contacts) -> None:
    assert another_device(ada).load() == contacts.load()


def test_another_process_that_stores_meanwhile_is_no_lie_of_the_server(
    contacts: Contacts, honest: Server, ada: OpenAccount
) -> None:
    beside = device(ada, Server(ada), ada.keyring)
    honest.after_ask = lambda: beside.change(adding("meanwhile"))
    assert contacts.load().contact("meanwhile") is None, "fetched before the other process stored"
    assert contacts.load().contact("meanwhile") is not None


def test_a_book_that_others_change_all_the_time_ends_in_words(
    contacts: Contacts, honest: Server, ada: OpenAccount
) -> None:
    def always(name: str, *arguments: Any, **named: Any) -> None:
        raise Refused(code="stale")

    honest.call = always  # type: ignore[method-assign]
    with pytest.raises(PeersealError) as caught:
        contacts.change(adding("never"))
    assert (caught.value.code, caught.value.retryable) == ("stale", True)
