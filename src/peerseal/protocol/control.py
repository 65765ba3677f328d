"""Control messages (protocol.md §5.2): their types, their fields, and the strict JSON they stand in.

Reading raises `malformed` for whatever does not hold, `unsafe_name` for an illegal path in a preview.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from peerseal.crypto_engine import COMMITMENT_BYTES, FILE_ID_BYTES, FileKey
from peerseal.protocol.moves import SHAPES, Candidates, Description, Have, Ice, Path, Where
from peerseal.protocol.paths import check_path
from peerseal.wire import fields as f
from peerseal.wire.limits import (
    BUNDLE_BYTES,
    CONTROL_MAX_BYTES,
    ENTRIES_MAX,
    MESSAGE_MAX_CHARACTERS,
    PREVIEW_MAX_BYTES,
    PREVIEW_MAX_ENTRIES,
    RECORD_SIZE_MAX,
    RECORD_SIZE_MIN,
    SIGNATURE_BYTES,
)
from peerseal.wire.strict_json import JsonValue, dumps, loads_object, malformed

FileId: TypeAlias = bytes
Digest: TypeAlias = bytes
Kind: TypeAlias = Literal["file", "directory", "text"]


class PreviewEntry(NamedTuple):
    """One line of what is offered. `size` in bytes, None if given later; a text has the path ``""``."""

    path: str
    size: int | None
    kind: Kind


class Offer(NamedTuple):
    """What a sender would send. `files` counts files and texts; `bytes` is None exactly if `open`.

    `shared`: others get the same sealed file, so its key does not show who made a record (§17).
    """

    id: FileId
    version: int
    record_size: int
    commitment: Digest
    files: int
    bytes: int | None
    open: bool
    text: bool
    shared: bool
    preview: tuple[PreviewEntry, ...]


class Answer(NamedTuple):
    """The receiver's yes or no to an offer."""

    id: FileId
    accept: bool
    code: str | None = None
    message: str | None = None


class FileKeyMessage(NamedTuple):
    """The key of an accepted offer."""

    id: FileId
    key: FileKey


class Ack(NamedTuple):
    """Records of each stream opened and kept so far, without gaps, and the content bytes of those."""

    id: FileId
    manifest: int
    content: int
    bytes: int


class Cancel(NamedTuple):
    """One transfer (or, with id None, every one) is over."""

    id: FileId | None
    code: str
    message: str | None = None


class Ping(NamedTuple):
    """Are you there?"""

    n: int


class Pong(NamedTuple):
    """I am: `n` as it was asked."""

    n: int


class Done(NamedTuple):
    """The receiver holds every file under its final name."""

    id: FileId


class Bye(NamedTuple):
    """The session is over, with a code if something went wrong."""

    code: str | None = None


class IdentityMessage(NamedTuple):
    """Who says this, for those who know them: public keys and the signature of this channel (§9.3)."""

    bundle: bytes
    signature: bytes


ControlMessage: TypeAlias = (
    Offer
    | Answer
    | FileKeyMessage
    | Ack
    | Cancel
    | Path
    | Candidates
    | Ping
    | Pong
    | Done
    | Bye
    | IdentityMessage
    | Where
    | Have
    | Description
    | Ice
)


def known_code(code: str) -> str:
    """The code of a peer's `cancel` or `bye` if this version knows it, else `cancelled`."""
    return code if code in _KNOWN_CODES else "cancelled"


def preview_of(entries: Iterable[PreviewEntry]) -> tuple[PreviewEntry, ...]:
    """As many of the first entries as an offer may show: 50, or 16 KiB of JSON."""
    shown: list[PreviewEntry] = []
    room = PREVIEW_MAX_BYTES - 2
    for entry in entries:
        room -= len(dumps(_PREVIEW_ENTRY.write(entry)).encode()) + 1
        if room < 0 or len(shown) == PREVIEW_MAX_ENTRIES:
            break
        shown.append(entry)
    return tuple(shown)


def encode(message: ControlMessage) -> tuple[int, bytes]:
    """Type byte and plaintext of `message`; what the other side would refuse raises here already."""
    number = _NUMBER[type(message)]
    plaintext = dumps(f.write_fields(_SHAPES[number][1], message)).encode()
    decode(number, plaintext)
    return number, plaintext


