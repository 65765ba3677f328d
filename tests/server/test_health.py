"""Live and ready: what watches over a server learns whether it works, strangers learn no more than that."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from peerseal.server.asgi_types import Event
from peerseal.server.health import Health
from support.api_client import ApiServer
from support.live_server import LiveServer

HEALTH, LIVE, READY = "/api/v1/health", "/api/v1/health/live", "/api/v1/health/ready"


def ask(
    server: LiveServer, path: str, method: str = "GET", host: str = ""
) -> tuple[int, dict[str, str], bytes]:
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=20)) as link:
        link.request(method, path, headers={"Host": host} if host else {})
        answer = link.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def server(folder: Path) -> Iterator[LiveServer]:
    with LiveServer({"data": str(folder)}) as running:
        yield running


def test_a_server_that_works_is_live_and_ready(server: LiveServer) -> None:
    for path in (LIVE, HEALTH):
        assert ask(server, path)[::2] == (200, b'{"status":"ok"}')
    status, headers, body = ask(server, READY)
    assert (status, headers["content-type"]) == (200, "application/json")
    said = json.loads(body)
    assert said["status"] == "ready"
    assert set(said["checks"]) == {"database", "migrations", "storage", "disk", "accepting"}
    assert set(said["checks"].values()) == {"ok"}


@pytest.mark.parametrize("path", [HEALTH, LIVE, READY])
def test_head_says_the_same_without_a_body_and_nothing_else_is_allowed(server: LiveServer, path: str) -> None:
    status, headers, body = ask(server, path, "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) > 0
    status, headers, _ = ask(server, path, "DELETE")
    assert (status, headers["allow"]) == (405, "GET, HEAD")


def test_strangers_learn_only_whether(server: LiveServer) -> None:
    # A name that is not this machine's own: whoever comes by it counts as from elsewhere.
    status, _, body = ask(server, READY, host="files.example.org")
    assert (status, json.loads(body)) == (200, {"status": "ready"})


def test_a_database_that_somebody_holds_is_named_and_comes_back(server: LiveServer, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "peerseal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        status, headers, body = ask(server, READY)
        said = json.loads(body)
        assert (status, said["code"]) == (503, "not_ready")
        assert headers["content-type"] == "application/problem+json"
        assert 0 < int(headers["retry-after"]) <= 5
        assert said["checks"].get("database", "slow") != "ok"
        assert ask(server, LIVE)[0] == 200
        status, _, body = ask(server, READY, host="files.example.org")
        assert (status, "checks" in json.loads(body)) == (503, False)
        other.execute("ROLLBACK")
    end = time.monotonic() + 20
    while ask(server, READY)[0] != 200:
        assert time.monotonic() < end
        time.sleep(0.1)


def test_one_look_serves_everybody_for_a_second_and_a_hanging_one_keeps_nobody(folder: Path) -> None:
    server = ApiServer(folder)
    storage = server.services.files.parts.storage
    looks: list[int] = []
    hanging = threading.Event()
    hanging.set()
    probe = storage.probe

    class Slow:
        def __getattr__(self, name: str) -> object:
            return getattr(storage, name)

        def probe(self) -> None:
            looks.append(1)
            hanging.wait(30)
            probe()

    now = [0.0]
    health = Health(server.database, Slow(), lambda _: True, lambda: now[0], patience=0.2)  # type: ignore[arg-type] # as storage is

    async def story() -> None:
        found = await asyncio.gather(*(health.checks() for _ in range(50)))
        assert len(looks) == 1
        assert all(set(one.values()) == {"ok"} for one in found)
        now[0] = 0.9
        await health.checks()
        assert len(looks) == 1
        hanging.clear()
        now[0] = 1.1
        found = await asyncio.gather(*(health.checks() for _ in range(50)))
        assert len(looks) == 2
        assert all("too long" in one["answer"] for one in found)
        hanging.set()
        end = time.monotonic() + 20
        while "answer" in await health.checks():
            assert time.monotonic() < end

    try:
        asyncio.run(story())
    finally:
        hanging.set()
        health.close()
        server.close()


def test_a_server_that_is_ending_lives_and_says_that_it_takes_nothing_new(folder: Path) -> None:
    server = ApiServer(folder)
    trusted = [True]
    health = Health(server.database, server.services.files.parts.storage, lambda _: trusted[0])

    def said(path: str) -> tuple[int, dict[str, object]]:
        sent: list[Event] = []

        async def send(event: Event) -> None:
            sent.append(event)

        asyncio.run(health({"type": "http", "method": "GET", "path": path}, send))
        return sent[0]["status"], json.loads(sent[1]["body"])

    try:
        assert said(READY)[0] == 200
        health.draining = True
        status, body = said(READY)
        assert (status, body["code"]) == (503, "not_ready")
        checks = body["checks"]
        assert isinstance(checks, dict)
        assert checks.pop("accepting") == "no more: the server is ending"
        assert set(checks.values()) == {"ok"}
        assert said(LIVE) == said(HEALTH) == (200, {"status": "ok"})
        trusted[0] = False
        assert "checks" not in said(READY)[1]
    finally:
        health.close()
        server.close()
