"""The command line at a real terminal: keys are pressed, the screen is read."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

WAIT = 20.0


class Terminal:
    """Context manager: `peerseal` with a pseudo-terminal as all three streams, its keys in `home`."""

    def __init__(self, server: str, *words: str | Path, home: Path | None = None) -> None:
        self._master, slave = pty.openpty()
        env = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
        own = {} if home is None else {"PEERSEAL_HOME": str(home), "PEERSEAL_KEYRING": "file"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "peerseal", *map(str, words)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**env, **own, "PEERSEAL_SERVER": server, "NO_COLOR": "1", "TERM": "dumb"},
            start_new_session=True,
        )
        os.close(slave)
        self.screen = ""

    def press(self, keys: str) -> None:
        """What a person types."""
        os.write(self._master, keys.encode())

    def until(self, text: str, *, after: int = 0) -> str:
        """Read on until `text` stands on the screen, past `after` characters."""
        end = time.monotonic() + WAIT
        while text not in self.screen[after:]:
            left = end - time.monotonic()
            assert left > 0, f"no {text!r} in:\n{self.screen}"
            assert self._read(left), f"it ended without {text!r}:\n{self.screen}"
        return self.screen

    def quiet_for(self, seconds: float) -> str:
        """Read for a while; returns everything so far."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and self._read(left):
            pass
        return self.screen

    def end(self) -> int:
        """The exit code, once everything on the screen was read."""
        stop = time.monotonic() + WAIT
        while self._read(max(0.0, stop - time.monotonic())):
            pass
        return self.process.wait(WAIT)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return self.process.poll() is None
        try:
            piece = os.read(self._master, 65_536)
        except OSError:  # the other end of the terminal is closed
            return False
        self.screen += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(WAIT)
        os.close(self._master)
