"""Record frames: a header says what comes, and only what may come next is accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.errors import IntegrityFailed
from peerseal.wire.frames import (
    FrameHeader,
    FrameReader,
    StreamName,
    frame_header,
    read_frame_header,
    write_frame_header,
)

SIZE = 64
FULL = SIZE + 28


def _frame(stream: StreamName, index: int, length: int = FULL, final: bool = False) -> bytes:
    return frame_header(FrameHeader(length, stream, final, index))


def _refused(reader: FrameReader, header: bytes) -> str:
    with pytest.raises(IntegrityFailed) as wrong:
        reader.accept(header)
    return wrong.value.code


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["manifest", "content"]),
    st.booleans(),
    st.integers(0, 2**64 - 1),
)
def test_what_is_written_is_read(length: int, stream: StreamName, final: bool, index: int) -> None:
    header = FrameHeader(length, stream, final, index)
    out = bytearray(20)
    write_frame_header(header, out)
    assert bytes(out[:16]) == frame_header(header)
    assert bytes(out[16:]) == bytes(4)
    assert read_frame_header(out[:16]) == header


def test_the_layout_is_that_of_the_page() -> None:
    header = FrameHeader(0x01020304, "content", True, 0x05060708090A0B0C)
    assert frame_header(header).hex() == "01020304" + "02" + "01" + "0000" + "05060708090a0b0c"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(_frame("manifest", 0)[:15], id="too short"),
        pytest.param(_frame("manifest", 0) + b"\0", id="too long"),
        pytest.param(bytes.fromhex("0000005c 00 00 0000 0000000000000000"), id="stream 0"),
        pytest.param(bytes.fromhex("0000005c 03 00 0000 0000000000000000"), id="stream 3"),
        pytest.param(bytes.fromhex("0000005c 01 02 0000 0000000000000000"), id="final 2"),
        pytest.param(bytes.fromhex("0000005c 01 00 0001 0000000000000000"), id="reserved bits"),
        pytest.param(_frame("manifest", 0, 27), id="shorter than the overhead"),
        pytest.param(_frame("manifest", 0, FULL + 1), id="longer than full"),
        pytest.param(_frame("manifest", 0, 2**32 - 1), id="4 GiB"),
    ],
)
def test_a_header_that_does_not_hold_is_malformed(header: bytes) -> None:
    assert _refused(FrameReader(SIZE), header) == "malformed"


@given(st.binary(min_size=16, max_size=16))
def test_any_16_bytes_are_read_or_refused(header: bytes) -> None:
    verdict, written = "ok", header
    try:
        written = frame_header(read_frame_header(header))
    except IntegrityFailed as wrong:
        verdict = wrong.code
    assert verdict in {"ok", "malformed"}
    assert written == header


def test_a_manifest_record_is_at_most_64_kib() -> None:
    reader = FrameReader(1_048_576)
    assert _refused(reader, _frame("manifest", 0, 65_536 + 29)) == "malformed"
    reader.accept(_frame("manifest", 0, 65_536 + 28))
    reader.allow_content()
    reader.accept(_frame("content", 0, 1_048_576 + 28))


def test_each_stream_counts_for_itself() -> None:
    reader = FrameReader(SIZE)
    reader.accept(_frame("manifest", 0))
    reader.allow_content()
    reader.accept(_frame("content", 0))
    assert reader.accept(_frame("manifest", 1, final=True)) == FrameHeader(FULL, "manifest", True, 1)
    before = reader.ended
    reader.accept(_frame("content", 1, 28, final=True))
    assert (before, reader.ended) == (False, True)
    reader.end()


@pytest.mark.parametrize("index", [0, 2, 2**64 - 1])
def test_an_index_that_is_not_the_next_is_out_of_order(index: int) -> None:
    reader = FrameReader(SIZE)
    reader.accept(_frame("manifest", 0))
    assert _refused(reader, _frame("manifest", index)) == "out_of_order"


def test_content_before_the_manifests_head_is_out_of_order() -> None:
    reader = FrameReader(SIZE)
    assert _refused(reader, _frame("content", 0)) == "out_of_order"
    reader.accept(_frame("manifest", 0))
    assert _refused(reader, _frame("content", 0)) == "out_of_order"


def test_a_record_after_its_streams_final_one_is_out_of_order() -> None:
    reader = FrameReader(SIZE)
    reader.accept(_frame("manifest", 0, final=True))
    assert _refused(reader, _frame("manifest", 1)) == "out_of_order"


@pytest.mark.parametrize("more", [b"\0", _frame("content", 1), _frame("manifest", 0)])
def test_anything_after_the_end_is_malformed(more: bytes) -> None:
    reader = FrameReader(SIZE)
    reader.accept(_frame("manifest", 0, final=True))
    reader.allow_content()
    reader.accept(_frame("content", 0, final=True))
    assert _refused(reader, more) == "malformed"


def test_an_end_before_both_final_records_is_truncated() -> None:
    reader = FrameReader(SIZE)
    for header in (None, _frame("manifest", 0, final=True)):
        if header:
            reader.accept(header)
        with pytest.raises(IntegrityFailed) as wrong:
            reader.end()
        assert wrong.value.code == "truncated"


def test_a_later_path_begins_where_it_says() -> None:
    reader = FrameReader(SIZE, 2, 5)
    assert reader.accept(_frame("content", 5)).index == 5
    assert reader.accept(_frame("manifest", 2)).index == 2
    assert _refused(reader, _frame("content", 5)) == "out_of_order"
    assert _refused(FrameReader(SIZE, 2, 5), _frame("manifest", 1)) == "out_of_order"


def test_content_from_the_start_needs_the_head_also_on_a_later_path() -> None:
    reader = FrameReader(SIZE, 1, 0)
    assert _refused(reader, _frame("content", 0)) == "out_of_order"
    reader.allow_content()
    assert reader.accept(_frame("content", 0)).index == 0


def test_a_stream_that_ended_on_a_former_path_stays_ended() -> None:
    reader = FrameReader(SIZE, 1, 5, ended=("manifest",))
    assert _refused(reader, _frame("manifest", 1)) == "out_of_order"
    before = reader.ended
    reader.accept(_frame("content", 5, final=True))
    reader.end()
    assert (before, reader.ended) == (False, True)
    assert FrameReader(SIZE, 1, 5, ended=("manifest", "content")).ended
