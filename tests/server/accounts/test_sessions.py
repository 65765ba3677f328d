"""Sessions: their cookies and tokens, who may use them from where, how they change and end."""

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from peerseal.server.accounts.asking import COOKIE, SECURE_COOKIE
from peerseal.server.accounts.models import User
from peerseal.wire import accounts as a
from support.api_client import BUNDLE, ORIGIN, ApiServer, Caller, new_password, problem

DAY = 24 * 3600
FOREIGN = ("http://evil.example", "null", "http://localhost.evil.example", "http://localhost:81")
#: Something small that changes something.
CHANGE = ("logout", a.Empty())


def set_cookie(answer: TestResponse) -> dict[str, str]:
    lines = [line for line in answer.headers.getlist("Set-Cookie") if "peerseal_session=" in line]
    assert len(lines) == 1
    parts = [part.strip().partition("=") for part in lines[0].split(";")]
    return {"name": parts[0][0], "value": parts[0][2], **{key.lower(): value for key, _, value in parts[1:]}}


def signed_in(api: ApiServer, *, secure: bool = False) -> tuple[Caller, TestResponse]:
    caller = api.caller(secure=secure)
    origin = {"Origin": "https://localhost"} if secure else {}
    assert caller.call("register", a.Register("zoe", BUNDLE, new_password()), origin).status_code == 202
    answer = caller.call("login", a.Login("zoe", b"a" * 32, "cookie", "browser"), origin)
    caller.remember(answer)
    return caller, answer


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(api: ApiServer) -> None:
    cookie = set_cookie(signed_in(api)[1])
    assert cookie["name"] == COOKIE
    assert (cookie["path"], cookie["samesite"], cookie["max-age"]) == ("/", "Lax", str(30 * DAY))
    assert "httponly" in cookie
    assert not {"secure", "domain"} & cookie.keys()
    assert len(cookie["value"]) == 43


def test_under_tls_the_cookie_is_bound_to_this_host_and_to_tls(api: ApiServer) -> None:
    caller, answer = signed_in(api, secure=True)
    cookie = set_cookie(answer)
    assert cookie["name"] == SECURE_COOKIE == "__Host-peerseal_session"
    assert {"secure", "httponly"} <= cookie.keys()
    assert cookie["path"] == "/"
    assert "domain" not in cookie
    assert caller.call("me", None, {"Origin": "http://localhost"}).status_code == 401
    assert caller.call("me", None, {"Origin": "https://localhost"}).status_code == 200
    plain = {"Cookie": f"{COOKIE}={cookie['value']}", "Origin": "https://localhost"}
    assert api.caller(secure=True).call("me", None, plain).status_code == 401


def test_the_secret_of_a_cookie_is_in_no_body_and_a_token_in_no_cookie(api: ApiServer) -> None:
    caller, answer = signed_in(api)
    secret = set_cookie(answer)["value"]
    assert secret not in answer.text
    assert answer.get_json()["token"] is None
    assert caller.csrf != secret
    program = api.caller()
    answer = program.sign_in("zoe")
    assert "Set-Cookie" not in answer.headers
    assert answer.get_json()["csrf"] is None
    assert len(answer.get_json()["token"]) == 43


def test_a_cookie_is_no_token_and_a_token_no_cookie(api: ApiServer) -> None:
    caller, answer = signed_in(api)
    secret = set_cookie(answer)["value"]
    stranger = api.caller()
    assert stranger.call("me", None, {"Authorization": f"Bearer {secret}"}).status_code == 401
    caller.sign_in("zoe")
    assert stranger.call("me", None, {"Cookie": f"{COOKIE}={caller.token}"}).status_code == 401


def test_reading_with_a_cookie_needs_no_csrf_but_no_foreign_origin(api: ApiServer) -> None:
    caller, _ = signed_in(api)
    assert caller.call("me", None, {"Origin": "", "X-CSRF-Token": ""}).status_code == 200
    for origin in FOREIGN:
        assert problem(caller.call("me", None, {"Origin": origin})) == (401, "not_signed_in")


@pytest.mark.parametrize("origin", ["", *FOREIGN])
def test_changing_with_a_cookie_needs_a_right_origin(api: ApiServer, origin: str) -> None:
    caller, _ = signed_in(api)
    expected = (401, "not_signed_in") if origin else (403, "csrf")
    assert problem(caller.call(*CHANGE, {"Origin": origin})) == expected
    assert caller.call("me").status_code == 200


def test_changing_with_a_cookie_needs_the_csrf_value_of_this_very_session(api: ApiServer) -> None:
    caller, _ = signed_in(api)
    other = api.person("yan", keep="cookie")
    assert caller.csrf is not None
    for wrong in ("", "x", caller.csrf[:-1], caller.csrf + "x", other.csrf or "", "\u00e9"):
        assert problem(caller.call(*CHANGE, {"X-CSRF-Token": wrong})) == (403, "csrf")
    assert caller.call("me").get_json()["csrf"] == caller.csrf
    assert caller.call(*CHANGE).status_code == 204


def test_a_form_of_another_site_signs_nobody_in(api: ApiServer) -> None:
    api.person("zoe")
    wanted = a.Login("zoe", b"a" * 32, "cookie", "x")
    for origin in ("", *FOREIGN):
        answer = api.caller().call("login", wanted, {"Origin": origin})
        assert problem(answer) == (403, "origin")
        assert "Set-Cookie" not in answer.headers
    assert api.caller().call("login", wanted, {"Origin": ORIGIN}).status_code == 200


