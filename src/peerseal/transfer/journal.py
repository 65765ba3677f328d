"""The journal of one unfinished transfer: a private folder that a later process goes on from (docs/architecture.md).

`about.json` says what it is and is replaced whole; slots are written where they belong, one system call for each
record. Nothing is forced to the disk: what a power cut took is missed or noticed when the bytes at rest are checked
against their slots. Whoever has it open holds a lock on `about.json`.
"""

# Descriptors and plain paths: importing pathlib costs start-up time.
# ruff: noqa: PTH118, PTH208

from __future__ import annotations

import contextlib
import errno
import os
import re
import struct
import time
from types import TracebackType
from typing import Final, NamedTuple, Self

from peerseal.client.home import Notice, private_folder
from peerseal.crypto_engine import Stream
from peerseal.errors import IntegrityFailed, LocalFileFailed, NotFound, PeersealError, Refused
from peerseal.files.part import FOLDER, NEW_FILE, lock, remove_tree
from peerseal.transfer.about import ABOUT_MAX_BYTES, About, read_about, write_about
from peerseal.wire.encoding import is_id
from peerseal.wire.limits import ID_BYTES, RECORD_OVERHEAD

SLOT_BYTES: Final = 32
MARK_BYTES: Final = RECORD_OVERHEAD
_TRANSFERS: Final = "transfers"
_ABOUT: Final = "about.json"
_MARKS: Final[dict[Stream, str]] = {"manifest": "manifest.marks", "content": "content.marks"}
_PARKED: Final[dict[Stream, str]] = {"manifest": "manifest.parked", "content": "content.parked"}
_MANIFEST: Final = "manifest"
_ACKED: Final = "acked"
_ACKS: Final = struct.Struct(">QQQ")
_OPEN: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NEW: Final = re.compile(r"\.[0-9a-f]{32}\.new")
_EMPTY: Final = bytes(SLOT_BYTES)
_LOOK_BYTES: Final = 1024 * 1024
_TRIES: Final = 4
_TRY_SECONDS: Final = 0.03


class Acked(NamedTuple):
    """What the last `ack` said: records of both streams, content bytes."""

    manifest: int = 0
    content: int = 0
    bytes: int = 0


