"""Registering and signing in: what works, and what nobody learns by trying."""

import sqlite3
from collections import Counter
from pathlib import Path

import argon2
import pytest
from sqlalchemy import select

from peerseal.server.accounts.models import User
from peerseal.wire import accounts as a
from support.api_client import BUNDLE, ApiServer, new_password, problem


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each kind of work was done: time itself says nothing on a busy machine."""
    done: Counter[str] = Counter()
    for kind in ("hash", "verify"):
        honest = getattr(argon2.PasswordHasher, kind)

        def counted(*args: object, kind: str = kind, honest: object = honest, **named: object) -> object:
            done[kind] += 1
            assert callable(honest)
            return honest(*args, **named)

        monkeypatch.setattr(argon2.PasswordHasher, kind, counted)
    return done


def test_an_account_is_made_and_signs_in_under_any_spelling_of_its_name(api: ApiServer) -> None:
    caller = api.caller()
    said = caller.call("register", a.Register("Zoë B", BUNDLE, new_password(vault=b"v" * 93)))
    assert (said.status_code, said.get_json()) == (202, {"status": "if_free"})
    answer = caller.sign_in("ZOE\u0308 b")
    assert answer.status_code == 200
    me = caller.call("me").get_json()
    assert me["account"]["name"] == "Zoë B"
    assert me["account"]["user"] == "zoë b"
    assert (me["account"]["used"], me["account"]["quota"]) == (0, 10 * 2**30)
    assert (me["token"], me["csrf"]) == (None, None)
    assert me["account"] == answer.get_json()["account"]


def test_the_server_keeps_neither_proof_nor_secret(api: ApiServer) -> None:
    token = api.person("zoe").token
    api.person("yan", keep="cookie")
    assert token is not None
    api.database.close()
    kept = b"".join(path.read_bytes() for path in api.config.data.glob("*.db*"))
    assert b"a" * 32 not in kept
    assert token.encode() not in kept
    assert b"$argon2id$" in kept


def test_a_name_that_is_taken_is_answered_like_one_that_is_free(api: ApiServer, hashes: Counter[str]) -> None:
    caller = api.caller()
    answers = []
    for auth in (b"a" * 32, b"b" * 32):
        hashes.clear()
        answer = caller.call("register", a.Register("zoe", BUNDLE, new_password(auth)))
        answers.append((answer.status_code, answer.get_data(), dict(answer.headers), dict(hashes)))
    assert answers[0] == answers[1]
    assert answers[0][3] == {"hash": 1}
    assert problem(caller.sign_in("zoe", b"b" * 32)) == (401, "login_failed")
    assert caller.sign_in("zoe").status_code == 200


def test_a_name_that_is_taken_costs_a_write_as_one_that_is_free(api: ApiServer) -> None:
    other = sqlite3.connect(api.config.data / "peerseal.db")
    versions = [other.execute("PRAGMA data_version").fetchone()]
    for _ in range(2):
        api.caller().call("register", a.Register("zoe", BUNDLE, new_password()))
        versions.append(other.execute("PRAGMA data_version").fetchone())
    other.close()
    assert len(set(versions)) == 3


def test_a_wrong_name_and_a_wrong_proof_are_the_same(api: ApiServer, hashes: Counter[str]) -> None:
    api.person("zoe")
    answers = []
    for name in ("zoe", "nobody"):
        hashes.clear()
        answer = api.caller().sign_in(name, b"x" * 32)
        answers.append((answer.status_code, answer.get_data(), dict(answer.headers), dict(hashes)))
    assert answers[0] == answers[1]
    assert answers[0][3] == {"verify": 1}


def test_parameters_of_unknown_names_are_made_up_and_stay(api: ApiServer, tmp_path: Path) -> None:
    api.person("zoe")
    caller = api.caller()

    def ask(name: str) -> dict[str, object]:
        said: dict[str, object] = caller.call("login_params", a.Named(name)).get_json()
        return said

    known, unknown = ask("zoe"), ask("nobody")
    assert known.keys() == unknown.keys()
    assert {key: known[key] for key in known if key != "salt"} == {
        key: unknown[key] for key in unknown if key != "salt"
    }
    assert unknown == ask("NOBODY") != ask("nobody else")
    elsewhere = ApiServer(tmp_path / "other")
    other = elsewhere.caller().call("login_params", a.Named("nobody")).get_json()
    elsewhere.close()
    assert (other["salt"], other["server"]) != (unknown["salt"], unknown["server"])
    assert other["salt"] != unknown["salt"]


@pytest.mark.parametrize("name", ["", " zoe", "zoe ", "a  b", "a/b", "x" * 65, "a\n", "<b>", "\u200b", "😀"])
def test_what_is_no_name_is_refused(api: ApiServer, name: str) -> None:
    expected = (400, "malformed") if name == "" else (422, "name_malformed")
    caller = api.caller()
    assert problem(caller.call("register", a.Register(name, BUNDLE, new_password()))) == expected
    assert problem(caller.call("login_params", a.Named(name))) == expected
    assert problem(caller.sign_in(name)) == expected
    assert problem(caller.call("recover_challenge", a.Named(name))) == expected


def test_closed_registration(tmp_path: Path) -> None:
    api = ApiServer(tmp_path, registration="closed")
    said = api.caller().call("register", a.Register("zoe", BUNDLE, new_password()))
    assert problem(said) == (403, "registration_closed")
    assert api.caller().raw("GET", "/api/v1/info").get_json()["registration"] == "closed"
    api.close()


def test_weak_parameters_are_not_stored(api: ApiServer) -> None:
    weak = a.NewPassword(b"a" * 32, b"s" * 16, 65_535, 3, 1, None)
    assert problem(api.caller().call("register", a.Register("zoe", BUNDLE, weak))) == (400, "malformed")
    with api.database.reading() as session:
        assert session.scalars(select(User)).all() == []


def test_the_server_says_who_it_is_and_stays_that(api: ApiServer) -> None:
    first = api.caller().raw("GET", "/api/v1/info").get_json()
    api.close()
    again = ApiServer(api.config.data)
    assert again.caller().raw("GET", "/api/v1/info").get_json()["server"] == first["server"]
    assert again.caller().call("login_params", a.Named("x")).get_json()["server"] == first["server"]
    again.close()
