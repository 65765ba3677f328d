"""`peerseal receive`: by code or link, or listed under a name until somebody asks."""

from __future__ import annotations

import argparse
import os
import sys

from peerseal.cli.asking import TerminalPerson
from peerseal.cli.options import Options, Parser, seconds
from peerseal.cli.output import Output
from peerseal.cli.people import account_options, live_account, own_name, room_of, room_token
from peerseal.cli.unfinished import tell_of_unfinished
from peerseal.cli.ways import options_of_ways, wanted_ways
from peerseal.client.home import home_folder
from peerseal.client.settings import parse_link
from peerseal.errors import UsageError
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.receive import ReceiveWish, receive

YES = "accept requests and offers unasked (never the check words)"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument(
        "code", nargs="?", metavar="CODE|LINK", help="what the sender shows; without it be listed"
    )
    account_options(options)
    options.text(
        "-o",
        "--output",
        dest="output",
        default=".",
        metavar="DIR",
        help="where to (default: here), made if it is not there; - is standard output",
    )
    options.text(
        "--words", dest="words", metavar="WORDS", help="the check words the other side shows; - reads them"
    )
    options.switch("--unverified", dest="unverified", help="receive without comparing the check words")
    options_of_ways(options)
    options.text("--room", dest="room", metavar="LINK", help="meet in the room of this link or token")
    options.switch(
        "--password-stdin",
        dest="password_stdin",
        help="read the password of a stored file's link from standard input",
    )
    options.number(
        "--timeout",
        dest="timeout",
        read=seconds,
        metavar="SECONDS",
        help="how long to wait for the other side (default: for ever when listed, 75 with a code)",
    )


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Receive; returns the exit code. Raises PeersealError."""
    if arguments.json and arguments.output == "-":
        raise UsageError("--json and -o - both want standard output.", hint="Leave one of them away.")
    if arguments.words is not None and arguments.unverified:
        raise UsageError("Give --words or --unverified, not both.")
    server, room = room_of(arguments.server, arguments.room)
    code: str | None = arguments.code
    link = None if code is None else parse_link(code)
    if link is not None and link.kind == "stored":
        from peerseal.cli.receive_link import receive_link

        return receive_link(arguments, output, cancel, link)
    if link is not None:
        server, code = link.server, link.value if link.kind == "code" else None
        room = room_token(link.value) if link.kind == "room" else room
    if code is not None and arguments.words is not None:
        raise UsageError("A code needs no check words.", hint="Leave --words away.")
    person = TerminalPerson(
        output, yes=arguments.yes, json=arguments.json, words=arguments.words, unverified=arguments.unverified
    )
    if arguments.output != "-":
        tell_of_unfinished(arguments, output, target=arguments.output)
    with live_account(arguments, server, output) as account:
        wish = ReceiveWish(
            server=server,
            name=own_name(getattr(arguments, "as"), account),
            code=code,
            room=room,
            target=arguments.output,
            target_fd=sys.stdout.fileno() if arguments.output == "-" else None,
            asked=not arguments.yes,
            timeout=arguments.timeout,
            account=account,
            paths=wanted_ways(arguments),
            keep_in=None if arguments.output == "-" else home_folder(os.environ),
        )
        receive(wish, person, output.event, cancel)
    return 0
