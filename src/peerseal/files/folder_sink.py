"""Received bytes onto this disk: hidden until everything verified, then under their final names.

All entries grow inside one part folder in the target folder. `finish` moves each top-level item to its final name
without ever replacing what is there; `abort` removes the part folder and everything it moved so far stays out of
sight.
"""

# Descriptors and plain paths: pathlib knows no dir_fd, and importing it costs start-up time.
# ruff: noqa: PTH118

from __future__ import annotations

import contextlib
import os
from typing import Final

from peerseal.errors import IntegrityFailed
from peerseal.files.part import (
    NEW_FILE,
    FolderStack,
    make_part,
    move_back,
    move_out,
    remove_abandoned,
    remove_tree,
)
from peerseal.files.places import Places
from peerseal.files.sink import no_space, write_failed
from peerseal.files.target import open_target, remove_empty
from peerseal.protocol.entries import Entry

_LATEST_MS: Final = 253_402_300_799_000
"""The end of the year 9999: file systems disagree about anything later."""


class FolderSink:
    """Places entries in a folder of this machine."""

    def __init__(self, target: str, *, unhide: bool = False) -> None:
        """`target`: a folder, made if need be. With `unhide`, hidden names get `_` in front. Raises LocalFileFailed."""
        self._target = target
        self._unhide = unhide
        self._entries: list[Entry] = []
        self._next = 0
        self._fd = -1
        self._written = 0
        self._file_size: int | None = None
        self._places = Places()
        self._files: list[tuple[str, ...]] = []
        self._finals: dict[str, str] = {}
        self._ended = False
        self._target_fd, self._made = open_target(target)
        remove_abandoned(self._target_fd)
        try:
            self._part_name, part = make_part(self._target_fd)
            self._stack = FolderStack(part)
        except OSError as error:
            os.close(self._target_fd)
            remove_empty(self._made)
            raise write_failed(target, error) from None

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
            raise no_space(self._target)

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
        try:
            return self._publish()
        finally:
            self.abort()

    def placed(self) -> list[str]:
        """See `Sink.placed`."""
        return [os.path.join(self._target, self._finals[file[0]], *file[1:]) for file in self._files]

    def abort(self) -> None:
        """See `Sink.abort`."""
        if self._ended:
            return
        self._ended = True
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._stack.close()
        with contextlib.suppress(OSError):
            remove_tree(self._part_name, self._target_fd)
        os.close(self._target_fd)
        remove_empty(self._made)

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
                raise write_failed(entry.path, error) from None
            if self._fd >= 0 and self._file_size == 0 and not to_end:
                self._close_file()

    def _create(self, entry: Entry) -> None:
        local = self._places.place(entry.path, folder=entry.kind == "directory", unhide=self._unhide)
        if entry.kind == "directory":
            self._stack.enter(local)
            return
        folder = self._stack.enter(local[:-1])
        mode = 0o755 if entry.executable else 0o644
        self._fd = os.open(local[-1], NEW_FILE, mode, dir_fd=folder)
        self._files.append(local)
        self._written = 0
        self._file_size = entry.size

    def _write_some(self, content: memoryview) -> int:
        try:
            n = os.write(self._fd, content)
        except OSError as error:
            raise write_failed(self.current, error) from None
        self._written += n
        return n

    def _close_file(self) -> None:
        modified = self._entries[self._next - 1].modified
        fd, self._fd = self._fd, -1
        try:
            if 0 < modified <= _LATEST_MS:
                with contextlib.suppress(OSError):  # a file system that cannot keep a time keeps the file
                    os.utime(fd, ns=(modified * 1_000_000, modified * 1_000_000))
        finally:
            try:
                os.close(fd)
            except OSError as error:  # a full or remote disk may only say so now
                raise write_failed(self.current, error) from None

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
                raise write_failed(name, error) from None
            raise
        self._finals = {name: final for name, final, _ in moved}
        return [os.path.join(self._target, final) for _, final, _ in moved]
