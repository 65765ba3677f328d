"""What an account changes of itself: only with the password, all or nothing, and others' sessions end."""

import pytest
from sqlalchemy import func, select

from peerseal.server.accounts.models import SessionRow, User
from peerseal.server.exchange.models import ExchangeRow
from peerseal.wire import accounts as a
from support.api_client import BUNDLE, ApiServer, Caller, new_password, problem

OTHER_BUNDLE = bytes(reversed(BUNDLE))
NEW = a.NewPassword(b"n" * 32, b"t" * 16, 131_072, 4, 2, b"v" * 93)


def change_password(caller: Caller, auth: bytes = b"a" * 32) -> object:
    return caller.call("change_password", a.ChangePassword(auth, NEW)).status_code


def test_another_password_is_stored_whole(api: ApiServer) -> None:
    person = api.person("zoe")
    assert change_password(person) == 200
    said = api.caller().call("login_params", a.Named("zoe")).get_json()
    assert (said["salt"], said["memory"], said["passes"], said["lanes"]) == (
        "dHR0dHR0dHR0dHR0dHR0dA",
        131_072,
        4,
        2,
    )
    assert api.caller().sign_in("zoe").status_code == 401
    again = api.caller().sign_in("zoe", b"n" * 32)
    assert again.get_json()["account"]["vault"] == "dnZ2" * 31


@pytest.mark.parametrize("keep", ["cookie", "token"])
def test_a_password_change_ends_other_sessions_and_renews_this_one(
    api: ApiServer, keep: a.SessionKind
) -> None:
    person, other = api.person("zoe", keep=keep), api.caller()
    other.sign_in("zoe")
    ended: list[str] = []
    api.services.sessions.on_session_ended(ended.append)
    before = (person.token, person.csrf)
    stolen = api.caller()
    stolen.token = person.token
    if keep == "cookie":
        cookie = person.client.get_cookie("peerseal_session")
        assert cookie is not None
        stolen.client.set_cookie("peerseal_session", cookie.value, domain="localhost")
    assert stolen.call("me").status_code == 200
    answer = person.call("change_password", a.ChangePassword(b"a" * 32, NEW))
    person.remember(answer)
    assert (person.token, person.csrf) != before
    assert ended == [other.session]
    assert person.call("me").status_code == 200
    assert stolen.call("me").status_code == other.call("me").status_code == 401
    assert person.call("logout", a.Empty()).status_code == 204


def test_a_stolen_session_alone_changes_nothing(api: ApiServer) -> None:
    person = api.person("zoe")
    wrong = b"x" * 32
    for endpoint, body in (
        ("change_password", a.ChangePassword(wrong, NEW)),
        ("change_vault", a.ChangeVault(wrong, None)),
        ("change_identity", a.ChangeIdentity(wrong, OTHER_BUNDLE, None)),
        ("delete_account", a.Proof(wrong)),
    ):
        assert problem(person.call(endpoint, body)) == (403, "password")
    assert api.caller().sign_in("zoe").get_json()["account"] == person.call("me").get_json()["account"]


def test_the_vault_comes_and_goes(api: ApiServer) -> None:
    person = api.person("zoe")
    assert person.call("change_vault", a.ChangeVault(b"a" * 32, b"w" * 93)).status_code == 204
    assert person.call("me").get_json()["account"]["vault"] == "d3d3" * 31
    assert person.call("change_vault", a.ChangeVault(b"a" * 32, None)).status_code == 204
    assert person.call("me").get_json()["account"]["vault"] is None


def test_starting_over_takes_the_book_and_the_exchanges_along(api: ApiServer) -> None:
    zoe, yan = api.person("zoe"), api.person("yan")
    zoe.call("store_book", a.Book(1, b"sealed"), {"If-Match": '"0"'})
    zoe.call("ask_exchange", a.AskExchange("yan", BUNDLE))
    forgotten: list[str] = []
    api.services.changes.on_forget(lambda session, user_id: lambda: forgotten.append("after"))
    assert zoe.call("change_identity", a.ChangeIdentity(b"a" * 32, OTHER_BUNDLE, None)).status_code == 204
    assert zoe.call("book").get_json() == {"counter": 0, "book": None}
    assert yan.call("exchanges").get_json() == {"exchanges": []}
    assert (
        yan.call("user_key", name="zoe").get_json()["bundle"]
        == zoe.call("me").get_json()["account"]["bundle"]
    )
    assert problem(zoe.call("ask_exchange", a.AskExchange("yan", BUNDLE))) == (422, "invalid")
    assert forgotten == ["after"]


def test_a_deleted_account_leaves_nothing_and_its_name_is_free(api: ApiServer) -> None:
    zoe, yan = api.person("zoe", keep="cookie"), api.person("yan")
    ended: list[str] = []
    api.services.sessions.on_session_ended(ended.append)
    yan.call("ask_exchange", a.AskExchange("zoe", BUNDLE))
    gone = zoe.call("delete_account", a.Proof(b"a" * 32))
    assert gone.status_code == 204
    assert "peerseal_session=;" in gone.headers["Set-Cookie"]
    assert ended == [zoe.session]
    assert zoe.call("me").status_code == 401
    assert problem(yan.call("user_key", name="zoe")) == (404, "not_found")
    with api.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1
        assert session.scalar(select(func.count()).select_from(SessionRow)) == 1
        assert session.scalar(select(func.count()).select_from(ExchangeRow)) == 0
    assert problem(api.caller().sign_in("zoe")) == (401, "login_failed")
    api.person("zoe")


def test_what_fails_while_forgetting_keeps_the_account(api: ApiServer) -> None:
    zoe = api.person("zoe")
    zoe.call("store_book", a.Book(1, b"sealed"), {"If-Match": '"0"'})

    def fail(session: object, user_id: int) -> object:
        raise RuntimeError

    api.services.changes.on_forget(fail)  # type: ignore[arg-type] # it never returns
    assert zoe.call("delete_account", a.Proof(b"a" * 32)).status_code == 500
    assert zoe.call("book").get_json()["counter"] == 1


def test_guessing_the_password_with_a_stolen_session_is_braked(api: ApiServer) -> None:
    person = api.person("zoe")
    codes = [change_password(person, bytes([n]) * 32) for n in range(12)]
    assert codes == [403] * 10 + [429] * 2
    assert change_password(person) == 429
    api.pass_time(600)
    assert change_password(person) == 200


def test_a_password_can_be_set_with_new_parameters_only_within_bounds(api: ApiServer) -> None:
    weak = a.NewPassword(b"n" * 32, b"t" * 16, 1024, 1, 1, None)
    person = api.person()
    assert problem(person.call("change_password", a.ChangePassword(b"a" * 32, weak))) == (400, "malformed")
    assert new_password().memory == 65_536
