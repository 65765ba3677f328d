"""A suspended account: nobody signs in, what it owns is nowhere, nothing is deleted; a quota of its own holds."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Signed
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.operator.accounts import OperatedAccounts
from peerseal.wire import accounts as a
from peerseal.wire import operator
from peerseal.wire import stored as wire
from support.api_client import ApiServer, problem
from support.stored_files import Desk, new_file, new_link, new_version, sealed

TOKEN = wire.LinkToken(os.urandom(32))
SUSPENDED = operator.ChangeOperated(None, True)
LIFTED = operator.ChangeOperated(None, False)


class Shared:
    """Alice's file, which Bob may read and a link opens; both have begun to."""

    def __init__(self, home: Path) -> None:
        self.desk = Desk(home).__enter__()
        self.operated = OperatedAccounts(self.desk.files.parts, self.desk.sessions, lambda: self.desk.now)
        self.alice, self.bob = self.desk.person("alice"), self.desk.person("bob")
        wanted = new_file(("bob",))
        self.file = self.desk.stored(self.alice, wanted)
        self.upload = wanted.version.upload
        link = new_link(self.file.id, self.upload, TOKEN.token, counter=2)
        self.desk.sharing.new_link(self.alice, link, self.file.id)
        self.link = link.link
        self.bobs = self.desk.down(self.bob, self.upload)
        self.guests = self.ticket()

    def ticket(self) -> str:
        return self.desk.links.ticket(self.desk.guest(), TOKEN, self.link).ticket

    def seen_by(self, reader: Signed) -> list[str]:
        return [file.id for file in self.desk.listing.files(reader, None, 50).files]


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    made = Shared(tmp_path / "data")
    yield made
    made.desk.__exit__(None, None, None)


def test_what_a_suspended_account_owns_is_404_for_everybody_and_comes_back(shared: Shared) -> None:
    desk = shared.desk
    assert desk.get(shared.bobs, "content", 0).status == 200
    assert desk.get(shared.guests, "content", 0).status == 200
    shown = shared.operated.change(SUSPENDED, "Alice")
    assert (shown.name, shown.suspended) == ("alice", True)
    assert shared.seen_by(shared.bob) == []
    for gone in (
        lambda: desk.listing.file(shared.bob, shared.file.id),
        lambda: desk.listing.versions(shared.bob, shared.file.id, None, 50),
        lambda: desk.down(shared.bob, shared.upload),
        lambda: desk.links.ask(desk.guest(), shared.link),
        lambda: desk.links.open(desk.guest(), TOKEN, shared.link),
        shared.ticket,
    ):
        with pytest.raises(NotFound):
            gone()
    # What had begun ends too.
    assert desk.get(shared.bobs, "content", 0).status == 404
    assert desk.get(shared.guests, "content", 0).status == 404
    desk.files.sweep.run()
    shared.operated.change(LIFTED, "alice")
    assert shared.seen_by(shared.bob) == [shared.file.id]
    assert desk.get(shared.bobs, "content", 0).status == 200
    assert desk.links.open(desk.guest(), TOKEN, shared.link).file == shared.file.id


def test_an_operators_own_account_is_not_suspended(shared: Shared) -> None:
    desk = shared.desk
    operated = OperatedAccounts(desk.files.parts, desk.sessions, lambda: desk.now, ("alice",))
    with pytest.raises(HttpProblem) as refused:
        operated.change(operator.ChangeOperated(1000, True), "Alice")
    assert (refused.value.status, refused.value.code) == (409, "operator_account")
    shown = {one.name: one for one in operated.page(None, 50).accounts}
    assert (shown["alice"].operator, shown["alice"].suspended, shown["alice"].quota) == (True, False, None)
    assert operated.change(operator.ChangeOperated(1000, False), "alice").quota == 1000
    assert operated.change(SUSPENDED, "bob").suspended