class Listed(NamedTuple):
    """One journal in a list. `about` is None if it is damaged; `done`: content bytes; `running`: somebody has it open."""

    id: str
    about: About | None
    done: int
    running: bool


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
        place = _transfers(home, notice)
        name = journal_id or os.urandom(ID_BYTES).hex()
        try:
            parent = os.open(place, FOLDER)
            try:
                folder, lock_fd = _make(parent, name, text)
            finally:
                os.close(parent)
        except OSError as error:
            raise _failed(place, error) from None
        return cls(place, name, folder, lock_fd, about)

    @classmethod
    def open(cls, home: str, journal_id: str) -> Self:
        """The journal of that id. Raises NotFound, Refused (`busy`), LocalFileFailed (`journal_damaged` or not usable)."""
        place = os.path.join(home, _TRANSFERS)
        if not is_id(journal_id):
            raise _unknown()
        path = os.path.join(place, journal_id)
        try:
            folder = _open_folder(path)
        except FileNotFoundError:
            raise _unknown() from None
        except OSError as error:
            raise _failed(path, error) from None
        try:
            lock_fd = _open_about(folder, path)
            try:
                about = _read(lock_fd, path)
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
            raise _failed(self._path, error) from None

    def marks(self, stream: Stream) -> bytes:
        """The slots from 0 to before the first that is empty, 32 bytes each."""
        found = bytearray()
        fd = self._file(_MARKS[stream])
        while piece := os.pread(fd, _LOOK_BYTES, len(found)):
            piece += bytes(-len(piece) % SLOT_BYTES)  # the end of a mark's slot is never written
            first_empty = _first_empty(piece)
            found += piece[:first_empty]
            if first_empty < len(piece):
                break
        return bytes(found)

    def joined(self, stream: Stream) -> bytes:
        """The same as marks: the first 28 bytes of each, back to back (what `Marks` begins with)."""
        slots = self.marks(stream)
        return b"".join(slots[at : at + MARK_BYTES] for at in range(0, len(slots), SLOT_BYTES))

    def slots(self, stream: Stream, first: int, count: int) -> bytes | None:
        """Slots `first` to before `first + count`, 32 bytes each; None if one of them is empty."""
        found = os.pread(self._file(_MARKS[stream]), SLOT_BYTES * count, SLOT_BYTES * first)
        found += bytes(-len(found) % SLOT_BYTES)
        return found if len(found) == SLOT_BYTES * count and _first_empty(found) == len(found) else None

    def cut(self, stream: Stream, count: int) -> None:
        """Forget every slot from `count` on."""
        os.ftruncate(self._file(_MARKS[stream]), SLOT_BYTES * count)

    # --- what a park was sealed with ---

    def parked_mark(self, stream: Stream, index: int, mark: bytes | bytearray | memoryview) -> None:
        """Slot `index` of what a sender seals for its park: those of what was sent before stay as they are."""
        try:
            os.pwrite(self._file(_PARKED[stream]), mark, SLOT_BYTES * index)
        except OSError as error:
            raise _failed(self._path, error) from None

    def parked(self, stream: Stream) -> tuple[int, bytes]:
        """The first slot of the park that is filled, and the marks from there without a gap, joined as in `joined`."""
        fd = self._file(_PARKED[stream])
        slots = bytearray()
        while piece := os.pread(fd, _LOOK_BYTES, len(slots)):
            slots += piece
        slots += bytes(-len(slots) % SLOT_BYTES)
        first = 0
        while first < len(slots) and slots[first : first + SLOT_BYTES] == _EMPTY:
            first += SLOT_BYTES
        found = bytes(slots[first:])
        found = found[: _first_empty(found)]
        marks = (found[at : at + MARK_BYTES] for at in range(0, len(found), SLOT_BYTES))
        return first // SLOT_BYTES, b"".join(marks)

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
            raise _failed(self._path, error) from None

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
            raise _failed(self._path, error) from None

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
            fresh = _write_about(self._folder, text)
        except OSError as error:
            raise _failed(self._path, error) from None
        os.close(self._lock)
        self._lock, self.about = fresh, about

    def begin_anew(self, about: About) -> None:
        """Forget everything noted so far and begin with `about` instead."""
        # The slots first: a kill in between leaves a journal that holds nothing, not one that holds another's.
        try:
            for name in (*_MARKS.values(), _MANIFEST, _ACKED):
                os.ftruncate(self._file(name), 0)
        except OSError as error:
            raise _failed(self._path, error) from None
        self.replace(about)

    def discard(self) -> None:
        """Remove it: the transfer is done, or over for good. Closes it. Never raises."""
        with contextlib.suppress(OSError):
            parent = os.open(self._place, FOLDER)
            try:
                _remove(self.id, parent)
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
                _check_owner(fd)
            except OSError as error:
                raise _failed(self._path, error) from None
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

    @staticmethod
    def all(home: str) -> list[Listed]:
        """Every journal in `home`, newest first, damaged ones last. Never raises for one of them."""
        try:
            names = os.listdir(os.path.join(home, _TRANSFERS))
        except OSError:
            return []
        listed = [_look(home, name) for name in names if is_id(name)]
        return sorted(listed, key=lambda one: -1 if one.about is None else one.about.started, reverse=True)


def part_names(home: str) -> frozenset[str]:
    """The part folders that a journal still speaks of."""
    puts = (one.about.put for one in Journal.all(home) if one.about is not None)
    return frozenset(put.part for put in puts if put is not None)


