"""Chunks of a stream add up to it exactly, whatever its sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.server.files.sizes import SMALL_CHUNKS_MAX, SMALL_RECORD, Stream, streams_of
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire.stored import Range
from support.stored_files import sealed

RECORDS = st.integers(64, 5_000)


@given(RECORDS, st.integers(0, 1_000_000))
def test_chunks_add_up_and_all_but_the_last_are_full(record: int, plain: int) -> None:
    stream = Stream("content", record, sealed(plain, record))
    lengths = [stream.length(n) for n in range(stream.chunks)]
    assert sum(lengths) == stream.size
    assert set(lengths[:-1]) <= {16 * (record + 28)}
    assert stream.length(stream.chunks) == 0
    assert all(stream.takes(n, length, open_=False) for n, length in enumerate(lengths))


@given(RECORDS, st.integers(28, 100_000))
def test_a_size_is_whole_exactly_if_some_plaintext_has_it(record: int, size: int) -> None:
    full, rest = divmod(size, record + 28)
    assert Stream("content", record, size).whole(size) == (rest == 0 or rest >= 28)
    assert full >= 0


def test_the_manifest_has_its_own_smaller_records() -> None:
    manifest, content = streams_of(524_288, 65_536 + 28, 524_288 + 28)
    assert (manifest.record_size, content.record_size) == (65_536, 524_288)
    assert manifest.chunks == content.chunks == 1


def test_ranges_join_neighbours_and_ignore_the_other_stream() -> None:
    there = dict.fromkeys(("c0", "c1", "c10", "c2", "m5", "c4"), 1)
    assert Stream("content", 64, 10**6).ranges(there) == (Range(0, 2), Range(4, 4), Range(10, 10))


def test_tiny_records_make_no_endless_listing() -> None:
    chunk = 16 * (64 + 28)
    Stream("content", 64, SMALL_CHUNKS_MAX * chunk).check(open_=False)
    with pytest.raises(HttpProblem) as too_many:
        Stream("content", 64, (SMALL_CHUNKS_MAX + 1) * chunk).check(open_=False)
    assert too_many.value.status == 422
    Stream("content", SMALL_RECORD, (SMALL_CHUNKS_MAX + 1) * 16 * (SMALL_RECORD + 28)).check(open_=False)
