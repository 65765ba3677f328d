"""Many at once against a real server: who wins, who is told, and that nothing is left over."""

import hashlib
import http.client
import os
import secrets
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from peerseal.wire import stored as wire
from support.live_server import LiveServer
from support.stored_files import access_list, commit_of, new_file, new_link, new_version
from support.storing import Storer

pytestmark = pytest.mark.e2e
MANY = 50


class Place:
    """A server, its folder, and alice."""

    def __init__(self, server: LiveServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.alice = Storer.sign_up(server.port)

    def stored(self, content: int = 3_000) -> wire.NewFile:
        wanted = new_file(version=new_version(content=content))
        ticket = self.alice.expect("new_file", wanted)["ticket"]
        self.alice.fill(ticket, wanted.version)
        self.alice.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
        return wanted

    def settled(self) -> bool:
        """Whether the disk holds exactly what the database counts."""
        with sqlite3.connect(self.folder / "peerseal.db") as database:
            known = {row[0] for row in database.execute("SELECT blobs FROM versions WHERE kept")}
            used = database.execute("SELECT SUM(used) FROM users").fetchone()[0]
            cost = database.execute("SELECT COALESCE(SUM(bytes), 0) FROM files").fetchone()[0]
            least = database.execute(
                "SELECT COALESCE(SUM(manifest_bytes + content_bytes), 0) FROM versions WHERE kept"
            ).fetchone()[0]
        database.close()
        blobs = self.folder / "blobs"
        groups = {entry.name for entry in blobs.iterdir() if entry.name not in (".parts", ".server")}
        counted = used == cost >= least
        return not groups - known and not list((blobs / ".parts").iterdir()) and counted


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder, LiveServer({"data": folder}) as server:
        made = Place(server, Path(folder))
        yield made
        made.alice.close()


T = TypeVar("T")


def at_once(count: int, act: Callable[[int], T]) -> list[T]:
    gate = threading.Barrier(count)

    def one(number: int) -> T:
        gate.wait(30)
        return act(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def soon(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 5
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def test_one_download_for_fifty_clients_is_exactly_one(place: Place) -> None:
    wanted = place.stored()
    token = os.urandom(32)
    link = new_link(wanted.id, wanted.version.upload, token, counter=2, downloads=1)
    place.alice.expect("new_link", link, file=wanted.id)

    def download(_: int) -> str:
        guest = Storer(place.server.port)
        try:
            status, ticket = guest.call("link_ticket", wire.LinkToken(token), link=link.link)
            if status != 200:
                return f"ticket {status}"
            statuses = [
                guest.get(ticket["ticket"], *chunk)[0]
                for chunk in (("manifest", 0), ("content", 0), ("content", 1), ("content", 2))
            ]
            if statuses != [200] * 4:
                return f"chunks {statuses[1]}"
            return f"confirm {guest.call('confirm_link', wire.Confirm(ticket['ticket']), link=link.link)[0]}"
        finally:
            guest.close()

    results = at_once(MANY, download)
    assert results.count("confirm 204") == 1, results
    assert set(results) <= {"confirm 204", "chunks 409", "ticket 409", "ticket 404"}, results
    shown = place.alice.expect("file", file=wanted.id)["links"][0]
    assert (shown["used"], shown["downloads"]) == (1, 1)


def test_of_many_puts_of_one_chunk_exactly_one_wins(place: Place) -> None:
    wanted = new_file(version=new_version(content=40_000, record_size=65_536))
    ticket = place.alice.expect("new_file", wanted)["ticket"]
    length = wanted.version.content_bytes

    def put(number: int) -> tuple[int, bytes]:
        content = bytes([number]) * length
        person = Storer(place.server.port)
        try:
            status = 429
            for _ in range(1000):
                status = person.put(ticket, "content", 0, content)
                if status != 429:  # two at once may be on their way
                    break
            return status, hashlib.sha256(content).digest()
        finally:
            person.close()

    results = at_once(8, put)
    won = [digest for status, digest in results if status == 201]
    assert len(won) == 1
    assert sorted(status for status, _ in results) == [201] + [409] * 7
    down = place.alice.expect("store_ticket", wire.AskStoreTicket("download"), upload=wanted.version.upload)
    status, content = place.alice.get(down["ticket"], "content", 0)
    assert (status, hashlib.sha256(content).digest()) == (200, won[0])
    place.alice.expect("abandon", upload=wanted.version.upload)
    assert soon(place.settled)


@pytest.mark.parametrize("end", ["abandon", "delete_file", "commit"])
def test_chunks_racing_with_the_end_of_their_upload_leave_nothing(place: Place, end: str) -> None:
    for _ in range(5):
        version = new_version(content=16 * 64 * 7, open_=True)
        wanted = new_file(version=version)
        ticket = place.alice.expect("new_file", wanted)["ticket"]
        assert place.alice.put(ticket, "manifest", 0, bytes(version.manifest_bytes)) == 201
        assert place.alice.put(ticket, "content", 0, bytes(16 * 92)) == 201
        down = place.alice.expect("store_ticket", wire.AskStoreTicket("download"), upload=version.upload)

        def act(number: int) -> int:
            person = place.alice.again()
            try:
                if number == 0:
                    if end == "commit":
                        commit = wire.Commit(b"c", version.manifest_bytes, 16 * 92)  # noqa: B023
                        return person.call("commit", commit, upload=version.upload)[0]  # noqa: B023
                    if end == "abandon":
                        return person.call(end, upload=version.upload)[0]  # noqa: B023
                    return person.call(end, file=wanted.id)[0]  # noqa: B023
                if number == 1:
                    try:
                        return person.get(down["ticket"], "content", 0)[0]  # noqa: B023
                    except http.client.IncompleteRead:
                        return 404  # gone while it came: the answer ends short
                return person.put(ticket, "content", number - 1, bytes(16 * 92))  # noqa: B023
            finally:
                person.close()

        statuses = at_once(7, act)
        assert statuses[0] in (200, 204)
        assert set(statuses[1:]) <= {200, 201, 401, 404, 409}
        if end == "commit":
            place.alice.expect("delete_file", file=wanted.id)
    assert soon(place.settled)


def test_revoking_while_downloading_ends_it_for_one_and_not_for_others(place: Place) -> None:
    bob, carol = Storer.sign_up(place.server.port), Storer.sign_up(place.server.port)
    wanted = new_file((bob.name, carol.name), new_version(content=3_000))
    ticket = place.alice.expect("new_file", wanted)["ticket"]
    place.alice.fill(ticket, wanted.version)
    upload = wanted.version.upload
    place.alice.expect("commit", commit_of(wanted.version), upload=upload)
    tickets = [
        person.expect("store_ticket", wire.AskStoreTicket("download"), upload=upload)["ticket"]
        for person in (bob, carol)
    ]
    revoked = threading.Event()

    def read(number: int) -> list[int]:
        if number == 2:
            time.sleep(0.05)
            revoke = wire.Revoke(access_list(wanted.id, 2))
            place.alice.expect("revoke", revoke, file=wanted.id, name=bob.name)
            revoked.set()
            return []
        person = (bob, carol)[number].again()
        assert revoked.wait(20) or number == 0
        statuses = [person.get(tickets[number], "content", n % 3)[0] for n in range(30)]
        person.close()
        return statuses

    bobs, carols, _ = at_once(3, read)
    assert set(carols) == {200}
    assert set(bobs) <= {200, 401, 404}
    assert bob.get(tickets[0], "content", 0)[0] == 401
    assert bob.call("file", file=wanted.id)[0] == 404
    assert bob.call("file", file=secrets.token_hex(16))[0] == 404
    bob.close()
    carol.close()


def test_waiting_for_a_chunk_costs_no_thread(place: Place) -> None:
    """More wait than the server has threads for the application, and it still answers."""
    wanted = new_file(version=new_version(content=100))
    ticket = place.alice.expect("new_file", wanted)["ticket"]
    upload = wanted.version.upload
    tickets = [
        place.alice.expect("store_ticket", wire.AskStoreTicket("download"), upload=upload)["ticket"]
        for _ in range(8)
    ]
    people = [Storer(place.server.port) for _ in range(48)]

    def wait(number: int) -> int:
        if number == 48:
            time.sleep(0.5)
            assert place.alice.call("me")[0] == 200
            return place.alice.put(ticket, "content", 0, bytes(wanted.version.content_bytes))
        return people[number].get(tickets[number % 8], "content", 0)[0]

    begin = time.monotonic()
    assert set(at_once(49, wait)) == {200, 201}
    assert time.monotonic() - begin < 15
    for person in people:
        person.close()