def remove(home: str, journal_id: str) -> None:
    """Remove a journal whatever it holds, a damaged one too. Raises NotFound, Refused (`busy`), LocalFileFailed."""
    try:
        with Journal.open(home, journal_id) as journal:
            journal.discard()
            return
    except LocalFileFailed as error:
        if error.code != "journal_damaged":
            raise
    place = os.path.join(home, _TRANSFERS)
    try:
        parent = os.open(place, FOLDER)
        try:
            _remove(journal_id, parent)
        finally:
            os.close(parent)
    except OSError as error:
        raise _failed(os.path.join(place, journal_id), error) from None


def open_or_none(home: str, journal_id: str) -> Journal | None:
    """The journal of an earlier run, if there is one; a damaged one is removed. Raises Refused, LocalFileFailed."""
    try:
        return Journal.open(home, journal_id)
    except NotFound:
        return None
    except LocalFileFailed as error:
        if error.code != "journal_damaged":
            raise
    with contextlib.suppress(NotFound):
        remove(home, journal_id)
    return None


def _look(home: str, name: str) -> Listed:
    try:
        with Journal.open(home, name) as journal:
            return Listed(name, journal.about, journal.done, running=False)
    except Refused:
        return _look_at_running(home, name)
    except PeersealError:
        return Listed(name, None, 0, running=False)


def _look_at_running(home: str, name: str) -> Listed:
    """`about.json` is replaced whole, so it may be read while somebody else holds its lock."""
    path = os.path.join(home, _TRANSFERS, name)
    try:
        folder = _open_folder(path)
    except OSError:
        return Listed(name, None, 0, running=True)
    try:
        fd = os.open(_ABOUT, _READ, dir_fd=folder)
        with Journal(os.path.dirname(path), name, os.dup(folder), fd, _read(fd, path)) as journal:  # noqa: PTH120
            return Listed(name, journal.about, journal.done, running=True)
    except (OSError, PeersealError):
        return Listed(name, None, 0, running=True)
    finally:
        os.close(folder)


def _transfers(home: str, notice: Notice) -> str:
    private_folder(home, notice)
    place = os.path.join(home, _TRANSFERS)
    private_folder(place, notice)
    _remove_leftovers(home, place)
    return place


def _remove_leftovers(home: str, place: str) -> None:
    """Journals of the former form, and those a kill stopped before they were one."""
    with contextlib.suppress(OSError):
        if os.path.lexists(os.path.join(home, "uploads")):
            fd = os.open(home, FOLDER)
            try:
                remove_tree("uploads", fd)
            finally:
                os.close(fd)
    with contextlib.suppress(OSError):
        parent = os.open(place, FOLDER)
        try:
            for name in os.listdir(parent):
                if _NEW.fullmatch(name):
                    _remove_unlocked(name, parent)
        finally:
            os.close(parent)


def _remove_unlocked(name: str, parent: int) -> None:
    with contextlib.suppress(OSError):
        folder = os.open(name, FOLDER, dir_fd=parent)
        try:
            if lock(folder):
                remove_tree(name, parent)
        finally:
            os.close(folder)


def _remove(name: str, parent: int) -> None:
    """At once for everybody who looks: a kill half-way leaves nothing that passes for a journal."""
    hidden = _hidden()
    os.rename(name, hidden, src_dir_fd=parent, dst_dir_fd=parent)
    try:
        remove_tree(hidden, parent)
    except NotADirectoryError:
        os.unlink(hidden, dir_fd=parent)


def _hidden() -> str:
    return f".{os.urandom(ID_BYTES).hex()}.new"


def _make(parent: int, name: str, about: bytes) -> tuple[int, int]:
    """The folder `name` with its `about.json`, at once: nobody sees one without the other."""
    hidden = _hidden()
    os.mkdir(hidden, 0o700, dir_fd=parent)
    folder = -1
    try:
        folder = os.open(hidden, FOLDER, dir_fd=parent)
        lock(folder)
        lock_fd = _write_about(folder, about)
        try:
            os.rename(hidden, name, src_dir_fd=parent, dst_dir_fd=parent)
        except OSError:
            os.close(lock_fd)
            raise _busy() from None
    except BaseException:
        if folder >= 0:
            os.close(folder)
        with contextlib.suppress(OSError):
            remove_tree(hidden, parent)
        raise
    return folder, lock_fd


