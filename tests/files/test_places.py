"""Names that fall together are told apart, in a time that grows with their number and not with its square."""

from __future__ import annotations

import itertools
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.files import places as module
from peerseal.files.names import numbered
from peerseal.files.places import Places


def placed(paths: list[str], *, folder: bool = False) -> list[str]:
    places = Places()
    return ["/".join(places.place(path, folder=folder, unhide=False)) for path in paths]


def one_by_one(names: list[str]) -> list[str]:
    """What trying every number from the start gives."""
    taken: set[str] = set()
    found = []
    for name in names:
        free = next(n for n in (numbered(name, k) for k in itertools.count()) if n.casefold() not in taken)
        taken.add(free.casefold())
        found.append(free)
    return found


LONG = "x" * 249
names = st.sampled_from(
    ["a", "A", "a (1)", "A (2)", "a (10)", "b.txt", "B.TXT", "b (1).txt", "b (12).txt"]
    + [LONG + tail for tail in ("aaaaa", "AAAAA", "aaaab", "aabaa", "  (9)", " (10)")]
)


@given(st.lists(names, max_size=60))
def test_every_name_gets_the_first_free_number(chosen: list[str]) -> None:
    # A name that stands twice stands for two wire names that map onto it.
    places = Places()
    got = [places._free((), name, folder=False) for name in chosen]
    assert got == one_by_one(chosen)


def colliding(count: int) -> list[str]:
    """Different on the wire, one name here."""
    return ["".join(name) for name in itertools.islice(itertools.product('<>:"|?*', repeat=6), count)]


@pytest.mark.parametrize("folder", [False, True])
def test_the_work_grows_with_the_number_of_names(folder: bool) -> None:
    count = 5000
    cut_alike = [f"{'y' * 251}{tail}" for tail in map("".join, itertools.product("<>", repeat=4))]
    paths = [*colliding(count), *cut_alike]
    with patch.object(module, "numbered", side_effect=numbered) as tries:
        assert len({name.casefold() for name in placed(paths, folder=folder)}) == len(paths)
    assert tries.call_count < 10 * len(paths)


def test_literal_numbers_in_the_way_are_passed_once() -> None:
    paths = [*(f"______ ({number})" for number in range(1, 2000)), *colliding(2000)]
    with patch.object(module, "numbered", side_effect=numbered) as tries:
        assert len(set(placed(paths))) == len(paths)
    assert tries.call_count < 10 * len(paths)
