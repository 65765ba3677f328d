"""What nobody may have any more is cleared away, and nothing else."""

from pathlib import Path

import pytest

from peerseal.errors import NotFound
from peerseal.server.files.parts import DAY_MS, Rules
from peerseal.wire.stored import AskStoreTicket
from support.stored_files import Desk, new_file, next_version


def test_an_upload_without_a_chunk_for_a_day_is_abandoned(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    file = desk.stored(alice, new_file(("bob",)))
    update = next_version(file.id, 2, recipients=("bob",))
    fresh = new_file(("bob",))
    desk.uploads.new_file(alice, fresh)
    ticket = desk.uploads.new_version(alice, update, file.id, 1).ticket
    used = desk.sealed(alice)
    desk.now += DAY_MS - 1
    desk.files.sweep.run()
    assert desk.sealed(alice) == used
    desk.now += 1
    desk.told.clear()
    desk.files.sweep.run()
    desk.cleaned()
    assert set(desk.told) == {alice.user_id, bob.user_id}
    assert [one.id for one in desk.listing.files(bob, None, 10).files] == [file.id]
    assert desk.listing.file(bob, file.id).arriving is None
    assert desk.sealed(alice) == desk.on_disk()
    assert desk.put(ticket, "content", 0, b"x").status == 401


def test_a_chunk_gives_an_upload_another_day(desk: Desk) -> None:
    alice = desk.person("alice")
    wanted = new_file()
    desk.uploads.new_file(alice, wanted)
    desk.now += DAY_MS - 1
    ticket = desk.uploads.ticket(alice, AskStoreTicket("upload"), wanted.version.upload).ticket
    assert desk.put(ticket, "manifest", 0, bytes(wanted.version.manifest_bytes)).status == 201
    desk.now += DAY_MS - 1
    desk.files.sweep.run()
    assert desk.listing.file(alice, wanted.id).arriving is not None


def test_blobs_without_rows_go_and_others_stay(desk: Desk) -> None:
    alice = desk.person("alice")
    desk.stored(alice, new_file())
    writer = desk.storage.create("f" * 32 + "/c0")
    writer.write([b"orphan"])
    writer.finish()
    assert desk.on_disk() == desk.sealed(alice) + 6
    desk.files.sweep.run()
    assert desk.on_disk() == desk.sealed(alice)


def test_attempts_of_a_dead_process_go_at_the_next_start(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        (tmp_path / "blobs" / ".parts" / "1-0").write_bytes(b"left behind")
        assert desk.on_disk() == 11
    with Desk(tmp_path) as desk:
        assert desk.on_disk() == 0


def test_fewer_versions_than_before_are_kept_after_a_change_of_the_setting(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        alice = desk.person("alice")
        file = desk.stored(alice, new_file())
        for n in range(2, 6):
            desk.updated(alice, file.id, next_version(file.id, n))
    with Desk(tmp_path, Rules(10**9, 0, 2)) as desk:
        desk.files.sweep.run()
        desk.cleaned()
        kept = [version.kept for version in desk.listing.versions(alice, file.id, None, 10).versions]
        assert kept == [False, False, False, True, True]
        assert desk.sealed(alice) == desk.on_disk()


def test_an_expired_file_with_many_versions_leaves_nothing(desk: Desk) -> None:
    alice = desk.person("alice")
    file = desk.stored(alice, new_file(expires=desk.now + 1_000))
    desk.updated(alice, file.id, next_version(file.id, 2))
    desk.now += 1_000 + 900_000
    desk.files.sweep.run()
    desk.cleaned()
    assert desk.sealed(alice) == desk.on_disk() == 0
    with pytest.raises(NotFound):
        desk.listing.file(alice, file.id)
