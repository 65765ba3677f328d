"""The 24 words on the screen, and the proof that they were noted."""

from __future__ import annotations

from peerseal.cli.output import Output
from peerseal.cli.questions import Questions
from peerseal.crypto_engine import random_bytes
from peerseal.errors import Declined

_COLUMNS = 4


def show(output: Output, words: tuple[str, ...]) -> None:
    """All words, numbered, a few a line; for eyes only, so on the terminal."""
    for start in range(0, len(words), _COLUMNS):
        row = words[start : start + _COLUMNS]
        cells = (f"{number:>2} {word:<10}" for number, word in enumerate(row, start + 1))
        output.line("    " + "".join(cells).rstrip(), always=True)


def insist(questions: Questions, output: Output, words: tuple[str, ...]) -> None:
    """Two of the words must be typed, read from the note; asked until they are right."""
    first = random_bytes(1)[0] % (len(words) // 2)
    second = len(words) // 2 + random_bytes(1)[0] % (len(words) // 2)
    for place in (first, second):
        while True:
            answer = questions.line(f"To be sure that they are noted: which is word {place + 1}? ")
            if answer is None:
                raise Declined(
                    "Nobody showed that the words are noted; the account is there all the same.",
                    code="cancelled",
                    hint="`peerseal account words` shows them again.",
                )
            if answer.strip().lower() == words[place]:
                break
            output.line("That is another word. Look at your note.", always=True)