def _write_about(folder: int, text: bytes) -> int:
    """Put `text` in the place of `about.json`; returns the descriptor that holds its lock."""
    part = f".{os.urandom(6).hex()}"
    fd = os.open(part, (NEW_FILE & ~os.O_WRONLY) | os.O_RDWR, 0o600, dir_fd=folder)
    try:
        lock(fd)
        left = memoryview(text)
        while left:
            left = left[os.write(fd, left) :]
        os.rename(part, _ABOUT, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.close(fd)
        with contextlib.suppress(OSError):
            os.unlink(part, dir_fd=folder)
        raise
    return fd


def _open_folder(path: str) -> int:
    folder = os.open(path, FOLDER)
    try:
        _check_owner(folder)
    except BaseException:
        os.close(folder)
        raise
    return folder


def _open_about(folder: int, path: str) -> int:
    """`about.json`, locked. Raises Refused (`busy`), LocalFileFailed."""
    for left in reversed(range(_TRIES)):
        try:
            fd = os.open(_ABOUT, _READ, dir_fd=folder)
        except OSError:
            raise _damaged(path) from None
        try:
            _check_owner(fd)
            lock(fd)
            if _is_still(fd, folder):
                return fd
        except BlockingIOError:
            if left:  # perhaps somebody only lists what there is
                time.sleep(_TRY_SECONDS)
        except OSError as error:
            os.close(fd)
            raise _failed(path, error) from None
        os.close(fd)
    raise _busy()


def _is_still(fd: int, folder: int) -> bool:
    try:
        return os.path.samestat(os.stat(_ABOUT, dir_fd=folder, follow_symlinks=False), os.fstat(fd))
    except FileNotFoundError:
        return False


def _read(fd: int, path: str) -> About:
    try:
        return read_about(os.pread(fd, ABOUT_MAX_BYTES + 1, 0))
    except (OSError, IntegrityFailed):
        raise _damaged(path) from None


def _check_owner(fd: int) -> None:
    if os.fstat(fd).st_uid != os.geteuid():
        raise PermissionError(1, "it belongs to somebody else")


def _first_empty(slots: bytes) -> int:
    """Where the first empty slot begins; the length if none is."""
    start = slots.find(_EMPTY)
    while start >= 0:
        # 32 zeros need not stand on a slot's boundary.
        slot = -(-start // SLOT_BYTES) * SLOT_BYTES
        if slots[slot : slot + SLOT_BYTES] == _EMPTY:
            return slot
        start = slots.find(_EMPTY, slot + 1)
    return len(slots)


def _busy() -> Refused:
    return Refused(
        "The same transfer is already running.", code="busy", hint="Wait for it to end, or stop it."
    )


def _unknown() -> NotFound:
    return NotFound(
        "There is no unfinished transfer of that id.",
        code="no_transfer",
        hint="`peerseal transfers list` shows those there are.",
    )


def _damaged(path: str) -> LocalFileFailed:
    return LocalFileFailed(
        f"The journal {path} is damaged: nothing can go on from it.",
        code="journal_damaged",
        hint=f"`peerseal transfers discard {os.path.basename(path)[:8]}` removes it.",  # noqa: PTH119
    )


def _failed(path: str, error: OSError) -> LocalFileFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return LocalFileFailed(
            "There is not enough space for the journal of this transfer.",
            code="no_space",
            hint="Free some space where PEERSEAL_HOME is.",
        )
    return LocalFileFailed(
        f"The journal of this transfer, {path}, cannot be used ({error.strerror or 'unknown reason'}).",
        code="home",
        hint="PEERSEAL_HOME names another folder.",
    )
