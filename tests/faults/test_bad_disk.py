"""A disk that answers with errors (libfiu): 503 with Retry-After, nothing acknowledged is lost, all is well afterwards."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.faults import Faulty, Kept, Reply, ask, call, check, put, store, wait_until
from support.live_server import LiveServer
from support.stored_files import chunks_of, commit_of, new_file, new_version
from support.storing import SignUp, Storer

pytestmark = pytest.mark.net

#: What SQLite's and storage's calls are to libfiu.
WRITES = "posix/io/rw/writev"
SYNCS = "posix/io/sync/fsync", "posix/io/sync/fdatasync"
DATABASE_WRITES = "posix/io/rw/pwrite"
READS = "posix/io/rw/pread"
OPENS = "posix/io/oc/open"


@pytest.fixture
def faulty(tmp_path: Path) -> Faulty:
    return Faulty(tmp_path / "faults")


@pytest.fixture
def server(tmp_path: Path, faulty: Faulty) -> Iterator[LiveServer]:
    with LiveServer({"data": str(tmp_path / "data")}, environment=faulty.environment) as running:
        yield running


@pytest.fixture
def ada(server: LiveServer, sign_up: SignUp) -> Storer:
    return sign_up(server.port)


def away(said: Reply) -> bool:
    """A refusal that says when to come again."""
    return said.status in (503, 507) and said.retry is not None and said.retry <= 5


@pytest.mark.parametrize(
    ("points", "number"),
    [((WRITES,), errno.EIO), ((WRITES,), errno.EDQUOT), (SYNCS, errno.EIO), (SYNCS, errno.ENOSPC)],
)
def test_chunks_that_cannot_be_written_are_refused_and_leave_nothing(  # noqa: PLR0917 - fixtures
    server: LiveServer, faulty: Faulty, ada: Storer, tmp_path: Path, points: tuple[str, ...], number: int
) -> None:
    kept = store(ada)
    wanted = new_file(version=new_version(content=10_000))
    ticket = ada.expect("new_file", wanted)["ticket"]
    chunks = {(stream, n): content for stream, n, content in chunks_of(wanted.version)}
    with faulty.failing(server.pid, *points, number=number):
        for place, content in chunks.items():
            said = put(ada, ticket, place, content)
            assert away(said)
            assert said.status == (503 if number == errno.EIO else 507)
        check(ada, kept)
    assert list((tmp_path / "data" / "blobs" / ".parts").iterdir()) == []
    for place, content in chunks.items():
        assert put(ada, ticket, place, content).status == 201
    ada.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    check(ada, kept)


@pytest.mark.parametrize("points", [(DATABASE_WRITES,), SYNCS, (DATABASE_WRITES, *SYNCS)])
def test_a_database_that_cannot_be_written_refuses_changes_and_goes_on_afterwards(
    server: LiveServer, faulty: Faulty, ada: Storer, points: tuple[str, ...]
) -> None:
    kept = store(ada)
    wanted = new_file()
    with faulty.failing(server.pid, *points):
        assert away(call(ada, "new_file", wanted))
        assert away(call(ada, "delete_file", file=kept.id))
        assert call(ada, "me").status == 200
        assert ask(server.port, "GET", "/api/v1/health").status == 200
        assert ask(server.port, "GET", "/api/v1/health/ready").status == 503
    # The change that was refused may have reached the log of the database or not: both are whole.
    assert call(ada, "new_file", wanted).status in (201, 409)
    check(ada, kept)
    check(ada, store(ada))
    wait_until(lambda: ask(server.port, "GET", "/api/v1/health/ready").status == 200)


def test_a_disk_that_cannot_be_read_is_said_and_comes_back(
    server: LiveServer, faulty: Faulty, ada: Storer
) -> None:
    kept = store(ada)
    with faulty.failing(server.pid, READS):
        for _ in range(3):
            said = call(ada, "file", file=kept.id)
            assert said.status == 200 or away(said)
    check(ada, kept)


def test_files_that_cannot_be_opened_are_said_and_come_back(
    server: LiveServer, faulty: Faulty, ada: Storer, tmp_path: Path
) -> None:
    kept: Kept = store(ada)
    wanted = new_file()
    ticket = ada.expect("new_file", wanted)["ticket"]
    stream, n, content = chunks_of(wanted.version)[0]
    with faulty.failing(server.pid, OPENS, number=errno.EMFILE):
        assert away(put(ada, ticket, (stream, n), content))
        assert ask(server.port, "GET", "/api/v1/health").status == 200
    assert put(ada, ticket, (stream, n), content).status == 201
    check(ada, kept)
