"""What arrives is placed safely or not at all."""

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.errors import IntegrityFailed, LocalFileFailed, UsageError
from peerseal.files.folder_sink import FolderSink
from peerseal.files.scan import scan
from peerseal.files.sink import MemorySink, StreamSink
from peerseal.protocol.entries import Entry


def file(path: str, size: int | None, modified: int = 0, executable: bool = False) -> Entry:
    return Entry("file", path, size, modified, executable)


def place(
    target: Path, entries: list[Entry], content: bytes, *, unhide: bool = False, step: int = 5
) -> list[str]:
    sink = FolderSink(str(target), unhide=unhide)
    try:
        for entry in entries:
            sink.expect(entry)
        for start in range(0, len(content), step):
            sink.write(memoryview(content[start : start + step]))
        return sink.finish()
    finally:
        sink.abort()


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_files_and_folders_arrive_under_their_names(tmp_path: Path) -> None:
    entries = [
        file("top/a", 3),
        Entry("directory", "top/empty", 0),
        file("top/sub/b", 0),
        file("top/sub/c", 4),
    ]
    assert place(tmp_path, entries, b"abcdefg") == [str(tmp_path / "top")]
    assert tree(tmp_path) == {
        "top": None,
        "top/a": b"abc",
        "top/empty": None,
        "top/sub": None,
        "top/sub/b": b"",
        "top/sub/c": b"defg",
    }


@given(
    st.dictionaries(
        st.text("abcé日 .()", min_size=1, max_size=8).filter(lambda n: n not in (".", "..")),
        st.binary(max_size=30),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 50),
)
def test_every_byte_lands_in_its_own_file(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], step: int
) -> None:
    target = tmp_path_factory.mktemp("target")
    entries = [file(name, len(content)) for name, content in files.items()]
    place(target, entries, b"".join(files.values()), step=step)
    assert sorted(path.read_bytes() for path in target.iterdir()) == sorted(files.values())


def test_nothing_is_visible_before_the_end_and_nothing_stays_after_a_failure(tmp_path: Path) -> None:
    sink = FolderSink(str(tmp_path))
    sink.expect(file("a.txt", 10))
    sink.write(memoryview(b"12345"))
    assert [path.name.startswith(".") for path in tmp_path.iterdir()] == [True]
    sink.abort()
    sink.abort()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_too_short_is_not_placed(tmp_path: Path) -> None:
    with pytest.raises(IntegrityFailed):
        place(tmp_path, [file("a", 10), file("b", 1)], b"12345")
    assert list(tmp_path.iterdir()) == []


def test_more_content_than_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityFailed):
        place(tmp_path, [file("a", 3)], b"12345")
    assert list(tmp_path.iterdir()) == []


def test_an_existing_name_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"mine")
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "kept").write_bytes(b"mine")
    assert place(tmp_path, [file("a.txt", 3)], b"new") == [str(tmp_path / "a (1).txt")]
    assert place(tmp_path, [file("dir/x", 1)], b"n") == [str(tmp_path / "dir (1)")]
    assert place(tmp_path, [file("dir", 1)], b"n") == [str(tmp_path / "dir (2)")]
    assert (tmp_path / "a.txt").read_bytes() == b"mine"
    assert tree(tmp_path / "dir") == {"kept": b"mine"}


def test_an_empty_folder_of_that_name_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    place(tmp_path, [file("dir/x", 1)], b"n")
    assert list((tmp_path / "dir").iterdir()) == []


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    victim = outside / "victim"
    victim.write_bytes(b"mine")
    target = tmp_path / "target"
    target.mkdir()
    (target / "a").symlink_to(victim)
    (target / "dir").symlink_to(outside)
    (target / "dangling").symlink_to(outside / "new")
    place(target, [file("a", 1), file("dangling", 1), file("dir/victim", 1)], b"123")
    assert tree(outside) == {"victim": b"mine"}
    assert (target / "a (1)").read_bytes() == b"1"
    assert (target / "dir (1)" / "victim").read_bytes() == b"3"


