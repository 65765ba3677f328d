"""Stored files for tests of the server: people, bodies of requests, and the rules without a network, on a set clock.

The server reads nothing of what it keeps, so heads, wraps and records are random bytes here; only the access list
has its form.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from peerseal.server.accounts.asking import Asking, Guest, Signed
from peerseal.server.accounts.look_ups import LookUps
from peerseal.server.accounts.models import SessionRow, User
from peerseal.server.accounts.sessions import Sessions
from peerseal.server.asgi_types import Event
from peerseal.server.database import FILE_NAME, Database
from peerseal.server.files.chunks import Chunks
from peerseal.server.files.parts import Rules
from peerseal.server.files.service import Files
from peerseal.server.files.sizes import Stream, streams_of
from peerseal.server.guard.brakes import Brakes
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.parking.ledger import ParkRules
from peerseal.server.parking.service import Parking
from peerseal.server.storage.local_disk import LocalDisk
from peerseal.wire import stored as wire
from support.costs import costs

T = TypeVar("T")

RECORD = 64
OVERHEAD = 28


def access_list(file_id: str, counter: int) -> bytes:
    """A signed access list with this id and counter; the rest of it is noise."""
    body = _lp(bytes.fromhex(file_id), counter.to_bytes(8, "big"), os.urandom(32), b"")
    return b"\x01" + _lp(body, os.urandom(64))


def sealed(plain: int, record_size: int = RECORD) -> int:
    """Bytes of a stream of so many plain ones."""
    records = max(1, -(-plain // record_size))
    return plain + records * OVERHEAD


def new_version(
    version: int = 1,
    content: int = 100,
    manifest: int = 50,
    *,
    open_: bool = False,
    record_size: int = RECORD,
) -> wire.NewVersion:
    """The start of an upload of so many plain bytes."""
    return wire.NewVersion(
        secrets.token_hex(16),
        version,
        os.urandom(200),
        os.urandom(300),
        record_size,
        sealed(manifest, min(record_size, 65_536)),
        sealed(content, record_size),
        open_,
        os.urandom(61),
    )


def new_file(
    recipients: tuple[str, ...] = (),
    version: wire.NewVersion | None = None,
    expires: int | None = None,
) -> wire.NewFile:
    """A new file for these people."""
    id_ = secrets.token_hex(16)
    wraps = tuple(wire.RecipientWrap(name, os.urandom(1181)) for name in recipients)
    return wire.NewFile(id_, access_list(id_, 1), wraps, version or new_version(), expires)


def next_version(
    file: str, number: int, counter: int = 1, recipients: tuple[str, ...] = (), links: tuple[str, ...] = ()
) -> wire.NewFileVersion:
    """A further version of it."""
    return wire.NewFileVersion(
        new_version(number),
        access_list(file, counter),
        tuple(wire.RecipientWrap(name, os.urandom(1181)) for name in recipients),
        tuple(wire.LinkWrap(link, os.urandom(60)) for link in links),
    )


def new_link(
    file: str,
    upload: str,
    token: bytes,
    *,
    counter: int,
    downloads: int | None = None,
    expires: int | None = None,
) -> wire.NewLink:
    """A link whose token is `token`."""
    return wire.NewLink(
        secrets.token_hex(16),
        hashlib.sha256(token).digest(),
        os.urandom(92),
        False,
        (wire.UploadWrap(upload, os.urandom(60)),),
        access_list(file, counter),
        expires,
        downloads,
    )


def share_of(file: str, upload: str, counter: int) -> wire.Share:
    """One version for somebody."""
    return wire.Share(access_list(file, counter), (wire.UploadWrap(upload, os.urandom(1181)),))


def both_streams(version: wire.NewVersion) -> tuple[Stream, Stream]:
    """What its chunks are."""
    return streams_of(version.record_size, version.manifest_bytes, version.content_bytes)


def chunks_of(version: wire.NewVersion) -> list[tuple[str, int, bytes]]:
    """All chunks of an upload, as random bytes: stream, number, content."""
    return [
        (stream.name, n, os.urandom(stream.length(n)))
        for stream in both_streams(version)
        for n in range(stream.chunks)
    ]


def commit_of(version: wire.NewVersion) -> wire.Commit:
    """The end of it, as it was announced."""
    return wire.Commit(os.urandom(250), version.manifest_bytes, version.content_bytes)


@dataclass
class Answer:
    """What an HTTP endpoint said."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    code: str = ""


