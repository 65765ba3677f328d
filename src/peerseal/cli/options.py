"""The options of the command line: each flag once, with the `PEERSEAL_…` variable that stands for it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from typing import NoReturn

from peerseal.client.settings import DEFAULT_SERVER
from peerseal.errors import UsageError

_TRUE = ("1", "true", "yes", "on")


class Parser(argparse.ArgumentParser):
    """A parser that raises UsageError instead of ending the program."""

    def error(self, message: str) -> NoReturn:
        """See argparse."""
        raise UsageError(message, hint=f"`{self.prog} --help` shows how it is used.")


class Options:
    """Adds flags to one command's parser; a variable of the environment is the flag's default."""

    def __init__(self, parser: Parser, environ: Mapping[str, str] = os.environ) -> None:
        self._parser = parser
        self._environ = environ

    def switch(self, *flags: str, dest: str, help: str) -> None:  # noqa: A002 - argparse's word
        """A flag without a value: `PEERSEAL_<DEST>=1`."""
        default = self._environ.get(_variable(dest), "").lower() in _TRUE
        self._parser.add_argument(*flags, dest=dest, action="store_true", default=default, help=help)

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
            *flags, dest=dest, default=self._environ.get(_variable(dest), default), help=help, metavar=metavar
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
        value = self._environ.get(_variable(dest))
        self._parser.add_argument(
            *flags,
            dest=dest,
            type=read,
            default=default if value is None else _read(read, value, dest),
            help=help,
            metavar=metavar,
        )

    def common(self) -> None:
        """What every command knows."""
        self.text(
            "--server", dest="server", default=DEFAULT_SERVER, metavar="URL", help="the server to meet at"
        )
        self.switch("--json", dest="json", help="one JSON object a line on standard output")
        self.switch("-y", "--yes", dest="yes", help="accept offers without asking (never the check words)")
        self.switch("-q", "--quiet", dest="quiet", help="say only what is needed")
        self.switch("-v", "--verbose", dest="verbose", help="say more")
        self.switch("--no-color", dest="no_color", help="no colours (so does NO_COLOR)")


def seconds(text: str) -> float:
    """A positive number of seconds."""
    value = float(text)
    if not 0 < value < 1e9:
        raise ValueError(text)
    return value


def count(text: str) -> int:
    """A positive whole number."""
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def _variable(dest: str) -> str:
    return f"PEERSEAL_{dest.upper()}"


def _read(read: Callable[[str], float], value: str, dest: str) -> float:
    try:
        return read(value)
    except ValueError:
        raise UsageError(f"{_variable(dest)} is not a number that fits: {value!r}.") from None
