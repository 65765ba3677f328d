"""Accounts, sessions, recovery, the contact book and key exchanges as they stand in JSON (docs/api.md)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.wire import fields as f
from peerseal.wire import limits
from peerseal.wire.value import Value

SessionKind: TypeAlias = Literal["cookie", "token"]
Direction: TypeAlias = Literal["in", "out"]
ExchangeState: TypeAlias = Literal["pending", "accepted", "declined"]


class Empty(Value):
    """An object without fields."""


class PasswordParameters(Value):
    """How the client stretches the password: server id (16 B), salt (16 B), Argon2id memory in KiB, passes, lanes."""

    server: bytes
    salt: bytes
    memory: int
    passes: int
    lanes: int


class NewPassword(Value):
    """What a chosen password becomes: auth (32 B, secret), its salt and parameters, the vault (93 B) or None."""

    auth: bytes
    salt: bytes
    memory: int
    passes: int
    lanes: int
    vault: bytes | None

    def __repr__(self) -> str:
        return "NewPassword(…)"


class Register(Value):
    """Make an account. `bundle`: the public keys, 1 520 B; `invite`: the code of an invitation, if one is needed."""

    name: str
    bundle: bytes
    password: NewPassword
    invite: str | None = None


class Registered(Value):
    """Always the same, whether the name was free: sign in to see."""

    status: str


class Named(Value):
    """Whom a request is about."""

    name: str


class Login(Value):
    """Sign in: `keep` as a cookie (pages, needs a right Origin) or a token (programs); `label` names the device."""

    name: str
    auth: bytes
    keep: SessionKind
    label: str

    def __repr__(self) -> str:
        return f"Login(name={self.name!r})"


class Account(Value):
    """The signed-in account. `name` as it was written, `user` its canonical form; times in ms, sizes in bytes."""

    name: str
    user: str
    bundle: bytes
    vault: bytes | None
    used: int
    quota: int
    created: int


class SignedIn(Value):
    """The answer to sign-in and `me`. `csrf` for cookie sessions, `token` once, for token sessions.

    `device`: for programs that have just signed in, what makes this device known (docs/guard.md §5).
    """

    account: Account
    session: str
    csrf: str | None
    token: str | None
    device: str | None = None

    def __repr__(self) -> str:
        return f"SignedIn(account={self.account.name!r})"


class ChangePassword(Value):
    """Old proof and new password, replaced at once; other sessions end."""

    auth: bytes
    password: NewPassword

    def __repr__(self) -> str:
        return "ChangePassword(…)"


class ChangeVault(Value):
    """Keep the root on the server, wrapped by the password, or no longer."""

    auth: bytes
    vault: bytes | None

    def __repr__(self) -> str:
        return "ChangeVault(…)"


class ChangeIdentity(Value):
    """Start over with new keys: what was sealed for the old ones is gone, and so is the contact book."""

    auth: bytes
    bundle: bytes
    vault: bytes | None

    def __repr__(self) -> str:
        return "ChangeIdentity(…)"


class Proof(Value):
    """The password's proof, for what cannot be undone."""

    auth: bytes

    def __repr__(self) -> str:
        return "Proof(…)"


class Challenge(Value):
    """To be signed for a recovery: single use, until `expires` (ms). The same form for unknown names."""

    server: bytes
    challenge: bytes
    expires: int


class Recover(Value):
    """A new password, proved by the identity's signature (protocol.md §10.2). All sessions end."""

    name: str
    challenge: bytes
    signature: bytes
    password: NewPassword


class SessionRow(Value):
    """One signed-in device."""

    id: str
    label: str
    kind: SessionKind
    created: int
    last_used: int
    current: bool


class Sessions(Value):
    """All of an account's."""

    sessions: tuple[SessionRow, ...]


class PublicKeys(Value):
    """What the server says are this user's public keys: to show, never to seal for."""

    name: str
    bundle: bytes


class Book(Value):
    """The sealed contact book and its counter; None and 0 if there is none yet."""

    counter: int
    book: bytes | None


class AskExchange(Value):
    """Ask `to` to exchange public keys; `bundle` is the asker's own."""

    to: str
    bundle: bytes


class AcceptExchange(Value):
    """Accept with one's own public keys."""

    bundle: bytes


class Exchange(Value):
    """One request. `bundle`: the other's keys, None while it is outgoing and not accepted."""

    id: str
    peer: str
    direction: Direction
    state: ExchangeState
    bundle: bytes | None
    created: int
    answered: int | None


class Exchanges(Value):
    """All requests from and to this account, newest first."""

    exchanges: tuple[Exchange, ...]


