"""Chunks sealed and opened in one buffer: every length, every split of records, no byte of one in another."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto_engine import Leaves, RecordOpener, new_file_id, new_file_key
from peerseal.errors import IntegrityFailed
from peerseal.transfer.chunks import ChunkOpener, ChunkSealer
from peerseal.transfer.outgoing import SealedFile

RECORD = 64
FILE = SealedFile(new_file_id(), 1, RECORD, new_file_key())


def sealed_of(plain: bytes, number: int = 0, *, final: bool = True, longest: int | None = None) -> bytes:
    sealer = ChunkSealer(FILE, "content", longest)
    sealer.plain[: len(plain)] = plain
    return bytes(sealer.seal(number, len(plain), final=final))


@given(st.integers(0, 16 * RECORD), st.booleans())
def test_what_was_sealed_opens_record_by_record_and_as_a_chunk(size: int, exact: bool) -> None:
    plain = os.urandom(size)
    sealed = sealed_of(plain, longest=size if exact else None)
    opener = RecordOpener(FILE.key, "content", FILE.id, 1, RECORD)
    records = [sealed[at : at + RECORD + 28] for at in range(0, len(sealed), RECORD + 28)]
    one_by_one = [opener.open(n, n == len(records) - 1, record) for n, record in enumerate(records)]
    assert b"".join(one_by_one) == plain
    chunk = ChunkOpener(FILE, "content", len(sealed) if exact else None)
    for final in (True, None):
        chunk.room[: len(sealed)] = sealed
        opened, leaves, ended = chunk.open(0, len(sealed), final=final)
        assert (bytes(opened), ended) == (plain, True)
        maker = Leaves(FILE.key, "content", FILE.id, 1)
        assert leaves == b"".join(map(maker.leaf, one_by_one))


def test_a_chunk_that_is_not_the_last_says_so_itself() -> None:
    plain = os.urandom(16 * RECORD)
    opener = ChunkOpener(FILE, "content")
    for final in (False, True):
        sealed = sealed_of(plain, 7, final=final)
        opener.room[:] = sealed
        opened, _, ended = opener.open(7, len(sealed), final=None)
        assert (bytes(opened), ended) == (plain, final)


@pytest.mark.parametrize("number", [6, 8])
def test_a_chunk_in_the_place_of_another_does_not_open(number: int) -> None:
    sealed = sealed_of(os.urandom(16 * RECORD), 7, final=False)
    opener = ChunkOpener(FILE, "content")
    for final in (False, None):
        opener.room[:] = sealed
        with pytest.raises(IntegrityFailed) as caught:
            opener.open(number, len(sealed), final=final)
        assert caught.value.code == "not_authentic"


@pytest.mark.parametrize("length", [0, 27, 16 * (RECORD + 28) - 1])
def test_a_chunk_cut_short_does_not_open(length: int) -> None:
    opener = ChunkOpener(FILE, "content")
    opener.room[:] = sealed_of(os.urandom(16 * RECORD), final=False)
    with pytest.raises(IntegrityFailed):
        opener.open(0, length, final=False)
