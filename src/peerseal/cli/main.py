"""The `peerseal` command: finds the command, runs it, turns every failure into one line and an exit code.

Only the command at hand is imported: start-up decides how fast a small transfer is.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Final

from peerseal.cli.which import command_of, overview, split_command
from peerseal.errors import LocalFileFailed, PeersealError, UsageError
from peerseal.transfer.cancel import Cancel
from peerseal.version import VERSION

_INTERRUPTED: Final = 130


class Terminated(BaseException):
    """SIGTERM or SIGHUP: end as on Ctrl-C, so that nothing is left behind."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    json = "--json" in arguments or os.environ.get("PEERSEAL_JSON", "").lower() in ("1", "true", "yes", "on")
    try:
        return _run(arguments)
    except PeersealError as error:
        return _report(error, json=json)
    except KeyboardInterrupt:
        _report_stop("Stopped.", "cancelled", _INTERRUPTED, json=json)
        return _INTERRUPTED
    except Terminated as stop:
        number = int(str(stop))
        _report_stop("Stopped.", "terminated", 128 + number, json=json)
        return 128 + number


def _run(argv: list[str]) -> int:
    name, rest = split_command(argv)
    if name is None:
        if rest in (["--version"], ["-V"]):
            _say(f"peerseal {VERSION}", asked=True)
            return 0
        if rest and rest[0] not in ("--help", "-h"):
            raise UsageError(f"There is no command {rest[0]!r}.", hint="`peerseal --help` lists them.")
        _say(overview(), asked=bool(rest))
        return 0 if rest else 2
    from peerseal.cli.options import Options, Parser

    command = command_of(name, rest)
    parser = Parser(command.name, command.help)
    options = Options(parser)
    command.module.add_arguments(parser, options)
    options.common(server=command.asks_a_server, yes=command.yes)
    arguments = parser.parse(command.words)

    from peerseal.cli.output import Output

    colour = not arguments.no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    output = Output(json=arguments.json, quiet=arguments.quiet, verbose=arguments.verbose, colour=colour)
    cancel = Cancel()
    _hear_signals(cancel)
    try:
        code: int = command.module.run(arguments, output, cancel)
    except BaseException:
        output.end_line()
        raise
    return code


def _say(text: str, *, asked: bool) -> None:
    from peerseal.cli.output import Output

    output = Output(json=False, quiet=False, verbose=False, colour=False)
    if asked:
        output.payload(text + "\n")
    else:
        output.line(text, always=True)


def _report(error: PeersealError, *, json: bool) -> int:
    """Tell how it ended; returns the exit code. If standard output takes no more, people are told on the other."""
    from peerseal.cli.output import Output
    from peerseal.transfer.events import Failure

    colour = not os.environ.get("NO_COLOR")
    try:
        Output(json=json, quiet=False, verbose=False, colour=colour).failure(Failure.of(error))
    except LocalFileFailed as worse:
        told = error if error.exit_code == worse.exit_code else worse
        Output(json=False, quiet=False, verbose=False, colour=colour).failure(Failure.of(told))
        return told.exit_code
    return error.exit_code


def _report_stop(message: str, code: str, exit_code: int, *, json: bool) -> None:
    from peerseal.cli.output import Output
    from peerseal.transfer.events import Failure

    output = Output(json=json, quiet=False, verbose=False, colour=False)
    output.failure(Failure(code, exit_code, message, retryable=True, hint=""))


def _hear_signals(cancel: Cancel) -> None:
    """End on Ctrl-C, SIGTERM and SIGHUP wherever the command is, but never in the middle of a message."""

    def end(number: int, _frame: FrameType | None) -> None:
        cancel.interrupt(KeyboardInterrupt() if number == signal.SIGINT else Terminated(number))

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)
