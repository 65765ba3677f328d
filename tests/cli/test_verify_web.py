"""`peerseal verify-web` against real servers: an honest one, and copies of Peerseal whose files somebody changed."""

from __future__ import annotations

import json
import os
import shutil
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

import peerseal
from peerseal.server.page import installed
from peerseal.version import VERSION
from support.command_line import PEERSEAL
from support.live_server import LiveServer

pytestmark = pytest.mark.e2e
PACKAGE = Path(peerseal.__file__).parent


def verify(*words: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
    return subprocess.run(
        [PEERSEAL, "verify-web", *words],
        env={**env, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def found(url: str) -> tuple[int, list[tuple[str, str, str]], dict[str, Any]]:
    """Exit code, the differences told, the result."""
    done = verify("--json", url)
    assert done.stderr == ""
    *told, result = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"] for event in told} <= {"difference"}
    assert result["event"] == "result"
    assert (result["same"], result["differences"]) == (not told, len(told))
    return done.returncode, [(one["path"], one["kind"], one["message"]) for one in told], result


class Copy:
    """Peerseal's own files in another folder, for somebody to change, and the server that runs from them."""

    def __init__(self, folder: Path) -> None:
        self.package = folder / "peerseal"
        self.static = self.package / "server" / "static"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))

    def change(self, name: str, old: str, new: str) -> None:
        path = self.package / name
        text = path.read_text(encoding="utf-8")
        assert old in text, name
        path.write_text(text.replace(old, new), encoding="utf-8")

    @contextmanager
    def serving(self, **settings: str) -> Iterator[str]:
        """Run it. The guard is at work, as on a real server."""
        environment = {"PYTHONPATH": str(self.package.parent)}
        with LiveServer({"guard": "enforce", **settings}, environment=environment) as live:
            yield live.url


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_the_page_of_an_honest_server_is_the_one_installed_here() -> None:
    with LiveServer({"guard": "enforce"}) as live:
        code, told, result = found(live.url)
        assert (code, told) == (0, [])
        assert (result["version"], result["server_version"]) == (VERSION, VERSION)
        assert result["fingerprint"] == installed().fingerprint
        done = verify(live.url)
    assert done.returncode == 0
    assert f"The page at {live.url} is the one of Peerseal {VERSION}." in done.stderr
    assert "here and now" in done.stderr


def test_files_changed_removed_and_added_are_named(copy: Copy) -> None:
    worker = next(copy.static.glob("assets/engine.worker-*.js"))
    gone = next(copy.static.glob("assets/argon2-*.js"))
    with copy.serving() as url:
        assert found(url)[:2] == (0, [])
        changed = bytearray(worker.read_bytes())
        changed[len(changed) // 2] ^= 1
        worker.write_bytes(changed)
        gone.unlink()
        (copy.static / "sw.js").write_text("addEventListener('fetch', steal)")
        listed = copy.static / "web-hashes.json"
        more = {**json.loads(listed.read_text()), "static/evil.js": "0" * 64}
        listed.write_text(json.dumps(more))
        code, told, _ = found(url)
        done = verify(url, "-q")
    assert code == 4
    assert {(path, kind) for path, kind, _ in told} == {
        (f"/static/assets/{worker.name}", "changed"),
        (f"/static/assets/{gone.name}", "missing"),
        ("/static/web-hashes.json", "changed"),
        ("/static/evil.js", "extra"),
        ("/sw.js", "extra"),
    }
    assert done.returncode == 4
    assert f"The page at {url} is not the one of Peerseal {VERSION}." in done.stderr
    assert worker.name in done.stderr


def test_a_document_that_loads_more_is_told_with_what_it_loads(copy: Copy) -> None:
    evil = "https://evil.example/x.js"
    copy.change("server/templates/index.html", "</head>", f'<script src="{evil}"></script></head>')
    copy.change("server/templates/operator.html", 'content="{{ base }}"', 'content="https://evil.example/"')
    with copy.serving() as url:
        code, told, _ = found(url)
    assert code == 4
    assert [(path, kind) for path, kind, _ in told] == [
        ("/", "changed"),
        ("/", "extra"),
        ("/operator", "changed"),  # another base
        ("/s/…", "changed"),
        ("/s/…", "extra"),
    ]
    assert evil in told[1][2]


def test_a_header_that_allows_more_is_told(copy: Copy) -> None:
    headers = "server/guard/headers.py"
    copy.change(headers, "\"script-src 'self'\"", "\"script-src 'self' https://evil.example\"")
    copy.change(headers, 'b"nosniff"', 'b"sniff"')
    with copy.serving() as url:
        code, told, _ = found(url)
    assert code == 4
    assert {kind for _, kind, _ in told} == {"policy"}
    run = {"/", "/operator", "/s/…", "/static/app.js", "/static/operator/operator.js"}
    assert run <= {path for path, _, message in told if "script-src https://evil.example" in message}
    assert run | {"/static/icon.svg"} <= {path for path, _, message in told if "nosniff" in message}


class Between(socketserver.BaseRequestHandler):
    """Somebody on the way who asks the server once and puts a line into the head of its answer, or an answer before it."""

    server_port: ClassVar[int]
    line: ClassVar[bytes]

    def handle(self) -> None:
        asked = b""
        while not asked.endswith(b"\r\n\r\n") and (piece := self.request.recv(65536)):
            asked += piece
        if not asked:
            return
        with socket.create_connection(("127.0.0.1", self.server_port), 20) as server:
            server.sendall(asked.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            answer = b"".join(iter(lambda: server.recv(65536), b""))
        if self.line.isdigit():
            self.request.sendall(b"HTTP/1.1 " + self.line + b" Early Hints\r\nX-A: a\r\n\r\n" + answer)
        else:
            self.request.sendall(answer.replace(b"\r\n", b"\r\n" + self.line + b"\r\n", 1))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        # Browsers end lines at a bare LF too, so to them the second is a header.
        (b"X-A: a\nRefresh: 0;url=//evil.example", "control character"),
        (b"Link: <//evil.example/x.js>; rel=preload; as=script", "link: <//evil.example/x.js>"),
        (b'Clear-Site-Data: "*"', "deletes what the browser keeps"),
        (b'Alt-Svc: h3="evil.example:443"; ma=99; persist=1, h3=":443"', "to evil.example from then on"),
        (b'Alt-Svc: h3=":443"; ma=2592000', None),
        (b"103", None),
    ],
)
def test_a_header_put_in_on_the_way_is_told_unless_it_changes_nothing(line: bytes, said: str | None) -> None:
    with LiveServer() as live:
        kind = type("Here", (Between,), {"server_port": live.port, "line": line})
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind) as between:
            thread = threading.Thread(target=between.serve_forever, args=(0.05,))
            thread.start()
            try:
                code, told, _ = found(f"http://127.0.0.1:{between.server_address[1]}")
            finally:
                between.shutdown()
                thread.join(20)
    if said is None:
        assert (code, told) == (0, [])
        return
    assert code == 4
    assert {kind for _, kind, _ in told} == {"extra"}
    assert {"/", "/operator", "/s/…", "/static/app.js"} <= {path for path, _, _ in told}
    assert all(said in message for _, _, message in told)