def test_whoever_sees_its_files_is_told_to_look_again(shared: Shared) -> None:
    shared.desk.told.clear()
    shared.operated.change(SUSPENDED, "alice")
    assert set(shared.desk.told) == {shared.alice.user_id, shared.bob.user_id}
    shared.desk.told.clear()
    shared.operated.change(SUSPENDED, "alice")
    assert shared.desk.told == []


def test_what_others_gave_it_stays_theirs(shared: Shared) -> None:
    shared.operated.change(SUSPENDED, "bob")
    assert shared.desk.listing.file(shared.alice, shared.file.id).recipients == ("bob",)
    assert shared.desk.get(shared.guests, "content", 0).status == 200


def test_a_quota_of_its_own_holds_for_one_account_alone(shared: Shared) -> None:
    desk = shared.desk
    used = next(one.used for one in shared.operated.page(None, 50).accounts if one.name == "alice")
    shown = shared.operated.change(operator.ChangeOperated(used + 10, False), "alice")
    assert (shown.allowed, shown.quota, shown.used) == (used + 10, used + 10, used)
    with pytest.raises(HttpProblem) as full:
        desk.uploads.new_file(shared.alice, new_file())
    assert (full.value.status, full.value.code) == (507, "quota")
    desk.uploads.new_file(shared.bob, new_file())
    shared.operated.change(LIFTED, "alice")
    desk.uploads.new_file(shared.alice, new_file())


def test_more_than_the_usual_may_be_given(tmp_path: Path) -> None:
    from peerseal.server.files.parts import Rules

    with Desk(tmp_path / "data", rules=Rules(20_000, 0, 10)) as desk:
        operated = OperatedAccounts(desk.files.parts, desk.sessions, lambda: desk.now)
        alice = desk.person("alice")
        big = new_file(version=new_version(content=15_000))
        with pytest.raises(HttpProblem):
            desk.uploads.new_file(alice, big)
        operated.change(operator.ChangeOperated(5 * sealed(15_000), False), "alice")
        desk.stored(alice, big)


def test_accounts_come_in_pages(shared: Shared) -> None:
    for name in ("carol", "dan"):
        shared.desk.person(name)
    first = shared.operated.page(None, 3)
    assert [one.name for one in first.accounts] == ["alice", "bob", "carol"]
    rest = shared.operated.page(first.next, 3)
    assert ([one.name for one in rest.accounts], rest.next) == (["dan"], None)


@pytest.mark.parametrize("name", ["nobody", "", "x" * 300, "\u202ealice", "alice'--"])
def test_an_account_nobody_has_is_not_found(shared: Shared, name: str) -> None:
    with pytest.raises(NotFound):
        shared.operated.change(SUSPENDED, name)


def test_its_sessions_end_and_the_right_password_is_as_wrong_as_any(api: ApiServer) -> None:
    person, page = api.person("alice"), api.caller()
    assert page.sign_in("alice", keep="cookie").status_code == 200
    ended: list[str] = []
    api.services.sessions.on_session_ended(ended.append)
    api.services.operated.change(SUSPENDED, "alice")
    assert sorted(ended) == sorted([person.session, page.session])
    assert problem(person.call("me")) == (401, "not_signed_in")
    assert problem(page.call("me")) == (401, "not_signed_in")
    stranger = api.caller()
    wrong, right = stranger.sign_in("alice", b"b" * 32), stranger.sign_in("alice")
    assert problem(wrong) == problem(right) == (401, "login_failed")
    assert problem(stranger.sign_in("nobody at all")) == (401, "login_failed")
    # Its name is not free meanwhile, and nobody is told.
    assert api.caller().call("register", a.Register("alice", bytes(1520), _password())).status_code == 202
    api.services.operated.change(LIFTED, "alice")
    assert stranger.sign_in("alice").status_code == 200


def _password() -> a.NewPassword:
    return a.NewPassword(b"x" * 32, b"s" * 16, 65_536, 3, 1, None)
