"""Accounts as their owner uses them: register, sign in and out, passwords, the vault, recovery, new keys, the end.

The password never leaves this device, only what `stretch` makes of it; the root leaves it only sealed (the vault).
"""

from __future__ import annotations

from functools import cached_property
from typing import Final

from peerseal.client.api import Api
from peerseal.client.contacts import Contacts
from peerseal.client.keyring import Keyring, Member
from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import Identity, Root


class OpenAccount:
    """An account that is signed in on this device, with its keys at hand."""

    def __init__(self, api: Api, member: Member, keyring: Keyring) -> None:
        self.api: Final = api
        self.server: Final[ServerUrl] = api.server
        self.keyring: Final = keyring
        self.member = member

    def __repr__(self) -> str:
        return f"OpenAccount({self.member.name!r} at {self.server})"

    @property
    def name(self) -> str:
        """The account's name as it was written at registration."""
        return self.member.name

    @property
    def user(self) -> str:
        """The canonical form of the name, which everything sealed refers to."""
        return self.member.user

    @cached_property
    def identity(self) -> Identity:
        """The account's keys."""
        return Identity(Root(self.member.root))

    @cached_property
    def contacts(self) -> Contacts:
        """The account's contact book."""
        return Contacts(self.api, self.identity, self.keyring)

    def close(self) -> None:
        """Close the connections."""
        self.api.close()


def open_account(server: ServerUrl, keyring: Keyring) -> OpenAccount:
    """The account that is signed in at `server` on this device.

    Raises Refused (`not_signed_in`), and VerificationFailed (`key_changed`) before anything is sent to a server
    with another id than the pinned one.
    """
    member = keyring.member(server)
    api = Api(server, member.token)
    keyring.check_server(server, api.info().server)
    return OpenAccount(api, member, keyring)
