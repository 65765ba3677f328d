"""The BIP-39 English list, from a source of its own, and four words of eight bytes (§5.1)."""

from __future__ import annotations

from mnemonic import Mnemonic

WORDS: tuple[str, ...] = tuple(Mnemonic("english").wordlist)


def words_of(raw: bytes) -> list[str]:
    bits = int.from_bytes(raw, "big") >> (64 - 44)
    return [WORDS[(bits >> shift) & 0x7FF] for shift in (33, 22, 11, 0)]
