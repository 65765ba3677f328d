"""The database: one engine, one writer at a time, migrations at start. It stores nothing readable of anybody's files.

SQLite in the server's folder by default; another engine by URL. A database that is damaged, or newer than this
program, is refused before anything is served.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from peerseal.errors import LocalFileFailed, PeersealError, UsageError
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.private_folder import is_there

FILE_NAME: Final = "peerseal.db"
#: How long a writer waits for its turn, and then for another process that holds the file.
_TURN_SECONDS: Final = 3.0
_BUSY_MS: Final = 2000
_RETRY_SECONDS: Final = 2
_CONNECTIONS: Final = 40
_WRITES: Final = "peerseal_writes"
#: What SQLite says when files, memory or their content let it down.
_MACHINE: Final = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
LOG: Final = logging.getLogger("peerseal.server")


class Base(DeclarativeBase):
    """Base of all tables."""


class Database:
    """Sessions on one database. `writing` is one transaction: all of it is kept, or nothing."""

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = engine.execution_options(**{_WRITES: True})
        self._turn = threading.Lock()
        self._one_writer = engine.dialect.name == "sqlite"

    @classmethod
    def open(cls, url: str, folder: Path) -> Database:
        """The database at `url`, or the SQLite file in `folder` if that is empty; migrated to this program's form.

        Raises LocalFileFailed (`database_corrupt`, `database_newer`, `database_unusable`) or UsageError.
        """
        from peerseal.server.migrations import migrate

        engine = _engine(url, folder)
        try:
            with _refusing_to_start():
                _check(engine)
                migrate(engine.execution_options(**{_WRITES: True}))
        except PeersealError:
            engine.dispose()
            raise
        return cls(engine)

    @classmethod
    def as_it_is(cls, url: str, folder: Path) -> Database | None:
        """The database as it stands, looked at and not brought up to date; None if there is none, or an older form.

        Raises LocalFileFailed or UsageError as `open`.
        """
        from peerseal.server.migrations import is_pending

        if not url and not is_there(folder / FILE_NAME):
            return None
        engine = _engine(url, folder)
        try:
            with _refusing_to_start(), engine.connect() as connection:
                pending = is_pending(connection)
        except PeersealError:
            engine.dispose()
            raise
        if pending:
            engine.dispose()
            return None
        return cls(engine)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and changes nothing."""
        with _told_kindly(), Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are kept together when the block ends, or not at all if it raises."""
        maker = sessionmaker(self._writer, expire_on_commit=False)
        with _told_kindly(), self._my_turn(), maker.begin() as session:
            yield session

    def copy_to(self, target: sqlite3.Connection) -> None:
        """Copy all of an SQLite database as it stands at one moment; writers go on meanwhile."""
        with _told_kindly(), self._reader.connect() as connection:
            source = connection.connection.driver_connection
            if not isinstance(source, sqlite3.Connection):
                raise TypeError("not an SQLite database")
            source.backup(target)

    def probe(self) -> None:
        """Write what is there already, durably. Raises HttpProblem if that cannot be done."""
        with _told_kindly(), self._my_turn(), self._writer.begin() as connection:
            connection.execute(text("UPDATE server SET id = id"))

    def revision(self) -> str:
        """The name of the tables' present form. Raises HttpProblem."""
        with _told_kindly(), self._reader.connect() as connection:
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())

    def close(self) -> None:
        """Let go of every connection."""
        self._reader.dispose()

    @contextlib.contextmanager
    def _my_turn(self) -> Iterator[None]:
        if not self._one_writer:
            yield
            return
        if not self._turn.acquire(timeout=_TURN_SECONDS):
            raise HttpProblem(503, "busy", retry_after=_RETRY_SECONDS)
        try:
            yield
        finally:
            self._turn.release()