def test_two_wire_names_that_fall_on_one_local_name_both_arrive(tmp_path: Path) -> None:
    place(tmp_path, [file("a?", 1), file("a*", 1), file("A_", 1), file("d:/x", 1), file("d|/x", 1)], b"12345")
    assert sorted(tree(tmp_path)) == ["A_ (2)", "a_", "a_ (1)", "d_", "d_ (1)", "d_ (1)/x", "d_/x"]


def test_modes_are_masked_and_times_kept(tmp_path: Path) -> None:
    umask = os.umask(0o022)
    try:
        place(
            tmp_path, [file("tool", 1, 1_600_000_000_123, executable=True), file("text", 1, 2**53 - 1)], b"12"
        )
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "tool").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "text").stat().st_mode) == 0o644
    assert (tmp_path / "tool").stat().st_mtime_ns == 1_600_000_000_123_000_000


def test_folders_keep_their_times_though_more_was_written_inside_them(tmp_path: Path) -> None:
    entries = [
        Entry("directory", "top", 0, 1_500_000_000_000),
        Entry("directory", "top/sub", 0, 1_400_000_000_000),
        Entry("directory", "top/sub/empty", 0, 1_300_000_000_000),
        file("top/sub/a", 3),
    ]
    place(tmp_path, entries, b"abc")
    for path, seconds in (
        ("top", 1_500_000_000),
        ("top/sub", 1_400_000_000),
        ("top/sub/empty", 1_300_000_000),
    ):
        assert (tmp_path / path).stat().st_mtime == seconds


def test_every_folder_that_is_sent_has_its_time_where_it_arrives(tmp_path: Path) -> None:
    deep = tmp_path / "from" / "top" / "sub" / "deep"
    deep.mkdir(parents=True)
    (deep / "a").write_bytes(b"abc")
    (deep.parent / "b").write_bytes(b"de")
    times = {"top/sub/deep": 1_300_000_000, "top/sub": 1_400_000_000, "top": 1_500_000_000}
    for path, seconds in times.items():
        os.utime(tmp_path / "from" / path, (seconds, seconds))
    source = scan([str(tmp_path / "from" / "top")])
    content = memoryview(bytearray(5))
    assert source.fill(content) == 5
    source.close()
    (tmp_path / "to").mkdir()
    place(tmp_path / "to", source.entries, bytes(content))
    assert {path: (tmp_path / "to" / path).stat().st_mtime for path in times} == times


def test_a_hidden_name_is_shown_when_nobody_was_asked(tmp_path: Path) -> None:
    place(tmp_path, [file(".bashrc", 1)], b"1", unhide=True)
    assert sorted(tree(tmp_path)) == ["_.bashrc"]


def test_a_size_given_later_ends_its_file(tmp_path: Path) -> None:
    sink = FolderSink(str(tmp_path))
    sink.expect(file("stdin", None))
    sink.write(memoryview(b"12345"))
    sink.size_given(0, 5)
    assert sink.finish() == [str(tmp_path / "stdin")]
    assert (tmp_path / "stdin").read_bytes() == b"12345"


@pytest.mark.parametrize("size", [4, 6])
def test_a_size_given_later_must_be_true(tmp_path: Path, size: int) -> None:
    sink = FolderSink(str(tmp_path))
    sink.expect(file("stdin", None))
    sink.write(memoryview(b"12345"))

    def end() -> None:
        sink.size_given(0, size)
        sink.finish()

    with pytest.raises(IntegrityFailed):
        end()
    sink.abort()
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    for target in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / "dangling"):
        with pytest.raises(LocalFileFailed) as caught:
            FolderSink(str(target))
        assert caught.value.code == "not_a_folder"
    assert not (tmp_path / "nothing").exists()


def test_a_target_that_is_not_there_is_made_with_those_above_it(tmp_path: Path) -> None:
    target = tmp_path / "one" / "two"
    assert place(target, [file("a", 1)], b"x") == [str(target / "a")]
    assert (target / "a").read_bytes() == b"x"


