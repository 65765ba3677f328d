"""A real Chromium over the DevTools protocol, with nothing switched on but Runtime.

Playwright and the Network domain copy every WebSocket frame and request body through the browser process, which
shows a third of the real speed; this does not.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

from bench.measure import wait

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding", "--disable-features=WebRtcHideLocalIpsWithMdns", "--remote-debugging-port=0",
)  # fmt: skip


class Target:
    """One DevTools connection: a page, or the browser itself."""

    def __init__(self, url: str) -> None:
        self._socket: ClientConnection = connect(url, max_size=None, compression=None)
        self._number = 0

    def call(self, method: str, **params: object) -> dict[str, object]:
        """One command and its result; an error of the protocol raises."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv(timeout=600))
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                result: dict[str, object] = message.get("result", {})
                return result

    def run(self, script: str) -> object:
        """Evaluate an expression in the page; a promise is awaited, an exception raises."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(str(answer["exceptionDetails"])[:2000])
        result = answer["result"]
        return result.get("value") if isinstance(result, dict) else None

    def until(self, script: str, seconds: float = 30) -> object:
        """Evaluate until it is true; TimeoutError names the script."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.run(script)
            if value:
                return value
            time.sleep(0.02)
        raise TimeoutError(script)

    def choose_files(self, selector: str, files: list[Path]) -> None:
        """Put files into a file input."""
        answer = self.call("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")
        result = answer["result"]
        assert isinstance(result, dict)
        self.call("DOM.setFileInputFiles", files=[str(file) for file in files], objectId=result["objectId"])

    def close(self) -> None:
        self._socket.close()


class Chromium:
    """One browser with its own profile, one page, and a folder for its downloads."""

    def __init__(self, home: Path) -> None:
        self.downloads = home / "downloads"
        self.downloads.mkdir()
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            raise FileNotFoundError("chromium is not installed")
        self._log = (home / "log").open("wb")
        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={home / 'profile'}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        port = self._port(home / "profile" / "DevToolsActivePort")
        with urlopen(f"http://127.0.0.1:{port}/json/version", timeout=10) as answer:
            self.browser = Target(json.load(answer)["webSocketDebuggerUrl"])
        self.browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))
        with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
            page = next(target for target in json.load(answer) if target["type"] == "page")
        self.page = Target(page["webSocketDebuggerUrl"])

    @staticmethod
    def _port(file: Path) -> int:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            if file.exists() and (text := file.read_text().splitlines()):
                return int(text[0])
            time.sleep(0.05)
        raise TimeoutError("Chromium did not start")

    def open(self, url: str) -> Target:
        """Go to `url` and wait until it has loaded."""
        self.page.call("Page.navigate", url=url)
        self.page.until("document.readyState === 'complete' && location.href !== 'about:blank'")
        return self.page

    def renderer_memory(self) -> float:
        """Anonymous resident MiB of the largest renderer of this browser: the page with its workers."""
        parents: dict[int, int] = {}
        memory: dict[int, float] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
                parents[int(folder.name)] = int(status["PPid"])
                if b"--type=renderer" in (folder / "cmdline").read_bytes():
                    memory[int(folder.name)] = int(status["RssAnon"].split()[0]) / 1024
            except (OSError, KeyError):
                continue
        return max((size for pid, size in memory.items() if self._ours(pid, parents)), default=0.0)

    def _ours(self, pid: int, parents: dict[int, int]) -> bool:
        while pid in parents:
            if pid == self.process.pid:
                return True
            pid = parents[pid]
        return False

    def close(self) -> None:
        self.page.close()
        self.browser.call("Browser.close")
        self.browser.close()
        wait(self.process, 15)
        self._log.close()


@contextmanager
def two() -> Iterator[tuple[Chromium, Chromium]]:
    """Two separate browsers; everything they made is removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="bench-chromium-"))
    browsers: list[Chromium] = []
    try:
        for name in ("one", "two"):
            (home / name).mkdir()
            browsers.append(Chromium(home / name))
        yield browsers[0], browsers[1]
    finally:
        for browser in browsers:
            browser.close()
        shutil.rmtree(home, ignore_errors=True)
