"""What is found under the paths of this machine, and under which names it goes."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.errors import LocalFileFailed
from peerseal.files.scan import scan

from .drained import drain


def test_a_folder_is_walked_in_order_and_every_folder_comes_behind_what_is_in_it(tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "b" / "empty").mkdir(parents=True)
    (top / "a.txt").write_bytes(b"alpha")
    (top / "b" / "z.bin").write_bytes(b"zed")
    (top / "c").write_bytes(b"")
    source = scan([str(top)])
    assert [(entry.path, entry.kind, entry.size) for entry in source.entries] == [
        ("top/a.txt", "file", 5),
        ("top/b/empty", "directory", 0),
        ("top/b/z.bin", "file", 3),
        ("top/b", "directory", 0),
        ("top/c", "file", 0),
        ("top", "directory", 0),
    ]
    assert drain(source) == b"alphazed"
    assert source.notices == []


def test_names_arrive_byte_for_byte(tmp_path: Path) -> None:
    names = ["cafe\u0301.txt", "caf\u00e9.txt", "日本語", "العربية", "👨‍👩‍👧.png"]
    folder = tmp_path / "f"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"x")
    entries = scan([str(folder)]).entries
    assert {entry.path for entry in entries if entry.kind == "file"} == {f"f/{name}" for name in names}


def test_a_name_that_is_illegal_on_the_wire_is_mapped_with_a_notice(tmp_path: Path) -> None:
    (tmp_path / "a\\b\n").write_bytes(b"1")
    source = scan([str(tmp_path / "a\\b\n")])
    assert source.entries[0].path == "a_b_"
    assert len(source.notices) == 1


def test_bytes_that_are_no_utf8_are_mapped(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / os.fsdecode(b"\xff.bin")).write_bytes(b"1")
    source = scan([str(folder)])
    assert source.entries[0].path == "f/_.bin"
    assert drain(source) == b"1"


def test_links_pipes_and_sockets_inside_a_folder_are_left_out_with_a_notice(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    (folder / "file").write_bytes(b"1")
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(folder / "sock"))
        source = scan([str(folder)])
    assert [entry.path for entry in source.entries] == ["f/file", "f"]
    assert len(source.notices) == 3


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything: what this asks about is what somebody else may."""
    if os.geteuid() != 0:
        yield
        return
    os.setreuid(65_534, -1)
    try:
        yield
    finally:
        os.setreuid(0, -1)


def test_what_may_not_be_read_inside_a_folder_is_left_out_and_the_first_of_many_are_named(
    tmp_path: Path,
) -> None:
    top = tmp_path / "top"
    (top / "shut").mkdir(parents=True)
    (top / "shut" / "inside").write_bytes(b"no")
    (top / "open").write_bytes(b"yes")
    for number in range(24):
        (top / f"p{number:02}").write_bytes(b"no")
        (top / f"p{number:02}").chmod(0)
    (top / "shut").chmod(0)
    with as_nobody():
        source = scan([str(top)])
    (top / "shut").chmod(0o700)
    assert [entry.path for entry in source.entries] == ["top/open", "top"]
    assert source.notices[0] == f"Left out {top}/p00: it may not be read."
    assert source.notices[20:] == ["Left out 5 more that may not be read."]


def test_a_link_named_outright_is_followed_under_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"content")
    (tmp_path / "link.txt").symlink_to("target")
    source = scan([str(tmp_path / "link.txt")])
    assert source.entries[0].path == "link.txt"
    assert drain(source) == b"content"


def test_two_of_a_name_are_told_apart(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_bytes(folder.encode())
    source = scan([str(tmp_path / "x" / "a.txt"), str(tmp_path / "y" / "a.txt")])
    assert [entry.path for entry in source.entries] == ["a.txt", "a (1).txt"]


def test_what_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(LocalFileFailed) as caught:
        scan([str(tmp_path / "nothing")])
    assert caught.value.code == "no_such_file"


def test_a_device_is_refused() -> None:
    with pytest.raises(LocalFileFailed) as caught:
        scan(["/dev/null"])
    assert caught.value.code == "not_a_file"
