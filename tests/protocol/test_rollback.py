"""A server that shows older, other or unlinked things is caught by what was seen before."""

import pytest

from peerseal.crypto_engine import NO_BOOK, SealedBook
from peerseal.protocol.book import NO_CLOSING, FileSeen
from peerseal.protocol.heads import ClosingHead, OpeningHead
from peerseal.protocol.rollback import BookSeen, judge, judge_absent, judge_arriving, judge_book
from support.people_with_keys import person
from support.refusals import refused
from support.versions import ID, chain, closing_of, opening_of

CHAIN = chain(6)


def _seen(version: int, owner: str = "ada") -> FileSeen:
    closing = CHAIN[version - 1][1].hash if version else NO_CLOSING
    return FileSeen(ID, person(owner).fingerprint, version, closing, 1)


def test_a_file_never_seen_is_taken_as_it_is() -> None:
    judge(None, *CHAIN[4])
    judge(_seen(0), *CHAIN[4])


def test_the_same_version_is_taken_again() -> None:
    judge(_seen(3), *CHAIN[2])


def test_a_later_version_that_links_up_is_taken() -> None:
    judge(_seen(3), *CHAIN[3])
    judge(_seen(3), CHAIN[3][0], None)
    judge(_seen(2), *CHAIN[5], CHAIN[2:5])


@pytest.mark.parametrize("version", [1, 2])
def test_a_lower_version_is_a_rollback(version: int) -> None:
    with refused("rolled_back"):
        judge(_seen(3), *CHAIN[version - 1])


def test_the_same_version_with_another_closing_hash_or_none_is_a_rollback() -> None:
    opening = CHAIN[2][0]
    for closing in (closing_of(opening, b"x" * 32), None):
        with refused("rolled_back"):
            judge(_seen(3), opening, closing)


def test_what_arrives_is_the_very_next_version() -> None:
    judge_arriving(None, None, CHAIN[0][0], None)
    judge_arriving(_seen(0), None, CHAIN[0][0], None)
    judge_arriving(_seen(2), CHAIN[2], CHAIN[3][0], None)
    for version in (1, 2, 3, 5):
        with refused("rolled_back"):
            judge_arriving(_seen(2), CHAIN[2], CHAIN[version - 1][0], None)
    with refused("rolled_back"):
        judge_arriving(_seen(2), CHAIN[2], *CHAIN[3])
    with refused("rolled_back"):
        judge_arriving(None, CHAIN[2], opening_of(4, b"x" * 32), None)
    with refused("rolled_back"):
        judge_arriving(None, None, CHAIN[1][0], None)


def test_what_was_seen_complete_cannot_be_missing() -> None:
    judge_absent(None)
    judge_absent(_seen(0))
    with refused("rolled_back"):
        judge_absent(_seen(1))
    with refused("rolled_back"):
        judge_arriving(_seen(1), None, CHAIN[0][0], None)


def test_a_fork_is_a_rollback() -> None:
    forked = opening_of(4, b"x" * 32)
    with refused("rolled_back"):
        judge(_seen(3), forked, closing_of(forked))


@pytest.mark.parametrize(
    "between",
    [
        pytest.param([], id="nothing"),
        pytest.param(CHAIN[2:4], id="one missing at the end"),
        pytest.param(CHAIN[3:5], id="one missing at the start"),
        pytest.param([CHAIN[2], CHAIN[4], CHAIN[3]], id="out of order"),
        pytest.param(CHAIN[1:5], id="one too many"),
    ],
)
def test_a_version_further_on_that_does_not_link_up_is_a_rollback(
    between: list[tuple[OpeningHead, ClosingHead]],
) -> None:
    with refused("rolled_back"):
        judge(_seen(2), *CHAIN[5], between)


def test_heads_between_that_do_not_belong_together_are_refused() -> None:
    with refused("content_differs"):
        judge(_seen(2), *CHAIN[4], [CHAIN[2], (CHAIN[3][0], CHAIN[4][1])])


def test_another_owner_is_unknown() -> None:
    with refused("unknown_owner"):
        judge(_seen(3, owner="bob"), *CHAIN[2])
    with refused("unknown_owner"):
        judge(_seen(0, owner="bob"), *CHAIN[2])


def _book(counter: int, own: bytes, previous: bytes = NO_BOOK) -> SealedBook:
    return SealedBook(counter, previous, own, b"{}")


def test_the_first_book_is_taken_and_so_are_those_that_follow() -> None:
    assert judge_book(None, None) is None
    seen = judge_book(None, _book(4, b"4"))
    assert seen == BookSeen(4, b"4")
    assert judge_book(seen, _book(4, b"4")) == seen
    assert judge_book(seen, _book(5, b"5", b"4")) == BookSeen(5, b"5")
    assert judge_book(seen, _book(7, b"7", b"6")) == BookSeen(7, b"7")


@pytest.mark.parametrize(
    "served",
    [
        pytest.param(None, id="none any more"),
        pytest.param(_book(3, b"3"), id="lower"),
        pytest.param(_book(4, b"x"), id="the same with another hash"),
        pytest.param(_book(5, b"5", b"x"), id="the next after another"),
    ],
)
def test_a_book_that_cannot_follow_is_a_rollback(served: SealedBook | None) -> None:
    with refused("rolled_back"):
        judge_book(BookSeen(4, b"4"), served)
