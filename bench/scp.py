"""scp against an sshd of our own on loopback, with keys and settings of its own: a peer to compare with."""

from __future__ import annotations

import getpass
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Ended, start, wait
from bench.wormhole import await_port, free_port

CIPHER = "aes256-gcm@openssh.com"


@dataclass(frozen=True)
class Scp:
    """One server, and one copy through it."""

    settings: Path
    log: Path

    def copy(self, what: Path, into: Path) -> tuple[float, Ended]:
        """Copy the file `what` over ssh into the folder `into`; seconds, and how scp ended."""
        began = time.perf_counter()
        ended = wait(start(["scp", "-q", "-c", CIPHER, "-F", self.settings, what, f"bench:{into}"], self.log))
        return ended.at - began, ended


def sshd() -> str | None:
    """The server program; None if this machine has none."""
    return shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin") or shutil.which("sshd")


@contextmanager
def running() -> Iterator[Scp | None]:
    """The server, swept on the way out; None where sshd is not installed."""
    program = sshd()
    if program is None or shutil.which("scp") is None:
        yield None
        return
    home = Path(tempfile.mkdtemp(prefix="bench-scp-"))
    log, port = home / "log", free_port()
    for name in ("host", "own"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True)
    (home / "authorized").write_bytes((home / "own.pub").read_bytes())
    (home / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {home}/host\nAuthorizedKeysFile {home}/authorized\n"
        f"PidFile none\nStrictModes no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n"
        f"KbdInteractiveAuthentication no\nUsePAM no\nUseDNS no\nCiphers {CIPHER}\n"
        f"Subsystem sftp internal-sftp\n"
    )
    (home / "ssh_config").write_text(
        f"Host bench\n  HostName 127.0.0.1\n  Port {port}\n  User {getpass.getuser()}\n  IdentityFile {home}/own\n"
        f"  IdentitiesOnly yes\n  StrictHostKeyChecking no\n  UserKnownHostsFile {home}/known\n  BatchMode yes\n"
    )
    with suppress(OSError):  # where a server that runs as root keeps its empty folder
        Path("/run/sshd").mkdir(exist_ok=True)
    server = start([program, "-D", "-e", "-f", home / "sshd_config"], log)
    try:
        await_port(port)
        yield Scp(home / "ssh_config", log)
    finally:
        server.terminate()
        wait(server, 10)
        shutil.rmtree(home, ignore_errors=True)
