"""The quick part of `make fuzz`: every seed, and what hypothesis makes of it, at every decoder."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.targets import TARGETS, Target, once, seeds_of

EVERY = pytest.mark.parametrize("name", TARGETS)


@EVERY
def test_there_are_seeds_that_are_taken_or_refused(name: str) -> None:
    seeds = seeds_of(TARGETS[name])
    assert len(seeds) > 2
    for octets in seeds:
        once(TARGETS[name], octets)


@EVERY
def test_no_seed_and_no_mutation_of_one_raises_anything_untyped(name: str) -> None:
    target = TARGETS[name]
    seeds = st.sampled_from(seeds_of(target))

    @settings(max_examples=60, database=None, suppress_health_check=list(HealthCheck))
    @given(
        st.one_of(
            st.binary(max_size=300), st.tuples(seeds, st.data()).map(lambda both: both[0]), mutated(seeds)
        )
    )
    def throw(octets: bytes) -> None:
        once(target, octets)

    throw()


def test_what_is_not_allowed_is_noticed() -> None:
    broken = Target(lambda octets: octets[5])
    with pytest.raises(IndexError):
        once(broken, b"")


def mutated(seeds: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """A seed with a few bytes changed, put in or taken away."""

    def change(seed: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
        octets = bytearray(seed)
        for at, drop, put in edits:
            start = at % (len(octets) + 1)
            octets[start : start + drop] = put
        return bytes(octets)

    edit = st.tuples(st.integers(0, 5000), st.integers(0, 4), st.binary(max_size=4))
    return st.builds(change, seeds, st.lists(edit, min_size=1, max_size=4))
