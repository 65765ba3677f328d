"""An account that is open on this device, and how one is opened: register, sign in, sign out.

The password never leaves this device, only what `stretch` makes of it; the root leaves it only sealed (the vault).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import cached_property
from typing import Final

from peerseal.client.api import Api
from peerseal.client.contacts import Contacts
from peerseal.client.keyring import Keyring, Member
from peerseal.client.refusals import typed
from peerseal.client.said import said_name
from peerseal.client.settings import ServerUrl
from peerseal.crypto_engine import (
    Identity,
    PasswordKeys,
    Root,
    canonical_name,
    new_root,
    open_vault,
    random_bytes,
    seal_vault,
    stretch,
)
from peerseal.errors import IntegrityFailed, PeersealError, Refused, VerificationFailed
from peerseal.wire import accounts as wire
from peerseal.wire import limits

#: Asked for the 24 words when the server keeps no vault; None: there are none at hand.
AskWords = Callable[[], Root | None]


class OpenAccount:
    """An account that is signed in on this device, with its keys at hand."""

    def __init__(self, api: Api, member: Member, keyring: Keyring) -> None:
        self.api: Final = api
        self.server: Final[ServerUrl] = api.server
        self.keyring: Final = keyring
        self.member: Final = member

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


class Stretched:
    """A password stretched for one account: its parameters, `auth` and the vault's key. Holds secrets."""

    def __init__(self, password: str, user: str, said: wire.PasswordParameters) -> None:
        self.user: Final = user
        self.said: Final = said
        self._keys: Final[PasswordKeys] = stretch(
            password, user, said.server, said.salt, said.memory, said.passes, said.lanes
        )

    def __repr__(self) -> str:
        return "Stretched(…)"

    @classmethod
    def fresh(cls, password: str, user: str, server_id: bytes) -> Stretched:
        """A new password, with a salt of its own and the usual parameters."""
        salt = random_bytes(limits.SALT_BYTES)
        usual = (limits.ARGON2_MEMORY_KIB, limits.ARGON2_PASSES, limits.ARGON2_LANES)
        return cls(password, user, wire.PasswordParameters(server_id, salt, *usual))

    @property
    def auth(self) -> bytes:
        """What proves the password to the server."""
        return self._keys.auth

    def seal(self, root: Root) -> bytes:
        """The vault of `root` under this password."""
        return seal_vault(root, self._keys.vault_key, self.user, self.said.server)

    def open(self, vault: bytes) -> Root:
        """The root in a vault. Raises IntegrityFailed."""
        return open_vault(vault, self._keys.vault_key, self.user, self.said.server)

    def new_password(self, vault: bytes | None) -> wire.NewPassword:
        """As it is sent to the server."""
        said = self.said
        return wire.NewPassword(self.auth, said.salt, said.memory, said.passes, said.lanes, vault)


def open_account(server: ServerUrl, keyring: Keyring) -> OpenAccount:
    """The account that is signed in at `server` on this device.

    Raises Refused (`not_signed_in`), and VerificationFailed (`key_changed`) before the token is sent to a server
    with another id than the pinned one.
    """
    member = keyring.member(server)
    api = Api(server, member.token)
    with api.kept():
        keyring.check_server(server, api.info().server)
    return OpenAccount(api, member, keyring)


def register(
    server: ServerUrl,
    keyring: Keyring,
    name: str,
    password: str,
    *,
    vault: bool,
    label: str,
    invite: str | None = None,
) -> OpenAccount:
    """Make an account with fresh keys and sign in; with `vault` the server keeps the root, sealed by the password.

    `invite` is the code of an invitation, where one is needed. Raises Refused (`registration_closed`, `invite`,
    `name_taken`), UsageError (`name_malformed`).
    """
    user = canonical_name(name)
    check_free(server, keyring, None)
    api = Api(server)
    with api.kept():
        info = api.info()
        keyring.check_server(server, info.server)
        check_open(server, info.registration, invite)
        root = new_root()
        identity = Identity(root)
        stretched = Stretched.fresh(password, user, info.server)
        new = stretched.new_password(stretched.seal(root) if vault else None)
        api.call("register", wire.Register(name, identity.bundle.encoded, new, invite))
        try:
            signed = _login(api, keyring, name, stretched, label)
        except Refused as refused:
            if refused.code != "login_failed":
                raise
            raise _name_taken(name) from None
        return _keep(api, keyring, info.server, signed, identity)


def sign_in(
    server: ServerUrl,
    keyring: Keyring,
    name: str,
    password: str,
    *,
    label: str,
    words: AskWords,
    prefer_words: bool = False,
) -> OpenAccount:
    """Sign in on this device. The root comes from the vault; without one (or `prefer_words`) from `words`.

    Raises Refused (`login_failed`, `no_keys`), VerificationFailed (`key_changed`, `weak_parameters`).
    """
    user = canonical_name(name)
    check_free(server, keyring, user)
    api = Api(server)
    with api.kept():
        server_id = api.info().server
        keyring.check_server(server, server_id)
        stretched = stretched_at(api, user, password, server_id)
        signed = _login(api, keyring, name, stretched, label)
        api.token = signed.token
        try:
            root = _root(server, keyring, signed.account, stretched, words, prefer_words=prefer_words)
            return _keep(api, keyring, stretched.said.server, signed, Identity(root))
        except BaseException:
            with contextlib.suppress(PeersealError):  # a session without keys is of no use to anybody
                api.call("logout", wire.Empty())
            raise


