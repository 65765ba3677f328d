"""By what right somebody is an operator, and what they decide about accounts, as it stands in JSON (docs/guard.md §7)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.wire import fields as f
from peerseal.wire.accounts import BYTES, NAME, TIME
from peerseal.wire.value import Value

OperatorBy: TypeAlias = Literal["account", "token", "page"]


class OperatedAccount(Value):
    """An account as operators see it. `quota`: its own, None for the usual; `allowed`: the one that holds.

    `operator`: the settings name it, so it cannot be suspended.
    """

    name: str
    used: int
    allowed: int
    quota: int | None
    suspended: bool
    operator: bool
    created: int


class OperatedAccounts(Value):
    """In the order of their names."""

    accounts: tuple[OperatedAccount, ...]
    next: str | None


class ChangeOperated(Value):
    """Its own quota (None: the usual), and whether it is suspended."""

    quota: int | None
    suspended: bool


class Invite(Value):
    """Makes one account until `expires` (ms). `used`: the account it made."""

    id: str
    note: str
    created: int
    expires: int
    used: str | None


class Invites(Value):
    """All of them, newest first."""

    invites: tuple[Invite, ...]


class NewInvite(Value):
    """Invite somebody for so many hours; `note` is for operators."""

    note: str
    hours: int


class MadeInvite(Value):
    """The code is shown this once."""

    invite: Invite
    code: str

    def __repr__(self) -> str:
        return "MadeInvite(…)"


class PageLink(Value):
    """Opens the operator's page once: `/operator#SECRET`, until `expires` (ms)."""

    secret: str
    expires: int

    def __repr__(self) -> str:
        return "PageLink(…)"


class OpenPage(Value):
    """The secret of a page link."""

    secret: str

    def __repr__(self) -> str:
        return "OpenPage(…)"


class OperatorSession(Value):
    """By what right somebody is an operator, and what their page repeats as X-CSRF-Token."""

    by: OperatorBy
    csrf: str | None
    expires: int | None

    def __repr__(self) -> str:
        return f"OperatorSession({self.by})"


_SECRET: Final = f.text(1, 200)
_NEXT: Final = f.nullable(f.text(1, 200))
_NOTE: Final = f.text(0, 100)
_QUOTA: Final = f.nullable(BYTES)
OPERATED_ACCOUNT: Final = f.record(
    OperatedAccount,
    {
        "name": NAME,
        "used": BYTES,
        "allowed": BYTES,
        "quota": _QUOTA,
        "suspended": f.BOOLEAN,
        "operator": f.BOOLEAN,
        "created": TIME,
    },
)
OPERATED_ACCOUNTS: Final = f.record(OperatedAccounts, {"accounts": f.array(OPERATED_ACCOUNT), "next": _NEXT})
CHANGE_OPERATED: Final = f.record(ChangeOperated, {"quota": _QUOTA, "suspended": f.BOOLEAN})
INVITE: Final = f.record(
    Invite, {"id": f.ID, "note": _NOTE, "created": TIME, "expires": TIME, "used": f.nullable(NAME)}
)
INVITES: Final = f.record(Invites, {"invites": f.array(INVITE)})
NEW_INVITE: Final = f.record(NewInvite, {"note": _NOTE, "hours": f.integer(1, 8760)})
MADE_INVITE: Final = f.record(MadeInvite, {"invite": INVITE, "code": _SECRET})
PAGE_LINK: Final = f.record(PageLink, {"secret": _SECRET, "expires": TIME})
OPEN_PAGE: Final = f.record(OpenPage, {"secret": _SECRET})
OPERATOR_SESSION: Final = f.record(
    OperatorSession,
    {
        "by": f.one_of("account", "token", "page"),
        "csrf": f.nullable(_SECRET),
        "expires": f.nullable(TIME),
    },
)
