"""Chunks up and down: plain ASGI, so that bulk holds no thread of the application (docs/api.md §4.1).

Bytes go between the connection and storage in large pieces, each one hop to a thread; the next piece is received
(or read) while the last one is written (or sent). Where the server offers it, they pass neither parser nor copy
(`server.direct`).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from peerseal.errors import NotFound, Refused
from peerseal.server.asgi_types import Receive, Scope, Send
from peerseal.server.direct import Body, EventBody
from peerseal.server.files.leases import Leases
from peerseal.server.files.parts import Parts
from peerseal.server.files.ranges import byte_range
from peerseal.server.files.rights import Place, Rights
from peerseal.server.files.sizes import CHUNKS_MAX, StreamName
from peerseal.server.files.tickets import Grant, ticket_hash
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.http import ClientGone, authorization, respond
from peerseal.server.storage import BlobWriter
from peerseal.wire.limits import CHUNK_WAIT_SECONDS, CHUNKS_PATH, MIB

T = TypeVar("T")
LOG: Final = logging.getLogger("peerseal.server")

#: Requests one ticket may have under way.
PER_TICKET: Final = 8
#: So long may a client send, or take, nothing.
STALL_SECONDS: Final = 30.0
#: So long may one chunk take on its way up.
BODY_SECONDS: Final = 900.0
#: Chunks one account (or, for parks, one network) may have on their way up, by however many tickets.
PER_ACCOUNT: Final = 16
#: The same chunk on its way up at once: one that goes on while an earlier connection has not noticed its end.
PER_CHUNK: Final = 2
#: Chunks one network (or account) may wait for at once, by however many tickets.
WAITING_PER_SOURCE: Final = 64
_PIECE: Final = MIB
_PATH: Final = re.compile(rf"{CHUNKS_PATH}/(manifest|content)/(0|[1-9][0-9]{{0,6}})", re.ASCII)
#: Never to be looked at: what somebody stored is for the program that asked, and for no browser's window.
_OCTETS: Final = [
    (b"content-type", b"application/octet-stream"),
    (b"content-disposition", b"attachment"),
    (b"accept-ranges", b"bytes"),
]
_READERS: Final = 8
_WRITERS: Final = 16
_ALLOW: Final = [(b"allow", b"GET, HEAD, PUT")]


class Chunks:
    """The endpoint. `stall` and `wait` in seconds."""

    def __init__(
        self,
        parts: Parts,
        leases: Leases,
        stall: float = STALL_SECONDS,
        wait: float = CHUNK_WAIT_SECONDS,
    ) -> None:
        self._parts = parts
        self._leases = leases
        self._rights = Rights(parts)
        self._stall = stall
        self._wait = wait
        self._coming: Counter[tuple[str, int | str] | str] = Counter()
        self._waiting: Counter[tuple[str, int | str] | str] = Counter()
        # Of their own: a disk that is slow to make bytes durable must not keep others from reading.
        self._readers = ThreadPoolExecutor(_READERS, "chunks-down")
        self._writers = ThreadPoolExecutor(_WRITERS, "chunks-up")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method: str = scope["method"]
        if method not in ("GET", "HEAD", "PUT"):
            await respond(send, 405, headers=_ALLOW)
            return
        if scope.get("query_string"):
            raise HttpProblem(400)
        name, n = _address(scope)
        grant = await self._grant(scope, "upload" if method == "PUT" else "download")
        with _counted(grant):
            if method == "PUT":
                place = await self._read(self._rights.place, grant, name, n)
                whose = _among(self._coming, grant.counted, PER_ACCOUNT)
                with whose, _among(self._coming, place.name, PER_CHUNK):
                    status = await self._put(place, scope, receive)
                await respond(send, status)
            else:
                place, size = await self._read(self._look, grant, name, n)
                await self._get(grant, place, size, scope, send)

    def close(self) -> None:
        """No more requests."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._writers.shutdown(wait=True, cancel_futures=True)

    async def _grant(self, scope: Scope, purpose: str) -> Grant:
        key = ticket_hash(authorization(scope, "ticket"))
        grant = self._parts.tickets.find(key)
        if grant is None and purpose == "download":
            grant = await self._read(self._leases.find, key)
        if grant is None or grant.purpose != purpose:
            raise HttpProblem(401, "ticket")
        return grant

    # --- up ---

    async def _put(self, place: Place, scope: Scope, receive: Receive) -> int:
        """201 for a new chunk, 200 for the same again."""
        if place.whole.committed is not None:
            raise HttpProblem(409, "committed")
        length = _length(scope)
        if not place.stream.takes(place.n, length, open_=place.whole.open):
            raise HttpProblem(422, "chunk_length")
        await self._write(self._rights.coming, place, length)
        new = False
        try:
            new = await self._store(place, length, scope, receive)
        except Refused as refused:
            if refused.code == "disk_full":
                raise HttpProblem(507, "disk_full") from refused
            raise HttpProblem(409, "chunk_differs") from refused
        finally:
            if not new:
                self._rights.not_come(place, length)
        self._parts.arrivals.came(place.whole.key, place.chunk)
        return 201 if new else 200

    async def _store(self, place: Place, length: int, scope: Scope, receive: Receive) -> bool:
        writer: BlobWriter = await self._write(self._parts.storage.create, place.name)
        body: Body = _direct_body(scope, length) or EventBody(receive)
        deadline = asyncio.get_running_loop().time() + BODY_SECONDS
        writing: asyncio.Future[None] | None = None
        try:
            while length:
                piece = await self._next(body, length, deadline)
                length -= len(piece)
                writing = asyncio.ensure_future(self._write(writer.write, [piece]))
                await asyncio.shield(writing)
            new = await self._write(self._finish, writer, place)
        except BaseException:
            if writing is not None:  # a thread may still read the piece
                await asyncio.gather(writing, return_exceptions=True)
            body.close()
            await self._write(writer.abort)
            raise
        return new

    def _finish(self, writer: BlobWriter, place: Place) -> bool:
        new = writer.finish()
        self._rights.stored(place)
        return new

    async def _next(self, body: Body, most: int, deadline: float) -> bytes | memoryview:
        """Raises 408 if nothing comes for too long, 400 for another length, `ClientGone`."""
        now = asyncio.get_running_loop().time
        while True:
            before = body.received
            try:
                async with asyncio.timeout_at(min(deadline, now() + self._stall)):
                    piece = await body.read()
            except TimeoutError as late:
                if body.received == before or now() >= deadline:
                    raise HttpProblem(408) from late
            else:
                if len(piece) > most:
                    raise HttpProblem(400)
                return piece

    # --- down ---

    def _look(self, grant: Grant, name: StreamName, n: int) -> tuple[Place, int | None]:
        """Where it lies, and its size if it is there."""
        place = self._rights.place(grant, name, n)
        with contextlib.suppress(NotFound):
            return place, self._parts.storage.size(place.name)
        return place, None

    async def _get(self, grant: Grant, place: Place, size: int | None, scope: Scope, send: Send) -> None:
        if size is None:
            size = await self._here(grant, place, wait=scope["method"] == "GET")
        if size is None:
            await respond(send, 204)
            return
        headers = [*_OCTETS]
        first, last, status = 0, size, 200
        wanted = byte_range(header_values(scope["headers"], b"range"), size)
        if wanted is not None:
            first, last = wanted
            status = 206
            headers.append((b"content-range", f"bytes {first}-{last - 1}/{size}".encode()))
        headers.append((b"content-length", str(last - first).encode()))
        if scope["method"] == "GET" and grant.link_number is not None:
            await self._write(self._leases.serve, grant, place.chunk)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if scope["method"] == "HEAD" or await self._handed_to_kernel(scope, place, (first, last)):
            await send({"type": "http.response.body", "body": b""})
        else:
            await self._give(place, first, last, send)

    async def _handed_to_kernel(self, scope: Scope, place: Place, span: tuple[int, int]) -> bool:
        """Whether the kernel sent it: not by every connection, nor from every storage."""
        direct = scope.get("peerseal.direct")
        if direct is None:
            return False
        try:
            file: int | None = await self._read(self._parts.storage.descriptor, place.name)
        except NotFound as cut:
            raise ClientGone from cut
        if file is None:
            return False
        try:
            sent: bool = await direct.send_file(file, span, self._stall, self._read)
            return sent
        finally:
            os.close(file)

    async def _here(self, grant: Grant, place: Place, *, wait: bool) -> int | None:
        """The chunk's size, once it is there; None if it still may come. Raises NotFound if it never will."""
        deadline = asyncio.get_running_loop().time() + (self._wait if wait else 0)
        whose = _among(self._waiting, grant.counted, WAITING_PER_SOURCE)
        with whose, self._parts.arrivals.of(place.whole.key, place.chunk) as happened:
            while True:
                happened.clear()
                with contextlib.suppress(NotFound):
                    return await self._read(self._parts.storage.size, place.name)
                place = await self._read(self._rights.place, grant, place.stream.name, place.n)
                if place.must_be_there:
                    LOG.error("a stored chunk is not there: blobs/%s", place.name)
                    raise HttpProblem(410, "chunk_lost")
                if not place.may_come:
                    raise NotFound
                try:
                    async with asyncio.timeout_at(deadline):
                        await happened.wait()
                except TimeoutError:
                    return None

    async def _give(self, place: Place, first: int, last: int, send: Send) -> None:
        ahead = self._piece(place, first, last)
        try:
            while first < last:
                piece = await ahead
                first += len(piece)
                if first < last:
                    ahead = self._piece(place, first, last)
                async with asyncio.timeout(self._stall):
                    await send({"type": "http.response.body", "body": piece, "more_body": first < last})
        except (NotFound, TimeoutError) as cut:
            # Deleted under the reader, or nobody reads: the connection ends short.
            raise ClientGone from cut
        finally:
            await asyncio.gather(ahead, return_exceptions=True)

    def _piece(self, place: Place, first: int, last: int) -> asyncio.Future[bytes]:
        length = min(_PIECE, last - first)
        return asyncio.ensure_future(self._read(self._parts.storage.read, place.name, first, length))

    # --- threads ---

    def _read(self, call: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._readers, functools.partial(call, *arguments))

    def _write(self, call: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._writers, functools.partial(call, *arguments))