def test_a_token_needs_no_origin_and_makes_cookies_count_for_nothing(api: ApiServer) -> None:
    caller, _ = signed_in(api)
    assert problem(caller.call("me", None, {"Authorization": "Bearer rubbish"})) == (401, "not_signed_in")
    assert problem(caller.call("me", None, {"Authorization": "Basic x"})) == (401, "not_signed_in")
    program = api.person("yan")
    assert program.call("me", None, {"Origin": ""}).get_json()["account"]["name"] == "yan"
    assert program.call(*CHANGE, {"Origin": ""}).status_code == 204


def test_two_cookies_of_the_name_are_none(api: ApiServer) -> None:
    caller, answer = signed_in(api)
    secret = set_cookie(answer)["value"]
    planted = {"Cookie": f"{COOKIE}=x; {COOKIE}={secret}"}
    assert api.caller().call("me", None, planted).status_code == 401
    assert caller.call("me").status_code == 200


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase(), lambda _: "A" * 43]
)
def test_a_changed_secret_opens_nothing(api: ApiServer, change: object) -> None:
    assert callable(change)
    _, answer = signed_in(api)
    secret = set_cookie(answer)["value"]
    assert api.caller().call("me", None, {"Cookie": f"{COOKIE}={change(secret)}"}).status_code == 401
    assert api.caller().call("me", None, {"Cookie": f"{COOKIE}={secret}"}).status_code == 200


def test_signing_in_again_takes_another_secret_and_ends_the_old_session(api: ApiServer) -> None:
    caller, first = signed_in(api)
    ended: list[str] = []
    api.services.sessions.on_session_ended(ended.append)
    old = first.get_json()["session"]
    answer = caller.sign_in("zoe", keep="cookie")
    assert set_cookie(answer)["value"] != set_cookie(first)["value"]
    assert ended == [old]
    replay = {"Cookie": f"{COOKIE}={set_cookie(first)['value']}"}
    assert api.caller().call("me", None, replay).status_code == 401


def test_an_identifier_from_before_sign_in_is_not_taken_over(api: ApiServer) -> None:
    api.person("zoe")
    victim = api.caller()
    victim.client.set_cookie(COOKIE, "A" * 43, domain="localhost")
    answer = victim.sign_in("zoe", keep="cookie")
    assert set_cookie(answer)["value"] != "A" * 43
    assert api.caller().call("me", None, {"Cookie": f"{COOKIE}={'A' * 43}"}).status_code == 401


def test_signing_out_ends_the_session_on_the_server(api: ApiServer) -> None:
    caller, answer = signed_in(api)
    ended: list[str] = []
    api.services.sessions.on_session_ended(ended.append)
    gone = caller.call(*CHANGE)
    assert gone.status_code == 204
    assert (set_cookie(gone)["value"], set_cookie(gone)["max-age"]) == ("", "0")
    assert ended == [caller.session]
    replay = {"Cookie": f"{COOKIE}={set_cookie(answer)['value']}"}
    assert api.caller().call("me", None, replay).status_code == 401


def test_a_session_ends_after_30_days_unused_and_not_before(api: ApiServer) -> None:
    person = api.person()
    for _ in range(3):
        api.pass_time(29 * DAY)
        assert person.call("me").status_code == 200
    api.pass_time(30 * DAY + 1)
    assert person.call("me").status_code == 401


def test_using_a_page_keeps_its_cookie(api: ApiServer) -> None:
    caller, first = signed_in(api)
    cookie = set_cookie(caller.call("me"))
    assert cookie["value"] == set_cookie(first)["value"]
    assert cookie["max-age"] == str(30 * DAY)


def test_devices_are_listed_and_one_can_be_ended_from_another(api: ApiServer) -> None:
    laptop = api.person("zoe")
    phone = api.caller()
    api.pass_time(60)
    phone.sign_in("zoe", keep="cookie")
    rows = phone.call("sessions").get_json()["sessions"]
    assert [(row["id"], row["kind"], row["current"]) for row in rows] == [
        (phone.session, "cookie", True),
        (laptop.session, "token", False),
    ]
    assert rows[0]["created"] == rows[1]["created"] + 60_000
    assert phone.call("end_session", session=laptop.session).status_code == 204
    assert laptop.call("me").status_code == 401
    assert len(phone.call("sessions").get_json()["sessions"]) == 1


def test_nobody_ends_somebody_elses_session(api: ApiServer) -> None:
    zoe, yan = api.person(), api.person()
    absent = yan.call("end_session", session="0" * 32)
    others = yan.call("end_session", session=zoe.session)
    assert problem(others) == problem(absent) == (404, "not_found")
    assert others.get_data() == absent.get_data()
    assert zoe.call("me").status_code == 200


def test_an_account_has_at_most_100_sessions(api: ApiServer) -> None:
    first = api.person("zoe")
    ended: list[str] = []
    api.services.sessions.on_session_ended(ended.append)
    with api.database.reading() as session:
        user_id = session.scalars(select(User.id)).one()
    for _ in range(99):
        api.pass_time(1)
        with api.database.writing() as session:
            api.services.sessions.start(session, user_id, "token", "x")
    assert first.call("me").status_code == 200
    api.pass_time(1)
    api.caller().sign_in("zoe")
    assert ended == [first.session]
    assert first.call("me").status_code == 401
