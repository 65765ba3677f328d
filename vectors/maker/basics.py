"""Notation of docs/protocol.md §1, seeded bytes, and the shape of a case."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"


@dataclass(frozen=True)
class Case:
    """One input with one expected result: `expect` is "ok" or the code of the only failure in it."""

    id: str
    why: str
    op: str
    given: Mapping[str, Json]
    expect: str = "ok"
    out: Mapping[str, Json] | None = None

    def as_json(self) -> dict[str, Json]:
        shown: dict[str, Json] = {
            "id": self.id,
            "why": self.why,
            "op": self.op,
            "in": self.given,
            "expect": self.expect,
        }
        if self.expect == "ok":
            shown["out"] = self.out or {}
        elif self.out is not None:
            shown["out"] = self.out
        return shown


@dataclass(frozen=True)
class VectorFile:
    """One file: what it is about, material its cases share, and the cases."""

    name: str
    about: str
    cases: Sequence[Case]
    shared: Mapping[str, Json] | None = None

    def text(self) -> str:
        shown: dict[str, Json] = {"protocol": "peerseal/1", "file": self.name, "about": self.about}
        shown.update(self.shared or {})
        shown["cases"] = [case.as_json() for case in self.cases]
        return json.dumps(shown, indent=1) + "\n"


def seeded(name: str, length: int) -> bytes:
    """Bytes that look random and are the same every time: SHA-256 of name and counter."""
    blocks = (hashlib.sha256(f"peerseal vectors {name} {n}".encode()).digest() for n in _counter())
    out = b""
    while len(out) < length:
        out += next(blocks)
    return out[:length]


def _counter() -> Iterator[int]:
    n = 0
    while True:
        yield n
        n += 1


def u8(n: int) -> bytes:
    return n.to_bytes(1, "big")


def u16(n: int) -> bytes:
    return n.to_bytes(2, "big")


def u32(n: int) -> bytes:
    return n.to_bytes(4, "big")


def u64(n: int) -> bytes:
    return n.to_bytes(8, "big")


def lp(*parts: bytes) -> bytes:
    return b"".join(u32(len(part)) + part for part in parts)


def hash_of(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.new(key, data, hashlib.sha256).digest()


def kdf(ikm: bytes, salt: bytes, label: str, context: bytes, length: int) -> bytes:
    """HKDF-SHA256 spelled out (RFC 5869 §2): extract, then expand."""
    info = lp(b"peerseal/1 " + label.encode("ascii"), context)
    prk = mac(salt or bytes(32), ikm)
    okm, block = b"", b""
    for n in range(1, -(-length // 32) + 1):
        block = mac(prk, block + info + u8(n))
        okm += block
    return okm[:length]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def compact(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def flip(data: bytes, at: int, bit: int = 0) -> bytes:
    """The same bytes with one bit turned."""
    changed = bytearray(data)
    changed[at] ^= 1 << bit
    return bytes(changed)
