"""Questions about an account, at this terminal: passwords unseen, yes or no, words.

Only what is typed after a question appeared answers it. With `--password-stdin` everything secret is read from
standard input instead, one line each, in the order it would be asked; without a terminal nothing else is.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from peerseal.cli.output import Output
from peerseal.errors import Declined, PeersealError, UsageError

MIN_PASSWORD: Final = 8
_MAX_LINE: Final = 10_000


class Questions:
    """Asks through `output`. `yes` answers what may be answered unasked; `from_stdin` is --password-stdin."""

    def __init__(self, output: Output, *, yes: bool, from_stdin: bool) -> None:
        self._output = output
        self._yes = yes
        self._from_stdin = from_stdin
        self._read = b""
        self.terminal: Final = sys.stdin.isatty() and not from_stdin

    def password(self, question: str = "Password: ") -> str:
        """A password as it is. Raises UsageError if there is nobody to ask."""
        return self._secret(question, "password")

    def new_password(self, question: str = "New password: ", protects: str = "your keys") -> str:
        """A password to be, typed twice at a terminal, and again if it is too short. Raises UsageError."""
        for _ in range(3):
            password = self._secret(question, "password")
            if len(password) < MIN_PASSWORD:
                short = UsageError(
                    f"A password has at least {MIN_PASSWORD} characters.",
                    code="password_short",
                    hint=f"It protects {protects}. A few words that nobody would guess are easy to remember.",
                )
                if not self.terminal:
                    raise short
                self._output.line(f"{short.message} {short.hint}", always=True)
                continue
            if not self.terminal or self._secret("The same again: ", "password") == password:
                return password
            self._output.line("These were not the same. Once more:", always=True)
        raise UsageError("The password was not typed twice the same.", code="password_differs")

    def words(self, question: str = "Your 24 words: ") -> str:
        """The 24 words, unseen."""
        return self._secret(question, "24 words")

    def invitation(self) -> str:
        """The code of an invitation, seen while it is typed: it is good for one account. Raises UsageError."""
        if not self.terminal:
            return self._secret("Invitation code: ", "invitation code").strip()
        line = self.line("Invitation code: ")
        if line is None:
            raise Declined("Nothing was changed.", code="cancelled")
        return line.strip()

    def sure(self, question: str, *, otherwise: str) -> None:
        """Go on only after a yes (or -y). Raises Declined for a no, UsageError (`otherwise` says what to do) if there is nobody."""
        if self._yes:
            return
        if not self.terminal:
            raise UsageError("This needs a yes, and there is no terminal to ask.", hint=otherwise)
        if not self.yes_or_no(question):
            raise Declined("Nothing was changed.", code="cancelled")

    def yes_or_no(self, question: str) -> bool:
        """The answer typed at the terminal, which `-y` does not give; the end of input is a no."""
        while True:
            answer = self.line(f"{question} [y/n] ")
            match "n" if answer is None else answer.strip().lower():
                case "y" | "yes":
                    return True
                case "n" | "no":
                    return False
                case _:
                    continue

    def line(self, question: str) -> str | None:
        """One visible line typed at the terminal; None at its end."""
        self._forget_typed()
        self._output.prompt(question)
        answer = self._line()
        if answer is not None:
            self._output.answered()
        return answer

    def _secret(self, question: str, what: str) -> str:
        if self._from_stdin:
            line = self._line()
            if line is None:
                raise UsageError(f"Standard input ended where the {what} should stand.", code="no_password")
            return line
        if not self.terminal:
            raise UsageError(
                f"There is no terminal to ask for the {what}.",
                code="no_password",
                hint="--password-stdin reads it from standard input.",
            )
        with _unseen():
            self._forget_typed()
            self._output.prompt(question)
            line = self._line()
        self._output.end_line()  # the Enter was not shown either
        if line is None:
            raise Declined("Nothing was changed.", code="cancelled")
        return line

    def _forget_typed(self) -> None:
        """Keys pressed before a question was there must not answer it."""
        self._read = b""
        with contextlib.suppress(ImportError, OSError):
            import termios

            with contextlib.suppress(termios.error):
                termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)

    def _line(self) -> str | None:
        """One line of standard input without its end; None if there is no more."""
        while b"\n" not in self._read:
            piece = os.read(sys.stdin.fileno(), 4096)
            if not piece:
                rest, self._read = self._read, b""
                return _text(rest) if rest else None
            self._read += piece
            if len(self._read) > _MAX_LINE:
                raise UsageError("This line is too long.", code="usage")
        line, _, self._read = self._read.partition(b"\n")
        return _text(line.removesuffix(b"\r"))


@contextmanager
def _unseen() -> Iterator[None]:
    """What is typed is not shown; the line end is written by whoever goes on."""
    import termios

    fd = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(fd)
    except termios.error:
        raise PeersealError(
            "This terminal cannot hide what is typed.", code="terminal", hint="Use --password-stdin."
        ) from None
    quiet = list(before)
    quiet[3] &= ~(termios.ECHO | termios.ECHONL)
    termios.tcsetattr(fd, termios.TCSAFLUSH, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise UsageError("What was typed is not UTF-8.", code="usage") from None
