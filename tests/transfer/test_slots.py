"""Slots: numbered places, of which only what is filled without a gap counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from .journals_made import create


@given(st.lists(st.booleans(), max_size=40), st.sampled_from([28, 32]))
def test_slots_count_up_to_the_first_that_is_empty(
    tmp_path_factory: pytest.TempPathFactory, filled: list[bool], length: int
) -> None:
    with create(tmp_path_factory.mktemp("home")) as journal:
        for index, is_filled in enumerate(filled):
            if is_filled:
                # Zeros at both ends: what is empty is a whole slot of them.
                journal.mark("content", index, bytes(length - 20) + b"\1" + bytes(19))
        first_empty = filled.index(False) if False in filled else len(filled)
        assert len(journal.marks("content")) == 32 * first_empty
