"""Clients of the meeting over Socket.IO and over plain HTTP requests, for tests of the server."""

import asyncio
import contextlib
import http.client
import json
import threading
import time
from collections.abc import Coroutine, Iterator
from typing import Any

import socketio

from support.live_server import LiveServer


class Page:
    """A Socket.IO client; every event lands in `events`."""

    def __init__(
        self, server: LiveServer, transports: list[str], headers: dict[str, str] | None = None
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.events: list[tuple[str, Any]] = []
        self.client: Any = None
        self._run(self._open(server.url, transports, headers or {}))

    async def _open(self, url: str, transports: list[str], headers: dict[str, str]) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.client.on("*", self._hear)
        self.client.on("disconnect", lambda reason: self.events.append(("disconnect", reason)))
        await self.client.connect(url, headers=headers, transports=transports, wait_timeout=5)

    async def _hear(self, event: str, *fields: Any) -> None:
        self.events.append((event, fields[0] if fields else None))

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        reply = self._run(self.client.call(kind, fields, timeout=5))
        assert isinstance(reply, dict)
        return reply

    def close(self) -> None:
        self._run(self.client.disconnect())
        self._run(asyncio.sleep(0.1))
        self._run(_end_the_rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=20)

    def wait(self, kind: str) -> Any:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            for event in self.events:
                if event[0] == kind:
                    self.events.remove(event)
                    return event[1]
            time.sleep(0.01)
        raise AssertionError(f"no {kind} among {self.events}")


async def _end_the_rest() -> None:
    """What the library leaves running when the server ends first."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


@contextlib.contextmanager
def page(server: LiveServer, transports: list[str], headers: dict[str, str] | None = None) -> Iterator[Page]:
    one = Page(server, transports, headers)
    try:
        yield one
    finally:
        one.close()


class Fetcher:
    """The HTTP carrier."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.session = ""
        self.after = 0
        self.inbox: list[dict[str, Any]] = []
        self.ref = 0
        status, body = self.request("POST", "/api/v1/meet", {})
        assert status == 201
        self.session = body["session"]

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        lines = {"Content-Type": "application/json", "Authorization": f"Meet {self.session}", **headers}
        connection.request(method, path, json.dumps(body) if body is not None else None, lines)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, json.loads(text) if text else None

    def exchange(self, messages: list[dict[str, Any]], wait: int = 0) -> None:
        body = {"messages": messages, "after": self.after, "wait": wait}
        status, answer = self.request("POST", "/api/v1/meet/exchange", body)
        assert status == 200, answer
        self.inbox += answer["messages"]
        self.after = answer["last"]

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        self.ref += 1
        self.exchange([{"type": kind, "ref": self.ref, **fields}])
        return next(m for m in self.inbox if m["type"] == "reply" and m["ref"] == self.ref)

    def wait(self, kind: str) -> dict[str, Any]:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            for message in self.inbox:
                if message["type"] == kind:
                    self.inbox.remove(message)
                    return message
            self.exchange([], wait=2)
        raise AssertionError(f"no {kind} among {self.inbox}")
