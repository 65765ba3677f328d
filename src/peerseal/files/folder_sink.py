"""Received bytes onto this disk: hidden until everything verified, then under their final names.

All entries grow inside one part folder in the target folder. `finish` moves each top-level item to its final name
without ever replacing what is there; `abort` removes the part folder and everything it moved so far stays out of
sight. `kept` leaves it for a later process, which goes on with `resume`.

Nothing is forced to the disk on the way: a kill loses nothing, and what a power cut took is found by the check of
every record that going on begins with.
"""

# Descriptors and plain paths: pathlib knows no dir_fd, and importing it costs start-up time.
# ruff: noqa: PTH118

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Final, Self

from peerseal.errors import IntegrityFailed, LocalFileFailed, Refused
from peerseal.files.at_rest import Local, Reading, position, reopen, restore
from peerseal.files.names import visible
from peerseal.files.part import (
    NEW_FILE,
    FolderStack,
    Kept,
    keep_none,
    make_part,
    move_back,
    move_out,
    remove_abandoned,
    remove_tree,
    reopen_part,
)
from peerseal.files.places import Places
from peerseal.files.sink import no_space, write_failed
from peerseal.files.target import open_target, remove_empty
from peerseal.protocol.entries import Entry

_NS_PER_MS: Final = 1_000_000
_LATEST_MS: Final = 253_402_300_799_000
"""The end of the year 9999: file systems disagree about anything later."""


