"""A real `peerseal serve` in a process of its own, honest or hostile, here or in a namespace."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from support.live_server import AS_INSTALLED
from support.network import Place

_SERVE = "from peerseal.server.config import *; from peerseal.server.run import *; serve(ServerConfig.from_environment())"
HONEST = (sys.executable, "-c", f"{AS_INSTALLED}; {_SERVE}")
HOSTILE = (sys.executable, Path(__file__).with_name("hostile_server.py"))


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def serving(
    home: Path,
    *,
    program: Sequence[str | Path] = HONEST,
    prefix: Sequence[str] = (),
    host: str = "127.0.0.1",
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    ready: Callable[[], bool] | None = None,
) -> Iterator[str]:
    """Start it, wait until it answers, give its address, end it; its log stays in `home`."""
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    process = launch(
        home,
        program=program,
        prefix=prefix,
        host=host,
        port=port,
        env=env,
        ready=ready or (lambda: healthy(url)),
    )
    try:
        yield url
    finally:
        end(process)


def launch(
    home: Path,
    *,
    program: Sequence[str | Path] = HONEST,
    prefix: Sequence[str] = (),
    host: str = "127.0.0.1",
    port: int,
    env: Mapping[str, str] | None = None,
    ready: Callable[[], bool],
) -> subprocess.Popen[bytes]:
    """Start it and wait until it answers. Whoever calls this ends it."""
    home.mkdir(parents=True, exist_ok=True)
    where = {
        "PEERSEAL_HOST": host,
        "PEERSEAL_PORT": str(port),
        "PEERSEAL_DATA": str(home / "data"),
        "PEERSEAL_GUARD": os.environ.get("PEERSEAL_GUARD", "observe"),
    }
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(
            [*prefix, *program],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **where, **(env or {})},
        )
    try:
        _await(ready, process, home / "log")
    except BaseException:
        end(process)
        raise
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    """End it, if it has not ended."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


@contextmanager
def hostile(home: Path, attack: str) -> Iterator[str]:
    """A server that does `attack` (see `hostile_server.py`)."""
    with serving(home, program=(*HOSTILE, attack)) as url:
        yield url


def healthy(url: str) -> bool:
    """Whether a server answers there and says so."""
    place = urlsplit(url)
    link = HTTPConnection(place.hostname or "", place.port, timeout=5)
    try:
        link.request("GET", "/api/v1/health")
        return bool(json.load(link.getresponse())["status"] == "ok")
    except (OSError, HTTPException):
        return False
    finally:
        link.close()


def _await(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 30
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            raise AssertionError(f"the server did not start: {log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.05)


def healthy_at(place: Place, port: int) -> bool:
    """Whether a server answers inside a namespace, asked from there."""
    asked = f"from urllib.request import urlopen; urlopen('http://127.0.0.1:{port}/api/v1/health', timeout=5)"
    done = subprocess.run([*place.prefix, sys.executable, "-c", asked], capture_output=True, check=False)
    return done.returncode == 0
