"""The page over sample snapshots, one address for each state, served under a policy stricter than the server's."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from support.node import node

WEB = Path(__file__).parents[2] / "web"
CONFIG = WEB / "tests/gallery/vite.config.ts"

#: No inline style or script, nothing from elsewhere, and no text that turns into markup or script.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@contextmanager
def gallery(place: Path) -> Iterator[str]:
    """Build the gallery into `place` and serve it; gives the address, to which `?state=NAME` is added."""
    subprocess.run(
        [
            node(),
            "node_modules/vite/bin/vite.js",
            "build",
            "--config",
            CONFIG,
            "--outDir",
            place,
            "--emptyOutDir",
        ],
        cwd=WEB,
        check=True,
        capture_output=True,
        timeout=100,
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(place)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Files(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: a test's output is its failures."""
