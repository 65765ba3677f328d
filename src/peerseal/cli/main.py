"""The `peerseal` command: finds the command, runs it, turns every failure into one line and an exit code.

Only the command at hand is imported: start-up decides how fast a small transfer is.
"""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module
from types import FrameType, ModuleType
from typing import Final

from peerseal.client.settings import is_stored_link
from peerseal.errors import LocalFileFailed, PeersealError, UsageError
from peerseal.transfer.cancel import Cancel
from peerseal.version import VERSION

COMMANDS: Final = {
    "send": "send files, folders or a text to somebody",
    "receive": "receive, by a code or under a name",
    "serve": "run a server for this network",
    "backup": "copy a server's folder while it runs, or put a copy back",
    "register": "make an account",
    "login": "sign in on this device",
    "logout": "sign out and forget the keys here",
    "whoami": "who is signed in here",
    "account": "password, 24 words, recovery, devices, the end",
    "exchange": "exchange keys with somebody, compare safety numbers",
    "contacts": "whose keys you have",
    "upload": "store files, sealed, for contacts or for yourself",
    "files": "what is stored for you",
    "download": "a stored file, verified",
    "update": "a new version of a stored file",
    "history": "the versions of a stored file",
    "restore": "an older version again as the newest",
    "delete": "a stored file, for everybody",
    "share": "let more people read it, or make a link",
    "expire": "until when a stored file is kept",
    "revoke": "take it back from somebody, or take back a link",
    "transfers": "what was left unfinished: go on with it, or give it up",
    "guard": "what the server stops, why, and how it is undone",
    "verify-web": "whether a server's page is the one of this Peerseal",
    "doctor": "say why a server or path does not work, and the fix",
}
_INTERRUPTED: Final = 130
_VALUE_FLAGS: Final = frozenset(["--server"])


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

    command: ModuleType = import_module(module_of(name))
    parser = Parser(name, (command.__doc__ or "").strip())
    options = Options(parser)
    command.add_arguments(parser, options)
    options.common(server=name not in ("serve", "backup"), yes=getattr(command, "YES", None))
    arguments = parser.parse(rest)

    from peerseal.cli.output import Output

    colour = not arguments.no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    output = Output(json=arguments.json, quiet=arguments.quiet, verbose=arguments.verbose, colour=colour)
    cancel = Cancel()
    _hear_signals(cancel)
    try:
        code: int = command.run(arguments, output, cancel)
    except BaseException:
        output.end_line()
        raise
    return code


def module_of(name: str) -> str:
    """Where a command is."""
    return f"peerseal.cli.{name.replace('-', '_')}"


def _say(text: str, *, asked: bool) -> None:
    from peerseal.cli.output import Output

    output = Output(json=False, quiet=False, verbose=False, colour=False)
    if asked:
        output.payload(text + "\n")
    else:
        output.line(text, always=True)


def split_command(argv: list[str]) -> tuple[str | None, list[str]]:
    """The command and everything else. A bare code or link means `receive`."""
    skip = False
    for place, word in enumerate(argv):
        if skip or word.startswith("-"):
            skip = not skip and word in _VALUE_FLAGS
            continue
        if word in COMMANDS:
            return word, argv[:place] + argv[place + 1 :]
        if _looks_like_code(word):
            return "receive", argv
        return None, argv[place:]
    return None, argv


def overview() -> str:
    """What `peerseal --help` says."""
    lines = [
        "Hand files to people, sealed end to end.",
        "",
        "  peerseal COMMAND [OPTIONS]",
        "  peerseal CODE",
        "",
    ]
    lines += [f"  {name:<12}{what}" for name, what in COMMANDS.items()]
    lines += ["", "`peerseal COMMAND --help` says more about each."]
    return "\n".join(lines)


def _looks_like_code(word: str) -> bool:
    nameplate, dash, words = word.partition("-")
    return (
        (nameplate.isdigit() and bool(dash) and bool(words))
        or "#code=" in word
        or "#room=" in word
        or is_stored_link(word)
    )


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
