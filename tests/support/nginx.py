"""A real nginx in front of the server, as operators run it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.network import Place

#: Nothing but proxy_pass: HTTP/1.0 to the server, no Upgrade, everything buffered, bodies up to 1 MiB.
PLAIN = "proxy_pass http://127.0.0.1:5000;"


def documented(operations: Path) -> str:
    """The location block that docs/operations.md tells operators to use."""
    text = operations.read_text()
    block = text.split("```nginx", 1)[1].split("```", 1)[0]
    return block.split("{", 1)[1].rsplit("}", 1)[0]


@contextmanager
def nginx(place: Place, home: Path, location: str) -> Iterator[None]:
    """nginx on port 80 of `place` with this location block."""
    home.mkdir()
    home.chmod(0o755)
    configuration = home / "nginx.conf"
    configuration.write_text(
        f"""daemon off; worker_processes 1; user root; pid {home}/pid; error_log {home}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  server {{ listen 80; location / {{ {location} }} }}
}}
"""
    )
    process = subprocess.Popen(
        [*place.prefix, "nginx", "-c", configuration, "-p", home, "-e", home / "error.log"]
    )
    try:
        end = time.monotonic() + 10
        while not _answers(place):
            assert process.poll() is None, (home / "error.log").read_text()
            assert time.monotonic() < end, "nginx does not answer"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _answers(place: Place) -> bool:
    asked = ["python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 80), 2)"]
    done = subprocess.run([*place.prefix, *asked], capture_output=True, check=False)
    return done.returncode == 0
