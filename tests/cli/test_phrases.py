"""What happens, in words for people: sizes and times as they are said, offers with what to look at twice."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from peerseal.cli.phrases import (
    complete_line,
    duration,
    fit,
    offer_lines,
    one_line,
    progress_line,
    sentence,
    size,
)
from peerseal.transfer.events import Complete, Offer, OfferedFile, Progress


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (24_100_000, "24.1 MB"),
        (5_000_000_000, "5.0 GB"),
        (999_999_999_999_999, "1.0 PB"),
        (2**53, "9.0 PB"),
    ],
)
def test_sizes_never_have_four_digits_before_the_point(count: int, said: str) -> None:
    assert size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "0 ms"),
        (0.04, "40 ms"),
        (0.8, "0.8 s"),
        (3.0, "3 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185.0, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7800.0, "2 h 10 min"),
    ],
)
def test_times_are_rounded_over_to_the_next_unit(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def offer(*files: OfferedFile, count: int | None = None, total: int | None = 5, **more: object) -> Offer:
    said: dict[str, object] = {
        "text": False,
        "name": "Bob",
        "verified": False,
        "contact": None,
        "mode": "code",
        "target": None,
    }
    return Offer(
        files=files,
        count=sum(file.kind != "directory" for file in files) if count is None else count,
        bytes=total,
        **{**said, **more},  # type: ignore[arg-type]
    )


def test_an_offer_says_what_how_much_and_where_to() -> None:
    lines = offer_lines(offer(OfferedFile("a.txt", 5, "file"), target="/home/ada"))
    assert lines == ["Bob offers 1 file, 5 B:", "  a.txt  5 B", "It goes to /home/ada"]


def test_only_the_first_of_many_files_are_listed_and_folders_are_not_counted() -> None:
    files = [OfferedFile("d", 0, "directory"), *(OfferedFile(f"d/{n}", 1, "file") for n in range(20))]
    lines = offer_lines(offer(*files, count=500, total=500))
    assert lines[0] == "Bob offers 500 files, 500 B:"
    assert lines[1] == "  d/"
    assert len(lines) == 1 + 8 + 1
    assert lines[-1] == "  … and 493 more"


def test_an_offer_without_files_or_sizes_is_said_as_what_it_is() -> None:
    assert offer_lines(offer(OfferedFile("void", 0, "directory"), total=0)) == [
        "Bob offers the folder void (empty)."
    ]
    assert offer_lines(offer(OfferedFile("", 5, "text"), text=True)) == ["Bob sends a message, 5 B."]
    assert offer_lines(offer(OfferedFile("s", None, "file"), total=None))[0] == (
        "Bob offers 1 file, size not known yet:"
    )


def test_a_hidden_name_is_to_be_looked_at_twice() -> None:
    lines = offer_lines(offer(OfferedFile("a", 1, "file"), OfferedFile(".bashrc", 1, "file")))
    assert [line for line in lines if "Look twice: .bashrc" in line]


EVIL = "\x1b[2Ja\u202eb\n"


def test_nothing_of_a_strangers_choosing_reaches_the_terminal_as_it_is() -> None:
    said = [
        *offer_lines(offer(OfferedFile(EVIL, 1, "file"), name=EVIL, target=EVIL)),
        *offer_lines(offer(OfferedFile(f".{EVIL}", 0, "directory"), name=EVIL)),
        complete_line(Complete(1, 5, 1.0, "relay", EVIL, received=True), ""),
        progress_line(Progress(done=1, total=2, rate=1, eta=None, file=EVIL), "relay"),
        one_line(EVIL),
    ]
    for line in said:
        assert not any(unicodedata.category(character) in ("Cc", "Cf") for character in line), line


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Complete(2, 5, 1.0, "relay", "Bob", received=False), "2 files are with Bob. 5 B in 1 s, relay."),
        (Complete(1, 5, 1.0, "store", "Bob", received=True), "1 file is here, from Bob. 5 B in 1 s, store."),
        (
            Complete(1, 5, 1.0, "direct", "Bob", received=True, text=True),
            "The message is here, from Bob. 5 B in 1 s, direct.",
        ),
        (
            Complete(0, 0, 0.05, "relay", "Bob", received=True, paths=("a", "b")),
            "The empty folders are here, from Bob. 0 B in 50 ms, relay.",
        ),
    ],
)
def test_how_it_ended_well_is_one_sentence(event: Complete, said: str) -> None:
    assert complete_line(event, "") == said


def test_progress_says_only_what_is_known() -> None:
    known = Progress(done=50, total=200, rate=10, eta=15, file="a.txt")
    assert progress_line(known, "relay") == " 25 %  50 B of 200 B  10 B/s  15 s left  relay  a.txt"
    unknown = Progress(done=50, total=None, rate=10, eta=None, file="")
    assert progress_line(unknown, "") == "50 B  10 B/s"


@given(st.text(max_size=60), st.integers(1, 40))
@example("漢字", 1)
@example("a\u0301b", 1)
@example("漢" * 9, 10)
def test_what_is_cut_is_never_wider_than_the_terminal(text: str, columns: int) -> None:
    shown = fit(text, columns)
    wide = sum(
        2 if unicodedata.east_asian_width(one) in "WF" else not unicodedata.combining(one) for one in shown
    )
    assert wide <= columns
    assert shown == text or shown.endswith("…")


def test_a_title_is_one_line_of_a_list() -> None:
    assert one_line("  a   b   c ") == "a b c"
    assert "\n" not in one_line("a\nb")
    assert len(one_line("x" * 500)) == 100


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("the code was wrong", "The code was wrong."),
        ("nofile does not exist.", "nofile does not exist."),
        ("really?", "really?"),
        ("", "."),
    ],
)
def test_a_phrase_becomes_a_sentence_and_a_sentence_stays(phrase: str, said: str) -> None:
    assert sentence(phrase) == said
