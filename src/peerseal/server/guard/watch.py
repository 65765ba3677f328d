"""The watch: around everything, it sees each request begin and end (docs/guard.md).

Before: what stands against whoever asks. After: which point the answer is, if it is one. An ordinary request of
somebody nothing stands against costs a look into two tables, and no credential is looked at.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from typing import Any, Final

from peerseal.server.accounts.asking import Asking, Credential, Signed, credential_of, secret_hash
from peerseal.server.accounts.names import canonical
from peerseal.server.asgi_types import AsgiApp, Event, Receive, Scope, Send
from peerseal.server.config import Network
from peerseal.server.guard.asker import Asker
from peerseal.server.guard.comings import opens_connection
from peerseal.server.guard.detector import Decision, Sighting, Who
from peerseal.server.guard.detector.routes import CONNECT
from peerseal.server.guard.detector.sightings import VISITOR
from peerseal.server.guard.devices import Devices
from peerseal.server.guard.guard import Guard
from peerseal.server.guard.lured import NEVER_OURS, OF_JSON, is_browser, is_lured, is_slip
from peerseal.server.guard.passes import Passes
from peerseal.server.guard.points import is_bait, point_of, reason_of, route_of
from peerseal.server.guard.proven import Proven
from peerseal.server.guard.refusal import Refusal
from peerseal.server.guard.strayed import Strayed
from peerseal.server.guard.telling import Circumstances
from peerseal.server.guard.tls import is_secure
from peerseal.server.live.connection import Connection
from peerseal.wire import limits

_ALLOW: Final = Decision("allow")
_GO_ON: Final = ("allow", "log")
#: Never refused: what the challenge needs, and what watches over the server from outside.
_ALWAYS: Final = frozenset(
    {"/api/v1/challenge", limits.INFO_PATH, limits.HEALTH_PATH, limits.LIVE_PATH, limits.READY_PATH}
)
#: Never challenged, only blocked: what a person opens, and what judges by rights of its own.
_PAGES: Final = frozenset({"/", "/sw.js", "/operator", "/metrics"})
_OF_OPERATORS: Final = "/api/v1/operator/"
_PAGES_BELOW: Final = ("/static/", "/s/", _OF_OPERATORS)
#: Ordinary, and yet seen each time: what strangers do much of only if they are up to something.
_COUNTED: Final = frozenset(
    f"/api/v1/{name}"
    for name in (
        "login",
        "login/params",
        "recover",
        "recover/challenge",
        "register",
        "report",
        "openapi.json",
    )
)
#: What only the right password, or the right keys, answer well.
_SIGN_INS: Final = frozenset({"/api/v1/login", "/api/v1/recover"})
_COUNTED_BELOW: Final = ("/api/v1/links/", "/s/")
#: What comes here was let in before, and shows it by a ticket or the session of a meeting.
_ADMITTED: Final = frozenset({limits.RELAY_PATH, limits.EXCHANGE_PATH})
_ADMITTED_BELOW: Final = f"{limits.CHUNKS_PATH}/"
_SOCKET_IO: Final = "/socket.io/"
_JOIN: Final = "sio:join"
#: An ordinary request of the same address is counted once in this time.
_ORDINARY_SECONDS: Final = 60.0
_REMEMBERED: Final = 20_000
_REFUSED_AT_ENTRANCE: Final = frozenset({"challenge", "wait", "blocked"})


class Watch:
    """ASGI middleware. `admits` tells an operator's request by its headers, from memory alone.

    `polls`: whether a query belongs to a session of Socket.IO that is there.
    """

    def __init__(
        self,
        app: AsgiApp,
        guard: Guard,
        *,
        trusted: Collection[Network],
        origins: Collection[str],
        identify: Callable[[Asking], Signed | None],
        is_wrong: Callable[[Credential], bool],
        proven: Proven,
        passes: Passes,
        devices: Devices,
        admits: Callable[[Asking], bool],
        polls: Callable[[bytes], bool],
    ) -> None:
        self._app = app
        self._guard = guard
        self._trusted = trusted
        self._origins = origins
        self._proven = proven
        self._admits = admits
        self._polls = polls
        self._ordinary: OrderedDict[Hashable, float] = OrderedDict()
        self._strayed = Strayed(guard.time)
        self._asker = Asker(
            trusted=trusted,
            origins=origins,
            identify=identify,
            is_wrong=is_wrong,
            proven=proven,
            passes=passes,
            devices=devices,
            strayed=self._strayed,
        )
        #: How often each status was answered.
        self.statuses: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        who, spoofed, shown = (None, False, None) if self._guard.mode == "off" else self._asker.who(scope)
        if who is not None and not self._guard.quiet():
            decision = await self._judge(scope, who)
            if decision.action not in _GO_ON:
                scope["peerseal.answerer"] = Refusal(decision, self._guard.time())

        async def answered(status: int) -> None:
            self.statuses[status] += 1
            scope["peerseal.answered"] = status
            if who is not None:
                if spoofed and self._is_news(("forwarded", who.ip)):
                    self._see(scope, who, "spoofed_forward", status)
                await self._after(scope, who, status, shown)

        await self._app(scope, receive, _Answer(send, answered))

    def note_peer(self, peer: str, point: str, status: int) -> None:
        """Something a connection did before it was a request. Nothing is known of who is behind a trusted proxy.

        A `csrf` is what a page of elsewhere may have caused: none once something stands there.
        """
        if self._guard.mode == "off" or self._asker.is_trusted(peer):
            return
        ip, net = self._asker.keys(peer)
        if point == "csrf" and self._guard.stops(Who(ip, net)):
            return
        nameless: dict[str, object] = {"ua": ""}
        self._guard.see(Sighting(self._guard.time(), ip, net, None, None, None, point, "*", status, nameless))

    def note_connection(self, connection: Connection, point: str | None, event: str, room: str) -> None:
        """A message of a meeting that is a sign of something, or (None) of people who do what they came for."""
        if self._guard.mode == "off":
            return
        ip, net = self._asker.keys(connection.source)
        signed_in = connection.session is not None
        session = connection.session or live_subject(connection.id)
        self._guard.see(
            Sighting(
                self._guard.time(),
                ip,
                net,
                None if connection.account is None else canonical(connection.account),
                None,
                session,
                point,
                f"sio:{event}",
                0 if point else 200,
                {**_about(point, room), **({} if signed_in else {"ua": connection.visitor.agent})},
                signed_in=signed_in,
            )
        )

    def lets(self, connection: Connection) -> bool:
        """Whether who is on this connection may go on to others: not from where they could not open another one now."""
        if connection.session is not None or self._guard.quiet():
            return True
        ip, net = self._asker.keys(connection.source)
        visitor = connection.visitor
        who = Who(ip, net, agent=visitor.agent, route=_JOIN, browser=visitor.browser)
        return self._guard.standing(who).action != "block"

    # --- before ---

    async def _judge(self, scope: Scope, who: Who) -> Decision:
        """What applies: something may stand against the address, and not against who comes from it."""
        path: str = scope["path"]
        if path in _ALWAYS or self._was_admitted(scope, path):
            return _ALLOW
        pages = path in _PAGES or path.startswith(_PAGES_BELOW)
        who = who._replace(route=None if pages else _asked_for(scope, path))
        scope["peerseal.secure"] = is_secure(scope, self._trusted)
        asking = Asking.of(scope)
        credential = credential_of(asking, self._origins)
        good = None if credential is None else self._proven.of(credential)
        decision = self._guard.standing(self._asker.with_credential(who, asking, good))
        if decision.action in _GO_ON or (pages and decision.action != "block") or self._admits(asking):
            return _ALLOW
        if good is None:
            decision = self._guard.standing(await self._asker.known(scope, asking, credential, who))
        return _ALLOW if pages and decision.action != "block" else decision

    def _was_admitted(self, scope: Scope, path: str) -> bool:
        """Whether the request goes on with something that began before."""
        if path.startswith(_SOCKET_IO):
            return self._polls(scope.get("query_string", b""))
        return path in _ADMITTED or path.startswith(_ADMITTED_BELOW)

    def _is_good(self, scope: Scope) -> bool:
        """Whether it comes from a session that is there."""
        credential = credential_of(Asking.of(scope), self._origins)
        return credential is not None and self._proven.of(credential) is not None

    # --- after ---

    async def _after(self, scope: Scope, who: Who, status: int, shown: int | None) -> None:
        path: str = scope["path"]
        noted: str | None = scope.get("peerseal.point")
        if status < 400 and noted is None:
            await self._answered_well(scope, who, status, shown)
            return
        route = route_of(scope.get("method", "GET"), path)
        code: str = scope.get("peerseal.code", "")
        refusal: Refusal | None = scope.get("peerseal.answerer")
        lured = is_lured(scope, self._origins)
        if refusal is not None:
            status = 404  # it was stopped; what it would have found is what it asked for
            if not is_bait(path):
                if refusal.challenged == "ip" and not lured:
                    self._see(scope, who, None, 429, route, see=self._guard.unpaid)
                return
        if code in _REFUSED_AT_ENTRANCE and not lured:
            self._refused(scope, who, code, route)
        if noted is None:
            noted = self._point(scope, status, code, route, lured=lured)
        if noted:
            await self._noted(scope, who, noted, status, route, lured=lured)

    async def _noted(
        self, scope: Scope, who: Who, noted: str, status: int, route: str, *, lured: bool
    ) -> None:
        """It is a point: of a page of elsewhere, or of who asked."""
        path: str = scope["path"]
        if noted in NEVER_OURS and is_browser(scope) and not self._is_good(scope):
            if noted == "unknown_route" and path.startswith(_OF_OPERATORS) and not lured:
                return  # the operator's page is open, and who was one is signed out
            lured = True
        if lured and noted not in OF_JSON:
            self._lured(scope, who, noted, status, route)
            return
        if noted == "login_failed":
            self._asker.used_pass(scope, who, well=False)
        await self._asker.identified(scope, who.ip)
        self._see(scope, who, noted, status, route)

    async def _answered_well(self, scope: Scope, who: Who, status: int, shown: int | None) -> None:
        path: str = scope["path"]
        opens = opens_connection(scope)
        if opens or path in _SIGN_INS:
            self._asker.used_pass(scope, who, well=True)
        if opens:
            await self._came(scope, who, status)
        counted = path in _COUNTED or path.startswith(_COUNTED_BELOW)
        if (counted and not is_lured(scope, self._origins)) or self._is_news((who.ip, shown)):
            self._see(scope, who, None, status)

    async def _came(self, scope: Scope, who: Who, status: int) -> None:
        """A connection of the meeting was opened. Who is signed in is at work; a page of elsewhere makes nobody pay twice."""
        await self._asker.identified(scope, who.ip)
        as_seen = self._asker.seen_as(scope, who)
        lured = scope["type"] == "http" and is_lured(
            scope, self._origins
        )  # of a WebSocket the origin was looked at
        if as_seen.signed_in:
            wanted = self._is_news((as_seen.session, CONNECT))
        else:
            wanted = not lured or not self._guard.stops(who)
        if wanted:
            self._see(scope, who, None, status, CONNECT)

    def _refused(self, scope: Scope, who: Who, code: str, route: str) -> None:
        """The application challenged or stopped it: going on costs as if the watch had done so."""
        device: str | None = scope.get("peerseal.let_in")
        if device is not None and not scope.get("peerseal.known", False):
            self._strayed.count(device)  # it was let in, and the account is not its own
        if code == "challenge":
            self._see(scope, who, None, 429, route, see=self._guard.unpaid)

    def _point(self, scope: Scope, status: int, code: str, route: str, *, lured: bool) -> str | None:
        """The point the answer is; one of its own is a session's secret that is nobody's."""
        point = point_of(status, code, route, scope["path"], scope.get("raw_path") or b"")
        if point is not None or (status, code) != (401, "not_signed_in") or lured:
            return point
        credential = credential_of(Asking.of(scope), self._origins)
        if credential is None:
            return None
        scope["peerseal.shown"] = secret_hash(credential)[:8].hex()
        return "credential_wrong"

    def _lured(self, scope: Scope, who: Who, noted: str, status: int, route: str) -> None:
        """Another page may have made it: no session answers for it, and the address pays at most with a challenge."""
        if self._guard.stops(who):
            return
        path: str = scope["path"]
        detail: dict[str, object] = {"method": scope.get("method", "GET"), "path": path, "ua": who.agent}
        point = "csrf"
        if is_slip(noted, path, scope.get("raw_path") or b""):
            point = noted if noted == "not_found_object" else "unknown_route"
            detail |= {VISITOR: True, "id": _id_in(path)}
        now = self._guard.time()
        self._guard.see(
            Sighting(now, who.ip, who.net, None, None, None, point, route, status, detail),
            _circumstances(scope),
        )

    def _see(
        self,
        scope: Scope,
        who: Who,
        point: str | None,
        status: int,
        route: str | None = None,
        *,
        see: Callable[[Sighting, Circumstances], None] | None = None,
    ) -> None:
        method: str = scope.get("method", "GET")
        path: str = scope["path"]
        route = route or route_of(method, path)
        detail: dict[str, object] = {"method": method, "path": path, "ua": who.agent, "id": _id_in(path)}
        if who.browser:
            detail["browser"] = True
        shown: str | None = scope.get("peerseal.shown")
        if shown is not None:
            detail["code"] = shown
        if point == "bad_name":
            detail["reason"] = reason_of(path, scope.get("raw_path") or b"")
        who = self._asker.seen_as(scope, who)
        (see or self._guard.see)(
            Sighting(
                self._guard.time(),
                who.ip,
                who.net,
                who.account,
                who.device,
                who.session,
                point,
                route,
                status,
                detail,
                who.known,
                who.passed,
                who.signed_in,
            ),
            _circumstances(scope),
        )

    def _is_news(self, key: Hashable) -> bool:
        now = self._guard.time()
        if now - self._ordinary.get(key, float("-inf")) < _ORDINARY_SECONDS:
            return False
        self._ordinary[key] = now
        self._ordinary.move_to_end(key)
        if len(self._ordinary) > _REMEMBERED:
            self._ordinary.popitem(last=False)
        return True


class _Answer:
    """`send`, which tells the status before anything of the answer is sent: whoever asks again is seen as they are."""

    __slots__ = ("_answered", "_begun", "_send")

    def __init__(self, send: Send, answered: Callable[[int], Awaitable[None]]) -> None:
        self._send = send
        self._answered = answered
        self._begun = False

    async def __call__(self, event: Event) -> None:
        if not self._begun:
            kind = event["type"]
            if kind in ("http.response.start", "websocket.http.response.start"):
                self._begun = True
                await self._answered(event["status"])
            elif kind == "websocket.accept":
                self._begun = True
                await self._answered(101)
        await self._send(event)


def _circumstances(scope: Scope) -> Circumstances:
    """What was asked for and answered, whatever the detector is told it would have found."""
    request_id: str = scope.get("peerseal.request_id", "")
    return Circumstances(scope.get("method"), request_id, scope.get("peerseal.answered"), scope["path"])


def _asked_for(scope: Scope, path: str) -> str:
    """The route, as the detector names it: a WebSocket that opens a meeting is the joining of one."""
    if path in (limits.MEET_PATH, "/socket.io/"):
        return _JOIN
    return route_of(scope.get("method", "GET"), path)


def _about(point: str | None, room: str) -> dict[str, object]:
    """What a message of a meeting was about. Several for the same room that is none are one mistake."""
    if not room:
        return {}
    return {"peer": room} if point == "not_accepted" else {"room": room, "code": room}


def live_subject(connection: str) -> str:
    """How the detector names an anonymous connection of the meeting."""
    return f"live:{connection}"


def _id_in(path: str) -> str | None:
    """The id an address names, if any."""
    parts: Sequence[Any] = [part for part in path.split("/") if len(part) == 32]
    return parts[0] if parts else None
