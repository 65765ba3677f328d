"""A queue that weighs next to nothing while it is empty: ten thousand connections that only wait have some each."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class LightQueue(Generic[T]):
    """What of `asyncio.Queue` the protocols' libraries use, without a size limit. `get` gives a future, no coroutine.

    Whoever waits is handed the item itself; one given to a waiter that is cancelled in that moment is lost.
    """

    __slots__ = ("_all_done", "_items", "_unfinished", "_waiting")

    def __init__(self) -> None:
        self._items: deque[T] | None = None
        self._waiting: list[asyncio.Future[T]] = []  # one, in all honest use
        self._all_done: asyncio.Event | None = None
        self._unfinished = 0

    def empty(self) -> bool:
        """Whether nothing is in it."""
        return not self._items

    def put_nowait(self, item: T) -> None:
        """Add an item."""
        self._unfinished += 1
        while self._waiting:
            first = self._waiting.pop(0)
            if not first.done():
                first.set_result(item)
                return
        if self._items is None:
            self._items = deque()
        self._items.append(item)
        self._added(item)

    async def put(self, item: T) -> None:
        """The same: there is always room."""
        self.put_nowait(item)

    def get(self) -> asyncio.Future[T]:
        """The next item, once there is one."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if self._items:
            future.set_result(self.get_nowait())
        else:
            self._waiting = [one for one in self._waiting if not one.done()]
            self._waiting.append(future)
        return future

    def get_nowait(self) -> T:
        """The next item. Raises asyncio.QueueEmpty."""
        if not self._items:
            raise asyncio.QueueEmpty
        item = self._items.popleft()
        self._taken(item)
        if not self._items:
            self._items = None
        return item

    def _added(self, item: T) -> None:
        """It waits in the queue from now on."""

    def _taken(self, item: T) -> None:
        """It waits no more."""

    def task_done(self) -> None:
        """An item that was taken is dealt with."""
        self._unfinished -= 1
        if self._unfinished <= 0 and self._all_done is not None:
            self._all_done.set()

    async def join(self) -> None:
        """Wait until all items were dealt with."""
        if self._unfinished > 0:
            self._all_done = asyncio.Event()
            await self._all_done.wait()
