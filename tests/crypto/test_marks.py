"""Marks: both sides get the same hash of the same records, and a mark proves exactly its plaintext."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.file_key import FileKey
from peerseal.crypto.kdf import lp
from peerseal.crypto.marks import MARK_BYTES, Marks, resume_room
from peerseal.crypto.record import RecordOpener, RecordSealer, mark_holds
from support.refusals import refusal_of

KEY, ID, SIZE = FileKey(b"f" * 32), b"i" * 16, 64


def mark(number: int) -> bytes:
    return number.to_bytes(MARK_BYTES, "big")


def held(manifest: int, content: int) -> Marks:
    marks = Marks()
    for index in range(manifest):
        marks.put("manifest", index, mark(1000 + index))
    for index in range(content):
        marks.put("content", index, mark(index))
    return marks


def test_the_hash_is_over_the_marks_of_both_streams_in_order() -> None:
    said = lp(b"peerseal/1 marks", mark(1000), mark(0) + mark(1))
    assert held(2, 3).hash(1, 2) == hashlib.sha256(said).digest()


def test_what_is_behind_the_counts_does_not_count() -> None:
    assert held(2, 9).hash(1, 3) == held(1, 3).hash(1, 3)
    assert held(1, 3).hash(1, 3) != held(1, 4).hash(1, 4)
    assert held(1, 3).hash(0, 3) != held(1, 3).hash(1, 3)


def test_only_the_start_of_a_record_is_kept() -> None:
    marks = Marks()
    marks.put("content", 0, memoryview(mark(7) + b"ciphertext"))
    marks.put("content", 1, memoryview(mark(8) + b"ciphertext of another length"))
    assert [marks.get("content", index) for index in (0, 1)] == [mark(7), mark(8)]
    assert marks.count("content") == 2


def test_a_record_sealed_again_has_its_last_mark() -> None:
    marks = held(1, 3)
    before = marks.hash(1, 3)
    marks.put("content", 1, mark(77))
    assert marks.get("content", 1) == mark(77)
    assert marks.count("content") == 3
    assert marks.hash(1, 3) != before
    assert marks.hash(1, 1) == held(1, 1).hash(1, 1)


def test_marks_have_no_gaps_and_no_other_length() -> None:
    marks = held(1, 3)
    assert refusal_of(marks.put, "content", 4, mark(4)) == "out_of_order"
    assert refusal_of(marks.put, "content", -1, mark(4)) == "out_of_order"
    assert refusal_of(marks.put, "content", 3, mark(4)[:-1]) == "malformed"
    assert refusal_of(Marks, b"", bytes(29)) == "malformed"
    assert refusal_of(Marks, bytes(27)) == "malformed"
    assert marks.count("content") == 3


@pytest.mark.parametrize("counts", [(2, 3), (1, 4), (-1, 0), (0, -1)])
def test_there_is_no_hash_of_more_than_there_is(counts: tuple[int, int]) -> None:
    assert refusal_of(held(1, 3).hash, *counts) == "out_of_order"


@pytest.mark.parametrize("index", [3, -1])
def test_there_is_no_mark_of_what_is_not_there(index: int) -> None:
    assert refusal_of(held(1, 3).get, "content", index) == "out_of_order"


def test_what_a_journal_kept_is_gone_on_with() -> None:
    kept = Marks(mark(1000), mark(0) + mark(1))
    assert kept.hash(1, 2) == held(1, 2).hash(1, 2)
    kept.put("content", 2, mark(2))
    assert kept.hash(1, 3) == held(1, 3).hash(1, 3)


def test_what_was_dropped_is_forgotten() -> None:
    marks = held(1, 5)
    marks.cut("content", 2)
    assert (marks.count("manifest"), marks.count("content")) == (1, 2)
    marks.cut("content", 7)
    assert marks.count("content") == 2
    marks.put("content", 2, mark(2))
    assert marks.hash(1, 3) == held(1, 3).hash(1, 3)


@given(st.binary(max_size=SIZE), st.integers(0, 2**32 - 1), st.integers(0, 8 * SIZE - 1))
def test_a_mark_holds_for_its_plaintext_and_no_other(plaintext: bytes, index: int, bit: int) -> None:
    record = RecordSealer(KEY, "content", ID, 1, SIZE, first=index).seal(index, True, plaintext)
    place = KEY, "content", ID, 1, index, True, record[:MARK_BYTES]
    assert mark_holds(*place, plaintext)  # type: ignore[arg-type]  # a literal in a tuple
    assert mark_holds(*place, memoryview(bytearray(plaintext)))  # type: ignore[arg-type]  # as above
    assert not mark_holds(*place, plaintext + b"\0")  # type: ignore[arg-type]  # as above
    if plaintext:
        changed = bytearray(plaintext)
        changed[bit // 8 % len(plaintext)] ^= 1 << bit % 8
        assert not mark_holds(*place, changed)  # type: ignore[arg-type]  # as above


def test_a_mark_of_another_length_is_malformed() -> None:
    for length in (0, 27, 29):
        assert refusal_of(mark_holds, KEY, "content", ID, 1, 0, True, bytes(length), b"x") == "malformed"


def test_a_record_sealed_again_after_a_break_has_another_iv_and_opens_in_its_place() -> None:
    pieces = [bytes([n]) * SIZE for n in range(4)]
    first = RecordSealer(KEY, "content", ID, 1, SIZE)
    lost = [first.seal(n, n == 3, piece) for n, piece in enumerate(pieces)]
    again = RecordSealer(KEY, "content", ID, 1, SIZE, first=2)
    assert refusal_of(again.seal, 1, False, pieces[1]) == "out_of_order"
    anew = [again.seal(n, n == 3, pieces[n]) for n in (2, 3)]
    assert not {record[:12] for record in anew} & {record[:12] for record in lost}
    opener = RecordOpener(KEY, "content", ID, 1, SIZE)
    opened = [opener.open(n, False, lost[n]) for n in (0, 1)]
    later = RecordOpener(KEY, "content", ID, 1, SIZE, first=2)
    opened += [later.open(n, n == 3, anew[n - 2]) for n in (2, 3)]
    assert opened == pieces
    assert later.finished


def test_two_who_share_a_secret_meet_and_nobody_else() -> None:
    assert resume_room(b"s" * 32) == resume_room(b"s" * 32)
    assert len({resume_room(bytes([n]) * 32) for n in range(20)}) == 20
    assert len(resume_room(b"s" * 32)) == 16
