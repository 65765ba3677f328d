"""Who asks: by address and program for every request, by session, pass or known device where that matters.

An ordinary request of somebody nothing stands against costs a look into two tables; a credential is looked at only
where something stands against the address, or the answer was a point.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Final

from peerseal.server.accounts.asking import Asking, Credential, Signed, credential_of
from peerseal.server.asgi_types import Scope
from peerseal.server.config import Network
from peerseal.server.guard.detector import Who
from peerseal.server.guard.detector.routes import SIGN_INS
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.devices import Devices, device_of, device_subject
from peerseal.server.guard.limits import source_of
from peerseal.server.guard.looking import Looking
from peerseal.server.guard.passes import Passes, pass_of
from peerseal.server.guard.proven import Good, Proven
from peerseal.server.guard.strayed import Strayed
from peerseal.server.live.discovery import PROXY_HEADERS, address_behind, parse_ip

#: What a browser needs to sign in, besides what is below /static/.
_PAGE: Final = frozenset({"/", "/sw.js"})
_REMEMBERED: Final = 20_000
_AGENT_MAX: Final = 200


class Asker:
    """Tells it. `trusted`: proxies that say for whom they speak; `identify` asks the database, `is_wrong` does not."""

    def __init__(
        self,
        *,
        trusted: Collection[Network],
        origins: Collection[str],
        identify: Callable[[Asking], Signed | None],
        is_wrong: Callable[[Credential], bool],
        proven: Proven,
        passes: Passes,
        devices: Devices,
        strayed: Strayed,
    ) -> None:
        self._trusted = trusted
        self._origins = origins
        self._identify = identify
        self._is_wrong = is_wrong
        self._proven = proven
        self._passes = passes
        self._devices = devices
        self._strayed = strayed
        self._addresses: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._callers: OrderedDict[tuple[str, bytes, bool], Who] = OrderedDict()
        self._looking = Looking()

    def who(self, scope: Scope) -> tuple[Who | None, bool, int | None]:
        """Who asks, by address and program alone; whether they show a forwarded header nobody asked them for; and
        what tells their session from others, without looking what it is.

        None behind a trusted proxy that does not say for whom it speaks: nobody is to pay for all others.
        """
        client = scope.get("client")
        peer: str = client[0] if client else ""
        agent = b""
        shown: int | None = None
        forwarded = told = False
        for name, value in scope["headers"]:
            if name == b"user-agent":
                agent = value[:_AGENT_MAX]
            elif name == b"accept-language" or name == b"sec-fetch-site":  # noqa: PLR1714 - as below
                told = True
            elif name == b"cookie" or name == b"authorization":  # noqa: PLR1714 - on every request of everybody
                shown = hash((shown, value))
            elif name in PROXY_HEADERS or name[:12] == b"x-forwarded-":
                forwarded = True
        if forwarded and self._trusted and self.is_trusted(peer):
            address = address_behind(peer, scope["headers"], self._trusted)
            peer, forwarded = "" if address is None else str(address), False
        browser = told and agent.startswith(b"Mozilla/")
        who = self._callers.get((peer, agent, browser))
        if who is None:
            if not peer:
                return None, False, None
            ip, net = self.keys(peer)
            who = Who(ip, net, agent=agent.decode("latin-1"), browser=browser)
            self._callers[peer, agent, browser] = who
            if len(self._callers) > _REMEMBERED:
                self._callers.popitem(last=False)
        return who, forwarded, shown

    def keys(self, address: str) -> tuple[str, str]:
        """How the detector calls an address, and its network."""
        keys = self._addresses.get(address)
        if keys is None:
            ip = source_of(address)
            keys = self._addresses[address] = (ip, network_of(ip))
            if len(self._addresses) > _REMEMBERED:
                self._addresses.popitem(last=False)
        return keys

    def is_trusted(self, peer: str) -> bool:
        """Whether it is a proxy that says for whom it speaks."""
        address = parse_ip(peer) if self._trusted else None
        return address is not None and any(address in network for network in self._trusted)

    def with_credential(self, who: Who, asking: Asking, good: Good | None) -> Who:
        """`who` with the session that is known, and the pass the request brings."""
        passed = self._passes.subject(who.ip, pass_of(asking.headers, secure=asking.secure))
        if good is not None:
            return who._replace(
                session=good.session, account=good.user, signed_in=True, passed=passed is not None
            )
        return who if passed is None else who._replace(session=passed, passed=True)

    async def known(self, scope: Scope, asking: Asking, credential: Credential | None, who: Who) -> Who:
        """`who` with the session, the pass or the known device the request brings: the database is asked.

        A device brings nobody further than to a sign-in, and to the page for it: whose it may be, the entrance asks,
        which knows the name (docs/guard.md §5).
        """
        if credential is not None and not self._is_wrong(credential):
            good = await self._looking.look(who.ip, lambda: self._good(asking, credential))
            if good is not None:
                return self.with_credential(who, asking, good)
        secret = device_of(asking.headers, secure=asking.secure) if _is_for_signing_in(scope, who) else None
        if secret is not None:
            device = device_subject(secret)
            if not self._strayed.spent(device) and await self._looking.look(
                who.ip, lambda: self._devices.known_anywhere(secret)
            ):
                scope["peerseal.let_in"] = device
                who = who._replace(device=device, known=True)
        return self.with_credential(who, asking, None)

    def used_pass(self, scope: Scope, who: Who, *, well: bool) -> None:
        """Something came of the pass the request brought, if it brought one."""
        asking = Asking.of(scope)
        passed = self._passes.subject(who.ip, pass_of(asking.headers, secure=asking.secure))
        if passed is not None:
            self._passes.used(passed, well=well)

    async def identified(self, scope: Scope, ip: str) -> None:
        """Whose session it is, before what it did is held against an address: nothing may have asked so far."""
        if "peerseal.signed" in scope:
            return
        asking = Asking.of(scope)
        credential = credential_of(asking, self._origins)
        if credential is None or self._is_wrong(credential) or self._proven.of(credential) is not None:
            return
        await self._looking.look(ip, lambda: self._good(asking, credential))

    def seen_as(self, scope: Scope, who: Who) -> Who:
        """Who it was, as far as that is known by now."""
        signed: Good | None = scope.get("peerseal.signed")
        asking = Asking.of(scope)
        claimed: str | None = scope.get("peerseal.account")
        secret = device_of(asking.headers, secure=asking.secure)
        if secret is not None and scope.get("peerseal.known", False):
            who = who._replace(device=device_subject(secret), known=True)
        if signed is not None:
            return who._replace(session=signed.session, account=signed.user, signed_in=True)
        if claimed is None:
            credential = credential_of(asking, self._origins)
            good = None if credential is None else self._proven.of(credential)
            if good is not None:
                return who._replace(session=good.session, account=good.user, signed_in=True)
        passed = self._passes.subject(who.ip, pass_of(asking.headers, secure=asking.secure))
        return who._replace(account=claimed, session=passed, passed=passed is not None)

    def _good(self, asking: Asking, credential: Credential) -> Good | None:
        self._identify(asking)
        return self._proven.of(credential)


def _is_for_signing_in(scope: Scope, who: Who) -> bool:
    path: str = scope["path"]
    return who.route in SIGN_INS or path in _PAGE or path.startswith("/static/")
