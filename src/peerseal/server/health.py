"""Whether this server lives and is ready to work, for whatever watches over it (docs/api.md §2).

Looking happens in one thread of its own, at most once a second, and whoever asks waits for it a bounded time: neither
a disk that hangs nor a thousand askers can hold up the event loop or the application's threads.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from peerseal.errors import PeersealError
from peerseal.server.asgi_types import Scope, Send
from peerseal.server.database import Database
from peerseal.server.guard.problems import PROBLEM_TYPE, RETRY_SECONDS, TITLE, HttpProblem
from peerseal.server.http import respond
from peerseal.server.storage import BlobStorage
from peerseal.wire.limits import HEALTH_PATH, LIVE_PATH, MIB
from peerseal.wire.strict_json import JsonObject, dumps

LOG: Final = logging.getLogger("peerseal.server")
#: So long the last look is good.
FRESH_SECONDS: Final = 1.0
#: So long a look may take before the server counts as not ready.
PATIENCE_SECONDS: Final = 3.0
#: The disk counts as full below this, or below a fiftieth of a small one.
ROOM: Final = 64 * MIB
_ALLOW: Final = [(b"allow", b"GET, HEAD")]
_JSON: Final = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
_PROBLEM: Final = [
    (b"content-type", PROBLEM_TYPE.encode()),
    (b"cache-control", b"no-store"),
    (b"retry-after", str(RETRY_SECONDS).encode()),
]
OK: Final = "ok"


class Health:
    """The endpoints. `trusted` says who may read which check failed; everybody else gets the status only."""

    def __init__(
        self,
        database: Database,
        storage: BlobStorage,
        trusted: Callable[[Scope], bool],
        clock: Callable[[], float] = time.monotonic,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._database = database
        self._storage = storage
        self._trusted = trusted
        self._clock = clock
        self._patience = patience
        self._revision = database.revision()
        self._thread = ThreadPoolExecutor(1, "health")
        self._looking: asyncio.Future[dict[str, str]] | None = None
        self._seen: tuple[float, dict[str, str]] | None = None
        self._said = ""
        #: The server is about to end: it is alive, and takes nothing new.
        self.draining = False

    async def __call__(self, scope: Scope, send: Send) -> None:
        """Answer one request for LIVE_PATH, HEALTH_PATH (the same) or READY_PATH."""
        if scope["method"] not in ("GET", "HEAD"):
            await respond(send, 405, headers=_ALLOW)
        elif scope["path"] in (LIVE_PATH, HEALTH_PATH):
            await respond(send, 200, b'{"status":"ok"}', _JSON)
        else:
            await self._ready(scope, send)

    async def checks(self) -> dict[str, str]:
        """Each check by name → `ok`, or what is wrong in a word or two."""
        seen = self._seen
        if seen is None or self._clock() - seen[0] >= FRESH_SECONDS:
            seen = await self._look()
        return {**seen[1], "accepting": "no more: the server is ending" if self.draining else OK}

    def close(self) -> None:
        """No more looks; one that hangs is left to itself."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _look(self) -> tuple[float, dict[str, str]]:
        if self._looking is None:
            looking = asyncio.get_running_loop().run_in_executor(self._thread, self._checks)
            looking.add_done_callback(self._looked)
            self._looking = looking
        done, _ = await asyncio.wait((self._looking,), timeout=self._patience)
        if done and self._seen is not None:
            return self._seen
        return self._clock(), {"answer": "database or storage take too long"}

    def _looked(self, looking: asyncio.Future[dict[str, str]]) -> None:
        self._looking = None
        if looking.cancelled() or looking.exception() is not None:
            return
        found = looking.result()
        self._seen = self._clock(), found
        said = ", ".join(f"{name}: {state}" for name, state in found.items() if state != OK)
        if said != self._said:
            LOG.error("not ready: %s", said) if said else LOG.warning("ready again")
            self._said = said

    def _checks(self) -> dict[str, str]:
        return {
            "database": _tried(self._database.probe),
            "migrations": _tried(self._same_form),
            "storage": _tried(self._storage.probe),
            "disk": self._room(),
        }

    def _same_form(self) -> None:
        if self._database.revision() != self._revision:
            raise HttpProblem(503, "changed")

    def _room(self) -> str:
        free, capacity = self._storage.free(), self._storage.capacity()
        if free is None or capacity is None:
            return OK
        return OK if free >= min(ROOM, capacity // 50) else "full"

    async def _ready(self, scope: Scope, send: Send) -> None:
        checks = await self.checks()
        ready = all(state == OK for state in checks.values())
        said: JsonObject = {"status": "ready"} if ready else _not_ready(scope)
        if self._trusted(scope):
            said["checks"] = _of(checks)
        await respond(send, 200 if ready else 503, dumps(said).encode(), _JSON if ready else _PROBLEM)


def _not_ready(scope: Scope) -> JsonObject:
    request_id: str = scope.get("peerseal.request_id", "")
    return {"code": "not_ready", "title": TITLE[503], "status": 503, "request_id": request_id}


def _of(checks: Mapping[str, str]) -> JsonObject:
    return {**checks}


def _tried(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except HttpProblem as problem:
        return problem.code
    except PeersealError as error:
        return error.code
    except OSError as failed:
        return failed.strerror or "failed"
    except Exception as failed:  # noqa: BLE001 - whatever it is, the server is not ready
        return type(failed).__name__
    return OK
