"""What every endpoint of the table has in common, whatever it does."""

import json
from pathlib import Path

import pytest

from peerseal.errors import IntegrityFailed, NotFound
from peerseal.server import openapi
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import accounts as a
from peerseal.wire.api import ENDPOINTS
from support.api_client import ORIGIN, ApiServer, new_password, problem

ROOT = Path(__file__).parents[2]
ID = "0f" * 16
PARTS = dict.fromkeys(
    (
        "session",
        "exchange",
        "file",
        "upload",
        "link",
        "park",
        "reader",
        "standing",
        "allowed",
        "invite",
        "report",
    ),
    ID,
) | {
    "name": "zoe",
    "version": "1",
}
#: To who is no operator, those of operators do not exist, nor does the one that makes somebody an operator.
OF_OPERATORS = [name for name in ENDPOINTS if name.startswith("operator_")]
WITH_BODY = [
    name for name, entry in ENDPOINTS.items() if entry.takes is not None and name not in OF_OPERATORS
]
OF_ACCOUNTS = [name for name, endpoint in ENDPOINTS.items() if endpoint.access == "account"]


def address(name: str) -> tuple[str, str]:
    endpoint = ENDPOINTS[name]
    return endpoint.method, "/api/v1" + endpoint.path.format(**PARTS)


def test_every_endpoint_of_the_table_has_a_route_and_every_route_an_endpoint(api: ApiServer) -> None:
    rules = list(api.app.url_map.iter_rules())
    routes = {rule.endpoint[4:]: rule for rule in rules if rule.endpoint.startswith("api.")}
    assert set(routes) == set(ENDPOINTS)
    for name, endpoint in ENDPOINTS.items():
        rule = routes[name]
        assert str(rule).replace("<", "{").replace(">", "}") == "/api/v1" + endpoint.path
        assert (rule.methods or set()) - {"HEAD"} == {endpoint.method}
    others = {str(rule) for rule in rules} - {str(rule) for rule in routes.values()}
    assert others == {"/", "/operator", "/s/<link>", "/static/<path:name>", "/sw.js"} | {
        f"/api/v1/{name}" for name in ("info", "openapi.json")
    }


def test_the_description_is_current_and_served(api: ApiServer) -> None:
    said = (ROOT / "docs/openapi.json").read_text(encoding="utf-8")
    assert said == openapi.text(), "make it again: python -m peerseal.server.openapi > docs/openapi.json"
    assert api.caller().raw("GET", "/api/v1/openapi.json").get_json() == json.loads(said)
    assert "/api/v1/chunks/{stream}/{chunk}" in json.loads(said)["paths"]


@pytest.mark.parametrize("name", OF_ACCOUNTS)
def test_what_takes_an_account_is_refused_without_one_before_anything_is_looked_at(
    api: ApiServer, name: str
) -> None:
    method, path = address(name)
    assert problem(api.caller().raw(method, path, "rubbish")) == (401, "not_signed_in")
    wrong = {"Authorization": "Bearer " + "x" * 43}
    assert problem(api.caller().raw(method, path, "rubbish", wrong)) == (401, "not_signed_in")


@pytest.mark.parametrize("name", OF_OPERATORS)
def test_what_is_the_operators_is_absent_for_everybody_else_whatever_they_send(
    api: ApiServer, name: str
) -> None:
    person = api.person()
    _, path = address(name)
    token = {"Authorization": f"Bearer {person.token}"}
    absent = problem(person.raw("GET", "/api/v1/operator/nothing", None, token))
    assert absent == (404, "not_found")
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        for headers in (
            {},
            token,
            {"Authorization": "Operator " + "x" * 43},
            {"Content-Type": "application/json"},
        ):
            for body in (None, "rubbish", "{}", '{"secret": "x"}'):
                assert problem(person.raw(method, path, body, headers)) == absent


@pytest.mark.parametrize("name", WITH_BODY)
def test_a_body_that_does_not_have_its_form_is_refused(api: ApiServer, name: str) -> None:
    person = api.person()
    method, path = address(name)
    token = {"Authorization": f"Bearer {person.token}"}
    json_ = token | {"Content-Type": "application/json", "If-Match": '"0"'}
    assert problem(person.raw(method, path, "{}", token | {"Content-Type": "text/plain"})) == (
        415,
        "unsupported_media_type",
    )
    for text in ("[]", "{", '{"surplus": 1}', '{"name": "a", "name": "b"}', '{"a": NaN}', "[" * 2000):
        assert problem(person.raw(method, path, text, json_)) == (400, "malformed")
    big = b'"' + b"x" * ENDPOINTS[name].most + b'"'
    assert problem(person.raw(method, path, big, json_)) == (413, "too_large")


