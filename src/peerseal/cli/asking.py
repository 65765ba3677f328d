"""The person at this terminal: asks, and stops asking when the other side has gone.

`-y` answers everything but the check words. At a terminal only what is typed after a question appeared answers it.
Without a terminal a question reads one line of standard input; at its end there is nobody to ask.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
from collections.abc import Sequence
from typing import Final

from peerseal.cli.output import Output
from peerseal.crypto_engine import is_check_words
from peerseal.errors import UsageError
from peerseal.files.names import visible
from peerseal.transfer.events import Offer, Request
from peerseal.transfer.person import Still, Verdict, nobody_looks, nobody_to_ask, split_words

_LOOK_SECONDS: Final = 0.25


class TerminalPerson:
    """Answers by asking. `words` as given by --words (`-` reads them from standard input), `unverified` likewise."""

    def __init__(self, output: Output, *, yes: bool, json: bool, words: str | None, unverified: bool) -> None:
        """Raises UsageError if `words` can be no check words."""
        if words not in (None, "-") and not is_check_words(split_words(words or "")):
            raise UsageError(
                "--words needs the four check words that the other side shows.",
                hint="They are new on every connection; --words - reads them from standard input once they are known.",
            )
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
        who = f"{visible(request.name)} ({request.tag})"
        answer = self._yes_or_no(f"{who} wants to connect. Accept? [y/n] ", still, enter=None)
        if answer is None:
            raise nobody_to_ask(f"{who} asked to connect, and nobody here could answer.")
        return answer

    def compare_words(self, words: Sequence[str], peer: str, *, sending: bool, still: Still) -> Verdict:
        """See `Person.compare_words`."""
        if self._words is not None:
            given = self._told(peer, still) if self._words == "-" else self._words
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
        answer = self._yes_or_no(f"Accept?{doubt} [Y/n] ", still, enter=True)
        if answer is None:
            raise nobody_to_ask(f"{visible(offer.name)} offered something, and nobody here could answer.")
        return answer

    def _look(self, words: Sequence[str], peer: str, *, sending: bool, still: Still) -> Verdict:
        if not sending and self._yes:
            return "unchecked"
        if self._output.quiet:  # else they stand in the line above
            self._output.line(f"Check words: {self._output.bold(' '.join(words))}", always=True)
        choice = "[y/n] " if sending else "[y/n, s to skip] "
        while True:
            answer = self._ask(f"Does {visible(peer)} see the same words? {choice}", still)
            if answer is None:
                raise nobody_looks(peer)
            match answer.strip().lower():
                case "y" | "yes":
                    return "match"
                case "n" | "no":
                    return "differ"
                case "s" | "skip" if not sending:
                    return "unchecked"
                case _:
                    continue

    def _told(self, peer: str, still: Still) -> str | None:
        """The words somebody reads to us: not one of the questions above, so nothing is shown without a terminal."""
        return self._ask(f"Which words does {visible(peer)} see? ", still)

    def _yes_or_no(self, question: str, still: Still, *, enter: bool | None) -> bool | None:
        """The answer; None if there is nobody. `enter` is what a bare Enter means, None: ask again."""
        while True:
            answer = self._ask(question, still)
            if answer is None:
                return False if self._terminal else None
            match answer.strip().lower():
                case "y" | "yes":
                    return True
                case "n" | "no":
                    return False
                case "" if self._terminal and enter is not None:
                    return enter
                case _:
                    continue

    def _ask(self, question: str, still: Still) -> str | None:
        """One line in answer, None at the end of standard input."""
        if not self._terminal:
            return self._line(still)
        self._forget_typed()
        self._output.prompt(question)
        answer = self._line(still)
        if answer is not None:
            self._output.answered()
        return answer

    def _forget_typed(self) -> None:
        """Keys pressed before a question was there must not answer it."""
        self._typed = b""
        with contextlib.suppress(ImportError, OSError):
            import termios

            with contextlib.suppress(termios.error):
                termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)

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