class Desk:
    """The rules of stored files on a database and a disk of their own. `now` is the time in ms."""

    def __init__(
        self,
        home: Path,
        rules: Rules | None = None,
        wait: float = 0.2,
        stall: float = 0.5,
        parks: ParkRules | None = None,
    ) -> None:
        self.now = 1_750_000_000_000
        self.home = home
        self.told: list[int] = []
        self.database = Database.open("", home)
        self.storage = LocalDisk(home / "blobs")
        self.sessions = Sessions(self.database, lambda: self.now, ())
        brakes = Brakes(lambda: self.now / 1000)
        self.files = Files(
            database=self.database,
            storage=self.storage,
            sessions=self.sessions,
            look_ups=LookUps(lambda: self.now / 1000),
            rules=rules or Rules(10**9, 0, 10),
            now=lambda: self.now,
            brakes=brakes,
            publish=self.told.append,
        )
        self.uploads, self.sharing = self.files.uploads, self.files.sharing
        self.listing, self.links = self.files.listing, self.files.links
        self.parking = Parking(
            self.files.parts,
            parks or ParkRules(True, 10**9, 10**10, 72),
            lambda text: hashlib.sha256(text).digest(),
            lambda: self.now / 1000,
            brakes,
        )
        self.chunks = Chunks(self.files.parts, self.files.leases, stall=stall, wait=wait)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        """Ready for chunks."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Over."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self.chunks.close()
        self.files.close()
        self.database.close()

    def person(self, name: str) -> Signed:
        """An account, signed in."""
        session_id = secrets.token_hex(16)
        with self.database.writing() as session:
            user = User(
                user=name,
                name=name,
                bundle=os.urandom(1520),
                auth_hash="",
                salt=os.urandom(16),
                memory=65_536,
                passes=3,
                lanes=1,
                created=self.now,
            )
            session.add(user)
            session.flush()
            session.add(
                SessionRow(
                    id=session_id,
                    user_id=user.id,
                    secret_hash=os.urandom(32),
                    kind="token",
                    label="test",
                    created=self.now,
                    last_used=self.now,
                )
            )
        return Signed(user.id, name, name, session_id, "token", None, "192.0.2.1")

    def guest(self, source: str = "192.0.2.9") -> Guest:
        """Somebody with a link."""
        return Guest(source, Asking("POST", (), False, source))

    def stored(self, owner: Signed, wanted: wire.NewFile) -> wire.File:
        """A file, uploaded and committed."""
        ticket = self.uploads.new_file(owner, wanted).ticket
        self.fill(ticket, wanted.version)
        return self.uploads.commit(owner, commit_of(wanted.version), wanted.version.upload)

    def updated(self, owner: Signed, file: str, wanted: wire.NewFileVersion) -> wire.File:
        """A further version, uploaded and committed."""
        ticket = self.uploads.new_version(owner, wanted, file, wanted.version.version - 1).ticket
        self.fill(ticket, wanted.version)
        return self.uploads.commit(owner, commit_of(wanted.version), wanted.version.upload)

    def fill(self, ticket: str, version: wire.NewVersion) -> list[tuple[str, int, bytes]]:
        """Every chunk of an upload."""
        chunks = chunks_of(version)
        for stream, n, content in chunks:
            assert self.put(ticket, stream, n, content).status == 201
        return chunks

    def down(self, reader: Signed, upload: str) -> str:
        """A download ticket."""
        return self.uploads.ticket(reader, wire.AskStoreTicket("download"), upload).ticket

    def put(self, ticket: str, stream: str, n: int, content: bytes) -> Answer:
        """PUT a chunk."""
        length = (b"content-length", str(len(content)).encode())
        return self.ask("PUT", ticket, f"{stream}/{n}", [length], content)

    def get(self, ticket: str, stream: str, n: int, span: str = "") -> Answer:
        """GET a chunk, or some of it."""
        return self.ask("GET", ticket, f"{stream}/{n}", [(b"range", span.encode())] if span else [])

    def ask(
        self,
        method: str,
        ticket: str,
        path: str,
        headers: list[tuple[bytes, bytes]] | None = None,
        body: bytes = b"",
        *,
        query: bytes = b"",
    ) -> Answer:
        """Any request for a chunk."""
        return self.run(self.asking(method, ticket, path, headers, body, query=query))

    async def asking(
        self,
        method: str,
        ticket: str,
        path: str,
        headers: list[tuple[bytes, bytes]] | None = None,
        body: bytes = b"",
        *,
        receive: Callable[[], Awaitable[Event]] | None = None,
        query: bytes = b"",
    ) -> Answer:
        """The same, within the event loop."""
        answer = Answer(0)

        async def whole() -> Event:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(event: Event) -> None:
            if event["type"] == "http.response.start":
                answer.status = event["status"]
                answer.headers = {name.decode(): value.decode() for name, value in event["headers"]}
            else:
                answer.body += event["body"]

        scope = {
            "type": "http",
            "method": method,
            "path": f"/api/v1/chunks/{path}",
            "query_string": query,
            "headers": [(b"authorization", f"Ticket {ticket}".encode()), *(headers or [])],
        }
        try:
            await self.chunks(scope, receive or whole, send)
        except HttpProblem as problem:
            return Answer(problem.status, code=problem.code)
        except Exception as error:
            if getattr(error, "code", "") == "not_found":
                return Answer(404, code="not_found")
            raise
        return answer

    def run(self, waited: Coroutine[Any, Any, T]) -> T:
        """Run it in the event loop."""
        return asyncio.run_coroutine_threadsafe(waited, self._loop).result(60)

    def used(self, person: Signed) -> int:
        """What the account's row says it uses, which is what its files cost."""
        with self.database.reading() as session:
            used = session.get_one(User, person.user_id).used
        assert used == costs(self.home / FILE_NAME)[person.user].counted
        return used

    def sealed(self, person: Signed) -> int:
        """Sealed bytes this account keeps or has reserved."""
        self.used(person)
        return costs(self.home / FILE_NAME)[person.user].sealed

    def on_disk(self) -> int:
        """Bytes of all blobs, without the sums kept beside them."""
        root = self.home / "blobs"
        files = (path for path in root.rglob("*") if path.is_file() and path.name != ".sums")
        return sum(path.stat().st_size for path in files)

    def cleaned(self) -> None:
        """Wait until what was deleted is gone from the disk."""
        self.files.parts.cleaning.submit(lambda: None).result(10)


def _lp(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