NAME: Final = f.text(1, limits.NAME_MAX_CHARACTERS)
TIME: Final = f.integer(0)
BYTES: Final = f.integer(0)
BUNDLE: Final = f.octets(limits.BUNDLE_BYTES, limits.BUNDLE_BYTES)
_AUTH: Final = f.octets(limits.AUTH_BYTES, limits.AUTH_BYTES)
_VAULT: Final = f.nullable(f.octets(limits.VAULT_BYTES, limits.VAULT_BYTES))
_SERVER: Final = f.octets(limits.SERVER_ID_BYTES, limits.SERVER_ID_BYTES)
_LABEL: Final = f.text(1, limits.LABEL_MAX_CHARACTERS)
_SALT: Final = {
    "salt": f.octets(limits.SALT_BYTES, limits.SALT_BYTES),
    "memory": f.integer(limits.ARGON2_MEMORY_KIB, limits.ARGON2_MEMORY_MAX_KIB),
    "passes": f.integer(limits.ARGON2_PASSES, limits.ARGON2_PASSES_MAX),
    "lanes": f.integer(limits.ARGON2_LANES, limits.ARGON2_LANES_MAX),
}
#: A client reads what the server says before it judges it: `weak_parameters` is its own error.
_SAID: Final = {
    "server": _SERVER,
    "salt": _SALT["salt"],
    "memory": f.integer(0),
    "passes": f.integer(0),
    "lanes": f.integer(0),
}
_KIND: Final = f.one_of("cookie", "token")
_TOKEN: Final = f.nullable(f.text(1, 200))
_NEW_PASSWORD: Final = f.record(NewPassword, {"auth": _AUTH, **_SALT, "vault": _VAULT})

EMPTY: Final = f.record(Empty, {})
NAMED: Final = f.record(Named, {"name": NAME})
PASSWORD_PARAMETERS: Final = f.record(PasswordParameters, _SAID)
REGISTER: Final = f.record(
    Register,
    {"name": NAME, "bundle": BUNDLE, "password": _NEW_PASSWORD, "invite": f.nullable(f.text(1, 100))},
)
REGISTERED: Final = f.record(Registered, {"status": f.one_of("if_free")})
LOGIN: Final = f.record(Login, {"name": NAME, "auth": _AUTH, "keep": _KIND, "label": _LABEL})
ACCOUNT: Final = f.record(
    Account,
    {
        "name": NAME,
        "user": NAME,
        "bundle": BUNDLE,
        "vault": _VAULT,
        "used": BYTES,
        "quota": BYTES,
        "created": TIME,
    },
)
SIGNED_IN: Final = f.record(
    SignedIn, {"account": ACCOUNT, "session": f.ID, "csrf": _TOKEN, "token": _TOKEN, "device": _TOKEN}
)
CHANGE_PASSWORD: Final = f.record(ChangePassword, {"auth": _AUTH, "password": _NEW_PASSWORD})
CHANGE_VAULT: Final = f.record(ChangeVault, {"auth": _AUTH, "vault": _VAULT})
CHANGE_IDENTITY: Final = f.record(ChangeIdentity, {"auth": _AUTH, "bundle": BUNDLE, "vault": _VAULT})
PROOF: Final = f.record(Proof, {"auth": _AUTH})
_CHALLENGE: Final = f.octets(limits.CHALLENGE_BYTES, limits.CHALLENGE_BYTES)
CHALLENGE: Final = f.record(Challenge, {"server": _SERVER, "challenge": _CHALLENGE, "expires": TIME})
RECOVER: Final = f.record(
    Recover,
    {
        "name": NAME,
        "challenge": _CHALLENGE,
        "signature": f.octets(limits.SIGNATURE_BYTES, limits.SIGNATURE_BYTES),
        "password": _NEW_PASSWORD,
    },
)
SESSIONS: Final = f.record(
    Sessions,
    {
        "sessions": f.array(
            f.record(
                SessionRow,
                {
                    "id": f.ID,
                    "label": _LABEL,
                    "kind": _KIND,
                    "created": TIME,
                    "last_used": TIME,
                    "current": f.BOOLEAN,
                },
            )
        )
    },
)
PUBLIC_KEYS: Final = f.record(PublicKeys, {"name": NAME, "bundle": BUNDLE})
BOOK: Final = f.record(
    Book, {"counter": f.integer(0), "book": f.nullable(f.octets(1, limits.BOOK_MAX_BYTES))}
)
ASK_EXCHANGE: Final = f.record(AskExchange, {"to": NAME, "bundle": BUNDLE})
ACCEPT_EXCHANGE: Final = f.record(AcceptExchange, {"bundle": BUNDLE})
EXCHANGE: Final = f.record(
    Exchange,
    {
        "id": f.ID,
        "peer": NAME,
        "direction": f.one_of("in", "out"),
        "state": f.one_of("pending", "accepted", "declined"),
        "bundle": f.nullable(BUNDLE),
        "created": TIME,
        "answered": f.nullable(TIME),
    },
)
EXCHANGES: Final = f.record(Exchanges, {"exchanges": f.array(EXCHANGE)})
