"""Lists: every file once, newest change first, in pages that cost the same at any depth."""

import pytest
from sqlalchemy import event, insert

from peerseal.errors import IntegrityFailed
from peerseal.server.files.models import Reader, StoredFile, StoredVersion
from peerseal.wire import stored as wire
from support.stored_files import Desk, new_file, next_version


def test_pages_hold_every_file_once_newest_change_first(desk: Desk) -> None:
    alice, bob = desk.person("alice"), desk.person("bob")
    ids = []
    for n in range(25):
        desk.now += n % 3  # several within one millisecond
        owner = alice if n % 2 else bob
        wanted = new_file(() if owner is alice else ("alice",))
        desk.uploads.new_file(owner, wanted)
        ids.append(wanted.id)
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        page = desk.listing.files(alice, cursor, 4)
        assert len(page.files) <= 4
        seen += [file.id for file in page.files]
        cursor = page.next
        if cursor is None:
            break
    assert seen == ids[::-1]
    desk.now += 1
    first = desk.listing.files(alice, None, 1).files[0]
    assert first.id == ids[-1]


def test_a_change_brings_a_file_to_the_front(desk: Desk) -> None:
    alice = desk.person("alice")
    old = desk.stored(alice, new_file())
    desk.now += 10
    new = desk.stored(alice, new_file())
    desk.now += 10
    desk.sharing.change_file(alice, wire.ChangeFile(desk.now + 10_000), old.id, 1)
    assert [file.id for file in desk.listing.files(alice, None, 10).files] == [old.id, new.id]


def test_versions_come_oldest_first_in_pages(desk: Desk) -> None:
    alice = desk.person("alice")
    file = desk.stored(alice, new_file())
    for n in (2, 3):
        desk.updated(alice, file.id, next_version(file.id, n))
    for _ in range(2):
        desk.uploads.new_version(alice, next_version(file.id, 4), file.id, 3)
    numbers: list[int] = []
    cursor = None
    for _ in range(5):
        page = desk.listing.versions(alice, file.id, cursor, 2)
        numbers += [version.version for version in page.versions]
        cursor = page.next
        if cursor is None:
            break
    assert numbers == [1, 2, 3, 4, 4]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1-", "-1", "1-2-3", "1-99999999999999999", "٣-1"])
def test_a_cursor_that_is_none_is_malformed(desk: Desk, cursor: str) -> None:
    alice = desk.person("alice")
    file = desk.stored(alice, new_file())
    with pytest.raises(IntegrityFailed):
        desk.listing.files(alice, cursor, 10)
    with pytest.raises(IntegrityFailed):
        desk.listing.versions(alice, file.id, cursor, 10)


def test_a_page_among_very_many_files_looks_at_its_own_rows_only(desk: Desk) -> None:
    alice = desk.person("alice")
    count = 20_000
    with desk.database.writing() as session:
        common = {"owner_id": alice.user_id, "access": b"a", "access_counter": 1, "current": 1, "created": 0}
        session.execute(
            insert(StoredFile),
            [{"number": n, "id": f"{n:032x}", "expires": None, **common} for n in range(1, count)],
        )
        session.execute(
            insert(Reader),
            [{"file_number": n, "user_id": alice.user_id, "changed": n // 2} for n in range(1, count)],
        )
        each = {
            "owner_id": alice.user_id, "version": 1, "opening": b"o", "closing": b"c", "card": bytes(28),
            "record_size": 64, "manifest_bytes": 28, "content_bytes": 28, "open": False, "kept": True,
            "trimmed": True, "created": 0, "touched": 0, "committed": 0,
        }  # fmt: skip
        session.execute(
            insert(StoredVersion),
            [
                {"upload": f"{n:032x}", "blobs": f"{n:032x}", "file_number": n, **each}
                for n in range(1, count)
            ],
        )
    plans: list[list[str]] = []
    queries: list[str] = []

    def note(_c: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            queries.append(statement)
            execute = cursor.connection.execute  # type: ignore[attr-defined]
            plans.append([row[3] for row in execute(f"EXPLAIN QUERY PLAN {statement}", parameters)])

    event.listen(desk.database._reader, "before_cursor_execute", note)
    page = desk.listing.files(alice, f"{count // 4}-{count // 2}", 200)
    event.remove(desk.database._reader, "before_cursor_execute", note)
    assert len(page.files) == 200
    assert page.files[0].current is not None
    assert len(queries) <= 7
    assert not [step for plan in plans for step in plan if step.startswith("SCAN")], plans
    assert not [step for step in plans[0] if "TEMP" in step], plans[0]
