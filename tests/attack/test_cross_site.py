"""Another site, open in the browser of somebody who is signed in here, can change nothing and open no socket."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Final, NamedTuple

import pytest

from attack.conftest import Attacked
from peerseal.wire import accounts as a
from peerseal.wire.api import ENDPOINTS
from support.outsider import Answer, Outsider

pytestmark = pytest.mark.e2e

PROOF: Final = b"a" * 32
CHANGING: Final = sorted(
    name for name, entry in ENDPOINTS.items() if entry.access == "account" and entry.method != "GET"
)
#: What a page of another site can have its visitor's browser send.
FORMS: Final = {"form": "application/x-www-form-urlencoded", "text": "text/plain", "json": "application/json"}


class Visitor(NamedTuple):
    """Somebody signed in by cookie."""

    cookie: str
    csrf: str
    name: str


@pytest.fixture
def people(attacked: Attacked) -> tuple[Visitor, Visitor]:
    return visitor(attacked.port), visitor(attacked.port)


def visitor(port: int) -> Visitor:
    me = Outsider(port)
    name = "v" + secrets.token_hex(5)
    me.call("register", a.Register(name, bytes(1520), a.NewPassword(PROOF, b"s" * 16, 65_536, 3, 1, None)))
    answer = me.call("login", a.Login(name, PROOF, "cookie", "test"), {"Origin": f"http://127.0.0.1:{port}"})
    assert answer.status == 200, answer
    cookie = next(one for one in answer.all("set-cookie") if one.startswith("peerseal_session="))
    return Visitor(cookie.partition(";")[0], answer.said["csrf"], name)


def forgeries(port: int, me: Visitor, other: Visitor) -> dict[str, Mapping[str, str]]:
    """Ways to send a request with somebody's cookie, all of them wrong."""
    here = f"http://127.0.0.1:{port}"
    return {
        "of another site": {"Origin": "https://evil.example"},
        "of another site with the right value": {"Origin": "https://evil.example", "X-CSRF-Token": me.csrf},
        "of a sandboxed frame": {"Origin": "null", "X-CSRF-Token": me.csrf},
        "of a host that begins alike": {"Origin": f"{here}.evil.example", "X-CSRF-Token": me.csrf},
        "of another port": {"Origin": "http://127.0.0.1:1", "X-CSRF-Token": me.csrf},
        "without an origin": {"X-CSRF-Token": me.csrf},
        "without the value": {"Origin": here},
        "with another value": {"Origin": here, "X-CSRF-Token": "A" * 43},
        "with somebody else's value": {"Origin": here, "X-CSRF-Token": other.csrf},
    }


@pytest.mark.parametrize("how", [*forgeries(0, Visitor("", "", ""), Visitor("", "", ""))])
def test_no_endpoint_is_changed_by_another_site(
    attacked: Attacked, people: tuple[Visitor, Visitor], how: str
) -> None:
    me, other = people
    headers = {"Cookie": me.cookie, **forgeries(attacked.port, me, other)[how]}
    refused = 0
    # Few from one network: the detector would stop it, and this is about what stands behind it.
    net = 100 + [*forgeries(0, me, other)].index(how)
    for number, name in enumerate(CHANGING):
        entry = ENDPOINTS[name]
        path = "/api/v1" + entry.path.replace("{", "").replace("}", "")
        browser = Outsider(attacked.port, f"127.{net}.{number}.7")
        kind = list(FORMS.values())[number % len(FORMS)]
        answer = browser.ask(entry.method, path, body_of(name), {**headers, "Content-Type": kind})
        assert answer.status == 403, (name, how, kind, answer)
        assert answer.code in ("csrf", "origin"), (name, how)
        refused += 1
    assert refused > 20
    assert who(attacked.port, me) == me.name, "still signed in, under the same name"


def test_sign_in_of_another_site_gives_no_cookie(attacked: Attacked, people: tuple[Visitor, Visitor]) -> None:
    body = json.dumps(ENDPOINTS["login"].takes.write(a.Login(people[0].name, PROOF, "cookie", "x"))).encode()  # type: ignore[union-attr]
    for number, kind in enumerate(FORMS.values()):
        for last, origin in enumerate(({"Origin": "https://evil.example"}, {"Origin": "null"}, {})):
            browser = Outsider(attacked.port, f"127.41.{number}.{7 + last}")
            answer = browser.ask("POST", "/api/v1/login", body, {"Content-Type": kind, **origin})
            assert answer.status in (403, 415), (kind, origin)
            assert answer.all("set-cookie") == []


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://localhost:1", "file://"],
)
@pytest.mark.parametrize(
    "path",
    ["/api/v1/meet", "/api/v1/relay", "/socket.io/?EIO=4&transport=websocket"],
    ids=["meet", "relay", "page"],
)
def test_no_socket_opens_for_a_foreign_page(
    attacked: Attacked, people: tuple[Visitor, Visitor], origin: str, path: str
) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Origin": origin,
        "Cookie": people[0].cookie,
    }
    answer = Outsider(attacked.port, "127.42.0.7").ask("GET", path, None, upgrade)
    assert answer.status == 403, answer


def body_of(name: str) -> bytes:
    """A body that would do harm where no more is looked at."""
    harm: dict[str, object] = {
        "delete_account": a.Proof(PROOF),
        "change_vault": a.ChangeVault(PROOF, None),
        "logout": a.Empty(),
    }
    takes = ENDPOINTS[name].takes
    return json.dumps(takes.write(harm[name]) if takes is not None and name in harm else {}).encode()


def who(port: int, me: Visitor) -> str:
    """Under what name that cookie is signed in."""
    answer: Answer = Outsider(port).ask("GET", "/api/v1/me", None, {"Cookie": me.cookie})
    assert answer.status == 200
    return str(answer.said["account"]["name"])
