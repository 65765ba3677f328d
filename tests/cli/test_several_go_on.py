"""A sender to several that is killed half-way: another process puts the rest on the server, and they finish."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.live_server import LiveServer
from support.shell import Shell, wait
from support.slow_way import SlowWay

pytestmark = pytest.mark.e2e
_SIZE = 40_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with LiveServer() as live:
        yield live.url


def _big(shell: Shell) -> Path:
    path = shell.folder / "big.bin"
    path.write_bytes(os.urandom(1_000_000) * (_SIZE // 1_000_000))
    return path


def _rows(shell: Shell) -> list[dict[str, Any]]:
    rows = shell.result("transfers")["transfers"]
    assert isinstance(rows, list)
    return rows


@contextmanager
def _half_way(
    server: str, tmp_path: Path, number: int
) -> Iterator[tuple[Shell, SlowWay, list[tuple[Shell, subprocess.Popen[bytes]]]]]:
    """A sender that two have come to, and that was ended while it still put things on the server."""
    with SlowWay(server) as way:
        sender = Shell(way.url, tmp_path, "sender")
        sending = sender.start("send", _big(sender), "--receivers", "2")
        assert sending.stdout is not None
        code = sending.stdout.readline().decode().strip()
        receivers = []
        for name in ("one", "two"):
            shell = Shell(server, tmp_path, name)
            receivers.append((shell, shell.start("receive", code, "-y", "--as", name, "-o", "in")))
        wait(lambda: any(row["name"] == "one, two" or row["name"] == "two, one" for row in _rows(sender)))
        wait(lambda: _rows(sender)[0]["done"] > 0)
        sending.send_signal(number)
        sending.communicate(timeout=20)
        (row,) = _rows(sender)
        assert (row["direction"], row["running"]) == ("send", False)
        assert 0 < row["done"] < _SIZE
        way.wide.set()
        yield sender, way, receivers
        for _, process in receivers:
            process.kill()
            process.communicate(timeout=20)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_they_finish_once_another_process_goes_on(server: str, tmp_path: Path, number: int) -> None:
    with _half_way(server, tmp_path, number) as (sender, _, receivers):
        sender.run("transfers", "resume")
        for shell, process in receivers:
            _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said
            assert (shell.folder / "in" / "big.bin").read_bytes() == (sender.folder / "big.bin").read_bytes()
            assert _rows(shell) == []
        assert _rows(sender) == []


@pytest.mark.parametrize("same", [True, False])
def test_what_was_written_again_goes_on_only_if_it_is_the_same(
    server: str, tmp_path: Path, *, same: bool
) -> None:
    """Its time is what it was; only what it holds can tell."""
    with _half_way(server, tmp_path, signal.SIGKILL) as (sender, _, receivers):
        big = sender.folder / "big.bin"
        times, content = big.stat(), bytearray(big.read_bytes())
        if not same:
            content[1000] ^= 1
        big.unlink()
        big.write_bytes(content)
        os.utime(big, ns=(times.st_atime_ns, times.st_mtime_ns))
        sender.run("transfers", "resume", code=0 if same else 8)
        assert ("changed since" in sender.said) is not same
        assert _rows(sender) == []
        for shell, process in receivers:
            process.communicate(timeout=60)
            assert (process.returncode == 0) is same
            assert (shell.folder / "in" / "big.bin").exists() is same


def test_given_up_it_is_taken_back_from_those_who_wait(server: str, tmp_path: Path) -> None:
    with _half_way(server, tmp_path, signal.SIGKILL) as (sender, _, receivers):
        sender.run("transfers", "discard", "--all", "-y")
        for _, process in receivers:
            _, said = process.communicate(timeout=60)
            assert b"no longer on the server" in said
            assert process.returncode != 0
