"""Files as one stream: back to back, from any byte, and stopped by whatever changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.errors import LocalFileFailed
from peerseal.files.scan import scan

from .drained import drain
from .trees import content_of, entries_of, few, on_disk, trees


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=6), st.integers(1, 40))
def test_the_stream_is_every_file_back_to_back(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], step: int
) -> None:
    folder = tmp_path_factory.mktemp("files")
    for number, content in enumerate(contents):
        (folder / f"{number}").write_bytes(content)
    assert drain(scan([str(folder / f"{n}") for n in range(len(contents))]), step) == b"".join(contents)


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
        assert drain(source, data.draw(st.integers(1, 30))) == content[begin:]
    source.close()


@pytest.mark.parametrize("change", ["longer", "shorter", "same size", "gone", "link"])
def test_a_file_that_changes_stops_the_transfer(tmp_path: Path, change: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    os.utime(file, ns=(1, 1))
    source = scan([str(file)])
    buffer = memoryview(bytearray(4))
    if change == "gone":
        file.unlink()
    elif change == "link":
        file.unlink()
        file.symlink_to("/etc/hostname")
    else:
        assert source.fill(buffer) == 4
        file.write_bytes({"longer": b"0123456789ab", "shorter": b"012", "same size": b"9876543210"}[change])
    with pytest.raises(LocalFileFailed) as caught:
        drain(source, 4)
    assert caught.value.code == "source_changed"
    source.close()


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
        drain(source, 100_000)
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