def sign_out(account: OpenAccount) -> None:
    """End this device's session and forget token and root here."""
    try:
        account.api.call("logout", wire.Empty())
    except Refused as refused:
        if refused.code != "not_signed_in":
            raise
    account.keyring.sign_out(account.server)


def stretched_at(api: Api, user: str, password: str, server_id: bytes) -> Stretched:
    """The password of `user` as the parameters of the server with that id have it.

    Raises VerificationFailed (`key_changed` if they are another server's, `weak_parameters`).
    """
    said = api.ask(wire.PasswordParameters, "login_params", wire.Named(user))
    check_same(api.server, server_id, said.server)
    return Stretched(password, user, said)


def check_same(server: ServerUrl, server_id: bytes, said: bytes) -> None:
    """Refuse an answer that names another server than the one that answered before: `key_changed`."""
    if said != server_id:
        raise VerificationFailed(
            f"Two different servers answer at {server}.",
            code="key_changed",
            hint="Your password was not sent. Ask the person who runs it.",
        )


def registration_closed(server: ServerUrl) -> Refused:
    """The error of a server that takes no new accounts."""
    return Refused(
        "This server takes no new accounts.",
        code="registration_closed",
        hint=f"Ask the person who runs {server}.",
    )


def check_open(server: ServerUrl, registration: str, invite: str | None) -> None:
    """Refuse where no account can be made: `registration_closed`, or `invite` where an invitation is missing."""
    if registration == "closed":
        raise registration_closed(server)
    if registration == "invite" and invite is None:
        raise Refused(
            "This server makes accounts for people with an invitation.",
            code="invite",
            hint=f"Ask the person who runs {server} for a code, then: `peerseal register NAME --invite CODE`.",
        )


def _login(api: Api, keyring: Keyring, name: str, stretched: Stretched, label: str) -> wire.SignedIn:
    api.device = keyring.device(api.server, stretched.user)
    signed = api.ask(wire.SignedIn, "login", wire.Login(name, stretched.auth, "token", label))
    said = (said_name(signed.account.name), signed.account.user)
    if signed.token is None or said != (stretched.user, stretched.user):
        raise VerificationFailed(
            "The server signed in somebody else than was asked for.",
            code="key_changed",
            hint="Do not use it.",
        )
    if signed.device is not None:
        keyring.keep_device(api.server, stretched.user, signed.device)
    return signed


def _keep(
    api: Api, keyring: Keyring, server_id: bytes, signed: wire.SignedIn, identity: Identity
) -> OpenAccount:
    identity.check_bundle(signed.account.bundle)
    account, token = signed.account, signed.token or ""
    before = keyring.signed_in(api.server)
    member = Member(account.name, account.user, signed.session, token, identity.root, identity.fingerprint)
    keyring.sign_in(api.server, server_id, member)
    api.token = token
    if before is not None:
        with contextlib.suppress(PeersealError):  # signed in again: the session before is of no use any more
            api.call("end_session", session=before.session)
    return OpenAccount(api, member, keyring)


def check_free(server: ServerUrl, keyring: Keyring, user: str | None) -> None:
    """Nobody else's keys are overwritten: without a vault they may be the only copy."""
    here = keyring.signed_in(server)
    if here is not None and here.user != user:
        raise Refused(
            f"{here.name} is signed in here.",
            code="signed_in",
            hint="`peerseal logout` signs out; PEERSEAL_HOME names another folder for another person.",
        )


def _root(
    server: ServerUrl,
    keyring: Keyring,
    account: wire.Account,
    stretched: Stretched,
    words: AskWords,
    *,
    prefer_words: bool,
) -> Root:
    if account.vault is not None and not prefer_words:
        try:
            return stretched.open(account.vault)
        except IntegrityFailed:
            raise IntegrityFailed(
                "The password is right, but the keys the server kept do not open with it.",
                code="not_authentic",
                hint=f"With your 24 words, `peerseal account restore {typed(account.name)}` brings the keys back.",
            ) from None
    here = keyring.signed_in(server)
    if here is not None and here.user == account.user and not prefer_words and _fits(here, account):
        return Root(here.root)
    root = words()
    if root is None:
        raise Refused(
            "The server keeps no copy of this account's keys, and they are not on this device.",
            code="no_keys",
            hint=f"`peerseal account restore {typed(account.name)}` takes the 24 words.",
        )
    return root


def _fits(here: Member, account: wire.Account) -> bool:
    """Whether the keys on this device are still the account's: new ones may have been made on another."""
    return Identity(Root(here.root)).bundle.encoded == account.bundle


def _name_taken(name: str) -> Refused:
    return Refused(
        f"The name {name} is taken.",
        code="name_taken",
        hint="Choose another; if the account is yours, sign in with `peerseal login`.",
    )
