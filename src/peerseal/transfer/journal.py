"""The journal of an upload: what a second run of the same command needs to go on (mode 0600, gone when done).

It holds the file key, so it lies in the user's own folder and nowhere else. The first line says what was begun; each
further line the leaves of one chunk, written before that chunk leaves this machine: what the server holds and no line
tells of cannot be trusted to be what is sealed now.
"""

# Descriptors and plain paths: importing pathlib costs start-up time.
# ruff: noqa: PTH108, PTH118, PTH123

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import BinaryIO, Final, Self

from peerseal.client.home import Notice, private_folder
from peerseal.crypto_engine import Stream, lp, sha256
from peerseal.errors import IntegrityFailed, LocalFileFailed, Refused
from peerseal.wire import fields as f
from peerseal.wire import limits
from peerseal.wire.strict_json import dumps, loads_object, malformed
from peerseal.wire.value import Value

_FOLDER: Final = "uploads"
_LINE_MAX_BYTES: Final = 64 * limits.KIB
_HASH_BYTES: Final = 32
_OPEN: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Begun(Value):
    """One upload that was begun: its ids (hex), version, key, and what it holds (SHA-256 of the manifest's plaintext).

    `opening` is the signed opening head, `card` the sealed card.
    """

    file: str
    version: int
    upload: str
    key: bytes
    record_size: int
    manifest: bytes
    opening: bytes
    card: bytes

    def __repr__(self) -> str:
        return "Begun(…)"


class _Sealed(Value):
    stream: Stream
    chunk: int
    leaves: bytes


_BEGUN: Final = f.record(
    Begun,
    {
        "file": f.ID,
        "version": f.integer(1),
        "upload": f.ID,
        "key": f.octets(32, 32),
        "record_size": f.integer(limits.RECORD_SIZE_MIN, limits.RECORD_SIZE_MAX),
        "manifest": f.octets(_HASH_BYTES, _HASH_BYTES),
        "opening": f.octets(1, limits.OPENING_MAX_BYTES),
        "card": f.octets(1, limits.CARD_MAX_BYTES),
    },
)
_SEALED: Final = f.record(
    _Sealed,
    {
        "stream": f.one_of("content", "manifest"),
        "chunk": f.integer(0),
        "leaves": f.octets(_HASH_BYTES, _HASH_BYTES * limits.RECORDS_PER_CHUNK),
    },
)


def journal_path(home: str, about: Sequence[str], notice: Notice) -> str:
    """Where the journal of the command that is `about` these things (account, paths, recipients) lies."""
    private_folder(home, notice)
    folder = os.path.join(home, _FOLDER)
    private_folder(folder, notice)
    return os.path.join(
        folder, sha256(lp(*(word.encode(errors="surrogateescape") for word in about))).hex()[:32]
    )


class Journal:
    """The journal at `path`, locked while open; with None nothing is kept and nothing can go on.

    Raises LocalFileFailed, or Refused (`busy`) if another process works on the same upload.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._fd = -1
        self.begun: Begun | None = None
        self._leaves: dict[tuple[Stream, int], bytes] = {}
        if path is not None:
            try:
                self._fd = os.open(path, _OPEN, 0o600)
            except OSError as error:
                raise _failed(path, error) from None
            try:
                _lock(self._fd)
                self._read()
            except BaseException:
                os.close(self._fd)
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def keeps(self) -> bool:
        """Whether a later run can go on from here."""
        return self._path is not None and self.begun is not None

    def begin(self, begun: Begun) -> None:
        """Forget what was there and note, durably, what begins now."""
        self.begun = begun
        self._leaves.clear()
        if self._path is not None:
            os.ftruncate(self._fd, 0)
            self._append(_BEGUN, begun)
            os.fsync(self._fd)

    def sealed(self, stream: Stream, chunk: int, leaves: bytes) -> None:
        """Note the leaves of a chunk that is about to leave. Any thread may."""
        if self._path is not None:
            with self._lock:
                self._append(_SEALED, _Sealed(stream, chunk, leaves))

    def leaves(self, stream: Stream, chunk: int) -> bytes | None:
        """The leaves an earlier run noted last for a chunk."""
        return self._leaves.get((stream, chunk))

    def discard(self) -> None:
        """Remove it: the upload is done or given up."""
        self.begun = None
        self._leaves.clear()
        if self._path is not None and self._fd >= 0:
            with contextlib.suppress(OSError):
                os.ftruncate(self._fd, 0)
                os.unlink(self._path)

    def close(self) -> None:
        """Close it; may be called twice. An empty one leaves nothing behind."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            if self.begun is None and self._path is not None:
                with contextlib.suppress(OSError):
                    os.unlink(self._path)
            os.close(fd)

    def _append(self, field: f.Field, value: Value) -> None:
        line = dumps(field.write(value)).encode() + b"\n"
        try:
            os.lseek(self._fd, 0, os.SEEK_END)
            os.write(self._fd, line)  # one call: a kill leaves whole lines, or one without its end
        except OSError as error:
            raise _failed(self._path or "", error) from None

    def _read(self) -> None:
        """What an earlier run left. A journal that cannot be read is none; a last line cut short neither."""
        if os.fstat(self._fd).st_uid != os.geteuid():
            raise _failed(self._path or "", PermissionError(1, "it belongs to somebody else"))
        with open(os.dup(self._fd), "rb") as file:
            try:
                whole = self._read_lines(file)
            except IntegrityFailed:
                self.begun, whole = None, 0
                self._leaves.clear()
        os.ftruncate(self._fd, whole)

    def _read_lines(self, file: BinaryIO) -> int:
        """Reads whole lines; returns where they end."""
        first = file.readline(_LINE_MAX_BYTES)
        if not first.endswith(b"\n"):
            return 0
        self.begun = _BEGUN.read(loads_object(first))
        whole = len(first)
        while (line := file.readline(_LINE_MAX_BYTES)).endswith(b"\n"):
            sealed: _Sealed = _SEALED.read(loads_object(line))
            if len(sealed.leaves) % _HASH_BYTES:
                raise malformed("leaves of a wrong length")
            self._leaves[sealed.stream, sealed.chunk] = sealed.leaves
            whole += len(line)
        return whole


def _lock(fd: int) -> None:
    try:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused(
            "The same upload is already running.", code="busy", hint="Wait for it to end, or stop it."
        ) from None
    except (ImportError, OSError):
        return


def _failed(path: str, error: OSError) -> LocalFileFailed:
    return LocalFileFailed(
        f"The journal of this upload, {path}, cannot be used ({error.strerror or 'unknown reason'}).",
        code="home",
        hint="PEERSEAL_HOME names another folder.",
    )
