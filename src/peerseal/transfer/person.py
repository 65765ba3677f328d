"""What a transfer asks its person. The command line asks at a terminal, the SDK answers from its arguments."""

# ruff: noqa: ARG002 - whose answers are settled does not look at the question

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from peerseal.errors import Declined, VerificationFailed
from peerseal.transfer.events import Offer, Request

Verdict = Literal["match", "differ", "unchecked"]
Words = str | Sequence[str] | Callable[[tuple[str, ...]], bool]
"""The words the other person sees, or a function that says whether these are they."""
Still = Callable[[], None]
"""Raises if the question has become pointless, because the other side has gone."""


class Person(Protocol):
    """Decides. Each answer may take as long as it takes; `still` is called now and then meanwhile."""

    def accept_request(self, request: Request, still: Still) -> bool:
        """May this peer connect? Raises Declined (`nobody_to_ask`) if nobody can answer."""

    def compare_words(self, words: Sequence[str], peer: str, *, sending: bool, still: Still) -> Verdict:
        """Do both screens show these words? Raises VerificationFailed if nobody can look."""

    def accept_offer(self, offer: Offer, still: Still) -> bool:
        """Take what is offered? Raises Declined (`nobody_to_ask`) if nobody can answer."""


class Settled:
    """A person whose answers were given beforehand."""

    def __init__(
        self,
        *,
        accept: bool | Callable[[Offer], bool] = True,
        words: Words | None = None,
        unverified: bool = False,
    ) -> None:
        """`words` compares with what the other person sees; `unverified` goes on without."""
        self._accept = accept
        self._words = words
        self._unverified = unverified

    def accept_request(self, request: Request, still: Still) -> bool:
        """See `Person.accept_request`: the words and the offer decide."""
        return True

    def compare_words(self, words: Sequence[str], peer: str, *, sending: bool, still: Still) -> Verdict:
        """See `Person.compare_words`."""
        if self._words is not None:
            own = tuple(words)
            same = self._words(own) if callable(self._words) else split_words(self._words) == own
            return "match" if same else "differ"
        if self._unverified:
            return "unchecked"
        raise nobody_looks(
            peer, "Give `words` a function that compares them, or accept the risk with unverified=True."
        )

    def accept_offer(self, offer: Offer, still: Still) -> bool:
        """See `Person.accept_offer`."""
        return self._accept if isinstance(self._accept, bool) else self._accept(offer)


def split_words(words: str | Sequence[str]) -> tuple[str, ...]:
    """The words however they were written: spaces, commas, dashes and dots between them, any case."""
    text = words if isinstance(words, str) else " ".join(words)
    for separator in ",-·.;":
        text = text.replace(separator, " ")
    return tuple(text.lower().split())


def nobody_looks(peer: str, hint: str = "") -> VerificationFailed:
    """Nobody compared the words and nobody said that this is fine."""
    return VerificationFailed(
        f"Nobody has checked that this is really {peer}.",
        code="not_verified",
        hint=hint
        or "The check words are new on every connection: compare them at a terminal, give what the other side shows to "
        "--words - on standard input, or accept the risk with --unverified.",
    )


def nobody_to_ask(message: str) -> Declined:
    """There was a question, and no person at a terminal who could answer it."""
    return Declined(
        message,
        code="nobody_to_ask",
        hint="Run it in a terminal, answer y on standard input, or accept beforehand with -y.",
    )
