"""Sealed records: whole streams open; one bit, byte, record or place that is not right opens nothing."""

from collections.abc import Iterable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto.file_key import FileKey, Stream, new_file_key
from peerseal.crypto.record import SPARE_BYTES, RecordOpener, RecordSealer, stream_record_size
from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import RECORD_OVERHEAD, RECORDS_MAX

KEY = FileKey(bytes(range(32)))
ID = bytes(range(16))
SIZE = 64


class Record(NamedTuple):
    """A sealed record and the place it claims."""

    at: int
    final: bool
    sealed: bytes


def seal(
    plaintext: bytes, key: FileKey = KEY, file_id: bytes = ID, stream: Stream = "content"
) -> list[Record]:
    sealer = RecordSealer(key, stream, file_id, 1, SIZE)
    pieces = [plaintext[at : at + SIZE] for at in range(0, max(len(plaintext), 1), SIZE)]
    last = len(pieces) - 1
    return [Record(at, at == last, sealer.seal(at, at == last, piece)) for at, piece in enumerate(pieces)]


def open_all(records: Iterable[Record], released: bytearray | None = None) -> bytes:
    """What a receiver gets: plaintext is released record by record, then the end is checked."""
    out = bytearray() if released is None else released
    opener = RecordOpener(KEY, "content", ID, 1, SIZE)
    for at, final, sealed in records:
        out += opener.open(at, final, sealed)
    opener.end()
    return bytes(out)


def refused(records: Iterable[Record]) -> tuple[str, bytes]:
    released = bytearray()
    with pytest.raises(IntegrityFailed) as wrong:
        open_all(records, released)
    return wrong.value.code, bytes(released)


FOUR = bytes(range(200))  # three full records and one of 8 bytes


@given(st.binary(max_size=5 * SIZE))
def test_what_was_sealed_opens(plaintext: bytes) -> None:
    assert open_all(seal(plaintext)) == plaintext


@pytest.mark.parametrize("length", [0, 1, SIZE - 1, SIZE, SIZE + 1, 4 * SIZE])
def test_lengths_around_a_record_open(length: int) -> None:
    records = seal(bytes(length))
    assert open_all(records) == bytes(length)
    assert sum(len(r.sealed) for r in records) == length + RECORD_OVERHEAD * len(records)


def test_a_record_is_iv_tag_ciphertext() -> None:
    from peerseal.crypto.file_key import record_key
    from peerseal.crypto.kdf import lp, u64
    from peerseal.crypto.primitives import aes_256_gcm

    [record] = seal(b"hello")
    iv, tag, ciphertext = record.sealed[:12], record.sealed[12:28], record.sealed[28:]
    aead = aes_256_gcm(record_key(KEY, "content", ID, 1))
    assert aead.decrypt(iv, ciphertext + tag, lp(ID, u64(1), u64(0), b"\x01")) == b"hello"


