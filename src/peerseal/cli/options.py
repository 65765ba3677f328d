"""The options of the command line: each flag once, with the `PEERSEAL_…` variable that stands for it."""

from __future__ import annotations

import argparse
import os
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

from peerseal.client.settings import DEFAULT_SERVER
from peerseal.errors import UsageError

MIN_CODE_WORDS = 2
MAX_CODE_WORDS = 10
"""More are no safer, and 10 of the longest fit into a code."""
STORE_CHOICES = ("auto", "always", "never")
#: No argument of a program can hold this character.
_BEHIND = "\0"
_TRUE = ("1", "true", "yes", "on")
_EXIT_CODES = """exit codes:
  0 done   1 something else failed   2 usage   3 no server   4 not verified   5 declined or cancelled
  6 nobody came in time   7 what came does not hold   8 a file or folder of this machine   9 not found
  10 the connection broke   11 the server says no   130 Ctrl-C"""


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError instead of ending the program."""

    def __init__(self, command: str, description: str) -> None:
        super().__init__(
            prog=f"peerseal {command}",
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def parse(self, argv: Sequence[str]) -> argparse.Namespace:
        """Options and arguments in any order; after `--` there are only arguments, with dashes or not.

        Parsing intermixed looks at the words twice and has forgotten `--` by then (so does argparse before Python
        3.13), so words behind it are marked while it looks. Raises UsageError.
        """
        words = list(argv)
        if "--" in words:
            end = words.index("--")
            words[end:] = [_BEHIND + word if word.startswith("-") else word for word in words[end + 1 :]]
        found = self.parse_intermixed_args(words)
        for name, value in vars(found).items():
            if isinstance(value, list):
                setattr(found, name, [_unmarked(one) for one in value])
            else:
                setattr(found, name, _unmarked(value))
        #: Flags that stand on the command line itself, not in the environment.
        found.given = frozenset(word.partition("=")[0] for word in words if word.startswith("--"))
        return found

    def error(self, message: str) -> NoReturn:
        """See argparse."""
        message = message.replace(_BEHIND, "").replace(r"\x00", "")
        raise UsageError(message, hint=f"`{self.prog} --help` shows how it is used.")


class Options:
    """Adds flags to one command's parser; a variable of the environment is the flag's default."""

    def __init__(self, parser: Parser, environ: Mapping[str, str] = os.environ) -> None:
        self._parser = parser
        self._environ = environ
        self._variables: list[str] = []

    def switch(self, *flags: str, dest: str, help: str) -> None:  # noqa: A002 - argparse's word
        """A flag without a value: `PEERSEAL_<DEST>=1`."""
        default = self._environ.get(self._named(dest), "").lower() in _TRUE
        self._parser.add_argument(*flags, dest=dest, action="store_true", default=default, help=help)

    def action(self, *flags: str, dest: str, help: str) -> None:  # noqa: A002 - argparse's word
        """A flag that says what to do this once: no variable stands for it, so nothing does it unasked."""
        self._parser.add_argument(*flags, dest=dest, action="store_true", help=help)

    def text(
        self,
        *flags: str,
        dest: str,
        help: str,  # noqa: A002 - argparse's word
        default: str | None = None,
        metavar: str | None = None,
    ) -> None:
        """A flag with a text: `PEERSEAL_<DEST>`."""
        self._parser.add_argument(
            *flags,
            dest=dest,
            default=self._environ.get(self._named(dest), default),
            help=help,
            metavar=metavar,
        )

    def number(
        self,
        *flags: str,
        dest: str,
        help: str,  # noqa: A002 - argparse's word
        read: Callable[[str], float],
        default: float | None = None,
        metavar: str | None = None,
    ) -> None:
        """A flag with a number: `PEERSEAL_<DEST>`."""
        value = self._environ.get(self._named(dest))
        self._parser.add_argument(
            *flags,
            dest=dest,
            type=read,
            default=default if value is None else _read(read, value, dest),
            help=help,
            metavar=metavar,
        )

    def common(self, *, server: bool, yes: str | None) -> None:
        """What commands share, and what ends their help. `server`: it uses one. `yes`: what -y answers, if anything."""
        if server:
            self.text(
                "--server",
                dest="server",
                default=DEFAULT_SERVER,
                metavar="URL",
                help=f"the server to meet at (default {DEFAULT_SERVER})",
            )
        self.switch("--json", dest="json", help="one JSON object a line on standard output")
        if yes is not None:
            self.switch("-y", "--yes", dest="yes", help=yes)
        self.switch("-q", "--quiet", dest="quiet", help="say only what is needed")
        self.switch("-v", "--verbose", dest="verbose", help="say more")
        self.switch("--no-color", dest="no_color", help="no colours (so does NO_COLOR)")
        names = textwrap.fill(
            ", ".join(self._variables),
            100,
            initial_indent="  ",
            subsequent_indent="  ",
            break_on_hyphens=False,
        )
        self._parser.epilog = f"environment, each the default of its option:\n{names}\n\n{_EXIT_CODES}"

    def _named(self, dest: str) -> str:
        self._variables.append(_variable(dest))
        return self._variables[-1]


def seconds(text: str) -> float:
    """A positive number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def word_count(text: str) -> int:
    """How many words a code has."""
    if not text.isascii() or not text.isdigit() or not MIN_CODE_WORDS <= int(text) <= MAX_CODE_WORDS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number from {MIN_CODE_WORDS} to {MAX_CODE_WORDS}"
        )
    return int(text)


def store_choice(text: str) -> str:
    """When the server may keep what is sent. Raises UsageError."""
    if text not in STORE_CHOICES:
        raise UsageError(f"--store {text} is none of {', '.join(STORE_CHOICES)}.")
    return text


def _unmarked(value: object) -> object:
    return value.removeprefix(_BEHIND) if isinstance(value, str) else value


def _variable(dest: str) -> str:
    return f"PEERSEAL_{dest.upper()}"


def _read(read: Callable[[str], float], value: str, dest: str) -> float:
    try:
        return read(value)
    except (ValueError, argparse.ArgumentTypeError) as wrong:
        raise UsageError(f"{_variable(dest)}: {wrong}.") from None
