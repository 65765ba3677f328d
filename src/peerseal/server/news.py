"""News for each account: that something changed, not what. Published from any thread, awaited on the event loop."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable
from typing import Final, Literal, TypeAlias
from urllib.parse import parse_qsl

from peerseal.server.accounts.asking import Signed
from peerseal.server.asgi_types import Receive, Scope, Send
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import respond
from peerseal.wire import stored
from peerseal.wire.strict_json import dumps, malformed

Topic: TypeAlias = Literal["exchanges", "files", "contacts", "account"]

TOPICS: Final[tuple[Topic, ...]] = ("exchanges", "files", "contacts", "account")
WAIT_MAX_SECONDS: Final = 20
WAITING_MAX: Final = 8
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


class _Waiter:
    """One request that waits."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self.loop = asyncio.get_running_loop()
        self.wake = asyncio.Event()


class News:
    """What changed for whom, by ever-growing numbers. They start at the present time in ms.

    So after a restart every number a client remembers is older than the first one given here.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        self._at = self._start = now()
        self._changed: dict[int, dict[Topic, int]] = {}
        self._waiting: dict[int, list[_Waiter]] = {}
        self._lock = threading.Lock()

    def publish(self, user_id: int, *topics: Topic) -> None:
        """Something of these kinds has changed for an account. Call it after the transaction, from any thread."""
        with self._lock:
            self._at += 1
            self._changed.setdefault(user_id, {}).update(dict.fromkeys(topics, self._at))
            waiting = list(self._waiting.get(user_id, ()))
        _wake(waiting)

    def forget(self, user_id: int) -> None:
        """The account is gone."""
        with self._lock:
            self._changed.pop(user_id, None)

    def session_ended(self, session_id: str) -> None:
        """Who waits with that session is woken, to be refused."""
        with self._lock:
            waiting = [one for many in self._waiting.values() for one in many if one.session_id == session_id]
        _wake(waiting)

    def since(self, user_id: int, after: int | None) -> stored.News:
        """What changed after that number; with None only the present number."""
        with self._lock:
            if after is None:
                return stored.News(self._at, ())
            if not self._start <= after <= self._at:
                return stored.News(self._at, TOPICS)  # a number of another run of this server
            known = self._changed.get(user_id, {})
            return stored.News(self._at, tuple(topic for topic in TOPICS if known.get(topic, 0) > after))

    async def wait(self, signed: Signed, after: int, seconds: float) -> stored.News:
        """Like `since`, once something changed or the time is up. Raises HttpProblem 429."""
        waiter = _Waiter(signed.session_id)
        with self._lock:
            waiting = self._waiting.setdefault(signed.user_id, [])
            if len(waiting) >= WAITING_MAX:
                raise HttpProblem(429, retry_after=WAIT_MAX_SECONDS)
            waiting.append(waiter)
        try:
            found = self.since(signed.user_id, after)
            if not found.changed:
                await _until(waiter.wake, seconds)
                found = self.since(signed.user_id, after)
            return found
        finally:
            with self._lock:
                waiting.remove(waiter)
                if not waiting and self._waiting.get(signed.user_id) is waiting:
                    del self._waiting[signed.user_id]


class NewsEndpoint:
    """`GET /api/v1/news`, outside Flask: who waits holds no thread."""

    def __init__(self, news: News, identify: Callable[[Scope], Awaitable[Signed | None]]) -> None:
        self._news = news
        self._identify = identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] != "GET":
            await respond(send, 405, headers=[(b"allow", b"GET")])
            return
        signed = await self._required(scope)
        after, seconds = _query(scope)
        if after is None or not seconds:
            answer = self._news.since(signed.user_id, after)
        else:
            waited = await _unless_gone(receive, self._news.wait(signed, after, seconds))
            if waited is None:
                return
            await self._required(scope)  # the session may have ended meanwhile
            answer = waited
        body = dumps(stored.NEWS.write(answer)).encode()
        await respond(send, 200, body, [(b"content-type", b"application/json")])

    async def _required(self, scope: Scope) -> Signed:
        signed = await self._identify(scope)
        if signed is None:
            raise HttpProblem(401, "not_signed_in")
        return signed


def _query(scope: Scope) -> tuple[int | None, int]:
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    given = dict(pairs)
    if len(given) != len(pairs) or given.keys() - {"after", "wait"}:
        raise malformed("after and wait belong here")
    if any(_NUMBER.fullmatch(text) is None for text in given.values()):
        raise malformed("after and wait are numbers")
    seconds = int(given.get("wait", WAIT_MAX_SECONDS))
    if seconds > WAIT_MAX_SECONDS:
        raise malformed(f"wait is at most {WAIT_MAX_SECONDS}")
    return (int(given["after"]) if "after" in given else None), seconds


async def _unless_gone(receive: Receive, waiting: Awaitable[stored.News]) -> stored.News | None:
    """What `waiting` gives; None if the client goes away first."""
    asked = asyncio.ensure_future(waiting)
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
        return await asked if asked.done() else None
    finally:
        for one in (asked, gone):
            one.cancel()
        await asyncio.gather(asked, gone, return_exceptions=True)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return


def _wake(waiting: list[_Waiter]) -> None:
    for one in waiting:
        if not one.loop.is_closed():
            one.loop.call_soon_threadsafe(one.wake.set)
