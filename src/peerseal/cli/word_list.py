"""The 24 words on the screen, the proof that they were noted, and how they are typed in again."""

from __future__ import annotations

from peerseal.cli.output import Output
from peerseal.cli.questions import Questions
from peerseal.crypto_engine import Root, random_bytes, root_of, unknown_word
from peerseal.errors import Declined, UsageError

_COLUMNS = 4
_TRIES = 48


def show(output: Output, words: tuple[str, ...]) -> None:
    """All words, numbered, a few a line; for eyes only, so on the terminal."""
    for start in range(0, len(words), _COLUMNS):
        row = words[start : start + _COLUMNS]
        cells = (f"{number:>2} {word:<10}" for number, word in enumerate(row, start + 1))
        output.line("    " + "".join(cells).rstrip(), always=True)


def ask(questions: Questions, output: Output) -> Root:
    """The root from the 24 words, typed unseen. At a terminal a word that is none is asked for again, alone.

    Raises UsageError (`words_malformed`).
    """
    words = questions.words().split()
    for _ in range(_TRIES):
        try:
            return root_of(" ".join(words))
        except UsageError as wrong:
            number = unknown_word(" ".join(words))
            if not questions.terminal or number is None:
                raise
            output.line(f"{wrong.message[0].upper()}{wrong.message[1:]}.", always=True)
            words[number - 1] = questions.words(f"Word {number} again: ").strip()
    raise UsageError("These are not the 24 words.", code="words_malformed")


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
