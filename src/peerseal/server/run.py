"""Runs the server: binds, tells where, serves until SIGINT or SIGTERM, lets running transfers end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any, Final

import uvicorn

from peerseal.errors import UsageError
from peerseal.server.asgi import create_asgi
from peerseal.server.config import ServerConfig
from peerseal.server.guard.limits import Admission
from peerseal.server.guard.waiting_room import HALF_OPEN_PER_SOURCE, Room, Waiting
from peerseal.server.plumbing import Plumbing
from peerseal.server.protocol import protocols
from peerseal.server.relay.switchboard import Switchboard
from peerseal.wire.limits import RELAY_FRAME_MAX_BYTES

_BACKLOG: Final = 2048
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
#: After the drain: how long answers in progress may take.
_LAST_SECONDS: Final = 2
_OPEN_FILES: Final = 65_536
#: Objects made and kept before the collector looks at the youngest, and how many such looks before the older ones.
_COLLECT: Final = (5_000, 10, 20)


def serve(config: ServerConfig, ready: Callable[[list[str]], object] = lambda _: None) -> None:
    """Serve until SIGINT or SIGTERM, in the main thread. Prints nothing.

    `ready` is called once, listening, with the URLs people can type. Raises `UsageError` (`address_in_use`,
    `cannot_listen`) if the address cannot be had, LocalFileFailed if the database cannot be used.
    """
    room = Room.of(raise_open_files(), config.sockets_per_address)
    sock = listen(config.host, config.port)
    switchboard = Switchboard(time.monotonic)
    app = create_asgi(config, switchboard)
    app.port = sock.getsockname()[1]
    admission = Admission(room.per_address, config.trusted_proxies)
    app.open_sockets = lambda: admission.total
    http, websocket = protocols(
        Plumbing(
            switchboard,
            admission,
            config.origins,
            config.trusted_proxies,
            room.connections,
            half_open=Waiting(time.monotonic, per_source=HALF_OPEN_PER_SOURCE, in_all=room.half_open),
            resting=Waiting(time.monotonic),
            note=app.watch.note_peer,
        )
    )
    settings = uvicorn.Config(
        app,
        http=http,  # type: ignore[arg-type] # uvicorn calls it; a class is only the usual case
        ws=websocket,  # type: ignore[arg-type] # same
        ws_max_size=RELAY_FRAME_MAX_BYTES,
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        loop="auto",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # who is behind a proxy is decided in live/discovery, never by rewriting
        server_header=False,
        timeout_graceful_shutdown=_LAST_SECONDS,
        backlog=_BACKLOG,
    )
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    settle()
    server = _Server(
        settings, switchboard, config.drain, lambda: ready(app.addresses()), (app.drain, app.stop_waiting)
    )
    server.run(sockets=[sock])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; `::` takes IPv4 as well. Raises `UsageError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        sock.bind((host, port))
        sock.listen(_BACKLOG)
    except OSError as failed:
        sock.close()
        code = "address_in_use" if "in use" in str(failed) else "cannot_listen"
        raise UsageError(
            f"cannot listen on {host} port {port}: {failed.strerror or failed}",
            code=code,
            hint="Is a server running already? Another --port helps." if code == "address_in_use" else "",
        ) from failed
    sock.setblocking(False)
    return sock


def raise_open_files() -> int | None:
    """As many open files as the system lets us have: every connection is one. How many; None for no limit."""
    try:
        import resource
    except ImportError:
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def settle() -> None:
    """All that was made so far stays: the collector need not look through it again each time, while everybody waits.

    And it looks less often: what a connection leaves behind that only the collector finds is little.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)


class _Server(uvicorn.Server):
    """uvicorn, which tells when it is ready, drains the relay, and ends with status 0 after a signal."""

    def __init__(
        self,
        config: uvicorn.Config,
        switchboard: Switchboard,
        drain: float,
        ready: Callable[[], object],
        ending: tuple[Callable[[], object], Callable[[], object]],
    ) -> None:
        super().__init__(config)
        self._switchboard = switchboard
        self._drain = drain
        self._ready = ready
        self._drain_begins, self._stop_waiting = ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._drain_begins()
        for server in self.servers:
            server.close()
        deadline = time.monotonic() + self._drain
        while len(self._switchboard) and time.monotonic() < deadline and not self.force_exit:  # noqa: ASYNC110 - three conditions, one of them time
            await asyncio.sleep(0.1)
        self._switchboard.cut_all()
        self._stop_waiting()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        # uvicorn raises the signal again afterwards; here an ordered stop is a success.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sig: signal.signal(sig, self._stop) for sig in _SIGNALS}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def _stop(self, sig: int, frame: FrameType | None) -> Any:
        del sig, frame
        self.force_exit = self.should_exit  # the second time: at once
        self.should_exit = True
