"""Paths on this machine as entries to send: what is found under them, and under which names it goes.

Links inside a folder are not followed and, like devices, sockets and what may not be read, left out with a notice; a
link named on the command line is what its person meant and is followed.
"""

# Descriptors and plain paths: pathlib knows no dir_fd, and importing it costs start-up time.
# ruff: noqa: PTH116, PTH119

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from typing import Final

from peerseal.errors import LocalFileFailed
from peerseal.files.names import numbered, visible, wire_component
from peerseal.files.paths_source import Found, PathsSource
from peerseal.files.unreadable import not_a_file, read_failed
from peerseal.protocol.entries import Entry

MAX_DEPTH: Final = 64
MAX_PATH: Final = 4096
_UNREADABLE_SHOWN: Final = 20
_READ_ALL: Final = 0o444
_ENTER_ALL: Final = 0o555


def look(paths: list[str]) -> None:
    """Fail early for what can never be sent: missing, unreadable, no file and no folder. Opens and reads nothing.

    Raises LocalFileFailed.
    """
    for given in paths:
        try:
            mode = os.stat(given).st_mode
        except OSError as error:
            raise read_failed(given, error) from None
        if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            raise not_a_file(given)
        if not os.access(given, os.R_OK | (os.X_OK if stat.S_ISDIR(mode) else 0)):
            raise read_failed(given, PermissionError(errno.EACCES, ""))


def scan(paths: list[str]) -> PathsSource:
    """Everything under the given files and folders. Raises LocalFileFailed if one is missing or unreadable.

    What may not be read inside a folder is left out with a notice: known before the offer, not in the middle of it.
    """
    found: list[Found] = []
    notices: list[str] = []
    unreadable: list[str] = []
    taken: set[str] = set()
    for given in paths:
        try:
            place = os.path.realpath(given, strict=True)
            status = os.stat(place, follow_symlinks=False)
        except OSError as error:
            raise read_failed(given, error) from None
        name = _top_name(given, place)
        top = _free_name(_on_wire(name, notices, first=True), taken, folder=stat.S_ISDIR(status.st_mode))
        if stat.S_ISDIR(status.st_mode):
            found.extend(_walk(place, top, given.rstrip("/"), status, notices, unreadable=unreadable))
        elif stat.S_ISREG(status.st_mode):
            found.append(Found(_file_entry(top, status), place, status))
        else:
            raise not_a_file(given)
    notices.extend(
        f"Left out {visible(shown)}: it may not be read." for shown in unreadable[:_UNREADABLE_SHOWN]
    )
    if (more := len(unreadable) - _UNREADABLE_SHOWN) > 0:
        notices.append(f"Left out {more} more that may not be read.")
    return PathsSource(found, notices)


def _walk(
    folder: str, wire: str, shown: str, status: os.stat_result, notices: list[str], *, unreadable: list[str]
) -> Iterator[Found]:
    """`folder` is where it is, `wire` what it is called on the way, `shown` how its person would write it."""
    if wire.count("/") >= MAX_DEPTH or len(wire.encode()) > MAX_PATH:
        raise LocalFileFailed(f"{visible(shown)} is nested too deeply to send.", code="path_too_long")
    try:
        with os.scandir(folder) as listing:
            children = sorted(listing, key=lambda child: os.fsencode(child.name))
    except OSError as error:
        raise read_failed(shown or "/", error) from None
    taken: set[str] = set()
    for child in children:
        try:
            child_status = child.stat(follow_symlinks=False)
        except OSError as error:
            raise read_failed(f"{shown}/{child.name}", error) from None
        mode = child_status.st_mode
        is_folder = stat.S_ISDIR(mode)
        if not is_folder and not stat.S_ISREG(mode):
            notices.append(f"Left out {visible(shown + '/' + child.name)}: {_special(mode)}.")
            continue
        # What everybody may read is not asked about: that would be one more system call for each of many files.
        for_all = _ENTER_ALL if is_folder else _READ_ALL
        if mode & for_all != for_all and not os.access(child.path, os.R_OK | (os.X_OK if is_folder else 0)):
            unreadable.append(f"{shown}/{child.name}")
            continue
        name = _free_name(_on_wire(child.name, notices, first=False), taken, folder=is_folder)
        if is_folder:
            below = f"{wire}/{name}"
            yield from _walk(
                child.path, below, f"{shown}/{child.name}", child_status, notices, unreadable=unreadable
            )
        else:
            yield Found(_file_entry(f"{wire}/{name}", child_status), child.path, child_status)
    # Behind what is in it, for its time: whoever makes the files first does not change it again.
    yield Found(Entry("directory", wire, 0, _milliseconds(status)), folder, status)


def _file_entry(wire: str, status: os.stat_result) -> Entry:
    if len(wire) > MAX_PATH // 4 and len(wire.encode()) > MAX_PATH:
        raise LocalFileFailed(f"{visible(wire[:80])}… is nested too deeply to send.", code="path_too_long")
    executable = status.st_mode & stat.S_IXUSR != 0
    return Entry("file", wire, status.st_size, _milliseconds(status), executable)


def _milliseconds(status: os.stat_result) -> int:
    return max(0, status.st_mtime_ns // 1_000_000)


def _top_name(given: str, place: str) -> str:
    """The name as typed; for `.`, `..` and `/` the folder's own."""
    name = os.path.basename(given.rstrip("/"))
    return name if name not in ("", ".", "..") else os.path.basename(place) or "folder"


def _on_wire(name: str, notices: list[str], *, first: bool) -> str:
    mapped = wire_component(name, first=first)
    if mapped != name:
        notices.append(f"{visible(name)} is sent as {visible(mapped)}: its name cannot exist everywhere.")
    return mapped


def _free_name(name: str, taken: set[str], *, folder: bool) -> str:
    if name not in taken:
        taken.add(name)
        return name
    number = 1
    while (free := numbered(name, number, folder=folder)) in taken:
        number += 1
    taken.add(free)
    return free


def _special(mode: int) -> str:
    if stat.S_ISLNK(mode):
        return "it is a link"
    if stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode):
        return "it is a pipe or socket"
    return "it is a device"
