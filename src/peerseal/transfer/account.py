"""The SDK's account: `peerseal.sign_in(...)` and what an account can do, without prompts, prints or environment.

    with peerseal.sign_in("http://localhost:5000", "alice", password) as alice:
        alice.ask_exchange("bob")
        print(alice.contacts)

Keys live in memory, or under `home` if a folder is given; the same folder serves `peerseal` with PEERSEAL_HOME.
"""

from __future__ import annotations

import os
import time
from types import TracebackType
from typing import Final, Self

from peerseal.client.account import OpenAccount, open_account
from peerseal.client.account import register as register_account
from peerseal.client.account import sign_in as sign_in_account
from peerseal.client.account import sign_out as sign_out_account
from peerseal.client.exchange import Comparison, accept, ask, compare, decline, look, remove, verify, withdraw
from peerseal.client.keyring import Keyring
from peerseal.client.settings import DEFAULT_SERVER, parse_server
from peerseal.crypto_engine import Root, root_of, words_of
from peerseal.errors import VerificationFailed
from peerseal.protocol.book import Contact
from peerseal.wire.accounts import Exchange

LABEL: Final = "Python"


class Account:
    """A signed-in account. A context manager: leaving it signs out if the keys were only in memory.

    Not for several threads at once. Methods block and raise PeersealError.
    """

    def __init__(self, account: OpenAccount) -> None:
        self.open: Final = account

    def __repr__(self) -> str:
        return f"Account({self.open.name!r} at {self.open.server})"

    @property
    def name(self) -> str:
        """The account's name."""
        return self.open.name

    @property
    def fingerprint(self) -> bytes:
        """32 bytes that name the account's public keys."""
        return self.open.member.fingerprint

    @property
    def words(self) -> tuple[str, ...]:
        """The 24 words: the keys themselves. For nobody else's eyes."""
        return words_of(Root(self.open.member.root))

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """Whose keys are pinned or verified, as the server has them now; answered exchanges are pinned first."""
        look(self.open, _now())
        return self.open.contacts.book.contacts

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All key exchanges, newest first; keys of accepted ones are pinned if the name is new."""
        return look(self.open, _now()).exchanges

    def ask_exchange(self, name: str) -> Exchange:
        """Ask somebody to exchange keys."""
        return ask(self.open, name)

    def accept_exchange(self, name: str) -> Contact:
        """Answer somebody's request and pin their keys; `key_changed` if others are pinned."""
        return accept(self.open, name, _now())

    def decline_exchange(self, name: str) -> None:
        """Refuse somebody's request."""
        decline(self.open, name)

    def withdraw_exchange(self, name: str) -> None:
        """Take one's own request back."""
        withdraw(self.open, name)

    def safety_number(self, name: str) -> str:
        """The 60 digits to compare with that person on another way than this server."""
        return compare(self.open, name).number

    def verify(self, name: str, safety_number: str) -> Contact:
        """Make a contact verified by the 60 digits that person's device shows; also accepts their changed keys."""
        comparison: Comparison = compare(self.open, name)
        if "".join(safety_number.split()) != comparison.number:
            raise VerificationFailed(
                f"The safety numbers differ: the keys are not {name}'s.",
                code="safety_number_differs",
                hint="Nothing was changed.",
            )
        return verify(self.open, comparison, _now())

    def remove_contact(self, name: str) -> None:
        """Forget a contact's keys."""
        remove(self.open, name)

    def sign_out(self) -> None:
        """End this session and forget the keys here."""
        sign_out_account(self.open)
        self.open.close()

    def close(self) -> None:
        """Close the connections; with keys in memory only, also sign out: nobody could use the session again."""
        if self.open.keyring.folder is None and self.open.keyring.signed_in(self.open.server) is not None:
            self.sign_out()
        else:
            self.open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def sign_in(
    server: str | None,
    name: str,
    password: str,
    *,
    words: str | None = None,
    home: str | os.PathLike[str] | None = None,
) -> Account:
    """Sign in. `words`: the 24 words, where the server keeps no copy of the keys. `home`: keep the keys there."""

    def root() -> Root | None:
        return None if words is None else root_of(words)

    return Account(
        sign_in_account(
            parse_server(server or DEFAULT_SERVER), _keyring(home), name, password, label=LABEL, words=root
        )
    )


def register(
    server: str | None,
    name: str,
    password: str,
    *,
    vault: bool = True,
    home: str | os.PathLike[str] | None = None,
) -> Account:
    """Make an account and sign in. Note `Account.words`: without `vault` nothing else brings the keys back."""
    place = parse_server(server or DEFAULT_SERVER)
    return Account(register_account(place, _keyring(home), name, password, vault=vault, label=LABEL))


def account(home: str | os.PathLike[str], server: str | None = None) -> Account:
    """The account that is signed in under `home` already."""
    return Account(open_account(parse_server(server or DEFAULT_SERVER), _keyring(home)))


def _keyring(home: str | os.PathLike[str] | None) -> Keyring:
    return Keyring(None if home is None else os.path.join(os.path.abspath(home), "accounts"))  # noqa: PTH118, PTH100 - pathlib costs start-up time


def _now() -> int:
    return int(time.time() * 1000)
