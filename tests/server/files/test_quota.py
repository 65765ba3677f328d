"""The quota holds to the byte, whoever asks at once; it counts what files really take, and the number kept is the sum."""

import contextlib
import itertools
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peerseal.server.database import FILE_NAME
from peerseal.server.files.parts import Rules
from peerseal.server.files.uploads import UPLOADS_MAX
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire
from support.costs import BLOCK, CLOSING, ROW, chunks
from support.stored_files import Desk, new_file, new_link, new_version, next_version, share_of

RECORD = 64
#: Chunks of both streams of a small file.
BOTH = 2 * BLOCK


def cost(file: wire.NewFile) -> int:
    """What a file counts for while it arrives."""
    version = file.version
    heads = len(version.opening) + len(version.card) + CLOSING
    streams = chunks(version.manifest_bytes, RECORD) + chunks(version.content_bytes, RECORD)
    readers = sum(2 * ROW + len(wrap) for wrap in (version.wrap, *(one.wrap for one in file.recipients)))
    return 2 * BLOCK + len(file.access) + heads + streams + readers


EACH = cost(new_file())


def test_a_hundred_uploads_at_once_never_exceed_by_a_byte(tmp_path: Path) -> None:
    room = 20
    with Desk(tmp_path / "data", Rules(room * EACH + EACH - 1, 0, 10)) as desk:
        alice = desk.person("alice")

        def begin(_: int) -> int:
            try:
                desk.uploads.new_file(alice, new_file())
            except HttpProblem as problem:
                return problem.status
            return 201

        with ThreadPoolExecutor(20) as threads:
            statuses = sorted(threads.map(begin, range(100)))
        assert statuses == [201] * room + [507] * (100 - room)
        assert desk.used(alice) == room * EACH
        assert room < UPLOADS_MAX


def test_the_last_byte_fits_and_one_more_does_not(tmp_path: Path) -> None:
    with Desk(tmp_path / "data", Rules(EACH, 0, 10)) as desk:
        alice, bob = desk.person("alice"), desk.person("bob")
        longer = wire.NewVersion(**{**new_version().__dict__, "card": os.urandom(301)})
        with pytest.raises(HttpProblem, match="quota"):
            desk.uploads.new_file(alice, new_file(version=longer))
        desk.uploads.new_file(alice, new_file())
        assert desk.used(alice) == EACH
        assert desk.used(bob) == 0
        desk.stored(bob, new_file())


def test_what_a_version_kept_comes_back_and_what_its_heads_take_does_not(tmp_path: Path) -> None:
    with Desk(tmp_path / "data", Rules(3 * EACH, 0, 10)) as desk:
        alice = desk.person("alice")
        file = desk.stored(alice, new_file())
        first = desk.used(alice)
        desk.updated(alice, file.id, next_version(file.id, 2))
        second = desk.used(alice)
        desk.uploads.delete_version(alice, file.id, 1)
        assert desk.used(alice) == second - BOTH > first
        desk.sharing.delete_file(alice, file.id)
        assert desk.used(alice) == 0


def test_who_reads_a_file_counts_until_they_do_not(tmp_path: Path) -> None:
    with Desk(tmp_path / "data", Rules(2 * EACH, 0, 10)) as desk:
        alice, bob = desk.person("alice"), desk.person("bob")
        file = desk.stored(alice, new_file())
        alone = desk.used(alice)
        assert file.current is not None
        desk.sharing.share(alice, share_of(file.id, file.current.upload, 2), file.id, "bob")
        assert desk.used(alice) == alone + 2 * ROW + 1181
        desk.sharing.revoke(bob, wire.Revoke(None), file.id, "bob")
        assert desk.used(alice) == alone
        desk.sharing.share(alice, share_of(file.id, file.current.upload, 3), file.id, "bob")
        with desk.database.writing() as session:
            desk.files.forget_account(session, bob.user_id)
        assert desk.used(alice) == alone


@pytest.mark.parametrize("as_versions", [False, True])
def test_many_small_ones_count_for_no_less_than_they_take(tmp_path: Path, as_versions: bool) -> None:
    count = 24
    with Desk(tmp_path / "data", Rules(10**9, 0, 2)) as desk:
        alice = desk.person("alice")
        file = desk.stored(alice, new_file())
        before, used = _taken(desk), desk.used(alice)
        for number in range(2, count + 2):
            small = wire.NewVersion(
                **{
                    **new_version(number if as_versions else 1, 1, 1).__dict__,
                    "opening": os.urandom(512),
                    "card": os.urandom(4096),
                }
            )
            if as_versions:
                update = next_version(file.id, number)
                desk.updated(alice, file.id, wire.NewFileVersion(small, update.access, (), ()))
            else:
                desk.stored(alice, new_file(version=small))
        desk.cleaned()
        assert desk.used(alice) - used >= (_taken(desk) - before) * 0.9


