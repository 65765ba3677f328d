"""What a client remembers against a server that shows older or other things (protocol.md §11 and §13.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from peerseal.crypto_engine import SealedBook
from peerseal.errors import IntegrityFailed, VerificationFailed
from peerseal.protocol.book import FileSeen
from peerseal.protocol.heads import ClosingHead, OpeningHead
from peerseal.wire.value import Value

#: Both heads of one version, each verified.
Heads: TypeAlias = tuple[OpeningHead, ClosingHead]

_HINT: Final = "Nothing was opened. Ask whoever runs the server: a backup may have been put back."


class BookSeen(Value):
    """The newest contact book this client saw: its counter and hash."""

    counter: int
    hash: bytes


def judge(
    remembered: FileSeen | None,
    opening: OpeningHead,
    closing: ClosingHead | None,
    between: Sequence[Heads] = (),
) -> None:
    """Judges the verified heads of a version by what was seen of its file; `closing` is None while it arrives.

    `between`: the heads of every version after the remembered one and before this, in order. Raises
    `unknown_owner`, or `rolled_back` naming the version.
    """
    if remembered is None:
        return
    if remembered.owner != opening.owner:
        raise VerificationFailed(
            "this file belonged to somebody else before", code="unknown_owner", hint=_HINT
        )
    if remembered.version == 0:
        return
    if opening.version < remembered.version:
        raise _rolled_back(
            f"the server shows version {opening.version}, version {remembered.version} was seen"
        )
    if opening.version == remembered.version:
        if closing is None or closing.hash != remembered.closing:
            raise _rolled_back(f"the server shows another version {opening.version} than the one seen before")
        return
    _check_chain(remembered, opening, between)


def judge_absent(remembered: FileSeen | None) -> None:
    """Judges that no version of a file is complete. Raises `rolled_back` if one was seen."""
    if remembered is not None and remembered.version:
        raise _rolled_back(f"the server shows no complete version, version {remembered.version} was seen")


def judge_arriving(
    remembered: FileSeen | None, current: Heads | None, opening: OpeningHead, closing: ClosingHead | None
) -> None:
    """Judges the verified heads of what is said to arrive after `current`, itself judged; None: nothing is complete.

    Raises `unknown_owner`, or `rolled_back` for anything but the very next version, still without its closing head.
    """
    if closing is not None:
        raise _rolled_back(f"version {opening.version} is complete, and is said to be arriving")
    if current is not None:
        first, last = current
        _check_link(first, opening, first.version, last.hash)
        return
    judge_absent(remembered)
    judge(remembered, opening, None)
    if opening.version != 1:  # which has no previous closing hash: another one is malformed
        raise _rolled_back(f"version {opening.version} is said to be the first")


def judge_book(remembered: BookSeen | None, served: SealedBook | None) -> BookSeen | None:
    """What to remember after this book, None if there is none. Raises `rolled_back`, naming the counters."""
    if remembered is None:
        return None if served is None else BookSeen(served.counter, served.hash)
    counter = 0 if served is None else served.counter
    if served is None or counter < remembered.counter:
        raise _rolled_back(
            f"the server shows contact book {counter}, {remembered.counter} was seen",
        )
    same = counter == remembered.counter
    if (same and served.hash != remembered.hash) or (
        counter == remembered.counter + 1 and served.previous != remembered.hash
    ):
        raise _rolled_back(f"the server shows another contact book {counter} than the one that follows")
    return BookSeen(counter, served.hash)


def _check_chain(remembered: FileSeen, opening: OpeningHead, between: Sequence[Heads]) -> None:
    version, closing_hash = remembered.version, remembered.closing
    for earlier, closing in between:
        closing.check_opening(earlier)
        _check_link(opening, earlier, version, closing_hash)
        version, closing_hash = earlier.version, closing.hash
    _check_link(opening, opening, version, closing_hash)


def _check_link(asked: OpeningHead, head: OpeningHead, version: int, closing_hash: bytes) -> None:
    same_file = (head.owner, head.id) == (asked.owner, asked.id)
    if not same_file or head.version != version + 1 or head.previous != closing_hash:
        raise _rolled_back(f"version {head.version} does not follow version {version} that was seen")


def _rolled_back(why: str) -> IntegrityFailed:
    return IntegrityFailed(why, code="rolled_back", hint=_HINT)
