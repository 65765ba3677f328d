"""The one ASGI application: meeting, carrying, and Flask for the rest, behind the gate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Final

from a2wsgi import WSGIMiddleware

from peerseal.server.addresses import Interface, OwnNetworks, urls
from peerseal.server.asgi_types import AsgiApp, Receive, Scope, Send
from peerseal.server.config import ServerConfig
from peerseal.server.create_app import create_app
from peerseal.server.guard.gate import SOCKET_IO_PATH, Gate
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.live.discovery import SeenProxies, Visitor, judge
from peerseal.server.live.meet_http import HttpMeeting
from peerseal.server.live.meet_socketio import SocketIoMeeting
from peerseal.server.live.meet_websocket import meet_websocket
from peerseal.server.live.service import Meeting
from peerseal.server.relay.relay_http import HttpRelay
from peerseal.server.relay.relay_websocket import relay_websocket
from peerseal.server.relay.switchboard import Switchboard
from peerseal.wire.limits import EXCHANGE_PATH, MEET_PATH, PRESENCE_INTERVAL_SECONDS, RELAY_PATH

LOG: Final = logging.getLogger("peerseal.server")
_FLASK_THREADS: Final = 32


class PeersealAsgi:
    """Routes a request to what answers it, and turns the clock of everything that waits."""

    def __init__(
        self,
        config: ServerConfig,
        switchboard: Switchboard,
        clock: Callable[[], float],
        interfaces: Callable[[], tuple[Interface, ...]],
    ) -> None:
        self._config = config
        self._interfaces = interfaces
        self._proxies = SeenProxies(config.trusted_proxies, clock)
        self._switchboard = switchboard
        self._meeting = Meeting(
            switchboard, clock, lambda action: asyncio.get_running_loop().call_soon(action)
        )
        self._meet_http = HttpMeeting(self._meeting)
        self._meet_socketio = SocketIoMeeting(self._meeting)
        self._relay_http = HttpRelay(switchboard, clock)
        self._flask = WSGIMiddleware(
            create_app(config, self.addresses).wsgi_app,  # type: ignore[arg-type] # its own spelling of WSGI
            workers=_FLASK_THREADS,
        )
        self._gate = Gate(self._route, config.origins, self._proxies, LOG)
        self.port = config.port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await self._gate(scope, receive, send)

    def addresses(self) -> list[str]:
        """URLs of this server on its own networks."""
        return urls(self._config.host, self.port, self._interfaces())

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        websocket = scope["type"] == "websocket"
        visitor = self._judge(scope)
        if path.startswith(SOCKET_IO_PATH):
            await self._meet_socketio(visitor, scope, receive, send)
        elif path == MEET_PATH and websocket:
            await meet_websocket(self._meeting, visitor, scope, receive, send)
        elif path in (MEET_PATH, EXCHANGE_PATH) and not websocket:
            await self._meet_http(visitor, scope, receive, send)
        elif path == RELAY_PATH and websocket:
            await relay_websocket(self._switchboard, scope, receive, send)
        elif path == RELAY_PATH:
            await self._relay_http(visitor, scope, receive, send)
        elif websocket:
            raise HttpProblem(404)
        else:
            scope["peerseal.local"] = visitor.local
            await self._flask(scope, receive, send)  # type: ignore[arg-type] # its own spelling of the ASGI types

    def _judge(self, scope: Scope) -> Visitor:
        client = scope.get("client")
        return judge(
            client[0] if client else "",
            scope["headers"],
            discovery=self._config.discovery,
            interfaces=self._interfaces(),
            networks=self._config.networks,
            trusted_proxies=self._config.trusted_proxies,
            seen_proxies=self._proxies,
            http_version=scope.get("http_version", "1.1"),
        )

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        ticking = asyncio.ensure_future(self._tick())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        ticking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ticking
        self._switchboard.cut_all()
        await self._meet_socketio.shutdown()
        self._flask.executor.shutdown(wait=False, cancel_futures=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(PRESENCE_INTERVAL_SECONDS)
            try:
                self._meeting.tick()
                self._switchboard.tick()
                self._relay_http.tick()
            except Exception:
                # One odd connection must not stop the clock for all others.
                LOG.exception("unhandled error in the tick")


def create_asgi(
    config: ServerConfig,
    switchboard: Switchboard | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> PeersealAsgi:
    """The application for these settings. The raw relay pipe needs `run.serve`, everything else any ASGI server."""
    if switchboard is None:
        switchboard = Switchboard(clock)
    return PeersealAsgi(config, switchboard, clock, OwnNetworks())


__all__ = ["AsgiApp", "PeersealAsgi", "create_asgi"]
