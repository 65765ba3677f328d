"""500 sign-ins a second from hundreds of addresses: do honest people still get in, and does anybody else notice?"""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
import time
from typing import Any

from bench.soak.figures import Figure, at_least, at_most, percentile
from bench.soak.raw import ask
from bench.soak.server import Control, Server
from peerseal.wire import accounts as a
from peerseal.wire.api import ENDPOINTS
from support.storing import Storer  # found by bench.soak.server

HONEST = 8
PROOF = b"a" * 32
#: Seconds in which the honest begin before the flood does.
STARTING = 2


def login(name: str, proof: bytes) -> bytes:
    """A sign-in as it goes over the wire."""
    takes = ENDPOINTS["login"].takes
    assert takes is not None
    return json.dumps(takes.write(a.Login(name, proof, "token", "soak"))).encode()


def run(*, small: bool) -> list[Figure]:
    rate, seconds = (100, 6) if small else (500, 30)
    with Server() as server:
        people = [Storer.sign_up(server.port) for _ in range(HONEST)]
        devices = [_device(one) for one in people]
        names = [one.name for one in people]
        for one in people:
            one.close()
        with Control(server.port) as control:
            known = _honest(server.port, seconds + STARTING, "known", list(zip(names, devices, strict=True)))
            unknown = _honest(server.port, seconds + STARTING, "unknown", [(name, "") for name in names])
            time.sleep(STARTING)  # they have started by then: that is load too, and none of the flood's
            statuses, taken = asyncio.run(_flood(server.port, names, rate, seconds))
            got_in = [json.loads(one.communicate(timeout=120)[0]) for one in (known, unknown)]
        return [
            Figure("sign-ins of the flood a second", sum(statuses.values()) / seconds, "/s"),
            Figure("of these hashed (401)", statuses.get(401, 0) / seconds, "/s"),
            Figure("the flood's answers, p99", 1000 * percentile(taken, 0.99), "ms"),
            at_least("honest sign-ins of known devices", got_in[0]["in"] / (seconds + STARTING), "/s", 20),
            Figure("… refused", got_in[0]["out"] / (seconds + STARTING), "/s"),
            Figure(
                "honest sign-ins of unknown devices, which pay", got_in[1]["in"] / (seconds + STARTING), "/s"
            ),
            Figure("… given up", got_in[1]["out"] / (seconds + STARTING), "/s"),
            at_most("somebody signed in, p99", 1000 * percentile(control.seconds, 0.99), "ms", 250),
            at_most("… not answered", control.failed, "", 0),
            Figure("the server's memory afterwards", server.resident_kib() / 1024, "MiB"),
        ]


def _device(person: Storer) -> str:
    said = person.expect("login", a.Login(person.name, PROOF, "token", "home"))
    return str(said.get("device") or "")


def _honest(port: int, seconds: int, kind: str, people: list[tuple[str, str]]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.soak.honest", str(port), str(seconds), kind],
        stdin=pipe,
        stdout=pipe,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps(people) + "\n")
    process.stdin.flush()
    return process


async def _flood(port: int, names: list[str], rate: int, seconds: int) -> tuple[dict[int, int], list[float]]:
    statuses: dict[int, int] = {}
    taken: list[float] = []

    async def one(number: int) -> None:
        # Half guess at people who are here, half at names that are not.
        name = names[number % len(names)] if number % 2 else f"nobody {number}"
        source = f"127.{100 + number % 80}.{number % 200}.{number % 7 + 1}"
        begun = time.perf_counter()
        status, _ = await ask(port, source, "POST", "/api/v1/login", login(name, secrets.token_bytes(32)))
        taken.append(time.perf_counter() - begun)
        statuses[status] = statuses.get(status, 0) + 1

    tasks: set[asyncio.Task[Any]] = set()
    begun = time.monotonic()
    for number in range(rate * seconds):
        due = begun + number / rate
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        while len(tasks) > 4000:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.ensure_future(one(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    if tasks:
        await asyncio.wait(tasks, timeout=30)
    return statuses, taken
