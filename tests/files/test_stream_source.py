"""Standard input: of known size if it is short, and had again as far back as it is held."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.errors import LocalFileFailed
from peerseal.files import stream_source
from peerseal.files.bytes_source import BytesSource
from peerseal.files.stream_source import StreamSource, from_stdin

from .drained import drain
from .trees import few


@pytest.mark.parametrize(("length", "known"), [(0, True), (63, True), (64, False), (200, False)])
def test_standard_input_has_a_known_size_if_it_is_short(length: int, known: bool) -> None:
    read, write = os.pipe()
    os.write(write, b"x" * length)
    os.close(write)
    source = from_stdin(read, "stdin", 64)
    assert isinstance(source, BytesSource if known else StreamSource)
    assert source.entries[0].size == (length if known else None)
    assert drain(source) == b"x" * length
    if isinstance(source, StreamSource):
        assert source.taken == length
    os.close(read)


@few
@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6), st.integers(1, 50))
def test_a_stream_goes_back_as_far_as_it_holds(content: bytes, back: list[int], step: int) -> None:
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_source, "BACK_BYTES", 100)
        source = StreamSource(reading, "x", content[:0])
    found = bytearray()
    view = memoryview(bytearray(step))
    furthest = 0
    for wish in [*back, None]:
        n = source.fill(view)
        found[source.taken - n :] = view[:n]
        furthest = max(furthest, source.taken)
        if wish is not None and max(0, furthest - 100) <= wish <= furthest:
            source.seek(wish)
        elif wish is not None:
            with pytest.raises(LocalFileFailed) as caught:
                source.seek(wish)
            assert caught.value.code == "source_gone"
    while n := source.fill(view):
        found[source.taken - n : source.taken] = view[:n]
    os.close(reading)
    assert found == content
    assert source.taken == len(content)
