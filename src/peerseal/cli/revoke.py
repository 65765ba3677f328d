"""`peerseal revoke`: take a stored file back from a contact, or a link.

It is served no more from now on, and the next version has a new key. Who has downloaded it keeps what they have.
"""

from __future__ import annotations

import argparse

from peerseal.cli.member import result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.stored import SHORT_ID, desk
from peerseal.errors import UsageError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel

YES = "nothing is asked here"
_ONLY_ONE = ""


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("id", metavar="ID", help="the file's id, or its first digits")
    options.text("--from", dest="from_whom", metavar="NAME", help="who may not read it any more")
    parser.add_argument(
        "--link", nargs="?", const=_ONLY_ONE, metavar="LINKID", help="its link; which one, if it has several"
    )


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Revoke; returns the exit code. Raises PeersealError."""
    from peerseal.transfer.sharing import revoke, revoke_link
    from peerseal.transfer.shelf import find

    name, link = arguments.from_whom, arguments.link
    if (name is None) is (link is None):
        raise UsageError("Revoke --from NAME or a --link, one of the two.")
    with desk(arguments, output, cancel) as at:
        at.account.contacts.load()
        file = find(at.reader, arguments.id)
        if name is not None:
            revoke(at.reader, file.id, name)
            output.line(f"{visible(name)} is served this file no more.")
            result(output, arguments, {"id": file.id, "revoked": name})
        else:
            revoked = revoke_link(at.reader, file.id, link or None)
            output.line(f"The link {revoked[:SHORT_ID]} leads nowhere now.")
            result(output, arguments, {"id": file.id, "revoked_link": revoked})
    return 0