class FolderSink:
    """Places entries in a folder of this machine."""

    def __init__(
        self, target: str, *, unhide: bool = False, kept: Kept = keep_none, part: str | None = None
    ) -> None:
        """`target`: a folder, made if need be. With `unhide`, hidden names get `_` in front. Raises LocalFileFailed.

        `kept`: the part folders a journal still speaks of; others that nobody holds are removed. `part`: see `resume`.
        """
        self.target: Final = target
        self._target_fd, self._made, name, fd = _new(target, kept) if part is None else _again(target, part)
        #: The name of the part folder in the target folder.
        self.part_name: Final = name
        self._stack = FolderStack(fd)
        self._unhide = unhide
        self._flags = NEW_FILE
        self._entries: list[Entry] = []
        self._next = 0
        self._fd = -1
        self._written = 0
        self._file_size: int | None = None
        self._places = Places()
        #: Local names of the entries before `_next`; of those that are files.
        self._locals: list[Local] = []
        self._files: list[Local] = []
        self._reading: Reading | None = None
        self._finals: dict[str, str] = {}
        self._ended = False

    @classmethod
    def resume(
        cls, target: str, part: str, entries: Sequence[Entry], content_bytes: int, *, unhide: bool = False
    ) -> Self:
        """Go on in the part folder `part` of an earlier process, at byte `content_bytes` of the content.

        What lies beyond is cut off; what is missing before it reads as missing or zeros, so check it with `read_back`
        and `go_back`. Raises LocalFileFailed (`part_gone`), Refused (`busy`).
        """
        sink = cls(target, unhide=unhide, part=part)
        try:
            for entry in entries:
                sink.expect(entry)
            sink.go_back(content_bytes)
        except BaseException:
            sink.kept()
            raise
        return sink

    @property
    def current(self) -> str:
        """See `Sink.current`."""
        return self._entries[max(0, self._next - 1)].path if self._entries else ""

    def expect(self, entry: Entry) -> None:
        """See `Sink.expect`."""
        if entry.kind == "text":
            raise IntegrityFailed("A text does not belong among files.", code="manifest_invalid")
        self._entries.append(entry)

    def size_given(self, number: int, size: int) -> None:
        """See `Sink.size_given`."""
        self._entries[number] = self._entries[number]._replace(size=size)
        if number == self._next - 1 and self._fd >= 0:
            self._file_size = size
            if self._written > size:
                raise IntegrityFailed("More bytes than the size that was given.", code="manifest_invalid")

    def check_space(self, size: int) -> None:
        """See `Sink.check_space`: what the disk has free."""
        free = os.fstatvfs(self._target_fd)
        if free.f_bavail * free.f_frsize < size:
            raise no_space(self.target)

    def write(self, content: memoryview) -> None:
        """See `Sink.write`."""
        while len(content):
            if self._fd < 0 or self._written == self._file_size:
                self._advance()
            if self._fd < 0:
                raise IntegrityFailed("More content than the files it belongs to.", code="manifest_invalid")
            step = content
            if self._file_size is not None:
                step = content[: self._file_size - self._written]
            content = content[self._write_some(step) :]

    def finish(self) -> list[str]:
        """See `Sink.finish`."""
        while self._fd >= 0 or self._next < len(self._entries):
            if self._fd >= 0 and self._file_size is not None and self._written != self._file_size:
                raise IntegrityFailed("A file is shorter than its size.", code="manifest_invalid")
            if self._next == len(self._entries):
                self._close_file()
                break
            self._advance(to_end=True)
        self._keep_folder_times()
        try:
            placed = self._publish()
        except LocalFileFailed as error:
            if error.code != "no_space":  # with room, a later process puts it in its place
                self.abort()
            raise
        except BaseException:
            self.abort()
            raise
        self.abort()
        return placed

    def placed(self) -> list[str]:
        """See `Sink.placed`."""
        tops = {name: os.path.join(self.target, final) for name, final in self._finals.items()}
        return ["/".join((tops[file[0]], *file[1:])) for file in self._files]

    def notices(self) -> list[str]:
        """See `Sink.notices`: what is called otherwise than at its sender, the first of many."""
        places = self._places
        said = [
            f"{visible(wire)} is called {visible(local)} here: the name could do harm on some systems, or is taken."
            for wire, local in places.renamed
        ]
        if (more := places.renamed_count - len(said)) > 0:
            said.append(f"… and {more} more are called otherwise here.")
        return said

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._ended:
            return
        self._close_all()
        with contextlib.suppress(OSError):
            remove_tree(self.part_name, self._target_fd)
        os.close(self._target_fd)
        remove_empty(self._made)

    def kept(self) -> None:
        """See `Sink.kept`: the part folder stays, unlocked."""
        if not self._ended:
            self._close_all()
            os.close(self._target_fd)

    def _close_all(self) -> None:
        self._ended = True
        self._stop_reading()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._stack.close()

    # --- going on ---

    def read_back(self, offset: int, view: memoryview) -> int:
        """Fill `view` with what was written at byte `offset` of the content; how many bytes are there without a gap."""
        if self._reading is None:
            self._reading = Reading(self._stack, self._entries, self._locals)
        try:
            return self._reading.read(offset, view)
        except OSError:
            return 0  # what cannot be read is not there

    def go_back(self, content_bytes: int) -> None:
        """Go on from byte `content_bytes`, as if nothing had come after it. Raises LocalFileFailed."""
        self._stop_reading()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._places, self._locals, self._files = Places(), [], []
        # From now on a name may stand there already, from before: it is cut, and still never a link.
        self._flags = (NEW_FILE & ~os.O_EXCL) | os.O_TRUNC | os.O_NONBLOCK
        at = position(self._entries, content_bytes)
        self._next = at.next
        for number in range(at.next):
            inside = at.inside if number == at.next - 1 else None
            try:
                self._take_again(self._entries[number], inside)
            except OSError as error:
                raise write_failed(self._entries[number].path, error, self.target) from None

    def _take_again(self, entry: Entry, inside: int | None) -> None:
        """One entry from before: complete, or with `inside` bytes, which the next write goes on from."""
        local = self._place(entry)
        if entry.kind == "directory":
            self._stack.enter(local)
            return
        folder = self._stack.enter(local[:-1])
        self._files.append(local)
        if inside is not None:
            self._fd = reopen(local[-1], _mode(entry), folder, inside)
            self._written, self._file_size = inside, entry.size
            return
        size, modified = entry.size or 0, entry.modified * _NS_PER_MS
        if (fd := restore(local[-1], _mode(entry), folder, size, modified)) is not None:
            self._close(fd, entry)

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.close()
            self._reading = None

    def _advance(self, *, to_end: bool = False) -> None:
        """Close the file that is complete and open the next one that takes bytes."""
        if self._fd >= 0:
            self._close_file()
        while self._fd < 0 and self._next < len(self._entries):
            entry = self._entries[self._next]
            self._next += 1
            try:
                self._create(entry)
            except OSError as error:
                raise write_failed(entry.path, error, self.target) from None
            if self._fd >= 0 and self._file_size == 0 and not to_end:
                self._close_file()

    def _create(self, entry: Entry) -> None:
        local = self._place(entry)
        if entry.kind == "directory":
            self._stack.enter(local)
            return
        folder = self._stack.enter(local[:-1])
        self._fd = os.open(local[-1], self._flags, _mode(entry), dir_fd=folder)
        self._files.append(local)
        self._written = 0
        self._file_size = entry.size

    def _place(self, entry: Entry) -> Local:
        local = self._places.place(entry.path, folder=entry.kind == "directory", unhide=self._unhide)
        self._locals.append(local)
        return local

    def _write_some(self, content: memoryview) -> int:
        try:
            n = os.write(self._fd, content)
        except OSError as error:
            raise write_failed(self.current, error, self.target) from None
        self._written += n
        return n

    def _close_file(self) -> None:
        fd, self._fd = self._fd, -1
        self._close(fd, self._entries[self._next - 1])

    def _close(self, fd: int, entry: Entry) -> None:
        try:
            if _has_time(entry):
                modified = entry.modified * _NS_PER_MS
                with contextlib.suppress(OSError):  # a file system that cannot keep a time keeps the file
                    os.utime(fd, ns=(modified, modified))
        finally:
            try:
                os.close(fd)
            except OSError as error:  # a full or remote disk may only say so now
                raise write_failed(entry.path, error, self.target) from None

    def _keep_folder_times(self) -> None:
        """Set them once nothing is written inside any more, the deepest first."""
        timed = [
            (local, entry.modified * _NS_PER_MS)
            for local, entry in zip(self._locals, self._entries, strict=True)
            if entry.kind == "directory" and _has_time(entry)
        ]
        timed.sort(key=lambda one: -len(one[0]))
        for local, modified in timed:
            with contextlib.suppress(OSError):  # as for files: a folder without its time is a folder
                parent = self._stack.enter(local[:-1])
                os.utime(local[-1], ns=(modified, modified), dir_fd=parent, follow_symlinks=False)

    def _publish(self) -> list[str]:
        """Move every top-level item to its final name, or none: on failure those moved go back to be removed."""
        part, target = self._stack.root, self._target_fd
        moved: list[tuple[str, str, os.stat_result]] = []
        name = ""
        try:
            for name in self._places.tops():
                item = os.stat(name, dir_fd=part, follow_symlinks=False)
                moved.append((name, move_out(name, part, target), item))
        except BaseException as error:
            for name_before, final, item in reversed(moved):
                move_back(final, item, name_before, part, target)
            if isinstance(error, OSError):
                raise write_failed(name, error, self.target) from None
            raise
        self._finals = {name: final for name, final, _ in moved}
        return [os.path.join(self.target, final) for _, final, _ in moved]


def _has_time(entry: Entry) -> bool:
    return 0 < entry.modified <= _LATEST_MS


def _mode(entry: Entry) -> int:
    return 0o755 if entry.executable else 0o644


def _new(target: str, kept: Kept) -> tuple[int, list[str], str, int]:
    target_fd, made = open_target(target)
    remove_abandoned(target_fd, kept)
    try:
        return target_fd, made, *make_part(target_fd)
    except OSError as error:
        os.close(target_fd)
        remove_empty(made)
        raise write_failed(target, error) from None


def _again(target: str, part: str) -> tuple[int, list[str], str, int]:
    try:
        target_fd = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _gone(target, error) from None
    try:
        return target_fd, [], part, reopen_part(target_fd, part)
    except OSError as error:
        os.close(target_fd)
        raise _gone(target, error) from None


def _gone(target: str, error: OSError) -> LocalFileFailed | Refused:
    if isinstance(error, BlockingIOError):
        return Refused(
            "The same transfer is already running.", code="busy", hint="Wait for it to end, or stop it."
        )
    return LocalFileFailed(
        f"What was received so far is no longer in {visible(target)} ({error.strerror or 'unknown reason'}).",
        code="part_gone",
        hint="It has to begin anew.",
    )
