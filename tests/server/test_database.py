"""The database: private, all or nothing, one writer, and refused rather than served damaged or half-understood."""

import sqlite3
import stat
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select, text

from peerseal.errors import LocalFileFailed, UsageError
from peerseal.server import database as module
from peerseal.server.accounts.models import Server, User
from peerseal.server.database import FILE_NAME, Base, Database, examine
from peerseal.server.guard.problems import HttpProblem
from support.api_client import ApiServer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "new" / "data"


def opened(folder: Path) -> Database:
    return Database.open("", folder)


def user(name: str) -> User:
    rest = {"bundle": b"", "auth_hash": "", "salt": b"", "memory": 1, "passes": 1, "lanes": 1, "created": 0}
    return User(user=name, name=name, **rest)


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(User)) or 0


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_is_made_for_its_owner_only(folder: Path) -> None:
    database = opened(folder)
    with database.writing() as session:
        session.add(user("zoe"))
    assert mode(folder) == 0o700
    assert {mode(file) for file in folder.iterdir()} == {0o600}
    database.close()


def test_sqlite_runs_as_it_should(folder: Path) -> None:
    database = opened(folder)
    with database.reading() as session:
        values = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert values == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 2000}
    database.close()


def test_migrations_make_exactly_the_tables_of_the_models(folder: Path) -> None:
    database = opened(folder)
    with database._reader.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = compare_metadata(context, Base.metadata)
    # Plain indexes need stand in the migrations only.
    assert [one for one in differences if one[0] != "remove_index"] == []
    database.close()


def test_starting_again_changes_nothing(folder: Path) -> None:
    first = opened(folder)
    with first.reading() as session:
        identity = session.scalars(select(Server.server_id)).one()
    first.close()
    again = opened(folder)
    with again.reading() as session:
        assert session.scalars(select(Server.server_id)).one() == identity
    again.close()


def test_what_raises_leaves_nothing(folder: Path) -> None:
    database = opened(folder)

    def fail() -> None:
        with database.writing() as session:
            session.add(user("zoe"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert count(database) == 0
    database.close()


def test_a_half_done_migration_leaves_the_database_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", fail)  # after several tables
        with pytest.raises(RuntimeError):
            opened(folder)
    with sqlite3.connect(folder / FILE_NAME) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
    opened(folder).close()


def test_a_newer_database_is_refused_and_left_alone(folder: Path) -> None:
    opened(folder).close()
    with sqlite3.connect(folder / FILE_NAME) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = (folder / FILE_NAME).read_bytes()
    for attempt in (opened, lambda place: examine("", place)):
        with pytest.raises(LocalFileFailed) as refused:
            attempt(folder)
        assert refused.value.code == "database_newer"
    assert (folder / FILE_NAME).read_bytes() == before


def test_a_damaged_database_is_refused(folder: Path) -> None:
    database = opened(folder)
    with database.writing() as session:
        session.add_all(user(f"person {n}") for n in range(500))
    database.close()
    path = folder / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xa5" * (len(whole) - 12288) + whole[-4096:])
    for attempt in (opened, lambda place: examine("", place)):
        with pytest.raises(LocalFileFailed) as refused:
            attempt(folder)
        assert refused.value.code == "database_corrupt"
        assert "backup" in refused.value.hint


def test_what_is_no_database_is_refused(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / FILE_NAME).write_text("something else entirely, of no small size" * 50)
    with pytest.raises(LocalFileFailed) as refused:
        opened(folder)
    assert refused.value.code == "database_corrupt"


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalFileFailed) as refused:
        opened(tmp_path / "file" / "data")
    assert refused.value.code == "database_unusable"


@pytest.mark.parametrize("url", ["nonsense", "nosuch://a:secret@b/c", "postgresql+nosuch://a:secret@b/c"])
def test_a_url_that_names_no_database_is_refused_without_its_password(folder: Path, url: str) -> None:
    with pytest.raises(UsageError) as refused:
        Database.open(url, folder)
    assert "secret" not in refused.value.message + refused.value.hint


def test_examining_makes_nothing(folder: Path) -> None:
    assert examine("", folder) is False
    assert not folder.exists()
    opened(folder).close()
    assert examine("", folder) is True
    assert [file.name for file in folder.iterdir()] == [FILE_NAME]


def test_a_database_another_process_holds_is_busy_for_writers_and_open_to_readers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BUSY_MS", 50)
    database = opened(folder)
    other = sqlite3.connect(folder / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HttpProblem) as busy, database.writing() as session:
        session.scalars(select(User)).all()  # even to look: what was seen must still hold when it writes
    assert (busy.value.status, busy.value.code) == (503, "busy")
    assert busy.value.retry_after is not None
    assert count(database) == 0
    other.execute("ROLLBACK")
    other.close()
    with database.writing() as session:
        session.add(user("zoe"))
    assert count(database) == 1
    database.close()


def test_writers_wait_their_turn_and_not_for_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TURN_SECONDS", 0.05)
    database = opened(folder)
    with database.writing(), pytest.raises(HttpProblem) as busy, database.writing():
        pass
    assert (busy.value.status, busy.value.code) == (503, "busy")
    monkeypatch.setattr(module, "_TURN_SECONDS", 30)

    def write(number: int) -> None:
        with database.writing() as session:
            kept = session.scalar(select(func.count()).select_from(User)) or 0
            session.add(user(f"{kept} by {number}"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with database.reading() as session:
        names = session.scalars(select(User.user)).all()
    assert sorted(int(name.split()[0]) for name in names) == list(range(20))
    database.close()


def test_a_full_disk_is_said_and_nothing_is_lost(folder: Path) -> None:
    database = opened(folder)
    with database.writing() as session:
        session.add(user("zoe"))

    @sa.event.listens_for(database._reader, "begin")
    def limit(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")

    big = user("yan")
    big.bundle = bytes(1_000_000)

    def write() -> None:
        with database.writing() as session:
            session.add(big)

    with pytest.raises(HttpProblem) as full:
        write()
    assert (full.value.status, full.value.code) == (507, "disk_full")
    assert count(database) == 1
    database.close()


def test_a_busy_database_does_not_stop_who_only_reads(
    api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = api.person()
    api.pass_time(3600)  # the session's time of use would be written
    monkeypatch.setattr(module, "_TURN_SECONDS", 0.05)
    with api.database.writing():
        assert person.call("me").status_code == 200
