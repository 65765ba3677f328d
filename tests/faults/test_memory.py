"""No more memory is to be had: what cannot be done is refused for a while, nobody is told a wrong thing, it passes."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from peerseal.wire import accounts as a
from support.faults import Reply, ask, call, check, store, wait_until
from support.live_server import LiveServer
from support.storing import SignUp

pytestmark = pytest.mark.e2e


def address_space(pid: int) -> int:
    """Bytes of it in use."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmSize:"))


def limit(pid: int, octets: str) -> None:
    """What the process may have (`prlimit --as`)."""
    subprocess.run(["prlimit", f"--pid={pid}", f"--as={octets}:"], check=True)


def test_without_memory_requests_are_refused_for_a_while_and_right_passwords_are_not_wrong(
    tmp_path: Path, sign_up: SignUp
) -> None:
    with LiveServer({"data": str(tmp_path / "data")}) as server:
        ada = sign_up(server.port)
        kept = store(ada)
        limit(server.pid, str(address_space(server.pid) + 4096))
        said: list[Reply] = []

        def sign_in() -> None:
            said.append(call(ada, "login", a.Login(ada.name, b"a" * 32, "token", "test")))

        askers = [threading.Thread(target=sign_in) for _ in range(6)]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join(60)
        assert len(said) == 6
        assert {one.status for one in said} <= {200, 503}, (said, server.log.read_text())
        assert all(one.retry is not None for one in said if one.status == 503)
        assert ask(server.port, "GET", "/api/v1/health").status == 200
        limit(server.pid, "unlimited")
        wait_until(lambda: ask(server.port, "GET", "/api/v1/health/ready").status == 200)
        assert call(ada, "login", a.Login(ada.name, b"a" * 32, "token", "test")).status == 200
        check(ada, kept)
        check(ada, store(ada))
