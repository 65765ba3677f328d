"""Registration by invitation: one account for each code, the same answers whether a name is free, nothing to guess at."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from peerseal.errors import NotFound
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.operator.invites import INVITES_MAX
from peerseal.server.operator.models import InviteRow
from peerseal.wire import accounts as a
from peerseal.wire import operator as wire
from support.api_client import BUNDLE, ApiServer, Caller, new_password, problem

HOUR = 3600


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServer]:
    made = ApiServer(tmp_path / "data", registration="invite")
    yield made
    made.close()


def invited(api: ApiServer, hours: int = 24) -> wire.MadeInvite:
    return api.services.invites.make(wire.NewInvite("for Ann", hours))


def register(caller: Caller, name: str, code: str | None) -> tuple[int, str]:
    answer = caller.call("register", a.Register(name, BUNDLE, new_password(), code))
    if answer.status_code == 202:
        return 202, answer.get_json()["status"]
    return problem(answer)


def test_a_code_makes_one_account(api: ApiServer) -> None:
    code = invited(api).code
    caller = api.caller()
    assert register(caller, "ann", code) == (202, "if_free")
    assert caller.sign_in("ann").status_code == 200
    assert register(caller, "bob", code) == (403, "invite")
    assert caller.sign_in("bob").status_code == 401
    assert [one.used for one in api.services.invites.all().invites] == ["ann"]


def test_it_may_be_typed_in_capitals_without_its_signs_and_with_the_usual_mistakes(api: ApiServer) -> None:
    typed = invited(api).code.upper().replace("-", " ").replace("0", "O").replace("1", "l")
    assert register(api.caller(), "ann", typed) == (202, "if_free")


@pytest.mark.parametrize("code", [None, "x", "00000-00000-00000-00000", "\N{HANGUL FILLER}", "é" * 100])
def test_without_a_right_one_nobody_gets_in(api: ApiServer, code: str | None) -> None:
    invited(api)
    assert register(api.caller(), "ann", code) == (403, "invite")


def test_an_expired_or_withdrawn_one_is_as_wrong_as_any(api: ApiServer) -> None:
    late, withdrawn = invited(api, hours=1), invited(api)
    api.services.invites.end(withdrawn.invite.id)
    api.pass_time(HOUR)
    caller = api.caller()
    assert register(caller, "ann", late.code) == (403, "invite")
    assert register(caller, "ann", withdrawn.code) == (403, "invite")
    with pytest.raises(NotFound):
        api.services.invites.end(withdrawn.invite.id)


def test_for_a_taken_name_the_answer_is_the_same_and_the_code_still_good(api: ApiServer) -> None:
    assert register(api.caller(), "ann", invited(api).code) == (202, "if_free")
    code = invited(api).code
    assert register(api.caller(), "Ann", code) == (202, "if_free")
    assert register(api.caller(), "Bob", code) == (202, "if_free")
    assert api.caller().sign_in("bob").status_code == 200


def test_a_wrong_code_does_not_tell_which_names_are_taken(api: ApiServer) -> None:
    assert register(api.caller(), "ann", invited(api).code) == (202, "if_free")
    assert register(api.caller(), "ann", "wrong") == register(api.caller(), "bob", "wrong") == (403, "invite")


def test_guesses_run_out(tmp_path: Path) -> None:
    api = ApiServer(tmp_path / "data", registration="invite", registrations_per_hour=3)
    caller = api.caller()
    said = [register(caller, "ann", f"{n:020}") for n in range(5)]
    assert said == [(403, "invite")] * 3 + [(429, "too_many_requests")] * 2
    api.close()


def test_of_many_at_once_with_one_code_one_wins(api: ApiServer) -> None:
    code = invited(api).code
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda n: register(api.caller(f"192.0.2.{n}"), f"person {n}", code), range(4)))
    assert sorted(status for status, _ in said) == [202, 403, 403, 403]


def test_where_everybody_may_register_no_code_is_used_up(tmp_path: Path) -> None:
    api = ApiServer(tmp_path / "data")
    code = invited(api).code
    assert register(api.caller(), "ann", code) == (202, "if_free")
    assert register(api.caller(), "bob", "nonsense") == (202, "if_free")
    assert [one.used for one in api.services.invites.all().invites] == [None]
    api.close()


def test_closed_is_closed_with_a_code_too(tmp_path: Path) -> None:
    api = ApiServer(tmp_path / "data", registration="closed")
    assert register(api.caller(), "ann", invited(api).code) == (403, "registration_closed")
    api.close()


def test_the_database_does_not_know_the_code(api: ApiServer) -> None:
    made = invited(api)
    assert made.code not in repr(made)
    bare = made.code.replace("-", "")
    with api.database.reading() as session:
        row = session.scalars(select(InviteRow)).one()
    stored = b"".join(
        value if isinstance(value, bytes) else str(value).encode() for value in vars(row).values()
    )
    assert bare.encode() not in stored
    assert made.code.encode() not in stored


def test_there_are_not_ever_more_of_them(api: ApiServer) -> None:
    old = [invited(api, hours=1).invite.id for _ in range(3)]
    api.pass_time(HOUR)
    with api.database.writing() as session:
        for n in range(INVITES_MAX - 3):
            session.add(
                InviteRow(
                    id=f"{n:032x}", code_hash=n.to_bytes(32), note="", created=n, expires=2**52, used=None
                )
            )
    for _ in old:
        invited(api)
    assert not {one.id for one in api.services.invites.all().invites} & set(old)
    with pytest.raises(HttpProblem) as refused:
        invited(api)
    assert refused.value.status == 422
