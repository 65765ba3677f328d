"""The quota holds to the byte, whoever asks at once, and the number kept is always the sum."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peerseal.server.files.parts import Rules, bytes_of
from peerseal.server.files.uploads import UPLOADS_MAX
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire
from support.stored_files import Desk, new_file, new_version, next_version, sealed

EACH = sealed(100) + sealed(50)


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
    with Desk(tmp_path / "data", Rules(2 * EACH, 0, 10)) as desk:
        alice, bob = desk.person("alice"), desk.person("bob")
        file = desk.stored(alice, new_file(("bob",)))
        with pytest.raises(HttpProblem, match="quota"):
            desk.uploads.new_file(alice, new_file(version=new_version(content=101)))
        desk.updated(alice, file.id, next_version(file.id, 2, recipients=("bob",)))
        with pytest.raises(HttpProblem, match="quota"):
            desk.uploads.new_version(alice, next_version(file.id, 3), file.id, 2)
        assert desk.used(bob) == 0
        desk.stored(bob, new_file())
        desk.uploads.delete_version(alice, file.id, 1)
        desk.stored(alice, new_file())


def test_a_refused_upload_leaves_no_trace(tmp_path: Path) -> None:
    with Desk(tmp_path / "data", Rules(EACH, 0, 10)) as desk:
        alice, bob = desk.person("alice"), desk.person("bob")
        file = desk.stored(alice, new_file())
        before = desk.listing.file(alice, file.id)
        with pytest.raises(HttpProblem, match="quota"):
            desk.uploads.new_file(alice, new_file(("bob",)))
        with pytest.raises(HttpProblem, match="quota"):
            desk.uploads.new_version(alice, next_version(file.id, 2, counter=9), file.id, 1)
        assert desk.listing.file(alice, file.id) == before
        assert desk.listing.files(bob, None, 10).files == ()


def test_growing_an_open_upload_is_counted_too(tmp_path: Path) -> None:
    with Desk(tmp_path / "data", Rules(5_000, 0, 10)) as desk:
        alice = desk.person("alice")
        version = new_version(open_=True)
        desk.uploads.new_file(alice, new_file(version=version))
        with pytest.raises(HttpProblem, match="quota"):
            desk.uploads.reserve(alice, wire.Reserve(1_000, 4_001), version.upload)
        desk.uploads.reserve(alice, wire.Reserve(1_000, 4_000), version.upload)
        assert desk.used(alice) == 5_000
        desk.uploads.reserve(alice, wire.Reserve(1_000, 28), version.upload)
        assert desk.used(alice) == 1_028


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
            with desk.database.reading() as session:
                assert desk.used(alice) == bytes_of(session, alice.user_id)
        desk.files.sweep.run()
        desk.cleaned()
        assert desk.used(alice) == desk.on_disk()


_COUNT = itertools.count()
