"""The journal of one unfinished transfer: a private folder that a later process goes on from (docs/architecture.md).

`about.json` says what it is and is replaced whole; slots are written where they belong, one system call for each
record. Nothing is forced to the disk: what a power cut took is missed or noticed when the bytes at rest are checked
against their slots. Whoever has it open holds a lock on `about.json`.
"""

# Descriptors and plain paths: importing pathlib costs start-up time.
# ruff: noqa: PTH118

from __future__ import annotations

import contextlib
import os
import struct
from types import TracebackType
from typing import Final, NamedTuple, Self

from peerseal.client.home import Notice
from peerseal.crypto_engine import Stream
from peerseal.errors import NotFound
from peerseal.files.part import FOLDER
from peerseal.transfer.about import About, write_about
from peerseal.transfer.journal_folder import (
    TRANSFERS,
    check_owner,
    lock_about,
    make_folder,
    open_folder,
    parse_about,
    place_for,
    put_about,
    remove_folder,
    unusable,
)
from peerseal.transfer.slots import SLOT_BYTES, behind_gap, between, filled, joined
from peerseal.wire.encoding import is_id
from peerseal.wire.limits import ID_BYTES

_MARKS: Final[dict[Stream, str]] = {"manifest": "manifest.marks", "content": "content.marks"}
_PARKED: Final[dict[Stream, str]] = {"manifest": "manifest.parked", "content": "content.parked"}
_MANIFEST: Final = "manifest"
_ACKED: Final = "acked"
_ACKS: Final = struct.Struct(">QQQ")
_OPEN: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_LOOK_BYTES: Final = 1024 * 1024


class Acked(NamedTuple):
    """What the last `ack` said: records of both streams, content bytes."""

    manifest: int = 0
    content: int = 0
    bytes: int = 0


