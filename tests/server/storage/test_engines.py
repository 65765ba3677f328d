"""What every storage engine must do: the contract of `peerseal.server.storage`, sentence by sentence."""

import os
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from peerseal.errors import NotFound, Refused
from peerseal.server.storage import BlobStorage
from peerseal.server.storage.local_disk import LocalDisk

ENGINES: dict[str, Callable[[Path], BlobStorage]] = {"local disk": LocalDisk}


@pytest.fixture(params=ENGINES)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStorage:
    return ENGINES[request.param](tmp_path / "blobs")


def put(storage: BlobStorage, name: str, content: bytes) -> bool:
    writer = storage.create(name)
    writer.write([content[: len(content) // 2], memoryview(content)[len(content) // 2 :]])
    return writer.finish()


def test_a_blob_comes_back_whole_and_in_parts(storage: BlobStorage) -> None:
    content = os.urandom(3_000_001)
    assert put(storage, "group/c0", content)
    assert storage.size("group/c0") == len(content)
    assert storage.read("group/c0", 0, len(content) + 5) == content
    assert storage.read("group/c0", 1_000, 70_000) == content[1_000:71_000]
    assert storage.read("group/c0", len(content), 10) == b""
    view = bytearray(100)
    assert storage.read_into("group/c0", len(content) - 60, memoryview(view)) == 60
    assert view[:60] == content[-60:]


def test_where_blobs_are_files_one_can_be_sent_by_the_kernel(storage: BlobStorage) -> None:
    put(storage, "group/c0", b"0123456789")
    file = storage.descriptor("group/c0")
    if file is not None:
        storage.delete("group/c0")
        assert os.pread(file, 20, 2) == b"23456789"  # whoever has begun to read it may end
        os.close(file)
        with pytest.raises(NotFound):
            storage.descriptor("group/c0")


def test_a_blob_of_many_small_pieces_and_one_of_none(storage: BlobStorage) -> None:
    writer = storage.create("group/many")
    writer.write([bytes([n % 256]) * (n % 7) for n in range(5_000)])
    writer.write([])
    assert writer.finish()
    expected = b"".join(bytes([n % 256]) * (n % 7) for n in range(5_000))
    assert storage.read("group/many", 0, 1_000_000) == expected
    assert storage.create("group/none").finish()
    assert storage.size("group/none") == 0


def test_nobody_sees_a_blob_before_it_is_finished(storage: BlobStorage) -> None:
    writer = storage.create("group/c0")
    writer.write([b"half"])
    with pytest.raises(NotFound):
        storage.size("group/c0")
    assert storage.sizes("group") == {}
    assert list(storage.groups()) == []
    writer.finish()
    assert storage.sizes("group") == {"c0": 4}


def test_an_aborted_attempt_leaves_nothing(storage: BlobStorage, tmp_path: Path) -> None:
    writer = storage.create("group/c0")
    writer.write([b"half"])
    writer.abort()
    writer.abort()
    with pytest.raises(NotFound):
        storage.read("group/c0", 0, 1)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_the_same_bytes_again_are_no_conflict_and_other_bytes_never_replace(storage: BlobStorage) -> None:
    assert put(storage, "group/c0", b"first") is True
    assert put(storage, "group/c0", b"first") is False
    for other in (b"other", b"firs", b"first!", b""):
        with pytest.raises(Refused) as refused:
            put(storage, "group/c0", other)
        assert refused.value.code == "conflict"
    assert storage.read("group/c0", 0, 100) == b"first"


def test_of_many_writers_of_one_name_exactly_one_wins(storage: BlobStorage) -> None:
    gate = threading.Barrier(8)

    def attempt(number: int) -> bool | None:
        writer = storage.create("group/c0")
        writer.write([bytes([number]) * 100_000])
        gate.wait()
        try:
            return writer.finish()
        except Refused:
            return None

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(attempt, range(8)))
    assert results.count(True) == 1
    assert results.count(None) == 7
    assert storage.read("group/c0", 0, 1 << 20) == bytes([results.index(True)]) * 100_000


def test_a_deleted_blob_is_gone_and_deleting_it_again_is_fine(storage: BlobStorage) -> None:
    put(storage, "group/c0", b"first")
    put(storage, "group/c1", b"second")
    storage.delete("group/c0")
    storage.delete("group/c0")
    with pytest.raises(NotFound):
        storage.read("group/c0", 0, 1)
    assert storage.sizes("group") == {"c1": 6}
    storage.delete("group/c1")
    assert list(storage.groups()) == []
    assert put(storage, "group/c1", b"again")


def test_a_group_goes_as_one_and_leaves_the_others(storage: BlobStorage) -> None:
    for name in ("one/c0", "one/m0", "two/c0"):
        put(storage, name, b"x")
    assert sorted(storage.groups()) == ["one", "two"]
    storage.delete_group("one")
    storage.delete_group("one")
    assert list(storage.groups()) == ["two"]
    assert storage.sizes("one") == {}


def test_writing_while_the_group_is_deleted_ends_whole_or_not_at_all(storage: BlobStorage) -> None:
    over = threading.Event()

    def delete() -> None:
        while not over.wait(0.001):
            storage.delete_group("group")

    with ThreadPoolExecutor(1) as thread:
        thread.submit(delete)
        try:
            for n in range(20):
                put(storage, f"group/c{n}", b"content")
        finally:
            over.set()
    assert set(storage.sizes("group").values()) <= {7}


@pytest.mark.parametrize(
    "name",
    ["", "c0", "/c0", "group/", "group//c0", "../c0", "group/..", "Group/c0", "group/c.0", "a/b/c/d/e"],
)
def test_a_name_that_leads_elsewhere_is_a_defect(storage: BlobStorage, name: str) -> None:
    for use in (storage.create, storage.size, storage.delete):
        with pytest.raises(ValueError, match="name"):
            use(name)
    with pytest.raises(ValueError, match=r"name|group"):
        storage.delete_group(name + "/x")


def test_what_a_dead_process_left_is_swept(storage: BlobStorage, tmp_path: Path) -> None:
    put(storage, "group/c0", b"kept")
    storage.create("group/c1").write([b"left"])  # and the process died
    reborn = next(make for make in ENGINES.values() if isinstance(storage, type(make(tmp_path / "other"))))(
        tmp_path / "blobs"
    )
    reborn.sweep()
    assert reborn.read("group/c0", 0, 9) == b"kept"
    assert list(reborn.sizes("group")) == ["c0"]
    assert sum(path.is_file() and path.name[0] != "." for path in tmp_path.rglob("*")) == 1


def test_a_sum_is_kept_of_what_was_written_and_is_no_blob(storage: BlobStorage) -> None:
    content = os.urandom(100_000)
    put(storage, "group/c0", content)
    put(storage, "group/deep/c1", b"")
    assert storage.sums("group") == {"c0": zlib.crc32(content), "deep/c1": 0}
    assert storage.sums("other") == {}
    storage.note_sum("group/c0", 7)
    assert storage.sums("group")["c0"] == 7
    assert storage.sizes("group") == {"c0": 100_000, "deep/c1": 0}
    storage.delete("group/c0")
    storage.delete("group/deep/c1")
    assert list(storage.groups()) == []


def test_the_same_again_leaves_the_sum(storage: BlobStorage) -> None:
    put(storage, "group/c0", b"content")
    assert not put(storage, "group/c0", b"content")
    assert storage.sums("group") == {"c0": zlib.crc32(b"content")}


def test_trying_the_place_leaves_nothing(storage: BlobStorage) -> None:
    storage.probe()
    assert list(storage.groups()) == []


def test_room_left_is_a_number_or_unknown(storage: BlobStorage) -> None:
    room = storage.free()
    assert room is None or room > 0
    capacity = storage.capacity()
    assert capacity is None or capacity >= (room or 0)


def test_whose_blobs_they_are_is_kept_and_is_no_blob(storage: BlobStorage) -> None:
    assert storage.owner() is None
    storage.own("a" * 32)
    storage.own("b" * 32)
    assert storage.owner() == "b" * 32
    assert list(storage.groups()) == []