def examine(url: str, folder: Path) -> bool:
    """Whether there is a database that this program can use, False if the first start will make it.

    Changes nothing. Raises LocalFileFailed or UsageError as `Database.open` would.
    """
    from peerseal.server.migrations import is_pending

    if not url and not is_there(folder / FILE_NAME):
        return False
    engine = _engine(url, folder)
    try:
        with _refusing_to_start():
            _check(engine)
            with engine.connect() as connection:
                is_pending(connection)
    finally:
        engine.dispose()
    return True


def _engine(url: str, folder: Path) -> Engine:
    if not url:
        # Never made anew while the server runs: a folder that was taken away must not come back empty.
        place = URL.create("sqlite", database=_file(folder).absolute().as_uri())
        return _sqlite(place.update_query_dict({"mode": "rw", "uri": "true"}))
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        return create_engine(parsed, pool_size=_CONNECTIONS, pool_timeout=_TURN_SECONDS, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ImportError) as wrong:
        # The URL may hold a password: it is not repeated.
        raise UsageError(
            "PEERSEAL_DATABASE names no database this installation can use.",
            hint="Leave it empty for SQLite in the data folder.",
        ) from wrong


def _file(folder: Path) -> Path:
    """The SQLite file, made if need be so that nobody else can read it from its first byte."""
    path = folder / FILE_NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as failed:
        raise LocalFileFailed(
            f"The database {path} cannot be opened: {failed.strerror}.",
            code="database_unusable",
            hint="Is the folder yours, and is there room? Another one is chosen with --data or PEERSEAL_DATA.",
        ) from failed
    return path


def _sqlite(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=_CONNECTIONS,
        pool_timeout=_TURN_SECONDS,
        hide_parameters=True,
    )

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where `begin` below says, DDL included
        for pragma in (
            f"busy_timeout = {_BUSY_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = FAST",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _check(engine: Engine) -> None:
    """Look through the whole file once: a damaged one must not be served, nor made worse."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect() as connection:
        said: list[Any] = list(connection.exec_driver_sql("PRAGMA quick_check(1)").scalars())
    if said != ["ok"]:
        raise _corrupt()


def _corrupt() -> LocalFileFailed:
    return LocalFileFailed(
        "The database is damaged, so the server does not start.",
        code="database_corrupt",
        hint="Move the whole folder away and keep it, then `peerseal backup restore BACKUP` into an empty one. Never put "
        "an older database beside newer blobs: what it does not know is removed.",
    )


@contextlib.contextmanager
def _refusing_to_start() -> Iterator[None]:
    try:
        yield
    except DBAPIError as failed:
        said = str(failed.orig)
        if "malformed" in said or "not a database" in said:
            raise _corrupt() from failed
        raise LocalFileFailed(
            f"The database cannot be used: {said}.",
            code="database_unusable",
            hint="Does another program hold it? Is there room on the disk?",
        ) from failed


@contextlib.contextmanager
def _told_kindly() -> Iterator[None]:
    """What the database has no room or time for, as answers a client can act on."""
    try:
        yield
    except PoolTimeout as busy:
        raise HttpProblem(503, "busy", retry_after=_RETRY_SECONDS) from busy
    except DBAPIError as failed:
        problem = _passing(failed)
        if problem is None:
            raise
        if problem.code != "busy":
            LOG.error("the database failed: %s", failed.orig)  # noqa: TRY400 - there may be many, and no defect
        raise problem from failed


def _passing(failed: DBAPIError) -> HttpProblem | None:
    """What to answer if the machine below failed and not the program; None for a defect."""
    if isinstance(failed.orig, sqlite3.Error):
        code = getattr(failed.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return HttpProblem(503, "busy", retry_after=_RETRY_SECONDS)
        if code == sqlite3.SQLITE_FULL:
            return HttpProblem(507, "disk_full")
        return HttpProblem(503, "unavailable") if code in _MACHINE else None
    away = failed.connection_invalidated or isinstance(failed, OperationalError | InterfaceError)
    return HttpProblem(503, "unavailable") if away else None
