"""`peerseal doctor`: what is wrong with a server or the way to it is named, with the fix."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from peerseal.cli.doctor import NGINX, PROTOCOL, findings, run
from peerseal.cli.output import Output
from peerseal.client.http import HttpConnection
from peerseal.client.settings import parse_server
from peerseal.transfer.cancel import Cancel
from peerseal.version import VERSION
from support.live_server import LiveServer

BAITS = ("/.git/config", "/wp-login.php", "/phpmyadmin/", "/xmlrpc.php")


@contextmanager
def answering(
    info: object, headers: dict[str, str] | None = None, status: int = 200, put: int = 501
) -> Iterator[str]:
    """Something that is no Peerseal server answers every GET with this, a PUT with `put`, everything else with 501."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = info if isinstance(info, bytes) else json.dumps(info).encode()
            self.send_response_only(status)
            for name, value in {"Date": formatdate(usegmt=True), **(headers or {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_PUT(self) -> None:
            self.send_error(put)

        def log_message(self, *_words: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)


def found(url: str) -> dict[str, tuple[str, str, str]]:
    return {one.name: (one.state, one.message, one.fix) for one in findings(parse_server(url))}


def ours(**more: object) -> dict[str, object]:
    return {"name": "peerseal", "version": VERSION, "protocol": PROTOCOL, "discovery": "network", **more}


@pytest.mark.e2e
def test_a_server_that_works_is_well_in_everything(server: str) -> None:
    states = {name: state for name, (state, _, _) in found(server).items() if name != "environment"}
    names = ("reachable", "peerseal", "clock", "websocket", "raw_pipe", "http")
    assert states == dict.fromkeys(names, "well")


@pytest.mark.e2e
def test_all_is_well_is_exit_0(
    server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PEERSEAL_SERVER", raising=False)
    output = Output(json=True, quiet=False, verbose=False, colour=False)
    assert run(argparse.Namespace(server=server, json=True), output, Cancel()) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "v": 1,
        "event": "result",
        "state": "well",
    }


@pytest.mark.e2e
def test_who_is_stopped_is_told_that_alone_and_nothing_of_proxies(tmp_path: Path) -> None:
    with LiveServer({"guard": "enforce", "data": str(tmp_path / "data")}) as live:
        for baits, state, word in ((("/.env",), "limited", "challenges"), (BAITS, "broken", "blocks")):
            for bait in baits:
                connection = HttpConnection(parse_server(live.url), 10.0)
                connection.request("GET", bait)
                connection.close()
            ((name, (its, message, fix)),) = found(live.url).items()
            assert (name, its) == ("stopped", state)
            assert message.startswith(f"The server {word} this address until ")
            assert "peerseal guard list" in fix
            assert "proxy" not in fix


def test_nobody_answering_is_the_end_of_it_and_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output(json=True, quiet=False, verbose=False, colour=False)
    assert run(argparse.Namespace(server="http://127.0.0.1:1", json=True), output, Cancel()) == 3
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (broken,) = [one for one in told if one["state"] == "broken"]
    assert broken["name"] == "reachable"
    assert broken["fix"]


@pytest.mark.parametrize(
    ("said", "status"), [({"name": "something"}, 200), (ours(), 404), (b"<html>", 200), (b"[]", 200)]
)
def test_something_else_at_the_address_is_no_peerseal(said: object, status: int) -> None:
    with answering(said, status=status) as url:
        told = found(url)
    assert list(told) == ["reachable", "peerseal"]
    assert told["peerseal"][0] == "broken"
    assert "is not Peerseal" in told["peerseal"][1]


def test_another_protocol_is_broken_and_another_version_a_limit() -> None:
    with answering(ours(protocol="peerseal/9")) as url:
        assert found(url)["peerseal"][::2] == ("broken", "Bring both to the same version.")
    with answering(ours(version="0.0.1")) as url:
        state, message, _ = found(url)["peerseal"]
    assert (state, message) == ("limited", f"The server is version 0.0.1, this is {VERSION}.")


def test_clocks_that_differ_are_said_and_a_date_that_is_none_is_not() -> None:
    with answering(ours(), {"Date": formatdate(0, usegmt=True)}) as url:
        assert found(url)["clock"][0] == "limited"
    with answering(ours(), {"Date": "yesterday"}) as url:
        assert "clock" not in found(url)


@pytest.mark.parametrize("header", [{"Server": "nginx/1.24"}, {"Via": "1.1 squid"}, {"X-Cache": "MISS"}])
def test_a_proxy_in_front_is_named_with_the_settings_it_needs(header: dict[str, str]) -> None:
    with answering(ours(), header) as url:
        state, message, fix = found(url)["proxy"]
    assert state == "limited"
    assert next(iter(header.values())) in message
    assert "PEERSEAL_TRUSTED_PROXIES" in fix
    assert f"PEERSEAL_ORIGINS={url}" in fix


def test_a_way_that_lets_nothing_but_pages_through_is_broken_with_what_a_proxy_must_pass() -> None:
    with answering(ours()) as url:
        told = found(url)
    assert (told["websocket"][0], told["raw_pipe"][0], told["http"][0]) == ("limited", "limited", "broken")
    assert "proxy_set_header Upgrade" in told["http"][2]


def test_a_proxy_that_refuses_large_bodies_is_broken_with_the_line_that_lets_them_pass() -> None:
    with answering(ours(), put=413) as url:
        state, message, fix = found(url)["bodies"]
    assert (state, "413" in message) == ("broken", True)
    assert "client_max_body_size 0;" in fix
    assert "X-Forwarded-For" in fix  # else everybody behind it is one address
    with answering(ours()) as url:
        assert "bodies" not in found(url)


def test_the_manual_says_the_same_to_proxies() -> None:
    manual = (
        (Path(__file__).parents[2] / "docs" / "operations.md")
        .read_text()
        .split("```nginx")[1]
        .split("```")[0]
    )
    told = {line.split()[0] + line.split()[1].rstrip(";") for line in NGINX.splitlines()[1:]}
    asked = {line.split()[0] + line.split()[1].rstrip(";") for line in manual.splitlines()[3:-1]}
    assert told == asked


def test_a_proxy_in_the_environment_is_said_to_be_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with answering(ours()) as url:
        assert "https_proxy is set" in found(url)["environment"][1]
