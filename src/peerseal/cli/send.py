"""`peerseal send`: files, folders, a text or standard input to one receiver or several."""

from __future__ import annotations

import argparse
import os
import sys

from peerseal.cli.asking import TerminalPerson
from peerseal.cli.fates import check_fates, hand_over, options_of_fates
from peerseal.cli.options import Options, Parser, seconds, word_count
from peerseal.cli.output import Output
from peerseal.cli.people import account_options, live_account, own_name, room_of
from peerseal.cli.unfinished import tell_of_unfinished
from peerseal.cli.ways import options_of_ways, wanted_ways
from peerseal.client.home import home_folder
from peerseal.errors import UsageError
from peerseal.files.bytes_source import TEXT_MAX_BYTES, from_text
from peerseal.files.scan import look, scan
from peerseal.files.source import Source
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.send import SendWish
from peerseal.wire.limits import RECORD_SIZE

YES = "accept requests and offers unasked (never the check words)"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files and folders; - is standard input")
    parser.add_argument(
        "--to",
        action="append",
        metavar="NAME",
        help="ask the receiver of this name, several times for several; without it a code is made (PEERSEAL_TO)",
        default=[os.environ["PEERSEAL_TO"]] if "PEERSEAL_TO" in os.environ else None,
    )
    account_options(options)
    options.text("--code", dest="code", metavar="CODE", help="a code of your own, like 7-harbor-velvet")
    options.number(
        "--code-length",
        dest="code_length",
        read=word_count,
        default=2,
        metavar="N",
        help="words in the code, 2 to 10 (default 2)",
    )
    options.text("--text", dest="text", metavar="TEXT", help="send a text; - reads it from standard input")
    options.text(
        "--words", dest="words", metavar="WORDS", help="the check words the other side shows; - reads them"
    )
    options.switch("--unverified", dest="unverified", help="send without comparing the check words")
    options_of_fates(options)
    options_of_ways(options)
    options.text("--room", dest="room", metavar="LINK", help="meet in the room of this link or token")
    options.number(
        "--timeout",
        dest="timeout",
        read=seconds,
        metavar="SECONDS",
        help="how long to wait for the other side (default: 600 by name, as long as a code holds without)",
    )


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Send; returns the exit code. Raises PeersealError."""
    paths: list[str] = arguments.paths
    text: str | None = arguments.text
    receivers: list[str] = arguments.to or []
    _check_payload(arguments, paths, text)
    _check_receiver(arguments, receivers)
    if paths != ["-"]:
        look(paths)
    server, room = room_of(arguments.server, arguments.room)

    def open_source() -> Source:
        if text is not None:
            return from_text(sys.stdin.read() if text == "-" else text, TEXT_MAX_BYTES)
        if paths == ["-"]:
            from peerseal.files.stream_source import from_stdin

            return from_stdin(sys.stdin.fileno(), "stdin", RECORD_SIZE)
        return scan(paths)

    person = TerminalPerson(
        output, yes=arguments.yes, json=arguments.json, words=arguments.words, unverified=arguments.unverified
    )
    on_disk = text is None and paths != ["-"]
    if on_disk:
        tell_of_unfinished(arguments, output, paths=paths)
    with live_account(arguments, server, output) as account:
        wish = SendWish(
            server=server,
            name=own_name(getattr(arguments, "as"), account),
            open_source=open_source,
            code=arguments.code,
            code_words=arguments.code_length,
            room=room,
            unverified=arguments.unverified,
            timeout=arguments.timeout,
            account=account,
            paths=wanted_ways(arguments),
            keep_in=home_folder(os.environ),
            taken=tuple(paths) if on_disk else (),
        )
        hand_over(arguments, wish, receivers, person=person, output=output, cancel=cancel)
    return 0


def _check_payload(arguments: argparse.Namespace, paths: list[str], text: str | None) -> None:
    if paths and text is not None:
        raise UsageError("Give either files or a text, not both.")
    if not paths and text is None:
        raise UsageError("Say what to send: paths, or --text.", hint="`peerseal send --help` shows how.")
    if "-" in paths and len(paths) > 1:
        raise UsageError("Standard input goes alone, without other paths.")
    if "-" in (paths[0] if paths else "", text) and arguments.words == "-":
        raise UsageError("Standard input cannot be both the payload and the words.")


def _check_receiver(arguments: argparse.Namespace, receivers: list[str]) -> None:
    check_fates(arguments, receivers)
    if receivers and arguments.code is not None:
        raise UsageError("Give --to or --code, not both.")
    if arguments.room is not None and not receivers:
        raise UsageError("--room needs --to: who in the room is it for?")
    if arguments.words is not None and not receivers:
        raise UsageError(
            "A code needs no check words.", hint="Leave --words away, or name somebody with --to."
        )
    if arguments.words is not None and arguments.unverified:
        raise UsageError("Give --words or --unverified, not both.")