@contextlib.contextmanager
def _among(
    counts: Counter[tuple[str, int | str] | str], whose: tuple[str, int | str] | str, most: int
) -> Generator[None]:
    """One of at most so many; only ever in the event loop. Raises 429."""
    if counts[whose] >= most:
        raise HttpProblem(429, retry_after=1)
    counts[whose] += 1
    try:
        yield
    finally:
        counts[whose] -= 1
        if not counts[whose]:
            del counts[whose]


@contextlib.contextmanager
def _counted(grant: Grant) -> Generator[None]:
    if grant.active >= PER_TICKET:
        raise HttpProblem(429, retry_after=1)
    grant.active += 1  # only ever changed in the event loop
    try:
        yield
    finally:
        grant.active -= 1


def _direct_body(scope: Scope, length: int) -> Body | None:
    direct = scope.get("peerseal.direct")
    body: Body | None = None if direct is None else direct.body(length)
    return body


def _address(scope: Scope) -> tuple[StreamName, int]:
    found = _PATH.fullmatch(scope["path"])
    if found is None or int(found[2]) >= CHUNKS_MAX:
        raise HttpProblem(404)
    return ("manifest" if found[1] == "manifest" else "content"), int(found[2])


def _length(scope: Scope) -> int:
    values = header_values(scope["headers"], b"content-length")
    digits = values[0].strip(" \t") if len(values) == 1 else ""
    if not digits.isascii() or not digits.isdigit():
        raise HttpProblem(411)
    return int(digits) if len(digits) <= 12 else 10**12
