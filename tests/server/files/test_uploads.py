"""Uploads: begun, filled, committed or abandoned, and every way in which that is refused."""

import os
from pathlib import Path

import pytest

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Signed
from peerseal.server.files.parts import DAY_MS, Rules
from peerseal.server.files.uploads import UPLOADS_MAX
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire
from support.stored_files import (
    Desk,
    access_list,
    chunks_of,
    commit_of,
    new_file,
    new_version,
    next_version,
    sealed,
)


def refused(status: int, code: str | None = None) -> pytest.RaisesExc[HttpProblem]:
    return pytest.RaisesExc(
        HttpProblem, check=lambda problem: problem.status == status and code in (None, problem.code)
    )


def test_a_file_is_arriving_then_current_for_owner_and_recipient(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    wanted = new_file(("Bob",), new_version(content=5_000))
    ticket = desk.uploads.new_file(alice, wanted).ticket
    for reader in (alice, bob):
        seen = desk.listing.file(reader, wanted.id)
        assert seen.current is None
        assert seen.arriving is not None
        assert (seen.owner, seen.mine) == ("alice", reader is alice)
    chunks = desk.fill(ticket, wanted.version)
    committed = desk.uploads.commit(alice, commit_of(wanted.version), wanted.version.upload)
    assert committed.recipients == ("bob",)
    seen = desk.listing.file(bob, wanted.id)
    assert seen.arriving is None
    assert seen.current is not None
    assert seen.current.wrap == wanted.recipients[0].wrap
    assert (seen.recipients, seen.links) == (None, None)
    down = desk.down(bob, wanted.version.upload)
    assert [desk.get(down, stream, n).body for stream, n, _ in chunks] == [
        content for _, _, content in chunks
    ]


def test_a_stranger_gets_the_same_answer_as_for_nothing(desk: Desk) -> None:
    alice, eve = desk.person("alice"), desk.person("eve")
    wanted = new_file()
    file = desk.stored(alice, wanted)
    upload, absent = wanted.version.upload, "0" * 32
    for id_ in (file.id, absent):
        with pytest.raises(NotFound):
            desk.listing.file(eve, id_)
        with pytest.raises(NotFound):
            desk.listing.versions(eve, id_, None, 10)
        with pytest.raises(NotFound):
            desk.sharing.delete_file(eve, id_)
        with pytest.raises(NotFound):
            desk.uploads.new_version(eve, next_version(id_, 2), id_, 1)
    for id_ in (upload, absent):
        with pytest.raises(NotFound):
            desk.uploads.upload(eve, id_)
        with pytest.raises(NotFound):
            desk.down(eve, id_)
        with pytest.raises(NotFound):
            desk.uploads.commit(eve, commit_of(wanted.version), id_)
        with pytest.raises(NotFound):
            desk.uploads.abandon(eve, id_)


def test_a_recipient_reads_and_changes_nothing(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    wanted = new_file(("bob",))
    file = desk.stored(alice, wanted)
    upload = wanted.version.upload
    with pytest.raises(NotFound):
        desk.uploads.ticket(bob, wire.AskStoreTicket("upload"), upload)
    with pytest.raises(NotFound):
        desk.uploads.new_version(bob, next_version(file.id, 2), file.id, 1)
    with pytest.raises(NotFound):
        desk.sharing.delete_file(bob, file.id)
    with pytest.raises(NotFound):
        desk.uploads.commit(bob, commit_of(wanted.version), upload)
    with pytest.raises(NotFound):
        desk.sharing.change_file(bob, wire.ChangeFile(None), file.id, 1)


def test_a_used_id_cannot_be_used_again(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    wanted = new_file()
    desk.uploads.new_file(alice, wanted)
    with refused(409, "exists"):
        desk.uploads.new_file(bob, wanted)
    other = new_file(version=wanted.version)
    with refused(409, "exists"):
        desk.uploads.new_file(bob, other)


def test_recipients_exist_once_and_are_others(desk: Desk) -> None:
    alice, _ = desk.person("alice"), desk.person("bob")
    for names, status in ((("alice",), 422), (("bob", "BOB"), 422)):
        with refused(status):
            desk.uploads.new_file(alice, new_file(names))
    for names in (("nobody",), ("bob", "no\nname")):
        with pytest.raises(NotFound):
            desk.uploads.new_file(alice, new_file(names))
    assert desk.listing.files(alice, None, 10).files == ()


def test_an_access_list_of_another_file_or_none_at_all_is_invalid(desk: Desk) -> None:
    alice = desk.person("alice")
    good = new_file()
    for access in (
        access_list("0" * 32, 1),
        access_list(good.id, 0),
        b"",
        b"\x01",
        b"\x02" + good.access[1:],
    ):
        bad = wire.NewFile(good.id, access, (), good.version, None)
        with refused(422):
            desk.uploads.new_file(alice, bad)


@pytest.mark.parametrize(("manifest", "content"), [(78, 64 + 28 + 27), (78, 64 + 28 + 1), (64 + 28 + 5, 28)])
def test_a_size_no_stream_can_have_is_invalid(desk: Desk, manifest: int, content: int) -> None:
    alice = desk.person("alice")
    odd = wire.NewVersion("1" * 32, 1, b"o", bytes(28), 64, manifest, content, False, bytes(61))
    with refused(422):
        desk.uploads.new_file(alice, new_file(version=odd))


def test_only_version_one_begins_a_file(desk: Desk) -> None:
    with refused(422):
        desk.uploads.new_file(desk.person("alice"), new_file(version=new_version(2)))


def test_so_many_uploads_may_be_under_way_and_no_more(desk: Desk) -> None:
    alice = desk.person("alice")
    wanted = [new_file() for _ in range(UPLOADS_MAX + 1)]
    for one in wanted[:-1]:
        desk.uploads.new_file(alice, one)
    with refused(429):
        desk.uploads.new_file(alice, wanted[-1])
    desk.uploads.abandon(alice, wanted[0].version.upload)
    desk.uploads.new_file(alice, wanted[-1])


def test_a_commit_without_every_chunk_is_incomplete_and_stays_invisible(desk: Desk) -> None:
    alice = desk.person("alice")
    wanted = new_file(version=new_version(content=4_000))
    ticket = desk.uploads.new_file(alice, wanted).ticket
    chunks = chunks_of(wanted.version)
    for missing in range(len(chunks)):
        with refused(409, "incomplete"):
            desk.uploads.commit(alice, commit_of(wanted.version), wanted.version.upload)
        stream, n, content = chunks[missing]
        assert desk.put(ticket, stream, n, content).status == 201
        assert desk.listing.file(alice, wanted.id).current is None
    desk.uploads.commit(alice, commit_of(wanted.version), wanted.version.upload)


def test_a_commit_again_is_the_same_and_another_is_refused(desk: Desk) -> None:
    alice = desk.person("alice")
    wanted = new_file()
    desk.fill(desk.uploads.new_file(alice, wanted).ticket, wanted.version)
    commit = commit_of(wanted.version)
    first = desk.uploads.commit(alice, commit, wanted.version.upload)
    assert desk.uploads.commit(alice, commit, wanted.version.upload) == first
    with refused(409, "committed"):
        desk.uploads.commit(alice, commit_of(wanted.version), wanted.version.upload)
    with refused(409, "committed"):
        desk.uploads.abandon(alice, wanted.version.upload)
    with refused(409, "committed"):
        desk.uploads.ticket(alice, wire.AskStoreTicket("upload"), wanted.version.upload)


def test_a_commit_with_other_sizes_than_announced_is_invalid(desk: Desk) -> None:
    alice = desk.person("alice")
    wanted = new_file()
    desk.fill(desk.uploads.new_file(alice, wanted).ticket, wanted.version)
    commit = wire.Commit(b"c", wanted.version.manifest_bytes, wanted.version.content_bytes + 1)
    with refused(422):
        desk.uploads.commit(alice, commit, wanted.version.upload)


def test_the_first_of_two_uploads_of_a_version_wins(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    file = desk.stored(alice, new_file(("bob",)))
    one = next_version(file.id, 2, recipients=("bob",))
    two = next_version(file.id, 2, recipients=("bob",))
    for each in (one, two):
        desk.fill(desk.uploads.new_version(alice, each, file.id, 1).ticket, each.version)
    arriving = desk.listing.file(bob, file.id).arriving
    assert arriving is not None
    assert arriving.upload == two.version.upload
    shown = desk.uploads.commit(alice, commit_of(one.version), one.version.upload)
    assert shown.current is not None
    assert shown.current.version == 2
    with refused(412):
        desk.uploads.commit(alice, commit_of(two.version), two.version.upload)
    assert desk.listing.file(alice, file.id).arriving is None
    desk.uploads.abandon(alice, two.version.upload)
    assert len(desk.listing.versions(alice, file.id, None, 10).versions) == 2
    with refused(412):
        desk.uploads.new_version(alice, next_version(file.id, 2), file.id, 1)
    with refused(422):
        desk.uploads.new_version(alice, next_version(file.id, 2), file.id, 2)


def test_an_older_access_list_does_not_come_back_with_a_new_version(desk: Desk) -> None:
    alice = desk.person("alice")
    file = desk.stored(alice, new_file())
    desk.uploads.new_version(alice, next_version(file.id, 2, counter=5), file.id, 1)
    with refused(409, "stale_access"):
        desk.uploads.new_version(alice, next_version(file.id, 2, counter=4), file.id, 1)
    desk.uploads.new_version(alice, next_version(file.id, 2, counter=5), file.id, 1)


def test_a_new_version_brings_nobody_back(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    file = desk.stored(alice, new_file(("bob",)))
    desk.sharing.revoke(bob, wire.Revoke(None), file.id, "bob")
    desk.updated(alice, file.id, next_version(file.id, 2, recipients=("bob", "nobody")))
    with pytest.raises(NotFound):
        desk.listing.file(bob, file.id)


def test_abandoning_frees_everything_at_once(desk: Desk) -> None:
    alice = desk.person("alice")
    wanted = new_file()
    ticket = desk.uploads.new_file(alice, wanted).ticket
    desk.fill(ticket, wanted.version)
    desk.uploads.abandon(alice, wanted.version.upload)
    desk.cleaned()
    assert (desk.sealed(alice), desk.on_disk()) == (0, 0)
    assert desk.put(ticket, "content", 0, b"x").status == 401
    assert desk.listing.files(alice, None, 10).files == ()
    desk.uploads.new_file(alice, wanted)  # as if it had never been


def test_old_versions_keep_heads_and_lose_records(desk: Desk, tmp_path: Path) -> None:
    with Desk(tmp_path / "few", Rules(10**9, 0, 2)) as few:
        alice = few.person("alice")
        first = new_file()
        file = few.stored(alice, first)
        down = few.down(alice, first.version.upload)
        for n in (2, 3, 4):
            few.updated(alice, file.id, next_version(file.id, n))
        few.cleaned()
        versions = few.listing.versions(alice, file.id, None, 10).versions
        assert [version.kept for version in versions] == [False, False, True, True]
        assert all(version.closing is not None for version in versions)
        assert few.get(down, "content", 0).status == 401
        with pytest.raises(NotFound):
            few.down(alice, first.version.upload)
        assert few.sealed(alice) == few.on_disk() == 2 * (sealed(100) + sealed(50))


def test_deleting_an_old_version_frees_it_and_the_current_one_stays(desk: Desk) -> None:
    alice = desk.person("alice")
    file = desk.stored(alice, new_file())
    desk.updated(alice, file.id, next_version(file.id, 2))
    with refused(409):
        desk.uploads.delete_version(alice, file.id, 2)
    with pytest.raises(NotFound):
        desk.uploads.delete_version(alice, file.id, 3)
    desk.uploads.delete_version(alice, file.id, 1)
    desk.uploads.delete_version(alice, file.id, 1)
    desk.cleaned()
    assert desk.sealed(alice) == desk.on_disk() == sealed(100) + sealed(50)


def test_what_is_there_of_an_upload_is_told_as_ranges(desk: Desk) -> None:
    alice = desk.person("alice")
    wanted = new_file(version=new_version(content=16 * 64 * 6))
    ticket = desk.uploads.new_file(alice, wanted).ticket
    for stream, n, content in chunks_of(wanted.version):
        if stream == "content" and n != 2:
            desk.put(ticket, stream, n, content)
    told = desk.uploads.upload(alice, wanted.version.upload)
    assert told.content == (wire.Range(0, 1), wire.Range(3, 5))
    assert (told.manifest, told.state, told.version) == ((), "arriving", 1)


def test_an_open_upload_grows_and_ends_where_it_ends(desk: Desk) -> None:
    alice = desk.person("alice")
    version = new_version(content=16 * 64, open_=True)
    ticket = desk.uploads.new_file(alice, new_file(version=version)).ticket
    chunk = sealed(16 * 64)
    assert desk.put(ticket, "manifest", 0, os.urandom(version.manifest_bytes)).status == 201
    assert desk.put(ticket, "content", 0, os.urandom(chunk)).status == 201
    assert desk.put(ticket, "content", 1, os.urandom(40)).status == 422
    with refused(422):
        desk.uploads.reserve(alice, wire.Reserve(version.manifest_bytes, chunk - 1), version.upload)
    desk.uploads.reserve(alice, wire.Reserve(version.manifest_bytes, 3 * chunk), version.upload)
    assert desk.sealed(alice) == version.manifest_bytes + 3 * chunk
    assert desk.put(ticket, "content", 1, os.urandom(chunk)).status == 201
    assert desk.put(ticket, "content", 2, os.urandom(10)).status == 422  # not whole records
    assert desk.put(ticket, "content", 2, os.urandom(64 + 28 + 30)).status == 201
    end = 2 * chunk + 64 + 28 + 30
    desk.uploads.commit(alice, wire.Commit(b"c", version.manifest_bytes, end), version.upload)
    assert desk.sealed(alice) == desk.on_disk() == version.manifest_bytes + end
    with refused(409, "committed"):
        desk.uploads.reserve(alice, wire.Reserve(28, 28), version.upload)


def test_chunks_beyond_the_end_of_an_open_upload_are_swept(desk: Desk) -> None:
    alice = desk.person("alice")
    chunk = sealed(16 * 64)
    version = new_version(content=3 * 16 * 64, open_=True)
    ticket = desk.uploads.new_file(alice, new_file(version=version)).ticket
    desk.fill(ticket, version)
    desk.uploads.commit(alice, wire.Commit(b"c", version.manifest_bytes, chunk), version.upload)
    desk.files.sweep.run()
    assert desk.on_disk() == desk.sealed(alice) == version.manifest_bytes + chunk


def test_a_closed_upload_reserves_nothing_more(desk: Desk) -> None:
    alice = desk.person("alice")
    wanted = new_file()
    desk.uploads.new_file(alice, wanted)
    with refused(422):
        desk.uploads.reserve(alice, wire.Reserve(1_000, 1_000), wanted.version.upload)


def test_expiry_is_a_boundary_and_the_server_caps_it(tmp_path: Path) -> None:
    with Desk(tmp_path / "data", Rules(10**9, 2, 10)) as desk:
        alice = desk.person("alice")
        for asked in (desk.now, desk.now - 1, desk.now + 2 * DAY_MS + 1):
            with refused(422, "expires"):
                desk.uploads.new_file(alice, new_file(expires=asked))
        wanted = new_file(expires=desk.now + 1_000)
        desk.stored(alice, wanted)
        assert desk.stored(alice, new_file()).expires == desk.now + 2 * DAY_MS
        down = desk.down(alice, wanted.version.upload)
        desk.now += 999
        desk.listing.file(alice, wanted.id)
        desk.now += 1
        gone(desk, alice, wanted)
        assert desk.get(down, "content", 0).status == 200  # it had begun
        desk.files.sweep.run()
        assert desk.get(down, "content", 0).status == 200
        desk.now += 900_000
        desk.files.sweep.run()
        desk.cleaned()
        assert desk.sealed(alice) == desk.on_disk() == sealed(100) + sealed(50)


def gone(desk: Desk, reader: Signed, wanted: wire.NewFile) -> None:
    with pytest.raises(NotFound):
        desk.listing.file(reader, wanted.id)
    with pytest.raises(NotFound):
        desk.down(reader, wanted.version.upload)
    assert wanted.id not in [file.id for file in desk.listing.files(reader, None, 200).files]


def test_changing_the_expiry_needs_the_current_version(desk: Desk) -> None:
    alice = desk.person("alice")
    file = desk.stored(alice, new_file())
    with refused(412):
        desk.sharing.change_file(alice, wire.ChangeFile(desk.now + 5), file.id, 0)
    with refused(422, "expires"):
        desk.sharing.change_file(alice, wire.ChangeFile(desk.now), file.id, 1)
    assert desk.sharing.change_file(alice, wire.ChangeFile(desk.now + 5), file.id, 1).expires == desk.now + 5
