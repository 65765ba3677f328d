"""Whose files somebody takes: a few of strangers, any of people they dealt with."""

import pytest

from peerseal.server.accounts.asking import Signed
from peerseal.server.files import senders
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire
from support.stored_files import Desk, new_file, share_of


def leave(desk: Desk, owner: Signed, *names: str) -> str:
    return desk.stored(owner, new_file(names)).id


def fill(desk: Desk, owner: Signed, name: str) -> str:
    ids = [leave(desk, owner, name) for _ in range(senders.OF_STRANGER)]
    with pytest.raises(HttpProblem, match="not_wanted"):
        leave(desk, owner, name)
    return ids[0]


@pytest.fixture(autouse=True)
def fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "OF_STRANGER", 4)
    monkeypatch.setattr(senders, "OF_STRANGERS", 6)


def test_a_stranger_leaves_a_few_files_and_others_go_on(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    desk.person("carol")
    file = fill(desk, alice, "bob")
    assert len(desk.listing.files(bob, None, 20).files) == 4
    mine = desk.stored(alice, new_file(("carol",)))
    assert mine.current is not None
    with pytest.raises(HttpProblem, match="not_wanted"):
        desk.sharing.share(alice, share_of(mine.id, mine.current.upload, 2), mine.id, "bob")
    desk.sharing.delete_file(alice, file)
    desk.sharing.share(alice, share_of(mine.id, mine.current.upload, 2), mine.id, "bob")


def test_a_refused_one_leaves_nothing_with_the_other_recipients(desk: Desk) -> None:
    alice, carol = desk.person("alice"), desk.person("carol")
    desk.person("bob")
    fill(desk, alice, "bob")
    with pytest.raises(HttpProblem, match="not_wanted"):
        leave(desk, alice, "carol", "bob")
    assert desk.listing.files(carol, None, 20).files == ()


def test_who_fetches_a_file_knows_its_owner(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    file = desk.listing.file(bob, fill(desk, alice, "bob"))
    assert file.current is not None
    desk.uploads.ticket(bob, wire.AskStoreTicket("download"), file.current.upload)
    leave(desk, alice, "bob")


def test_who_leaves_somebody_a_file_knows_them(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    fill(desk, alice, "bob")
    leave(desk, bob, "alice")
    leave(desk, alice, "bob")


def test_where_strangers_left_many_each_may_still_leave_their_first(desk: Desk) -> None:
    desk.person("bob")
    for name in ("alice", "carol"):
        owner = desk.person(name)
        for _ in range(3):
            leave(desk, owner, "bob")
    dave = desk.person("dave")
    leave(desk, dave, "bob")
    leave(desk, dave, "bob")
    with pytest.raises(HttpProblem, match="not_wanted"):
        leave(desk, dave, "bob")


def test_who_is_refused_leaves_nothing_what_they_left_is_gone_and_can_be_taken_again(desk: Desk) -> None:
    alice, bob, carol = (desk.person(name) for name in ("alice", "bob", "carol"))
    file = desk.listing.file(alice, leave(desk, alice, "bob", "carol"))
    kept = leave(desk, carol, "bob")
    assert file.current is not None
    ticket = desk.down(bob, file.current.upload)
    used = desk.used(alice)
    desk.files.refusing.set_sender(bob, wire.SetSender("Alice", wanted=False))
    assert [one.id for one in desk.listing.files(bob, None, 20).files] == [kept]
    assert [one.id for one in desk.listing.files(carol, None, 20).files] == [kept, file.id]
    assert desk.used(alice) < used
    assert desk.get(ticket, "content", 0).status == 401
    with pytest.raises(HttpProblem, match="not_wanted"):
        leave(desk, alice, "bob")
    desk.files.refusing.set_sender(bob, wire.SetSender("alice", wanted=True))
    leave(desk, alice, "bob")
    with pytest.raises(HttpProblem, match="invalid"):
        desk.files.refusing.set_sender(bob, wire.SetSender("bob", wanted=False))