def test_another_version_is_told_kindly(copy: Copy) -> None:
    copy.change("version.py", f'"{VERSION}"', '"99.1.2"')
    with copy.serving() as url:
        code, told, result = found(url)
        assert (code, told, result["server_version"]) == (0, [], "99.1.2")  # the very same page
        (copy.static / "app.css").write_text("a{}")
        code, told, _ = found(url)
        assert (code, [(path, kind) for path, kind, _ in told]) == (4, [("/static/app.css", "changed")])
        done = verify(url)
    assert done.returncode == 4
    assert "version 99.1.2, whose page may well be another one" in done.stderr


def test_a_redirect_is_not_followed(copy: Copy) -> None:
    copy.change(
        "server/create_app.py", "return shown(INDEX)", 'return Response("", 302, {"Location": "/operator"})'
    )
    with copy.serving() as url:
        code, told, _ = found(url)
    assert (code, told) == (
        4,
        [("/", "missing", "the server answers with status 302, and points to /operator")],
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return shown(INDEX)", 'return Response("", 502)'),  # as a proxy before a server that is down
        ('"name": "peerseal"', '"name": "another"'),
    ],
)
def test_what_is_no_peerseal_server_or_not_well_is_no_list_of_differences(
    copy: Copy, old: str, new: str
) -> None:
    copy.change("server/create_app.py", old, new)
    with copy.serving() as url:
        done = verify("--json", url)
    (event,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, event["event"]) == (3, "error")


def test_nobody_there_and_no_server_address_have_their_exit_codes() -> None:
    assert verify("http://127.0.0.1:1").returncode == 3
    assert verify("http://127.0.0.1:1/s/x").returncode == 2


def test_an_installation_whose_own_page_was_changed_compares_nothing(copy: Copy, tmp_path: Path) -> None:
    (copy.static / "app.js").write_text("evil()")
    done = subprocess.run(
        [PEERSEAL, "verify-web", "--json", "http://127.0.0.1:1"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, json.loads(done.stdout)["code"]) == (8, "page_damaged")