def _taken(desk: Desk) -> int:
    """Bytes on the disk: blocks of blobs and their folders, pages of the database."""
    with desk.database.reading() as session:
        connection = session.connection()
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        free = int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
    blobs = sum(-(-path.stat().st_size // BLOCK) * BLOCK for path in (desk.home / "blobs").rglob("*"))
    return (pages - free) * BLOCK + blobs


def test_a_refused_upload_leaves_no_trace(tmp_path: Path) -> None:
    with Desk(tmp_path / "data", Rules(EACH, 0, 10)) as desk:
        alice, bob = desk.person("alice"), desk.person("bob")
        file = desk.stored(alice, new_file())
        before = desk.listing.file(alice, file.id)
        with pytest.raises(HttpProblem, match="quota"):
            desk.uploads.new_file(alice, new_file(("bob",)))
        with pytest.raises(HttpProblem, match="quota"):
            desk.uploads.new_version(alice, next_version(file.id, 2, counter=9), file.id, 1)
        assert file.current is not None
        with pytest.raises(HttpProblem, match="quota"):
            desk.sharing.share(alice, share_of(file.id, file.current.upload, 9), file.id, "bob")
        assert desk.listing.file(alice, file.id) == before
        assert desk.listing.files(bob, None, 10).files == ()


def test_growing_an_open_upload_is_counted_too(tmp_path: Path) -> None:
    chunk = 16 * (RECORD + 28)
    with Desk(tmp_path / "data", Rules(EACH + 2 * BLOCK, 0, 10)) as desk:
        alice = desk.person("alice")
        version = new_version(open_=True)
        desk.uploads.new_file(alice, new_file(version=version))
        with pytest.raises(HttpProblem, match="quota"):
            desk.uploads.reserve(alice, wire.Reserve(1_000, 3 * chunk + 1), version.upload)
        desk.uploads.reserve(alice, wire.Reserve(1_000, 3 * chunk), version.upload)
        assert desk.used(alice) == EACH + 2 * BLOCK
        desk.uploads.reserve(alice, wire.Reserve(1_000, 28), version.upload)
        assert desk.used(alice) == EACH


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.sampled_from(["new", "commit", "update", "abandon", "free", "delete", "age"]), max_size=25
    )
)
def test_the_number_kept_is_the_sum_after_whatever_happens(tmp_path: Path, steps: list[str]) -> None:
    with Desk(tmp_path / f"data{next(_COUNT)}", Rules(50 * EACH, 0, 2)) as desk:
        alice = desk.person("alice")
        open_: list[wire.NewVersion] = []
        files: dict[str, int] = {}
        for step in steps:
            if step == "new":
                wanted = new_file()
                desk.fill(desk.uploads.new_file(alice, wanted).ticket, wanted.version)
                open_.append(wanted.version)
            elif step == "commit" and open_:
                version = open_.pop()
                done = desk.uploads.commit(
                    alice, wire.Commit(b"c", version.manifest_bytes, version.content_bytes), version.upload
                )
                files[done.id] = 1
            elif step == "update" and files:
                id_ = next(iter(files))
                files[id_] += 1
                desk.updated(alice, id_, next_version(id_, files[id_]))
            elif step == "abandon" and open_:
                desk.uploads.abandon(alice, open_.pop().upload)
            elif step == "free" and any(n > 1 for n in files.values()):
                id_ = next(id_ for id_, n in files.items() if n > 1)
                desk.uploads.delete_version(alice, id_, files[id_] - 1)
            elif step == "delete" and files:
                desk.sharing.delete_file(alice, files.popitem()[0])
            elif step == "age":
                desk.now += 25 * 3600 * 1000
                open_.clear()
                desk.files.sweep.run()
            desk.used(alice)  # is the sum
        desk.files.sweep.run()
        desk.cleaned()
        assert desk.sealed(alice) == desk.on_disk()


_COUNT = itertools.count()


def test_what_was_there_before_heads_counted_is_counted_anew(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Desk(folder, Rules(10**9, 0, 10)) as desk:
        alice, bob = desk.person("alice"), desk.person("bob")
        file = desk.stored(alice, new_file(("bob",), new_version(content=70_000, manifest=4_000)))
        desk.updated(alice, file.id, next_version(file.id, 2, recipients=("bob",)))
        desk.uploads.delete_version(alice, file.id, 1)
        assert file.current is not None
        desk.sharing.new_link(alice, new_link(file.id, file.current.upload, b"t" * 32, counter=2), file.id)
        desk.uploads.new_file(bob, new_file(version=new_version(open_=True, record_size=2**20)))
        right = {person: desk.used(person) for person in (alice, bob)}
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as old, old:
        old.execute("DROP INDEX costs_of_owner")
        old.execute("ALTER TABLE files DROP COLUMN bytes")
        old.execute("UPDATE users SET used = 1")
        old.execute("UPDATE alembic_version SET version_num = '0008'")
    with Desk(folder, Rules(10**9, 0, 10)) as desk:
        assert {person: desk.used(person) for person in right} == right
