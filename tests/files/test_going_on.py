"""Going back in a source and going on in a part folder, byte by byte as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peerseal.errors import LocalFileFailed, PeersealError, Refused
from peerseal.files import source as source_module
from peerseal.files.folder_sink import FolderSink
from peerseal.files.source import NO_STAMP, Source, StreamSource, from_text, scan
from peerseal.protocol.entries import Entry

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

#: Paths in the order of a scan: some share folders, some are empty folders, and sizes include nothing.
trees = st.lists(
    st.one_of(st.integers(0, 40), st.none()), min_size=1, max_size=12
)  # a size, or None for an empty folder


def entries_of(sizes: list[int | None]) -> list[Entry]:
    entries: list[Entry] = []
    for number, size in enumerate(sizes):
        path = f"top/d{number // 3}/{number:02}"
        if size is None:
            entries.append(Entry("directory", path, 0, modified=1_000))
        else:
            entries.append(
                Entry("file", path, size, modified=1_600_000_000_000 + number, executable=number % 2 == 1)
            )
    return entries


def content_of(entries: list[Entry]) -> bytes:
    return os.urandom(sum(entry.size or 0 for entry in entries))


def on_disk(folder: Path, entries: list[Entry], content: bytes) -> None:
    start = 0
    for entry in entries:
        place = folder / entry.path
        if entry.kind == "directory":
            place.mkdir(parents=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content[start : start + (entry.size or 0)])
            start += entry.size or 0


def read(source: Source, step: int) -> bytes:
    found = bytearray()
    view = memoryview(bytearray(step))
    while n := source.fill(view):
        found += view[:n]
    return bytes(found)


# --- sources ---


@few
@given(trees, st.data())
def test_a_source_goes_on_from_any_byte(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int | None], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("source")
    entries = entries_of(sizes)
    content = content_of(entries)
    on_disk(folder, entries, content)
    source = scan([str(folder / "top")])
    for _ in range(4):
        begin = data.draw(st.integers(0, len(content)))
        source.seek(begin)
        assert read(source, data.draw(st.integers(1, 30))) == content[begin:]
    source.close()


@few
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6), st.integers(1, 50))
def test_a_stream_goes_back_as_far_as_it_holds(content: bytes, back: list[int], step: int) -> None:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source_module, "BACK_BYTES", 100)
        source = StreamSource(reading, "x", content[:0])
    found = bytearray()
    view = memoryview(bytearray(step))
    furthest = 0
    for wish in [*back, None]:
        n = source.fill(view)
        found[source.taken - n :] = view[:n]
        furthest = max(furthest, source.taken)
        if wish is not None and max(0, furthest - 100) <= wish <= furthest:
            source.seek(wish)
        elif wish is not None:
            with pytest.raises(LocalFileFailed) as caught:
                source.seek(wish)
            assert caught.value.code == "source_gone"
    while n := source.fill(view):
        found[source.taken - n : source.taken] = view[:n]
    os.close(reading)
    assert found == content
    assert source.taken == len(content)


def test_a_text_goes_back_and_has_no_stamp() -> None:
    source = from_text("hello", 10)
    assert read(source, 2) == b"hello"
    source.seek(2)
    assert read(source, 2) == b"llo"
    assert source.stamp() == NO_STAMP


def _other_time(file: Path) -> None:
    os.utime(file, ns=(1, 1))


def _other_file(file: Path) -> None:
    times = file.stat()
    other = file.with_suffix(".new")
    other.write_bytes(file.read_bytes())
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(file)


def _other_bytes(file: Path) -> None:
    times = file.stat()
    with file.open("r+b") as changing:
        changing.write(b"other")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("size", [10, 3_000_000])
@pytest.mark.parametrize("change", [_other_time, _other_file, Path.unlink, lambda f: os.truncate(f, 5)])
def test_a_file_that_is_no_longer_what_was_found_stops_the_transfer(
    tmp_path: Path, change: object, size: int
) -> None:
    (tmp_path / "a").write_bytes(bytes(size))
    source = scan([str(tmp_path / "a")])
    change(tmp_path / "a")  # type: ignore[operator]
    with pytest.raises(LocalFileFailed) as caught:
        read(source, 100_000)
    assert caught.value.code == "source_changed"
    source.close()


@pytest.mark.parametrize("change", [_other_time, _other_file, _other_bytes, lambda f: os.truncate(f, 5)])
def test_a_stamp_tells_of_whatever_may_have_changed(tmp_path: Path, change: object) -> None:
    (tmp_path / "top").mkdir()
    (tmp_path / "top" / "a").write_bytes(b"0123456789")
    before = scan([str(tmp_path / "top")]).stamp()
    assert scan([str(tmp_path / "top")]).stamp() == before
    change(tmp_path / "top" / "a")  # type: ignore[operator]
    assert scan([str(tmp_path / "top")]).stamp() != before


# --- part folders ---


def write(sink: FolderSink, content: bytes, step: int) -> None:
    for start in range(0, len(content), step):
        sink.write(memoryview(content)[start : start + step])


def begin(target: Path, entries: list[Entry], content: bytes, step: int = 7) -> str:
    sink = FolderSink(str(target))
    for entry in entries:
        sink.expect(entry)
    write(sink, content, step)
    sink.kept()
    sink.abort()  # does nothing any more
    return sink.part_name


def look(folder: Path) -> dict[str, tuple[bytes | None, int, int]]:
    return {
        str(path.relative_to(folder)): (
            (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
            if path.is_file()
            else (None, 0, 0)
        )
        for path in folder.rglob("*")
    }


@few
@given(trees, st.data())
def test_a_part_folder_is_gone_on_in_at_any_byte(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int | None], data: st.DataObject
) -> None:
    target, whole = tmp_path_factory.mktemp("target"), tmp_path_factory.mktemp("whole")
    entries = entries_of(sizes)
    content = content_of(entries)
    # Between two files is where most can go wrong.
    ends = sorted({0, *accumulate(entry.size or 0 for entry in entries)})
    stopped = data.draw(st.sampled_from(ends) | st.integers(0, len(content)))
    held = data.draw(st.just(stopped) | st.integers(0, stopped))
    part = begin(target, entries, content[:stopped], data.draw(st.integers(1, 30)))
    sink = FolderSink.resume(str(target), part, entries, held)
    view = memoryview(bytearray(len(content) + 1))
    assert sink.read_back(0, view) == held
    assert view[:held] == content[:held]
    if data.draw(st.booleans()):
        held = data.draw(st.integers(0, held))
        sink.go_back(held)
        assert sink.read_back(0, view) == held
    write(sink, content[held:], data.draw(st.integers(1, 30)))
    sink.finish()
    untouched = FolderSink(str(whole))
    for entry in entries:
        untouched.expect(entry)
    write(untouched, content, 1000)
    untouched.finish()
    assert look(target) == look(whole)


@few
@given(trees, st.data())
def test_whatever_is_torn_is_noticed_and_repaired(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int | None], data: st.DataObject
) -> None:
    """Bytes flipped, files cut or gone: what reads back differs or ends there, and writing from there repairs it."""
    target = tmp_path_factory.mktemp("target")
    entries = entries_of(sizes)
    content = content_of(entries)
    part = begin(target, entries, content)
    files = [path for path in sorted((target / part).rglob("*")) if path.is_file()]
    for path in data.draw(st.lists(st.sampled_from(files), max_size=3, unique=True)) if files else []:
        harm = data.draw(st.sampled_from(["flip", "cut", "gone"]))
        if harm == "gone":
            path.unlink()
        elif harm == "cut":
            os.truncate(path, data.draw(st.integers(0, path.stat().st_size)))
        elif path.stat().st_size:
            torn = bytearray(path.read_bytes())
            torn[data.draw(st.integers(0, len(torn) - 1))] ^= 1
            path.write_bytes(torn)
    sink = FolderSink.resume(str(target), part, entries, len(content))
    view = memoryview(bytearray(len(content)))
    there = sink.read_back(0, view)
    good = next((at for at in range(there) if view[at] != content[at]), there)
    sink.go_back(good)
    write(sink, content[good:], 7)
    sink.finish()
    expected = target / "expected"
    on_disk(expected, entries, content)
    assert {name: seen[0] for name, seen in look(target / "top").items()} == {
        name: seen[0] for name, seen in look(expected / "top").items()
    }


def test_a_size_that_comes_later_is_gone_on_with(tmp_path: Path) -> None:
    entries = [Entry("file", "a", None)]
    part = begin(tmp_path, entries, b"0123456789")
    sink = FolderSink.resume(str(tmp_path), part, entries, 8)
    sink.write(memoryview(b"xyz"))
    sink.size_given(0, 11)
    sink.finish()
    assert (tmp_path / "a").read_bytes() == b"01234567xyz"


def test_a_part_folder_that_a_journal_speaks_of_stays_until_it_is_gone_on_with(tmp_path: Path) -> None:
    entries = [Entry("file", "a", 10)]
    part = begin(tmp_path, entries, b"01234")
    FolderSink(str(tmp_path), kept=lambda: {part}).abort()
    sink = FolderSink.resume(str(tmp_path), part, entries, 5)
    with pytest.raises(Refused) as caught:
        FolderSink.resume(str(tmp_path), part, entries, 5)
    assert caught.value.code == "busy"
    sink.kept()
    FolderSink(str(tmp_path)).abort()
    assert list(tmp_path.iterdir()) == []


def _link(part: Path) -> None:
    part.rename(part.with_name("elsewhere"))
    part.symlink_to("elsewhere")


def _open_to_others(part: Path) -> None:
    part.chmod(0o755)


def _gone(part: Path) -> None:
    part.rename(part.with_name("elsewhere"))


@pytest.mark.parametrize("harm", [_link, _open_to_others, _gone])
def test_what_is_not_our_own_part_folder_is_not_gone_on_in(tmp_path: Path, harm: object) -> None:
    entries = [Entry("file", "a", 10)]
    part = begin(tmp_path, entries, b"01234")
    harm(tmp_path / part)  # type: ignore[operator]
    before = {path: path.lstat().st_mode for path in tmp_path.rglob("*")}
    with pytest.raises(LocalFileFailed) as caught:
        FolderSink.resume(str(tmp_path), part, entries, 5)
    assert caught.value.code == "part_gone"
    assert {path: path.lstat().st_mode for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("name", ["..", "../x", "", "other", ".peerseal-0123456789ab.part/x"])
def test_only_names_of_part_folders_are_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    with pytest.raises(LocalFileFailed):
        FolderSink.resume(str(tmp_path), name, [Entry("file", "a", 10)], 0)


@pytest.mark.parametrize("held", [3, 10])
def test_links_inside_a_part_folder_are_not_followed(tmp_path: Path, held: int) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (tmp_path / "precious").write_bytes(b"precious")
    entries = [Entry("file", "a", 10), Entry("file", "d/b", 5)]
    part = begin(target, entries, b"0123456789")
    (target / part / "a").unlink()
    (target / part / "a").symlink_to(tmp_path / "precious")
    with pytest.raises(PeersealError):
        FolderSink.resume(str(target), part, entries, held)
    assert (tmp_path / "precious").read_bytes() == b"precious"


_RECEIVER = """
import os, sys
from peerseal.files.folder_sink import FolderSink
from peerseal.protocol.entries import Entry
sink = FolderSink(sys.argv[1])
for number in range(20):
    sink.expect(Entry("file", f"top/{number}", 100_000))
print(sink.part_name, flush=True)
while True:
    sink.write(memoryview(b"x" * 1000))
    print(".", end="", flush=True)
"""


def test_after_a_kill_everything_that_was_written_is_there(tmp_path: Path) -> None:
    entries = [Entry("file", f"top/{number}", 100_000) for number in range(20)]
    with subprocess.Popen([sys.executable, "-c", _RECEIVER, tmp_path], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        part = other.stdout.readline().decode().strip()
        assert other.stdout.read(1234) == b"." * 1234
        other.kill()
    sink = FolderSink.resume(str(tmp_path), part, entries, 1_234_000)
    view = memoryview(bytearray(1_234_000))
    assert sink.read_back(0, view) == len(view)
    assert view == b"x" * 1_234_000
    write(sink, b"y" * 766_000, 5000)
    assert sink.finish() == [str(tmp_path / "top")]
    assert (
        b"".join((tmp_path / "top" / str(n)).read_bytes() for n in range(20))
        == b"x" * 1_234_000 + b"y" * 766_000
    )
