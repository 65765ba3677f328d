"""The vestibule: how many sign-ins are let in at once, in threads of their own, so that no flood of them holds others up.

Whoever comes when it is full is told so at once, before the application takes their request apart. Strangers fill only
their own places: a pass that was paid for, and a device that is known, have others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Final

from peerseal.server.accounts.asking import Asking
from peerseal.server.accounts.turns import WAITING
from peerseal.server.asgi_types import Scope
from peerseal.server.guard.devices import Devices, device_of
from peerseal.server.guard.passes import Passes, pass_of
from peerseal.server.guard.problems import HttpProblem

#: Where a proof is hashed for anybody who asks.
PATHS: Final = frozenset(f"/api/v1/{name}" for name in ("login", "register", "recover"))
#: As many as may wait for their turn at hashing: one more would only be taken apart to be sent away.
STRANGERS: Final = WAITING["strangers"]
OTHERS: Final = WAITING["known"] + WAITING["paid"]
#: Threads, so that nobody who was let in waits for one.
THREADS: Final = STRANGERS + OTHERS
#: Looks at whether a device is known, at once.
_LOOKING: Final = 8
_RETRY_SECONDS: Final = 1


class Vestibule:
    """Counts who is inside. Used from the event loop."""

    def __init__(self, devices: Devices, passes: Passes) -> None:
        self._devices = devices
        self._passes = passes
        self._strangers = self._others = self._looking = 0

    @contextlib.asynccontextmanager
    async def place(self, scope: Scope) -> AsyncGenerator[None]:
        """The block is one sign-in. Raises HttpProblem 503 `busy` if there is no place."""
        if self._strangers < STRANGERS:
            self._strangers += 1
            try:
                yield
            finally:
                self._strangers -= 1
        elif self._others < OTHERS and await self._counts(scope) and self._others < OTHERS:
            self._others += 1
            try:
                yield
            finally:
                self._others -= 1
        else:
            raise HttpProblem(503, "busy", retry_after=_RETRY_SECONDS)

    async def _counts(self, scope: Scope) -> bool:
        """Whether somebody brings what strangers do not have."""
        asking = Asking.of(scope)
        passed = self._passes.subject(asking.source, pass_of(asking.headers, secure=asking.secure))
        if passed is not None:
            return True
        device = device_of(asking.headers, secure=asking.secure)
        if device is None or self._looking >= _LOOKING:
            return False
        self._looking += 1
        try:
            return await asyncio.to_thread(self._devices.known_anywhere, device)
        finally:
            self._looking -= 1
