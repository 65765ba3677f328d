"""Sharing and taking back: who sees a file, decided by lists that only move forward."""

import pytest
from sqlalchemy import select

from peerseal.errors import NotFound
from peerseal.server.accounts.look_ups import LOOK_UPS_PER_MINUTE
from peerseal.server.files.models import StoredVersion
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire
from support.stored_files import Desk, access_list, new_file, next_version, share_of


def code(status: int, code_: str) -> pytest.RaisesExc[HttpProblem]:
    return pytest.RaisesExc(HttpProblem, check=lambda one: (one.status, one.code) == (status, code_))


def test_a_share_gives_exactly_the_versions_it_wraps(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    first = new_file()
    file = desk.stored(alice, first)
    second = next_version(file.id, 2)
    desk.updated(alice, file.id, second)
    with pytest.raises(NotFound):
        desk.listing.file(bob, file.id)
    share = share_of(file.id, second.version.upload, 2)
    desk.sharing.share(alice, share, file.id, "bob")
    seen = desk.listing.file(bob, file.id)
    assert seen.current is not None
    assert seen.current.wrap == share.wraps[0].wrap
    assert seen.access == share.access
    versions = desk.listing.versions(bob, file.id, None, 10).versions
    assert [version.wrap for version in versions] == [None, share.wraps[0].wrap]
    assert desk.get(desk.down(bob, second.version.upload), "content", 0).status == 200
    with pytest.raises(NotFound):
        desk.down(bob, first.version.upload)


def test_sharing_again_replaces_and_an_older_list_does_not(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    wanted = new_file()
    file = desk.stored(alice, wanted)
    upload = wanted.version.upload
    first, second = share_of(file.id, upload, 3), share_of(file.id, upload, 4)
    for share in (first, first, second):
        desk.sharing.share(alice, share, file.id, "bob")
    seen = desk.listing.file(bob, file.id)
    assert seen.current is not None
    assert seen.current.wrap == second.wraps[0].wrap
    for counter in (3, 4):
        with code(409, "stale_access"):
            desk.sharing.share(alice, share_of(file.id, upload, counter), file.id, "bob")
    with code(422, "invalid"):
        desk.sharing.share(alice, share_of("0" * 32, upload, 9), file.id, "bob")


def test_nothing_is_shared_with_oneself_nobody_or_of_another_file(desk: Desk) -> None:
    alice, _ = desk.person("alice"), desk.person("bob")
    wanted, other = new_file(), new_file()
    file = desk.stored(alice, wanted)
    desk.stored(alice, other)
    share = share_of(file.id, wanted.version.upload, 2)
    with code(422, "invalid"):
        desk.sharing.share(alice, share, file.id, "alice")
    with pytest.raises(NotFound):
        desk.sharing.share(alice, share, file.id, "carol")
    with pytest.raises(NotFound):
        desk.sharing.share(alice, share_of(file.id, other.version.upload, 2), file.id, "bob")
    assert desk.listing.file(alice, file.id).access == wanted.access


def test_a_revoked_recipient_has_nothing_from_then_on(desk: Desk) -> None:
    alice, bob, carol = desk.person("alice"), desk.person("bob"), desk.person("carol")
    wanted = new_file(("bob", "carol"))
    file = desk.stored(alice, wanted)
    upload = wanted.version.upload
    bobs, carols, mine = (desk.down(reader, upload) for reader in (bob, carol, alice))
    with code(409, "stale_access"):
        desk.sharing.revoke(alice, wire.Revoke(access_list(file.id, 1)), file.id, "bob")
    with code(422, "invalid"):
        desk.sharing.revoke(alice, wire.Revoke(None), file.id, "bob")
    desk.told.clear()
    desk.sharing.revoke(alice, wire.Revoke(access_list(file.id, 2)), file.id, "bob")
    assert set(desk.told) == {alice.user_id, bob.user_id, carol.user_id}
    assert desk.get(bobs, "content", 0).status == 401
    assert desk.get(carols, "content", 0).status == desk.get(mine, "content", 0).status == 200
    with pytest.raises(NotFound):
        desk.listing.file(bob, file.id)
    with pytest.raises(NotFound):
        desk.down(bob, upload)
    assert desk.listing.files(bob, None, 10).files == ()
    assert desk.listing.file(alice, file.id).recipients == ("carol",)
    with pytest.raises(NotFound):
        desk.sharing.revoke(alice, wire.Revoke(access_list(file.id, 3)), file.id, "bob")


def test_a_ticket_got_in_the_instant_of_revoking_opens_nothing(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    wanted = new_file(("bob",))
    file = desk.stored(alice, wanted)
    desk.sharing.revoke(alice, wire.Revoke(access_list(file.id, 2)), file.id, "bob")
    with desk.database.reading() as session:
        number = session.scalars(select(StoredVersion.number)).one()
    late, _ = desk.files.parts.tickets.for_account(number, "download", bob.user_id, bob.session_id)
    assert desk.get(late, "content", 0).status == 404


def test_a_recipient_leaves_and_removes_nobody_else(desk: Desk) -> None:
    alice, bob, _ = desk.person("alice"), desk.person("bob"), desk.person("carol")
    file = desk.stored(alice, new_file(("bob", "carol")))
    for name in ("carol", "nobody"):
        with pytest.raises(NotFound):
            desk.sharing.revoke(bob, wire.Revoke(None), file.id, name)
    with code(422, "invalid"):
        desk.sharing.revoke(bob, wire.Revoke(access_list(file.id, 2)), file.id, "bob")
    desk.sharing.revoke(bob, wire.Revoke(None), file.id, "bob")
    assert desk.listing.file(alice, file.id).recipients == ("carol",)


def test_deleting_takes_the_file_from_everybody_at_once(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    wanted = new_file(("bob",))
    file = desk.stored(alice, wanted)
    bobs = desk.down(bob, wanted.version.upload)
    desk.sharing.delete_file(alice, file.id)
    for reader in (alice, bob):
        with pytest.raises(NotFound):
            desk.listing.file(reader, file.id)
        assert desk.listing.files(reader, None, 10).files == ()
    assert desk.get(bobs, "content", 0).status == 401
    desk.cleaned()
    assert desk.on_disk() == desk.sealed(alice) == 0
    with pytest.raises(NotFound):
        desk.sharing.delete_file(alice, file.id)


def test_an_account_that_starts_over_has_neither_its_files_nor_those_of_others(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    given = desk.stored(bob, new_file(("alice",)))
    wanted = new_file(("bob",))
    desk.stored(alice, wanted)
    ticket = desk.down(alice, wanted.version.upload)
    with desk.database.writing() as session:
        after = desk.files.forget_account(session, alice.user_id)
    after()
    desk.cleaned()
    assert desk.listing.files(alice, None, 10).files == ()
    assert [file.id for file in desk.listing.files(bob, None, 10).files] == [given.id]
    assert desk.listing.file(bob, given.id).recipients == ()
    assert desk.get(ticket, "content", 0).status == 401
    assert desk.sealed(alice) == 0
    assert desk.on_disk() == desk.sealed(bob)


def test_naming_recipients_does_not_find_out_who_is_here(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    file = desk.stored(alice, first := new_file())
    for n in range(LOOK_UPS_PER_MINUTE // 2):
        with pytest.raises(NotFound):
            desk.uploads.new_file(alice, new_file((f"nobody {n}",)))
        with pytest.raises(NotFound):
            desk.sharing.share(alice, share_of(file.id, first.version.upload, 2), file.id, f"none {n}")
    for name in ("nobody", "bob"):  # a right name says nothing either
        with code(429, "too_many_requests"):
            desk.uploads.new_file(alice, new_file((name,)))
        with code(429, "too_many_requests"):
            desk.sharing.share(alice, share_of(file.id, first.version.upload, 2), file.id, name)
    desk.uploads.new_file(alice, new_file())
    desk.uploads.new_file(bob, new_file(("alice",)))
    desk.now += 60_000
    desk.sharing.share(alice, share_of(file.id, first.version.upload, 2), file.id, "bob")


def test_naming_people_who_are_here_is_never_too_often(desk: Desk) -> None:
    alice, _ = desk.person("alice"), desk.person("bob")
    file = desk.stored(alice, first := new_file())
    for n in range(LOOK_UPS_PER_MINUTE + 5):
        desk.sharing.share(alice, share_of(file.id, first.version.upload, 2 + n), file.id, "bob")


def test_looking_up_known_people_never_stops_sharing_with_them(desk: Desk) -> None:
    alice, _ = desk.person("alice"), desk.person("bob")
    with desk.database.reading() as session:
        for _ in range(LOOK_UPS_PER_MINUTE):
            desk.files.parts.look_ups.user(session, alice, "bob")
        with code(429, "too_many_requests"):
            desk.files.parts.look_ups.user(session, alice, "bob")
    desk.uploads.new_file(alice, new_file(("bob",)))
