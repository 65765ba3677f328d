"""The person at this terminal: asks, and stops asking when the other side has gone.

`-y` answers everything but the check words. Without a terminal a question reads one line of standard input; its
end is a no.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Sequence
from typing import Final

from peerseal.cli.output import Output
from peerseal.files.names import visible
from peerseal.transfer.events import Offer, Request
from peerseal.transfer.person import Still, Verdict, nobody_looks, split_words

_LOOK_SECONDS: Final = 0.25


class TerminalPerson:
    """Answers by asking. `words` as given by --words (`-` reads them from standard input), `unverified` likewise."""

    def __init__(self, output: Output, *, yes: bool, json: bool, words: str | None, unverified: bool) -> None:
        self._output = output
        self._yes = yes
        self._words = words
        self._unverified = unverified
        self._typed = b""
        self._terminal = sys.stdin.isatty() and output.terminal and not json

    def accept_request(self, request: Request, still: Still) -> bool:
        """See `Person.accept_request`."""
        if self._yes:
            return True
        return self._yes_or_no(
            f"{visible(request.name)} ({request.tag}) wants to connect. Accept? [Y/n] ", still
        )

    def compare_words(self, words: Sequence[str], peer: str, *, sending: bool, still: Still) -> Verdict:
        """See `Person.compare_words`."""
        if self._words is not None:
            given = self._line(still) if self._words == "-" else self._words
            return "match" if given is not None and split_words(given) == tuple(words) else "differ"
        if self._unverified:
            return "unchecked"
        if not self._terminal:
            raise nobody_looks(peer)
        return self._look(words, peer, sending=sending, still=still)

    def accept_offer(self, offer: Offer, still: Still) -> bool:
        """See `Person.accept_offer`."""
        if self._yes:
            return True
        doubt = "" if offer.verified or offer.mode == "code" else " You have not checked who this is."
        return self._yes_or_no(f"Accept?{doubt} [Y/n] ", still)

    def _look(self, words: Sequence[str], peer: str, *, sending: bool, still: Still) -> Verdict:
        name, shown = visible(peer), self._output.bold(" · ".join(words))
        if not sending and self._yes:
            return "unchecked"
        choice = "[y/n] " if sending else "[y/n, Enter to skip] "
        while True:
            self._output.prompt(f"Does {name} see the same words: {shown}? {choice}")
            answer = self._line(still)
            if answer is None:
                raise nobody_looks(peer)
            match answer.strip().lower():
                case "y" | "yes":
                    return "match"
                case "n" | "no":
                    return "differ"
                case "" if not sending:
                    return "unchecked"
                case _:
                    continue

    def _yes_or_no(self, question: str, still: Still) -> bool:
        while True:
            if self._terminal:
                self._output.prompt(question)
            answer = self._line(still)
            match None if answer is None else answer.strip().lower():
                case "y" | "yes":
                    return True
                case "n" | "no" | None:
                    return False
                case "" if self._terminal:
                    return True
                case _:
                    continue

    def _line(self, still: Still) -> str | None:
        """One line of standard input, None at its end; `still` is asked while waiting."""
        fd = sys.stdin.fileno()
        while b"\n" not in self._typed:
            # Not through sys.stdin: what it has buffered, select does not see.
            if not select.select([fd], [], [], _LOOK_SECONDS)[0]:
                still()
                continue
            piece = os.read(fd, 4096)
            if not piece:
                line, self._typed = self._typed, b""
                return line.decode(errors="replace") or None
            self._typed += piece
        line, _, self._typed = self._typed.partition(b"\n")
        return line.decode(errors="replace")