def decode(number: int, plaintext: bytes) -> ControlMessage:
    """The message of type `number` in `plaintext`."""
    if number not in _SHAPES:
        raise malformed("unknown control message")
    make, fields = _SHAPES[number]
    message: ControlMessage = make(**f.read_fields(fields, loads_object(plaintext, CONTROL_MAX_BYTES)))
    if isinstance(message, Offer):
        _check_offer(message)
    return message


def _check_offer(offer: Offer) -> None:
    if (offer.bytes is None) is not offer.open:
        raise malformed("the sum is null exactly if the offer is open")
    for entry in offer.preview:
        if entry.size is None and not offer.open:
            raise malformed("a size given later in an offer that is not open")
        if entry.kind != "text":
            check_path(entry.path)
        elif entry.path:
            raise malformed("a text has no path")
        if entry.kind == "directory" and entry.size != 0:
            raise malformed("a directory has no size")


def _preview(value: JsonValue) -> tuple[PreviewEntry, ...]:
    if isinstance(value, list) and len(value) > PREVIEW_MAX_ENTRIES:
        raise malformed("a preview of too many entries")
    entries: tuple[PreviewEntry, ...] = _PREVIEW_ENTRIES.read(value)
    return entries


_KNOWN_CODES: Final = frozenset(
    (
        *("malformed", "invalid_peer_key", "reflected", "mode_mismatch", "commitment_mismatch"),
        *("confirmation_failed", "not_authentic", "truncated", "out_of_order", "manifest_invalid"),
        *("unsafe_name", "code_malformed", "limit", "not_verified", "wrong_code", "words_differ"),
        *("declined", "cancelled", "timed_out", "interrupted", "local_file", "failed", "busy"),
        *("no_space", "source_changed", "role", "not_found", "stream_cut", "no_direct_path"),
        *(
            "signature_invalid",
            "key_changed",
            "unknown_owner",
            "rolled_back",
            "not_listed",
            "content_differs",
        ),
    )
)
_ID: Final = f.octets(FILE_ID_BYTES, FILE_ID_BYTES)
_CODE: Final = f.text(1, 64)
_MESSAGE: Final = f.nullable(f.text(0, MESSAGE_MAX_CHARACTERS))
_COUNT: Final = f.integer(0)
_KEY: Final = f.Field(
    lambda value: FileKey(f.octets(32, 32).read(value)), f.octets(32, 32).write, f.octets(32, 32).schema
)
_PREVIEW_ENTRY: Final = f.record(
    PreviewEntry,
    {
        "path": f.text(0, CONTROL_MAX_BYTES),
        "size": f.nullable(_COUNT),
        "kind": f.one_of("file", "directory", "text"),
    },
)
_PREVIEW_ENTRIES: Final = f.array(_PREVIEW_ENTRY)
_SHAPES: Final[dict[int, tuple[Callable[..., Any], dict[str, f.Field]]]] = {
    1: (
        Offer,
        {
            "id": _ID,
            "version": f.integer(1),
            "record_size": f.integer(RECORD_SIZE_MIN, RECORD_SIZE_MAX),
            "commitment": f.octets(COMMITMENT_BYTES, COMMITMENT_BYTES),
            "files": f.integer(0, ENTRIES_MAX),
            "bytes": f.nullable(_COUNT),
            "open": f.BOOLEAN,
            "text": f.BOOLEAN,
            "shared": f.BOOLEAN,
            "preview": f.Field(_preview, _PREVIEW_ENTRIES.write, _PREVIEW_ENTRIES.schema),
        },
    ),
    2: (Answer, {"id": _ID, "accept": f.BOOLEAN, "code": f.nullable(_CODE), "message": _MESSAGE}),
    3: (FileKeyMessage, {"id": _ID, "key": _KEY}),
    4: (Ack, {"id": _ID, "manifest": _COUNT, "content": _COUNT, "bytes": _COUNT}),
    5: (Cancel, {"id": f.nullable(_ID), "code": _CODE, "message": _MESSAGE}),
    8: (Ping, {"n": _COUNT}),
    9: (Pong, {"n": _COUNT}),
    10: (Done, {"id": _ID}),
    11: (Bye, {"code": f.nullable(_CODE)}),
    12: (
        IdentityMessage,
        {
            "bundle": f.octets(BUNDLE_BYTES, BUNDLE_BYTES),
            "signature": f.octets(SIGNATURE_BYTES, SIGNATURE_BYTES),
        },
    ),
    **SHAPES,
}
_NUMBER: Final = {make: number for number, (make, _) in _SHAPES.items()}
