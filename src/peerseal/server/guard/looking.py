"""Looks into the database while a stopped address asks: few at once, and in turn for each address.

Whoever floods one address with credentials fills the places of that address, not those of everybody.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, TypeVar

from peerseal.server.guard.problems import HttpProblem

AT_ONCE: Final = 4
#: So many wait, of one address and of all together.
WAITING_OF_ONE: Final = 16
WAITING: Final = 128
_Found = TypeVar("_Found")


class Looking:
    """Used from the event loop; what is asked runs in threads."""

    def __init__(self) -> None:
        self._running = 0
        self._waiting = 0
        self._lines: OrderedDict[str, deque[asyncio.Future[bool]]] = OrderedDict()

    async def look(self, ip: str, ask: Callable[[], _Found]) -> _Found | None:
        """What `ask` says; None if too many of this address wait, or the database does not answer."""
        if not await self._turn(ip):
            return None
        try:
            return await asyncio.to_thread(ask)
        except HttpProblem:
            return None
        finally:
            self._running -= 1
            self._next()

    async def _turn(self, ip: str) -> bool:
        if self._running < AT_ONCE:
            self._running += 1
            return True
        if len(self._lines.get(ip, ())) >= WAITING_OF_ONE or not self._room_for(ip):
            return False
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(ip, deque()).append(turn)
        self._waiting += 1
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():
                self._running -= 1  # it was let in just now, and does not come
                self._next()
            else:
                self._leave(ip, turn)
            raise

    def _room_for(self, ip: str) -> bool:
        """Whether one more may wait: who came last of the address with most makes room for one with fewer."""
        if self._waiting < WAITING:
            return True
        crowded = max(self._lines, key=lambda one: len(self._lines[one]))
        if len(self._lines[crowded]) <= len(self._lines.get(ip, ())) + 1:
            return False
        last = self._lines[crowded][-1]
        self._leave(crowded, last)
        if not last.done():
            last.set_result(False)
        return True

    def _leave(self, ip: str, turn: asyncio.Future[bool]) -> None:
        line = self._lines.get(ip)
        if line is not None and turn in line:
            line.remove(turn)
            self._waiting -= 1
            if not line:
                del self._lines[ip]

    def _next(self) -> None:
        """Let one in: of each address in turn."""
        while self._lines and self._running < AT_ONCE:
            ip, line = next(iter(self._lines.items()))
            turn = line[0]
            self._leave(ip, turn)
            if ip in self._lines:
                self._lines.move_to_end(ip)
            if not turn.done():
                self._running += 1
                turn.set_result(True)
