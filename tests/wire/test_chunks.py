"""Where the records of a stored stream lie, against what counting them one by one says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.errors import IntegrityFailed
from peerseal.wire.chunks import StreamLayout, layout_of


@given(st.integers(64, 4096), st.integers(0, 10**6))
def test_chunks_and_records_add_up(record_size: int, plain: int) -> None:
    layout = layout_of(record_size, plain)
    layout.check()
    records = max(1, len(range(0, plain, record_size)))
    assert (layout.records, layout.plain, layout.chunks) == (records, plain, len(range(0, records, 16)))
    lengths = [layout.chunk_length(number) for number in range(layout.chunks + 1)]
    assert sum(lengths) == layout.sealed == plain + 28 * records
    assert lengths[-1] == 0
    assert all(length == 16 * (record_size + 28) for length in lengths[:-2])


@pytest.mark.parametrize("sealed", [0, 27, 92 + 1, 92 + 27])
def test_a_size_no_records_have_is_refused(sealed: int) -> None:
    with pytest.raises(IntegrityFailed):
        StreamLayout(64, sealed).check()


def test_an_empty_last_record_is_a_record() -> None:
    layout = StreamLayout(64, 16 * 92 + 28)
    layout.check()
    assert (layout.records, layout.chunks, layout.plain) == (17, 2, 1024)
