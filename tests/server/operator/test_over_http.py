"""What operators do to accounts, through the same addresses as the page and the command line, on a real server."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from peerseal.wire import accounts as a
from support.live_server import LiveServer
from support.strangers import RIGHT, Said, Stranger

pytestmark = pytest.mark.e2e


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with LiveServer({"data": str(tmp_path / "data")}) as running:
        yield running


@pytest.fixture
def operator(server: LiveServer, tmp_path: Path) -> Stranger:
    asks = Stranger(server.port)
    token = (tmp_path / "data" / "operator.token").read_text().strip()
    asks.headers["Authorization"] = f"Operator {token}"
    return asks


@pytest.fixture
def ann(server: LiveServer) -> Stranger:
    person = Stranger(server.port)
    person.register("ann")
    person.with_token("ann")
    return person


def change(operator: Stranger, name: str, *, quota: object = None, suspended: object = False) -> Said:
    wanted = {"quota": quota, "suspended": suspended}
    return operator.ask("PUT", f"/api/v1/operator/accounts/{name}", wanted)


def listed(operator: Stranger) -> dict[str, Any]:
    said = operator.ask("GET", "/api/v1/operator/accounts")
    assert said.status == 200
    return {one["name"]: one for one in said.json["accounts"]}


def test_a_suspended_account_is_nobodys_until_it_is_lifted(
    server: LiveServer, operator: Stranger, ann: Stranger
) -> None:
    assert ann.ask("GET", "/api/v1/files").status == 200
    said = change(operator, "Ann", suspended=True)
    assert (said.status, said.json["name"], said.json["suspended"]) == (200, "ann", True)
    assert listed(operator)["ann"]["suspended"] is True
    ended = ann.ask("GET", "/api/v1/files")
    assert (ended.status, ended.code) == (401, "not_signed_in")
    again = Stranger(server.port)
    refused = again.sign_in("ann")
    wrong = again.sign_in("ann", b"x" * 32)
    assert (refused.status, refused.code) == (wrong.status, wrong.code) == (401, "login_failed")
    assert change(operator, "ann").json["suspended"] is False
    assert again.sign_in("ann").status == 200
    # A session that ended stays so.
    assert ann.ask("GET", "/api/v1/files").status == 401


def test_a_quota_of_its_own_holds_and_the_usual_one_comes_back(operator: Stranger, ann: Stranger) -> None:
    usual = listed(operator)["ann"]
    assert usual["quota"] is None
    changed = change(operator, "ann", quota=1_000).json
    assert (changed["quota"], changed["allowed"]) == (1_000, 1_000)
    assert ann.ask("GET", "/api/v1/me").json["account"]["quota"] == 1_000
    assert change(operator, "ann").json["allowed"] == usual["allowed"]
    assert ann.ask("GET", "/api/v1/me").json["account"]["quota"] == usual["allowed"]


@pytest.mark.parametrize("wrong", [-1, "much", 1.5, True])
def test_what_is_no_quota_changes_nothing(operator: Stranger, ann: Stranger, wrong: object) -> None:
    del ann
    assert change(operator, "ann", quota=wrong).status == 400
    assert change(operator, "ann", suspended="yes").status == 400
    assert listed(operator)["ann"]["quota"] is None


def test_an_exception_is_an_address_a_network_or_an_account_and_not_everybody(
    operator: Stranger, ann: Stranger
) -> None:
    del ann

    def allow(what: str) -> Said:
        return operator.ask("POST", "/api/v1/operator/allow", {"what": what})

    mistakes = {
        "hello": "allow_name",
        "300.1.1.1": "allow_address",
        "10.0.0.0/33": "allow_prefix",
        "0.0.0.0/0": "allow_everybody",
        "::/0": "allow_everybody",
    }
    for what, code in mistakes.items():
        said = allow(what)
        assert (said.status, said.code) == (422, code), what
    assert allow("@Ann").json["nobody"] is False
    assert allow("@bnn").json["nobody"] is True
    listed = operator.ask("GET", "/api/v1/operator/allow").json["allowed"]
    assert {one["what"]: one["nobody"] for one in listed} == {"@ann": False, "@bnn": True}


def test_who_is_not_there_and_who_is_no_operator(operator: Stranger, ann: Stranger) -> None:
    assert change(operator, "nobody").code == "not_found"
    assert change(ann, "ann", suspended=True).code == "not_found"
    assert listed(operator)["ann"]["suspended"] is False


def test_a_browser_signed_in_to_an_account_opens_the_operators_page_too(
    server: LiveServer, operator: Stranger, ann: Stranger
) -> None:
    own = {"Origin": server.url, "Host": server.url.partition("://")[2]}
    account, csrf = signed_in_browser(server, own)
    secret = operator.ask("POST", "/api/v1/operator/page-links", {}).json["secret"]
    browser = Stranger(server.port)
    opened = browser.ask("POST", "/api/v1/operator/session", {"secret": secret}, {**own, "Cookie": account})
    assert opened.status == 201
    # From now on the browser sends both cookies, and the operator's page its own value with what it changes.
    both = {**own, "Cookie": f"{account}; {opened.headers['set-cookie'].partition(';')[0]}"}
    allow = ("POST", "/api/v1/operator/allow", {"what": "@ann"})
    for value, status in ((opened.json["csrf"], 201), (csrf, 403), ("", 403)):
        assert browser.ask(*allow, {**both, "X-CSRF-Token": value}).status == status
    assert ann.ask("GET", "/api/v1/me").status == 200


def signed_in_browser(server: LiveServer, own: dict[str, str]) -> tuple[str, str]:
    """The cookies of ann's browser, and the value its page repeats."""
    link = HTTPConnection("127.0.0.1", server.port, timeout=30)
    login = a.LOGIN.write(a.Login("ann", RIGHT, "cookie", "a browser"))
    try:
        link.request("POST", "/api/v1/login", json.dumps(login), {**own, "Content-Type": "application/json"})
        answer = link.getresponse()
        cookies = [value.partition(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
        assert any(cookie.startswith("peerseal_session=") for cookie in cookies)
        return "; ".join(cookies), str(json.load(answer)["csrf"])
    finally:
        link.close()
