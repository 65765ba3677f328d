"""`peerseal backup` beside a server at work: what was acknowledged before the mark comes back byte for byte."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command_line import PEERSEAL
from support.faults import Kept, check, store
from support.live_server import LiveServer
from support.storing import SignUp, Storer

pytestmark = pytest.mark.e2e


def backup(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PEERSEAL, "backup", *words], capture_output=True, text=True, timeout=110, check=False
    )


def result(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """The event of a command that succeeded."""
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(said, dict)
    return said


class Busy:
    """Somebody who stores and deletes all the time; knows what was acknowledged, and when (ms)."""

    def __init__(self, person: Storer) -> None:
        self._person = person
        self._over = threading.Event()
        self.stored: list[tuple[float, Kept]] = []
        self.deleting: dict[str, float] = {}

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """From here to the end."""
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(60)

    def _work(self) -> None:
        while not self._over.is_set():
            kept = store(self._person, 20_000, 512)
            self.stored.append((time.time() * 1000, kept))
            if len(self.stored) % 3 == 0:
                old = self.stored[len(self.stored) // 2][1].id
                self.deleting.setdefault(old, time.time() * 1000)
                self._person.call("delete_file", file=old)

    def must_be_there(self, mark: float) -> list[Kept]:
        """Acknowledged before the mark, and nobody began to delete it before the backup was complete."""
        return [kept for when, kept in self.stored if when < mark and kept.id not in self.deleting]


def test_a_backup_made_under_load_and_restored_on_an_empty_folder_has_every_acknowledged_file(
    tmp_path: Path, sign_up: SignUp
) -> None:
    data, kept_in, back = tmp_path / "data", tmp_path / "backup", tmp_path / "back"
    with LiveServer({"data": str(data)}) as server:
        ada = sign_up(server.port)
        busy = Busy(ada)
        with busy.at_work():
            while len(busy.stored) < 5:
                time.sleep(0.02)
            first = result(backup("create", kept_in, "--data", data, "--json"))
            before = len(busy.stored)
            while len(busy.stored) < before + 3:
                time.sleep(0.02)
            second = result(backup("create", kept_in, "--data", data, "--json"))
        assert second["mark"] > first["mark"]
        assert second["kept"] > 0
        assert backup("restore", kept_in, "--data", data).returncode == 8
    wanted = busy.must_be_there(second["mark"])
    assert len(wanted) >= 3
    assert result(backup("restore", kept_in, "--data", back, "--json"))["chunks"] == second["chunks"]
    assert backup("restore", kept_in, "--data", back).returncode == 8  # not empty any more
    with LiveServer({"data": str(back)}) as server, contextlib.closing(ada.again(server.port)) as again:
        for kept in wanted:
            check(again, kept)
        check(again, store(again))


def test_a_backup_that_is_killed_leaves_the_former_one_and_the_next_one_goes_on(
    tmp_path: Path, sign_up: SignUp
) -> None:
    data, kept_in = tmp_path / "data", tmp_path / "backup"
    with LiveServer({"data": str(data)}) as server:
        ada = sign_up(server.port)
        old = store(ada)
        result(backup("create", kept_in, "--data", data, "--json"))
        new = [store(ada, 2_000_000, 4096) for _ in range(4)]
        killed = 0
        for delay in (0.0, 0.02, 0.05):
            process = subprocess.Popen([PEERSEAL, "backup", "create", kept_in, "--data", data, "-q"])
            while process.poll() is None and not (kept_in / ".part").exists():
                time.sleep(0.001)
            time.sleep(delay)
            if process.poll() is None:
                os.kill(process.pid, 9)
                killed += 1
            process.wait(20)
            back = tmp_path / f"back {delay}"
            result(backup("restore", kept_in, "--data", back, "--json"))
        result(backup("create", kept_in, "--data", data, "--json"))
    assert killed
    result(backup("restore", kept_in, "--data", tmp_path / "whole", "--json"))
    settings = {"data": str(tmp_path / "whole")}
    with LiveServer(settings) as server, contextlib.closing(ada.again(server.port)) as again:
        for kept in (old, *new):
            check(again, kept)
