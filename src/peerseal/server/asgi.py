"""The one ASGI application: meeting, carrying, and Flask for the rest, behind the gate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from a2wsgi import WSGIMiddleware

from peerseal.server.accounts import vestibule
from peerseal.server.accounts.asking import Asking, Signed
from peerseal.server.addresses import Interface, OwnNetworks, urls
from peerseal.server.asgi_types import AsgiApp, Receive, Scope, Send
from peerseal.server.config import ServerConfig
from peerseal.server.create_app import create_app
from peerseal.server.database import Database
from peerseal.server.files.chunks import Chunks
from peerseal.server.files.ownership import orphaned
from peerseal.server.guard.bodies import WholeBodies
from peerseal.server.guard.entrance import AGENT_MAX
from peerseal.server.guard.gate import SOCKET_IO_PATH, Gate
from peerseal.server.guard.limits import source_of
from peerseal.server.guard.lured import is_named_browser
from peerseal.server.guard.metrics import PATH as METRICS_PATH
from peerseal.server.guard.metrics import Metrics
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.guard.watch import Watch
from peerseal.server.health import Health
from peerseal.server.live.callers import Callers
from peerseal.server.live.discovery import SeenProxies, Visitor, judge
from peerseal.server.live.ice import IceServers
from peerseal.server.live.meet_http import HttpMeeting
from peerseal.server.live.meet_socketio import SocketIoMeeting
from peerseal.server.live.meet_websocket import meet_websocket
from peerseal.server.live.service import Meeting
from peerseal.server.lock import FolderLock
from peerseal.server.news import NewsEndpoint
from peerseal.server.operator.rights import unclaimed
from peerseal.server.private_folder import tighten
from peerseal.server.relay.relay_http import HttpRelay
from peerseal.server.relay.relay_websocket import relay_websocket
from peerseal.server.relay.switchboard import Switchboard
from peerseal.server.scrub import Scrub
from peerseal.server.services import Services
from peerseal.wire.limits import (
    CHUNKS_PATH,
    EXCHANGE_PATH,
    HEALTH_PATH,
    LIVE_PATH,
    MEET_PATH,
    NEWS_PATH,
    PRESENCE_INTERVAL_SECONDS,
    READY_PATH,
    RELAY_PATH,
)

LOG: Final = logging.getLogger("peerseal.server")
_FLASK_THREADS: Final = 32
_SWEEP_SECONDS: Final = 3600
#: What the guard decided is kept this often.
_GUARD_SECONDS: Final = 2


class PeersealAsgi:
    """Routes a request to what answers it, and turns the clock of everything that waits."""

    def __init__(
        self,
        config: ServerConfig,
        services: Services,
        switchboard: Switchboard,
        clock: Callable[[], float],
        interfaces: Callable[[], tuple[Interface, ...]],
        *,
        ice_servers: IceServers,
    ) -> None:
        self._config = config
        self._services = services
        self._interfaces = interfaces
        self._proxies = SeenProxies(config.trusted_proxies, clock)
        self._switchboard = switchboard
        self._meeting = Meeting(
            switchboard,
            clock,
            lambda action: asyncio.get_running_loop().call_soon(action),
            ice_servers=ice_servers,
        )
        self._callers = Callers(services.sessions.identify)
        self._meet_http = HttpMeeting(self._meeting, self._callers)
        self._meet_socketio = SocketIoMeeting(self._meeting, self._callers)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: set[asyncio.Future[None]] = set()
        services.sessions.on_session_ended(self._session_ended)
        self._relay_http = HttpRelay(switchboard, clock)
        application = create_app(services, self.addresses).wsgi_app
        self._flask = WSGIMiddleware(application, workers=_FLASK_THREADS)  # type: ignore[arg-type] # its own spelling of WSGI
        self._sign_ins = WSGIMiddleware(application, workers=vestibule.THREADS)  # type: ignore[arg-type] # same
        self._vestibule = vestibule.Vestibule(services.devices, services.passes)
        self._bodies = WholeBodies(self._account)
        self._news = NewsEndpoint(services.news, self.identify)
        self._chunks = Chunks(services.files.parts, services.files.leases)
        self.scrub = Scrub(services.database, services.files.parts.storage, ledger=services.damage)
        self.health = Health(
            services.database,
            services.files.parts.storage,
            lambda scope: (
                bool(scope.get("peerseal.local", False)) or services.rights.admits(Asking.of(scope))
            ),
            clock,
        )
        gate = Gate(self._route, config.origins, self._proxies, LOG, config.hosts)
        self.watch = Watch(
            gate,
            services.guard,
            trusted=config.trusted_proxies,
            origins=config.origins,
            identify=services.sessions.identify,
            is_wrong=services.sessions.is_wrong,
            proven=services.proven,
            passes=services.passes,
            devices=services.devices,
            admits=services.rights.admits,
            polls=self._meet_socketio.holds,
        )
        self._metrics = Metrics(
            services.guard,
            services.database,
            config.data,
            statuses=self.watch.statuses,
            gauges={
                ("peerseal_open_sockets", "gauge", "Open connections."): self._sockets,
                (
                    "peerseal_damaged_chunks",
                    "gauge",
                    "Stored chunks that changed or went by themselves.",
                ): lambda: len(self.scrub.report().damaged),
                ("peerseal_meetings", "gauge", "Connections of the meeting."): lambda: len(self._meeting),
                ("peerseal_relay_streams", "gauge", "Relay streams under way."): lambda: len(switchboard),
                ("peerseal_relayed_bytes_total", "counter", "Bytes relayed."): lambda: switchboard.carried,
            },
            networks=config.metrics,
            admits=services.rights.admits,
        )
        services.guard.on_session_blocked(self._end_blocked)
        self._meeting.on_oddity(self.watch.note_connection)
        self._meeting.ask_before(self.watch.lets)
        self.port = config.port
        #: How many connections are open; whoever serves knows.
        self.open_sockets: Callable[[], int] = lambda: 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self.watch(scope, receive, send)

    def drain(self) -> None:
        """The server is about to stop: it is not ready for anything new."""
        self.health.draining = True

    def stop_waiting(self) -> None:
        """The server stops: answer the requests that wait for something to happen in the meeting."""
        self._meet_http.end_polls()
        self._meet_socketio.end_polls()

    def addresses(self) -> list[str]:
        """URLs of this server on its own networks."""
        return urls(self._config.host, self.port, self._interfaces())

    async def identify(self, scope: Scope) -> Signed | None:
        """Who asks; None for nobody. Raises HttpProblem 403 `csrf`."""
        return await asyncio.to_thread(self._services.sessions.identify, Asking.of(scope))

    async def _account(self, scope: Scope) -> int | None:
        signed = await self.identify(scope)
        return None if signed is None else signed.user_id

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        websocket = scope["type"] == "websocket"
        visitor = self._judge(scope)
        scope["peerseal.local"] = visitor.local
        scope["peerseal.source"] = source_of(visitor.address)
        if path.startswith(SOCKET_IO_PATH):
            await self._meet_socketio(visitor, scope, receive, send)
        elif path == MEET_PATH and websocket:
            await meet_websocket(self._meeting, visitor, scope, receive, send, callers=self._callers)
        elif path in (MEET_PATH, EXCHANGE_PATH) and not websocket:
            await self._meet_http(visitor, scope, receive, send)
        elif path == RELAY_PATH and websocket:
            await relay_websocket(self._switchboard, scope, receive, send)
        elif path == RELAY_PATH:
            await self._relay_http(visitor, scope, receive, send)
        elif websocket:
            raise HttpProblem(404)
        elif path in (HEALTH_PATH, LIVE_PATH, READY_PATH, METRICS_PATH):
            await self._looked_at(visitor, scope, send)
        elif path == NEWS_PATH:
            await self._news(scope, receive, send)
        elif path.startswith(f"{CHUNKS_PATH}/"):
            await self._chunks(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    async def _looked_at(self, visitor: Visitor, scope: Scope, send: Send) -> None:
        """By whatever watches over this server."""
        if scope["path"] == METRICS_PATH:
            await self._metrics(visitor.address, scope, send)
        else:
            await self.health(scope, send)

    def _sockets(self) -> int:
        return self.open_sockets()

    def _session_ended(self, session: str) -> None:
        """End its live connections. Called from any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the server has stopped meanwhile
                self._loop.call_soon_threadsafe(self._meeting.end_session, session)

    def _end_blocked(self, subject: str) -> None:
        """The guard ended a session, a pass or a connection of the meeting. Called from any thread."""
        kind, _, name = subject.rpartition(":")
        if kind == "pass":
            self._services.passes.revoke(subject)
        elif self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the server has stopped meanwhile
                end = self._meeting.cut if kind == "live" else self._end_account_session
                self._loop.call_soon_threadsafe(end, name)

    def _end_account_session(self, session: str) -> None:
        ending = asyncio.ensure_future(asyncio.to_thread(self._services.sessions.end_one, session))
        self._ending.add(ending)
        ending.add_done_callback(self._ended)

    def _ended(self, ending: asyncio.Future[None]) -> None:
        self._ending.discard(ending)
        if not ending.cancelled() and ending.exception() is not None:
            LOG.warning("a session that was to end could not be ended: the database did not answer")

    async def _keep_guard(self) -> None:
        while True:
            await asyncio.sleep(_GUARD_SECONDS)
            await asyncio.to_thread(self._services.guard.save)

    async def _pages(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._bodies.whole(scope, receive) as whole:
            if scope["path"] in vestibule.PATHS:
                async with self._vestibule.place(scope):
                    await self._sign_ins(scope, whole, send)  # type: ignore[arg-type] # its own spelling of the ASGI types
            else:
                await self._flask(scope, whole, send)  # type: ignore[arg-type] # same

    def _judge(self, scope: Scope) -> Visitor:
        client = scope.get("client")
        visitor = judge(
            client[0] if client else "",
            scope["headers"],
            discovery=self._config.discovery,
            interfaces=self._interfaces(),
            networks=self._config.networks,
            trusted_proxies=self._config.trusted_proxies,
            seen_proxies=self._proxies,
            http_version=scope.get("http_version", "1.1"),
        )
        agents = header_values(scope["headers"], b"user-agent")
        if not agents:
            return visitor
        return replace(visitor, agent=agents[-1][:AGENT_MAX], browser=is_named_browser(scope["headers"]))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._loop = asyncio.get_running_loop()
        turning = [asyncio.ensure_future(turn()) for turn in (self._tick, self._sweep, self._keep_guard)]
        self.scrub.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in turning:
            task.cancel()
        await asyncio.gather(*turning, return_exceptions=True)
        self._switchboard.cut_all()
        await self._meet_socketio.shutdown()
        for threads in (self._flask.executor, self._sign_ins.executor):
            threads.shutdown(wait=False, cancel_futures=True)
        self._chunks.close()
        self.health.close()
        await asyncio.to_thread(self.scrub.close)
        self._services.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _sweep(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._services.files.sweep.run)
            except Exception:
                # The next one does what this one could not.
                LOG.exception("unhandled error in the sweep")
            await asyncio.sleep(_SWEEP_SECONDS)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(PRESENCE_INTERVAL_SECONDS)
            try:
                self._meeting.tick()
                self._switchboard.tick()
                self._relay_http.tick()
                self._services.rights.settle()
            except Exception:
                # One odd connection must not stop the clock for all others.
                LOG.exception("unhandled error in the tick")


def create_asgi(
    config: ServerConfig,
    switchboard: Switchboard | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> PeersealAsgi:
    """The application for these settings, its database opened and brought up to date.

    The raw relay pipe needs `run.serve`, everything else any ASGI server. Raises LocalFileFailed or UsageError
    if the database cannot be used.
    """
    if switchboard is None:
        switchboard = Switchboard(clock)
    ice_servers = IceServers(config)
    tighten(config.data)
    # Before the database: a newer server must not migrate the one that is running.
    lock = FolderLock(config.data)
    try:
        orphaned(config.database, config.data)
        database = Database.open(config.database, config.data)
    except BaseException:
        lock.release()
        raise
    services = Services.make(config, database, clock=clock, lock=lock)
    for name in unclaimed(database, config.operators):
        LOG.warning("PEERSEAL_OPERATORS names %r, and nobody has that account yet: register it first", name)
    return PeersealAsgi(config, services, switchboard, clock, OwnNetworks(), ice_servers=ice_servers)


__all__ = ["AsgiApp", "PeersealAsgi", "create_asgi"]
