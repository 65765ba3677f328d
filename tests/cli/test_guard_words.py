"""What `peerseal guard` says: numbers, times and damaged files as people read them."""

from __future__ import annotations

from typing import get_args

import pytest

from peerseal.cli.guard_mode import MODES
from peerseal.cli.guard_words import (
    FAULTS,
    KINDS,
    MEANS,
    STOPPED,
    clock,
    damage_fields,
    damage_row,
    hundredths,
    left,
    standing_fields,
    subjects,
)
from peerseal.wire.damage import Damaged
from peerseal.wire.guard import Standing, SubjectKind

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (100, "1"), (4350, "43.5"), (4355, "43.55"), (5, "0.05"), (-0, "0")]
)
def test_hundredths_are_said_without_needless_zeros(value: int, text: str) -> None:
    assert hundredths(value) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (-5, "0 s left"),
        (89_999, "89 s left"),
        (90_000, "2 min left"),
        (7_199_000, "120 min left"),
        (7_200_000, "2 h left"),
        (86_399_000, "24 h left"),
    ],
)
def test_how_long_something_stands_is_rounded_up_to_what_people_wait(milliseconds: int, text: str) -> None:
    assert left(NOW + milliseconds, NOW) == text


def test_what_never_ends_by_itself_is_undone_by_hand() -> None:
    assert left(None, NOW) == "until undone"
    assert clock(None) == "undone by hand"


def test_subjects_are_counted_in_words() -> None:
    assert [subjects(n) for n in (0, 1, 2)] == ["", " 1 subject is watched.", " 2 subjects are watched."]


def test_there_is_a_word_for_everything_the_server_may_say() -> None:
    assert set(STOPPED) == {"challenge", "wait", "block"}
    assert set(KINDS) >= set(get_args(SubjectKind))
    assert set(MEANS) == set(MODES)
    assert set(FAULTS) == {"missing", "length", "content", "unreadable"}


def test_a_damaged_file_is_said_with_whose_it_is_and_a_park_without() -> None:
    one = Damaged("f" * 32, "file", 2, "Ada", 1, "missing", NOW)
    assert damage_row(one) == f"file {'f' * 32} (version 2, @Ada's): 1 chunk is missing, since {clock(NOW)}"
    several = Damaged("a" * 32, "park", 0, None, 3, "content", NOW)
    assert damage_row(several) == f"park {'a' * 32}: 3 chunks are other than was written, since {clock(NOW)}"


def test_a_name_cannot_write_over_the_line() -> None:
    assert "\x1b" not in damage_row(Damaged("f" * 32, "file", 1, "\x1b[2J", 1, "length", NOW))


def test_machines_get_what_the_server_wrote() -> None:
    assert damage_fields(Damaged("f" * 32, "park", 0, None, 3, "length", 7)) == {
        "id": "f" * 32,
        "kind": "park",
        "version": 0,
        "owner": None,
        "chunks": 3,
        "fault": "length",
        "since": 7,
    }
    row = Standing("a" * 32, "ip", "192.0.2.1", "block", 1, None, 4350, 4000, 100, "scanned")
    assert standing_fields(row)["score"] == 4350