class Journal:
    """One journal, open and locked. Made by `create` or `open`; any thread may write slots."""

    def __init__(self, place: str, journal_id: str, folder: int, lock_fd: int, about: About) -> None:
        self.id: Final = journal_id
        self.about = about
        self._place: Final = place
        self._folder = folder
        self._lock = lock_fd
        self._fds: dict[str, int] = {}
        #: Descriptors of the slot files, for the hot path.
        self._slots: dict[Stream, int] = {}

    @classmethod
    def create(cls, home: str, about: About, notice: Notice, *, journal_id: str | None = None) -> Self:
        """A new journal in this user's folder `home`; under `journal_id` (32 hex digits) if the next run must find it.

        Raises LocalFileFailed, Refused (`busy`) if there is one of that id, IntegrityFailed (`malformed`) if `about`
        is too long to be kept.
        """
        text = write_about(about)
        place = place_for(home, notice)
        name = journal_id or os.urandom(ID_BYTES).hex()
        try:
            parent = os.open(place, FOLDER)
            try:
                folder, lock_fd = make_folder(parent, name, text)
            finally:
                os.close(parent)
        except OSError as error:
            raise unusable(place, error) from None
        return cls(place, name, folder, lock_fd, about)

    @classmethod
    def open(cls, home: str, journal_id: str) -> Self:
        """The journal of that id. Raises NotFound, Refused (`busy`), LocalFileFailed (`journal_damaged` or not usable)."""
        place = os.path.join(home, TRANSFERS)
        if not is_id(journal_id):
            raise _unknown()
        path = os.path.join(place, journal_id)
        try:
            folder = open_folder(path)
        except FileNotFoundError:
            raise _unknown() from None
        except OSError as error:
            raise unusable(path, error) from None
        try:
            lock_fd = lock_about(folder, path)
            try:
                about = parse_about(lock_fd, path)
            except BaseException:
                os.close(lock_fd)
                raise
        except BaseException:
            os.close(folder)
            raise
        return cls(place, journal_id, folder, lock_fd, about)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Journal({self.id[:8]})"

    # --- slots ---

    def mark(self, stream: Stream, index: int, mark: bytes | bytearray | memoryview) -> None:
        """Slot `index`: a mark (28 bytes) or a leaf (32). The hot path: one system call."""
        try:
            os.pwrite(self._slots[stream], mark, SLOT_BYTES * index)
        except KeyError:
            self._slots[stream] = self._file(_MARKS[stream])
            self.mark(stream, index, mark)
        except OSError as error:
            raise unusable(self._path, error) from None

    def marks(self, stream: Stream) -> bytes:
        """The slots from 0 to before the first that is empty, 32 bytes each."""
        return filled(self._file(_MARKS[stream]))

    def joined(self, stream: Stream) -> bytes:
        """The same as marks: the first 28 bytes of each, back to back (what `Marks` begins with)."""
        return joined(self.marks(stream))

    def slots(self, stream: Stream, first: int, count: int) -> bytes | None:
        """Slots `first` to before `first + count`, 32 bytes each; None if one of them is empty."""
        return between(self._file(_MARKS[stream]), first, count)

    def cut(self, stream: Stream, count: int) -> None:
        """Forget every slot from `count` on."""
        os.ftruncate(self._file(_MARKS[stream]), SLOT_BYTES * count)

    # --- what a park was sealed with ---

    def parked_mark(self, stream: Stream, index: int, mark: bytes | bytearray | memoryview) -> None:
        """Slot `index` of what a sender seals for its park: those of what was sent before stay as they are."""
        try:
            os.pwrite(self._file(_PARKED[stream]), mark, SLOT_BYTES * index)
        except OSError as error:
            raise unusable(self._path, error) from None

    def parked(self, stream: Stream) -> tuple[int, bytes]:
        """The first slot of the park that is filled, and the marks from there without a gap, joined as in `joined`."""
        first, found = behind_gap(self._file(_PARKED[stream]))
        return first, joined(found)

    def parked_cut(self) -> None:
        """Forget what an earlier park was sealed with."""
        for name in _PARKED.values():
            os.ftruncate(self._file(name), 0)

    # --- the manifest, and what was acknowledged ---

    def manifest_add(self, plaintext: bytes | bytearray | memoryview) -> None:
        """The next manifest record a receiver has opened: its plaintext, before its mark."""
        fd = self._file(_MANIFEST)
        try:
            left = memoryview(plaintext)
            end = os.lseek(fd, 0, os.SEEK_END)
            while left:
                written = os.pwrite(fd, left, end)
                end, left = end + written, left[written:]
        except OSError as error:
            raise unusable(self._path, error) from None

    def manifest(self) -> bytes:
        """Plaintext of the manifest records so far; a torn one may be shorter than its marks say."""
        fd = self._file(_MANIFEST)
        found = bytearray()
        while piece := os.pread(fd, _LOOK_BYTES, len(found)):
            found += piece
        return bytes(found)

    def manifest_cut(self, length: int) -> None:
        """Forget what stands behind the first `length` bytes."""
        os.ftruncate(self._file(_MANIFEST), length)

    def acked(self, manifest: int, content: int, size: int) -> None:
        """Note what the receiver says it keeps."""
        try:
            os.pwrite(self._file(_ACKED), _ACKS.pack(manifest, content, size), 0)
        except OSError as error:
            raise unusable(self._path, error) from None

    @property
    def acks(self) -> Acked:
        """What was acknowledged last."""
        found = os.pread(self._file(_ACKED), _ACKS.size, 0)
        return Acked(*_ACKS.unpack(found)) if len(found) == _ACKS.size else Acked()

    # --- the whole ---

    def replace(self, about: About) -> None:
        """Say something else about the same transfer, atomically. Raises LocalFileFailed."""
        text = write_about(about)
        try:
            fresh = put_about(self._folder, text)
        except OSError as error:
            raise unusable(self._path, error) from None
        os.close(self._lock)
        self._lock, self.about = fresh, about

    def begin_anew(self, about: About) -> None:
        """Forget everything noted so far and begin with `about` instead."""
        # The slots first: a kill in between leaves a journal that holds nothing, not one that holds another's.
        try:
            for name in (*_MARKS.values(), _MANIFEST, _ACKED):
                os.ftruncate(self._file(name), 0)
        except OSError as error:
            raise unusable(self._path, error) from None
        self.replace(about)

    def discard(self) -> None:
        """Remove it: the transfer is done, or over for good. Closes it. Never raises."""
        with contextlib.suppress(OSError):
            parent = os.open(self._place, FOLDER)
            try:
                remove_folder(parent, self.id)
            finally:
                os.close(parent)
        self.close()

    def close(self) -> None:
        """Close it; may be called twice."""
        self._slots.clear()
        while self._fds:
            os.close(self._fds.popitem()[1])
        for fd in (self._folder, self._lock):
            if fd >= 0:
                os.close(fd)
        self._folder = self._lock = -1

    @property
    def _path(self) -> str:
        return os.path.join(self._place, self.id)

    def _file(self, name: str) -> int:
        fd = self._fds.get(name)
        if fd is None:
            try:
                fd = os.open(name, _OPEN, 0o600, dir_fd=self._folder)
                check_owner(fd)
            except OSError as error:
                raise unusable(self._path, error) from None
            self._fds[name] = fd
        return fd

    @property
    def done(self) -> int:
        """Content bytes that need not go over the wire again, about: `list` shows them."""
        about = self.about
        if about.kind in ("send", "several"):
            return self.acks.bytes
        if about.kind == "upload":
            done = self.acks.bytes
        else:
            done = len(self.marks("content")) // SLOT_BYTES * about.record_size
        return done if about.total is None else min(done, about.total)


def _unknown() -> NotFound:
    return NotFound(
        "There is no unfinished transfer of that id.",
        code="no_transfer",
        hint="`peerseal transfers list` shows those there are.",
    )