def test_what_failed_leaves_no_folder_that_was_made_for_it(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    sink = FolderSink(str(tmp_path / "mine" / "one" / "two"))
    sink.expect(file("a", 2))
    sink.write(memoryview(b"x"))
    sink.abort()
    assert list(tmp_path.rglob("*")) == [tmp_path / "mine"]


def test_a_folder_made_for_something_stays_if_others_put_something_in_it(tmp_path: Path) -> None:
    sink = FolderSink(str(tmp_path / "one" / "two"))
    (tmp_path / "one" / "theirs").write_bytes(b"")
    sink.abort()
    assert list(tmp_path.rglob("*")) == [tmp_path / "one", tmp_path / "one" / "theirs"]


def test_a_full_disk_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    sink = FolderSink(str(tmp_path))
    with pytest.raises(LocalFileFailed) as caught:
        sink.check_space(2**62)
    assert caught.value.code == "no_space"
    sink.abort()


def test_a_full_disk_can_be_made_room_on(tmp_path: Path) -> None:
    sink = FolderSink(str(tmp_path))
    with pytest.raises(LocalFileFailed) as caught:
        sink.check_space(2**60)
    sink.abort()
    assert (caught.value.code, caught.value.retryable) == ("no_space", True)


def test_standard_output_takes_one_file_and_no_second() -> None:
    read, write = os.pipe()
    sink = StreamSink(write)
    sink.expect(file("a", 3))
    sink.write(memoryview(b"abc"))
    with pytest.raises(UsageError):
        sink.expect(file("b", 3))
    os.close(write)
    assert os.read(read, 10) == b"abc"
    os.close(read)


def test_a_text_over_the_limit_is_refused() -> None:
    sink = MemorySink(4)
    sink.write(memoryview(b"abcd"))
    with pytest.raises(IntegrityFailed):
        sink.write(memoryview(b"e"))


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_if_one_item_cannot_be_placed_none_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    (tmp_path / "one.txt").write_bytes(b"mine")
    link, rename = os.link, os.rename

    def no_link(source: str, final: str, *, src_dir_fd: int, dst_dir_fd: int, follow_symlinks: bool) -> None:
        if not links:
            raise OSError(errno.EPERM, "no links here")
        full(final)
        link(source, final, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd, follow_symlinks=follow_symlinks)

    def moved(source: str, final: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        full(final)
        rename(source, final, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    def full(final: str) -> None:
        if final.startswith("three"):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", no_link)
    monkeypatch.setattr(os, "rename", moved)
    entries = [file("one.txt", 1), file("two/a", 1), file("three.txt", 1), file("four.txt", 0)]
    with pytest.raises(LocalFileFailed) as wrong:
        place(tmp_path, entries, b"abc")
    assert wrong.value.code == "no_space"
    assert tree(tmp_path) == {"one.txt": b"mine"}


def test_what_is_called_otherwise_here_is_said_and_of_many_only_the_first(tmp_path: Path) -> None:
    sink = FolderSink(str(tmp_path))
    sizes = [file(f"top/a:{number}", 0) for number in range(22)]
    for entry in [Entry("directory", "CON", 0), file("CON/a", 0), file("plain", 0), file("PLAIN", 0), *sizes]:
        sink.expect(entry)
    sink.finish()
    said = sink.notices()
    assert said[0].startswith("CON is called _CON here")
    assert said[1].startswith("PLAIN is called PLAIN (1) here")
    assert said[2].startswith("top/a:0 is called top/a_0 here")
    assert said[-1] == "… and 4 more are called otherwise here."
    assert len(said) == 21


def test_names_that_stay_are_not_spoken_of(tmp_path: Path) -> None:
    sink = FolderSink(str(tmp_path))
    for entry in [file("top/a", 0), file("top/b", 0), file("c", 0)]:
        sink.expect(entry)
    sink.finish()
    assert sink.notices() == []