def test_what_takes_no_body_refuses_one(api: ApiServer) -> None:
    person = api.person()
    token = {"Authorization": f"Bearer {person.token}", "Content-Type": "application/json"}
    assert problem(person.raw("GET", "/api/v1/me", "{}", token)) == (413, "too_large")


def test_if_match_is_asked_for_and_read_strictly(api: ApiServer) -> None:
    person = api.person()
    book = a.Book(1, b"sealed")
    assert problem(person.call("store_book", book)) == (428, "if_match_required")
    for other in ("0", '"x"', '"-1"', 'W/"0"', '"00"', "*", '"1"', '"0", "1"'):
        assert problem(person.call("store_book", book, {"If-Match": other})) == (412, "stale")
    assert person.call("store_book", book, {"If-Match": '"0"'}).status_code == 204


def test_unknown_query_and_addresses_are_refused_alike(api: ApiServer) -> None:
    person = api.person()
    token = {"Authorization": f"Bearer {person.token}"}
    assert problem(person.raw("GET", "/api/v1/me", None, token, {"x": 1})) == (400, "malformed")
    bodies = {
        person.raw(method, f"/api/v1{path}", None, token).get_data()
        for method, path in (
            ("GET", "/nothing"),
            ("GET", "/"),
            ("GET", "/users/nobody/key"),
            ("GET", "/users/%00/key"),
            ("DELETE", f"/sessions/{ID}"),
            ("DELETE", "/sessions/x"),
            ("DELETE", f"/exchanges/{ID}"),
        )
    }
    assert len(bodies) == 1
    assert json.loads(bodies.pop())["code"] == "not_found"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_not_for_this_address(api: ApiServer, method: str) -> None:
    answer = api.caller().raw(method, "/api/v1/register")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_errors_of_services_have_the_one_shape(api: ApiServer) -> None:
    raised = {
        "a": (HttpProblem(503, "busy", retry_after=7), (503, "busy")),
        "b": (NotFound("secret"), (404, "not_found")),
        "c": (IntegrityFailed("secret", code="malformed"), (400, "malformed")),
        "d": (HttpProblem(507, "quota"), (507, "quota")),
    }

    @api.app.get("/raise/<key>")
    def fail(key: str) -> str:
        raise raised[key][0]

    for key, (_, shown) in raised.items():
        answer = api.caller().raw("GET", f"/raise/{key}")
        assert problem(answer) == shown
        assert b"secret" not in answer.get_data()
        assert answer.headers.get("Retry-After") == ("7" if key == "a" else None)


def test_an_answer_without_a_body_has_no_type(api: ApiServer) -> None:
    answer = api.person().call("logout", a.Empty())
    assert (answer.status_code, answer.get_data()) == (204, b"")
    assert "Content-Type" not in answer.headers


def test_what_is_shown_of_secrets_in_a_debugger_is_nothing() -> None:
    assert "aaaa" not in repr(a.Register("x", b"", new_password()))


def test_nothing_is_changed_by_a_cookie_without_its_page(api: ApiServer) -> None:
    person = api.person("zoe", keep="cookie")
    cookie = person.client.get_cookie("peerseal_session")
    assert cookie is not None
    page = {"Cookie": f"peerseal_session={cookie.value}", "Origin": ORIGIN, "X-CSRF-Token": person.csrf or ""}
    for name in OF_ACCOUNTS:
        method, path = address(name)
        if method == "GET":
            continue
        for without in ("X-CSRF-Token", "Origin"):
            refused = person.raw(method, path, "rubbish", page | {without: ""})
            assert problem(refused) == (403, "csrf"), name
        foreign = person.raw(method, path, "rubbish", page | {"Origin": "http://evil.example"})
        assert problem(foreign) == (401, "not_signed_in"), name
        # With everything right it gets further: to the body, which has no type, or may not be there.
        assert person.raw(method, path, "rubbish", page).status_code in (413, 415), name
