"""Going on in a part folder, byte by byte as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.errors import LocalFileFailed, PeersealError, Refused
from peerseal.files.folder_sink import FolderSink
from peerseal.protocol.entries import Entry

from .trees import content_of, entries_of, few, on_disk, trees


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
