"""In which order the server talks to the disk (strace): bytes, name, folder, database, and only then the answer.

And killed at each of these calls of an update, what readers see afterwards is wholly the old version or the new one.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from http.client import HTTPException
from pathlib import Path

import pytest

from support.faults import Kept, check, store, wait_until
from support.live_server import LiveServer
from support.stored_files import chunks_of, commit_of, new_file, next_version
from support.storing import SignUp, Storer

pytestmark = pytest.mark.net

_DISK = "fsync,fdatasync,link,linkat,pwrite64,writev"


def index(lines: list[str], pattern: str, after: int = 0) -> int:
    """The first line from there on that matches."""
    for n in range(after, len(lines)):
        if re.search(pattern, lines[n]):
            return n
    raise AssertionError(f"{pattern} does not come:\n" + "\n".join(lines[after : after + 60]))


def test_nothing_is_acknowledged_before_it_is_durable(tmp_path: Path, sign_up: SignUp) -> None:
    log = tmp_path / "calls"
    calls = f"trace={_DISK},sendto,sendmsg,write"
    prefix = ["strace", "-D", "-f", "-y", "-s", "40", "-e", calls, "-e", "signal=none", "-o", str(log)]
    with LiveServer({"data": str(tmp_path / "data")}, prefix=prefix) as server:
        ada = sign_up(server.port)
        wanted = new_file()
        ticket = ada.expect("new_file", wanted)["ticket"]
        (first, *rest) = chunks_of(wanted.version)
        before = len(log.read_text().splitlines())
        assert ada.put(ticket, *first) == 201
        lines = log.read_text().splitlines()[before:]
        at = index(lines, r"fsync\(\d+<.*/\.parts/")
        at = index(lines, r"link(at)?\(.*\.parts/", at)
        at = index(lines, r"fsync\(\d+<.*/blobs/[0-9a-f]{32}>", at)
        answered = index(lines, r'"HTTP/1.1 201', at)
        assert not [line for line in lines[:answered] if "HTTP/1.1 2" in line]
        for chunk in rest:
            assert ada.put(ticket, *chunk) == 201
        before = len(log.read_text().splitlines())
        ada.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
        lines = log.read_text().splitlines()[before:]
        at = index(lines, r"fsync\(\d+<.*/blobs/[0-9a-f]{32}>")
        at = index(lines, r"pwrite64\(\d+<.*peerseal\.db-wal>", at)
        at = index(lines, r"(fsync|fdatasync)\(\d+<.*peerseal\.db-wal>", at)
        answered = index(lines, r'"HTTP/1.1 20', at)
        assert not [line for line in lines[:answered] if "HTTP/1.1 2" in line]


def update(ada: Storer, kept: Kept) -> Kept:
    """The next version of it, as far as the server lives; what it would be."""
    wanted = next_version(kept.id, 2)
    version = wanted.version
    chunks = {(stream, n): content for stream, n, content in chunks_of(version)}
    try:
        ticket = ada.expect("new_version", wanted, 1, file=kept.id)["ticket"]
        for place, content in chunks.items():
            assert ada.put(ticket, *place, content) == 201
        ada.expect("commit", commit_of(version), upload=version.upload)
    except (OSError, HTTPException):
        return Kept(kept.id, "", chunks)
    return Kept(kept.id, version.upload, chunks)


def killed_at(pid: int, call: str, when: int) -> subprocess.Popen[bytes]:
    """A tracer that kills the process at the n-th such call of any of its threads; it watches when this returns."""
    inject = f"inject={call}:signal=SIGKILL:when={when}"
    log = Path(f"/proc/{pid}/status")
    tracer = subprocess.Popen(
        ["strace", "-f", "-q", "-e", f"trace={call}", "-e", inject, "-o", os.devnull, "-p", str(pid)],
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: not re.search(r"TracerPid:\t0\n", log.read_text()))
    return tracer


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "call",
    [
        "link,linkat,mkdir",
        "fsync,fdatasync",
        pytest.param("pwrite64", marks=pytest.mark.slow),
        pytest.param("writev,sendmsg,write", marks=pytest.mark.slow),
    ],
)
def test_killed_at_each_call_of_an_update_readers_see_wholly_the_old_or_the_new(
    tmp_path: Path, sign_up: SignUp, call: str
) -> None:
    outcomes: list[int] = []
    lived = False
    for when in range(1, 40):
        folder = tmp_path / str(when)
        with LiveServer({"data": str(folder)}) as server:
            ada = sign_up(server.port)
            kept = store(ada, 100, 64)
            tracer = killed_at(server.pid, call, when)
            new = update(ada, kept)
            if new.upload:
                tracer.send_signal(signal.SIGTERM)
            tracer.wait(20)
            lived = bool(new.upload)
        with LiveServer({"data": str(folder)}) as server:
            again = ada.again(server.port)
            try:
                current = again.expect("file", file=kept.id)["current"]
                assert current["version"] in (1, 2)
                assert not lived or current["version"] == 2
                check(
                    again, kept if current["version"] == 1 else Kept(kept.id, current["upload"], new.chunks)
                )
                outcomes.append(current["version"])
            finally:
                again.close()
        if lived:
            break
    assert lived, "it never came to the end"
    assert outcomes[0] == 1 or call != "fsync,fdatasync"
    assert outcomes[-1] == 2
