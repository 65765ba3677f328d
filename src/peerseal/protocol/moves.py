"""Control messages about where the records come (protocol.md §5.2, §15, §16): paths, breaks, what finds a path."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from peerseal.wire import fields as f
from peerseal.wire.limits import (
    ADDRESS_MAX_CHARACTERS,
    ADDRESSES_MAX,
    DIRECT_PORT_MIN,
    FINGERPRINT_BYTES,
    HERE_BYTES,
    ICE_CANDIDATES_MAX,
    ICE_PRIORITY_MAX,
    ID_BYTES,
    MARKS_HASH_BYTES,
    PORT_MAX,
    STREAM_ID_BYTES,
)
from peerseal.wire.strict_json import JsonValue, malformed

PathKind: TypeAlias = Literal["relay", "direct", "store"]
DescriptionRole: TypeAlias = Literal["offer", "answer"]
Setup: TypeAlias = Literal["actpass", "active", "passive"]
IceKind: TypeAlias = Literal["host", "srflx", "relay"]
FileId: TypeAlias = bytes
Digest: TypeAlias = bytes


class Path(NamedTuple):
    """Where the records will come: 8 bytes that name the stream, and the first record of each stream on it."""

    id: bytes
    kind: PathKind
    stream: bytes
    manifest: int
    content: int


class Where(NamedTuple):
    """The file's sender asks after a break: what do you hold?"""

    id: bytes


class Have(NamedTuple):
    """The answer: records held without gaps, content bytes of those, and the hash of all their marks (§15)."""

    id: FileId
    manifest: int
    content: int
    bytes: int
    marks: Digest


class Candidates(NamedTuple):
    """Where this side listens for TCP: addresses, one port for all; `here` names its machine (§16.1)."""

    id: bytes
    port: int
    addresses: tuple[str, ...]
    here: bytes


class Description(NamedTuple):
    """One side of a WebRTC connection, field by field; `fingerprint` is its certificate's SHA-256 (§16.2)."""

    id: bytes
    role: DescriptionRole
    ufrag: str
    pwd: str
    fingerprint: bytes
    setup: Setup


class IceCandidate(NamedTuple):
    """One address WebRTC may try."""

    host: str
    port: int
    kind: IceKind
    priority: int


class Ice(NamedTuple):
    """Addresses WebRTC may try (§16.2)."""

    id: bytes
    candidates: tuple[IceCandidate, ...]


def is_address(text: str) -> bool:
    """Whether `text` is an IPv4 address in four decimal numbers or an IPv6 one (RFC 4291 §2.2) without a zone.

    No such text has more than 45 characters.
    """
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def _address(value: JsonValue) -> str:
    if not isinstance(value, str) or not is_address(value):
        raise malformed("not an address")
    return value


def _host(value: JsonValue) -> str:
    if isinstance(value, str) and _MDNS_NAME.fullmatch(value):
        return value
    return _address(value)


def _ice_text(least: int) -> f.Field:
    characters = f.text(least, _ICE_TEXT_MAX)

    def read(value: JsonValue) -> str:
        text: str = characters.read(value)
        if _ICE_CHARACTERS.fullmatch(text) is None:
            raise malformed("characters ICE does not know")
        return text

    return f.Field(read, characters.write, characters.schema)


#: What a browser says instead of an address of its own: a random UUID.
_MDNS_NAME: Final = re.compile(r"[0-9a-f-]{36}\.local", re.ASCII)
_ICE_CHARACTERS: Final = re.compile(r"[A-Za-z0-9+/]*", re.ASCII)
_ICE_TEXT_MAX: Final = 256
_ID: Final = f.octets(ID_BYTES, ID_BYTES)
_COUNT: Final = f.integer(0)
_PORT: Final = f.integer(DIRECT_PORT_MIN, PORT_MAX)
_TEXT: Final = f.text(0, ADDRESS_MAX_CHARACTERS).schema
_ADDRESS: Final = f.Field(_address, f.text(0, ADDRESS_MAX_CHARACTERS).write, _TEXT)
_CANDIDATE: Final = f.record(
    IceCandidate,
    {
        "host": f.Field(_host, _ADDRESS.write, _TEXT),
        "port": _PORT,
        "kind": f.one_of("host", "srflx", "relay"),
        "priority": f.integer(0, ICE_PRIORITY_MAX),
    },
)
#: type → (what it makes, its fields)
SHAPES: Final[dict[int, tuple[Callable[..., Any], dict[str, f.Field]]]] = {
    6: (
        Path,
        {
            "id": _ID,
            "kind": f.one_of("relay", "direct", "store"),
            "stream": f.octets(STREAM_ID_BYTES, STREAM_ID_BYTES),
            "manifest": _COUNT,
            "content": _COUNT,
        },
    ),
    7: (
        Candidates,
        {
            "id": _ID,
            "port": _PORT,
            "addresses": f.array(_ADDRESS, ADDRESSES_MAX, 1),
            "here": f.octets(HERE_BYTES, HERE_BYTES),
        },
    ),
    13: (Where, {"id": _ID}),
    14: (
        Have,
        {
            "id": _ID,
            "manifest": _COUNT,
            "content": _COUNT,
            "bytes": _COUNT,
            "marks": f.octets(MARKS_HASH_BYTES, MARKS_HASH_BYTES),
        },
    ),
    15: (
        Description,
        {
            "id": _ID,
            "role": f.one_of("offer", "answer"),
            "ufrag": _ice_text(4),
            "pwd": _ice_text(22),
            "fingerprint": f.octets(FINGERPRINT_BYTES, FINGERPRINT_BYTES),
            "setup": f.one_of("actpass", "active", "passive"),
        },
    ),
    16: (Ice, {"id": _ID, "candidates": f.array(_CANDIDATE, ICE_CANDIDATES_MAX, 1)}),
}