def test_every_single_bit_of_a_file_of_four_records_matters() -> None:
    records = seal(FOUR)
    assert len(records) == 4
    for at, record in enumerate(records):
        for bit in range(8 * len(record.sealed)):
            changed = bytearray(record.sealed)
            changed[bit // 8] ^= 1 << bit % 8
            code, released = refused(
                [*records[:at], record._replace(sealed=bytes(changed)), *records[at + 1 :]]
            )
            assert code == "not_authentic"
            assert released == FOUR[: SIZE * at]


def test_a_file_cut_at_any_byte_is_refused_and_never_looks_whole() -> None:
    records = seal(FOUR)
    for at, record in enumerate(records):
        for length in range(len(record.sealed)):
            code, released = refused([*records[:at], record._replace(sealed=record.sealed[:length])])
            assert code == ("malformed" if not record.final or length < RECORD_OVERHEAD else "not_authentic")
            assert released == FOUR[: SIZE * at]


def test_a_file_cut_between_records_is_truncated() -> None:
    records = seal(FOUR)
    for at in range(len(records)):
        assert refused(records[:at]) == ("truncated", FOUR[: SIZE * at])


def test_a_record_that_claims_to_be_final_is_not_authentic() -> None:
    records = seal(FOUR)
    assert refused([records[0]._replace(final=True)]) == ("not_authentic", b"")


def test_a_final_record_that_claims_not_to_be_is_refused() -> None:
    full = seal(bytes(SIZE))
    assert refused([full[0]._replace(final=False)]) == ("not_authentic", b"")


@pytest.mark.parametrize(("one", "other"), [(0, 1), (1, 2), (0, 2)])
def test_swapped_records_do_not_open_under_any_claimed_index(one: int, other: int) -> None:
    records = seal(FOUR)
    swapped = list(records)
    swapped[one], swapped[other] = records[other], records[one]
    assert refused(swapped)[0] == "out_of_order"
    renumbered = [Record(at, record.final, record.sealed) for at, record in enumerate(swapped)]
    assert refused(renumbered) == ("not_authentic", FOUR[: SIZE * one])


def test_a_dropped_or_doubled_record_is_refused() -> None:
    records = seal(FOUR)
    assert refused([records[0], *records[2:]])[0] == "out_of_order"
    assert refused([records[0], records[0], *records[1:]])[0] == "out_of_order"
    shifted = [
        Record(at, record.final, record.sealed) for at, record in enumerate([records[0], *records[2:]])
    ]
    assert refused(shifted)[0] == "not_authentic"


def test_a_record_after_the_final_one_is_out_of_order() -> None:
    records = seal(FOUR)
    assert refused([*records, records[-1]]) == ("out_of_order", FOUR)
    assert refused([*records, Record(4, True, records[-1].sealed)]) == ("out_of_order", FOUR)


def test_records_of_another_file_key_version_or_stream_do_not_fit() -> None:
    records = seal(FOUR)
    foreign = [
        seal(FOUR, key=new_file_key()),
        seal(FOUR, file_id=bytes(16)),
        seal(FOUR, stream="manifest"),
        [Record(0, False, RecordSealer(KEY, "content", ID, 2, SIZE).seal(0, False, FOUR[:SIZE]))],
    ]
    for other in foreign:
        assert refused([other[0], *records[1:]]) == ("not_authentic", b"")


def test_after_one_failure_nothing_opens() -> None:
    records = seal(FOUR)
    opener = RecordOpener(KEY, "content", ID, 1, SIZE)
    with pytest.raises(IntegrityFailed):
        opener.open(0, False, bytes(len(records[0].sealed)))
    with pytest.raises(IntegrityFailed) as wrong:
        opener.open(*records[0])
    assert wrong.value.code == "out_of_order"
    assert not opener.finished


def test_a_refused_record_leaves_nothing_in_the_buffer() -> None:
    [record] = seal(b"top secret")
    buffer = bytearray(record.sealed) + bytes(SPARE_BYTES)
    buffer[12] ^= 1
    out = memoryview(bytearray(b"?" * SIZE))
    with pytest.raises(IntegrityFailed):
        RecordOpener(KEY, "content", ID, 1, SIZE).open_into(
            0, True, memoryview(buffer), len(record.sealed), out
        )
    assert bytes(out[:10]) == bytes(10)
    assert bytes(out[10:]) == b"?" * (SIZE - 10)


def test_sealing_and_opening_reuse_buffers() -> None:
    sealer, opener = (kind(KEY, "content", ID, 1, SIZE) for kind in (RecordSealer, RecordOpener))
    wire = memoryview(bytearray(SIZE + RECORD_OVERHEAD + SPARE_BYTES))
    back = memoryview(bytearray(SIZE))
    assert isinstance(sealer, RecordSealer)
    assert isinstance(opener, RecordOpener)
    for index in range(10):
        plaintext = bytes([index]) * (SIZE if index < 9 else 5)
        length = sealer.seal_into(index, index == 9, memoryview(plaintext), wire)
        size = opener.open_into(index, index == 9, wire, length, back)
        assert bytes(back[:size]) == plaintext
    assert opener.finished


def test_no_nonce_repeats_whatever_the_plaintext() -> None:
    sealer = RecordSealer(KEY, "content", ID, 1, SIZE)
    nonces = {sealer.seal(index, False, bytes(SIZE))[:12] for index in range(5_000)}
    again = {record.sealed[:12] for _ in range(200) for record in seal(FOUR)}
    assert len(nonces) == 5_000
    assert len(again) == 800
    assert nonces.isdisjoint(again)


def test_an_index_is_sealed_once() -> None:
    sealer = RecordSealer(KEY, "content", ID, 1, SIZE)
    sealer.seal(0, False, bytes(SIZE))
    sealer.seal(3, False, bytes(SIZE))
    for index in (0, 2, 3):
        with pytest.raises(IntegrityFailed) as wrong:
            sealer.seal(index, False, bytes(SIZE))
        assert wrong.value.code == "out_of_order"
    sealer.seal(4, True, b"")
    with pytest.raises(IntegrityFailed):
        sealer.seal(5, True, b"")


def test_sealing_stops_before_two_to_the_32() -> None:
    sealer = RecordSealer(KEY, "content", ID, 1, SIZE)
    sealer.seal(RECORDS_MAX - 1, False, bytes(SIZE))
    with pytest.raises(IntegrityFailed) as wrong:
        sealer.seal(RECORDS_MAX, False, bytes(SIZE))
    assert wrong.value.code == "limit"


@pytest.mark.parametrize(
    ("length", "final"), [(SIZE - 1, False), (0, False), (SIZE + 1, False), (SIZE + 1, True)]
)
def test_only_the_final_record_may_be_short_and_none_longer_than_full(length: int, final: bool) -> None:
    with pytest.raises(IntegrityFailed) as wrong:
        RecordSealer(KEY, "content", ID, 1, SIZE).seal(0, final, bytes(length))
    assert wrong.value.code == "malformed"
    with pytest.raises(IntegrityFailed) as wrong:
        RecordOpener(KEY, "content", ID, 1, SIZE).open(0, final, bytes(length + RECORD_OVERHEAD))
    assert wrong.value.code == "malformed"


@pytest.mark.parametrize("size", [0, 63, 1_048_577])
def test_record_sizes_out_of_range_are_refused(size: int) -> None:
    with pytest.raises(IntegrityFailed) as wrong:
        RecordSealer(KEY, "content", ID, 1, size)
    assert wrong.value.code == "malformed"


def test_a_manifest_has_records_of_64_kib_at_most() -> None:
    assert stream_record_size("manifest", 1_048_576) == 65_536
    assert stream_record_size("manifest", 64) == 64
    assert stream_record_size("content", 1_048_576) == 1_048_576


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(0, 3)), max_size=6))
def test_no_choice_of_genuine_records_opens_to_anything_but_a_beginning(
    choice: list[tuple[int, bool, int]],
) -> None:
    records = seal(FOUR)
    released = bytearray()
    try:
        open_all((Record(index, final, records[at].sealed) for index, final, at in choice), released)
    except IntegrityFailed:
        assert FOUR.startswith(released)
    else:
        assert bytes(released) == FOUR
