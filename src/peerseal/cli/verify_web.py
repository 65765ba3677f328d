"""`peerseal verify-web`: whether the page a server sends is, byte for byte, the one of this Peerseal.

It asks for every file of the page, as a browser would, and compares it with the page that came with this
installation. Equal means: this is what the server sent here and now. It can send others something else, or something
else later; so run it where and when you like, and from other networks too.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.client.settings import parse_server
from peerseal.errors import VerificationFailed
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.version import VERSION

if TYPE_CHECKING:
    from peerseal.cli.served_page import Difference

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def add_arguments(parser: Parser, options: Options) -> None:
    """The server, as it stands in a browser's address bar, or by --server."""
    del options
    parser.add_argument(
        "url", metavar="URL", nargs="?", help="the address of the page (default: that of --server)"
    )


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """0 if the page is the same, 4 if anything differs, is missing or is there besides."""
    server = parse_server(arguments.url or arguments.server)

    from peerseal.cli.served_page import Visit, differences
    from peerseal.server.page import installed

    ours = installed()
    with closing(Visit(server)) as visit:
        found = list(differences(visit, ours))
        theirs = visit.version()
    for difference in found:
        _show(difference, output, json=arguments.json)
    count = len(found)
    if arguments.json:
        output.object(
            {
                "v": 1,
                "event": "result",
                "same": count == 0,
                "differences": count,
                "version": VERSION,
                "server_version": theirs,
                "files": len(ours.files),
                "fingerprint": ours.fingerprint,
            }
        )
    output.detail(f"Fingerprint of the page of this installation: {ours.fingerprint}")
    if count:
        if not arguments.json:
            _differs(output, str(server), theirs)
        return VerificationFailed.exit_code
    _same(output, str(server), theirs)
    if not server.tls and server.host not in _LOOPBACK:
        output.line(
            "Over plain http, who stands between can still change it for others, or later: use https."
        )
    return 0


def _show(difference: Difference, output: Output, *, json: bool) -> None:
    if json:
        output.object({"v": 1, "event": "difference", **difference._asdict()})
        return
    told = f"  {difference.kind:<9}{difference.path}: {difference.message[:300]}"
    output.line(visible(told), always=True)


def _same(output: Output, server: str, theirs: str) -> None:
    output.line(f"The page at {server} is the one of Peerseal {VERSION}.")
    if theirs != VERSION:
        output.line(f"(The server says it is version {visible(theirs)}; their pages are the same.)")
    output.line("It is what the server sent here and now; it could send others, or later, something else.")


def _differs(output: Output, server: str, theirs: str) -> None:
    output.line(f"The page at {server} is not the one of Peerseal {VERSION}.", always=True)
    if theirs != VERSION:
        output.line(
            f"The server says it is version {visible(theirs)}, whose page may well be another one. Compare with that "
            "version: install it beside this one, and run this there.",
            always=True,
        )
    else:
        output.line(
            "Do not sign in or open anything there before whoever runs it has explained this: a server that was "
            "changed on purpose, or one that changes pages on the way, looks the same from here.",
            always=True,
        )
