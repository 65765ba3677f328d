"""Parks, what waits on the server for a receiver who left, as they stand in JSON (docs/api.md §6)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.wire import fields as f
from peerseal.wire import limits
from peerseal.wire.accounts import TIME
from peerseal.wire.stored import Range
from peerseal.wire.value import Value

ParkState: TypeAlias = Literal["arriving", "complete"]


class Parking(Value):
    """What a server's `info` says of its parks: hours a complete one lives, sealed bytes one network may have."""

    hours: int
    bytes: int


class NewReader(Value):
    """Somebody who may read a park: their id, and H of the token they will show (protocol.md §17)."""

    reader: str
    token: bytes


class NewPark(Value):
    """A new park. Sizes are sealed bytes of the whole streams, exact unless `open`; `upload` is H of its own token.

    `manifest_from` and `content_from`: the first chunks that will come.
    """

    park: str
    record_size: int
    manifest_bytes: int
    content_bytes: int
    open: bool
    manifest_from: int
    content_from: int
    upload: bytes
    readers: tuple[NewReader, ...]


class ParkToken(Value):
    """The proof that a park, or a place among its readers, is one's own (32 B)."""

    token: bytes

    def __repr__(self) -> str:
        return "ParkToken(…)"


class AddReader(Value):
    """One reader more; `token` is the sender's."""

    token: bytes
    reader: NewReader

    def __repr__(self) -> str:
        return f"AddReader({self.reader!r})"


class ParkClosing(Value):
    """What one reader shall get as closing, sealed for them; `token` is the sender's."""

    token: bytes
    reader: str
    closing: bytes

    def __repr__(self) -> str:
        return f"ParkClosing({self.reader!r})"


class ParkSizes(Value):
    """New sizes of an open park, or its exact ones at the end, in sealed bytes; `token` is the sender's."""

    token: bytes
    manifest_bytes: int
    content_bytes: int

    def __repr__(self) -> str:
        return f"ParkSizes({self.manifest_bytes!r}, {self.content_bytes!r})"


class ReaderState(Value):
    """Whether a reader has said that it holds everything."""

    reader: str
    done: bool


class Park(Value):
    """A park as its sender sees it: which chunks are there, who has all of it. It is gone at `expires` (ms).

    While it arrives, every chunk moves `expires` on.
    """

    state: ParkState
    expires: int
    manifest_bytes: int
    content_bytes: int
    manifest: tuple[Range, ...]
    content: tuple[Range, ...]
    readers: tuple[ReaderState, ...]


class Parked(Value):
    """A park as one of its readers sees it; `closing` is theirs, None until the sender has stored it."""

    state: ParkState
    expires: int
    record_size: int
    manifest_bytes: int
    content_bytes: int
    open: bool
    manifest_from: int
    content_from: int
    closing: bytes | None


_STATE: Final = f.one_of("arriving", "complete")
_HASH: Final = f.octets(32, 32)
_TOKEN: Final = f.octets(limits.PARK_TOKEN_BYTES, limits.PARK_TOKEN_BYTES)
_CLOSING: Final = f.octets(limits.PARK_CLOSING_BYTES, limits.PARK_CLOSING_BYTES)
_RECORD_SIZE: Final = f.integer(limits.RECORD_SIZE_MIN, limits.RECORD_SIZE_MAX)
_SEALED_BYTES: Final = f.integer(limits.RECORD_OVERHEAD)
_CHUNK: Final = f.integer(0)
_NEW_READER: Final = f.record(NewReader, {"reader": f.ID, "token": _HASH})
_RANGES: Final = f.array(f.record(Range, {"first": f.integer(0), "last": f.integer(0)}))

PARKING: Final = f.record(Parking, {"hours": f.integer(1), "bytes": f.integer(0)})
NEW_PARK: Final = f.record(
    NewPark,
    {
        "park": f.ID,
        "record_size": _RECORD_SIZE,
        "manifest_bytes": _SEALED_BYTES,
        "content_bytes": _SEALED_BYTES,
        "open": f.BOOLEAN,
        "manifest_from": _CHUNK,
        "content_from": _CHUNK,
        "upload": _HASH,
        "readers": f.array(_NEW_READER, limits.PARK_READERS_MAX),
    },
)
PARK_TOKEN: Final = f.record(ParkToken, {"token": _TOKEN})
ADD_READER: Final = f.record(AddReader, {"token": _TOKEN, "reader": _NEW_READER})
PARK_CLOSING: Final = f.record(ParkClosing, {"token": _TOKEN, "reader": f.ID, "closing": _CLOSING})
PARK_SIZES: Final = f.record(
    ParkSizes, {"token": _TOKEN, "manifest_bytes": _SEALED_BYTES, "content_bytes": _SEALED_BYTES}
)
PARK: Final = f.record(
    Park,
    {
        "state": _STATE,
        "expires": TIME,
        "manifest_bytes": _SEALED_BYTES,
        "content_bytes": _SEALED_BYTES,
        "manifest": _RANGES,
        "content": _RANGES,
        "readers": f.array(f.record(ReaderState, {"reader": f.ID, "done": f.BOOLEAN})),
    },
)
PARKED: Final = f.record(
    Parked,
    {
        "state": _STATE,
        "expires": TIME,
        "record_size": _RECORD_SIZE,
        "manifest_bytes": _SEALED_BYTES,
        "content_bytes": _SEALED_BYTES,
        "open": f.BOOLEAN,
        "manifest_from": _CHUNK,
        "content_from": _CHUNK,
        "closing": f.nullable(_CLOSING),
    },
)
