"""What is behind no door for strangers: the operator's addresses, metrics, debuggers, files that scanners ask for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from attack.conftest import PROGRAM, Attacked
from peerseal.wire.api import ENDPOINTS
from support.outsider import Outsider
from support.storing import Storer

pytestmark = pytest.mark.e2e

SCANNED: Final = (
    "/.env",
    "/.git/config",
    "/.git/HEAD",
    "/.htaccess",
    "/.well-known/../.env",
    "/wp-login.php",
    "/phpmyadmin/",
    "/server-status",
    "/actuator/env",
    "/admin",
    "/console",
    "/?__debugger__=yes&cmd=resource&f=debugger.js",
    "/debug",
    "/metrics",
    "/api/v1/metrics",
    "/peerseal.db",
    "/operator.token",
    "/guard.json",
    "/guard.ndjson",
    "/static/../../operator.token",
    "/static/%2e%2e/%2e%2e/operator.token",
    "/static/..%2f..%2fpeerseal.db",
    "/static/....//....//peerseal.db",
    "/backup.zip",
    "/config.json",
)
OPERATORS: Final = sorted(name for name, entry in ENDPOINTS.items() if entry.access == "operator")
#: Whoever says any of this is no operator.
CLAIMS: Final = {
    "nothing": {},
    "an empty token": {"Authorization": "Operator "},
    "a made-up token": {"Authorization": "Operator " + "A" * 43},
    "a cookie": {"Cookie": "peerseal_operator=" + "A" * 43},
    "an address in a header": {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"},
    "another host": {"Host": "localhost"},
}


def test_strangers_find_nothing_behind_these_addresses(attacked: Attacked) -> None:
    secrets = [
        path.read_bytes() for path in (attacked.home / "data").iterdir() if path.suffix in (".token", ".json")
    ]
    for number, path in enumerate(SCANNED):
        answer = Outsider(attacked.port, f"127.50.{number}.1").ask("GET", path)
        # The page itself knows no query.
        assert answer.status in (404, 200 if path.startswith("/?") else 404), (path, answer.status)
        assert b"SQLite format" not in answer.body
        assert b"EVALEX" not in answer.body
        assert not any(secret in answer.body for secret in secrets if secret)


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG"])
def test_methods_nobody_needs_do_nothing(attacked: Attacked, method: str) -> None:
    text = f"{method} / HTTP/1.1\r\nHost: localhost\r\nX-Secret: 12345\r\nConnection: close\r\n\r\n".encode()
    answer = Outsider(attacked.port, "127.51.0.1").raw(text, 3)
    assert answer.split(b" ", 2)[1] in (b"400", b"404", b"405", b"501"), answer[:100]
    assert b"12345" not in answer


@pytest.mark.parametrize("claim", CLAIMS)
def test_to_strangers_the_operators_addresses_do_not_exist(
    attacked: Attacked, ada: Storer, claim: str
) -> None:
    for number, name in enumerate(OPERATORS):
        entry = ENDPOINTS[name]
        path = "/api/v1" + entry.path.replace("{", "").replace("}", "")
        body = b"{}" if entry.method in ("POST", "PUT") else None
        given = {"Content-Type": "application/json", **CLAIMS[claim]}
        who = Outsider(attacked.port, f"127.52.{number}.{list(CLAIMS).index(claim) + 1}")
        nowhere = who.ask(entry.method, "/api/v1/nowhere", body, given)
        answer = who.ask(entry.method, path, body, given)
        assert (answer.status, answer.code) == (404, "not_found") == (nowhere.status, nowhere.code), (
            name,
            answer,
        )
        # Nor for somebody with an account that is none of an operator's.
        signed = who.ask(entry.method, path, body, {**given, "Authorization": f"Bearer {ada.token}"})
        assert signed.status == 404, (name, signed)


@pytest.mark.parametrize("secret", ["x", "changeme", "secret", "PUT-32-RANDOM-CHARACTERS-HERE"])
def test_it_does_not_start_with_a_weak_secret(tmp_path: Path, secret: str) -> None:
    settings = {
        "PEERSEAL_DATA": str(tmp_path / "data"),
        "PEERSEAL_PORT": "0",
        "PEERSEAL_TURN": "turn:localhost",
        "PEERSEAL_TURN_SECRET": secret,
    }
    done = subprocess.run(
        [*PROGRAM], env={**os.environ, **settings}, capture_output=True, timeout=10, check=False, text=True
    )
    assert done.returncode == 2, done.stderr
    assert "TURN_SECRET" in done.stderr
    assert secret not in done.stderr
