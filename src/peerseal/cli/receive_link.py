"""Receiving by a stored file's link: no account, everything that may be trusted stands behind its `#`."""

from __future__ import annotations

import argparse
import os

from peerseal.cli.download import target_of
from peerseal.cli.member import questions
from peerseal.cli.output import Output
from peerseal.cli.phrases import one_line, size
from peerseal.client.home import home_folder
from peerseal.client.settings import Link
from peerseal.errors import Declined, PeersealError
from peerseal.files.names import visible
from peerseal.transfer.by_link import LinkVisit
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.download import Target, download
from peerseal.transfer.trust import Sealed


def receive_link(arguments: argparse.Namespace, output: Output, cancel: Cancel, link: Link) -> int:
    """Download what the link leads to; returns the exit code. Raises PeersealError."""
    target = target_of(arguments)
    visit = LinkVisit(link)
    try:
        password = None
        if visit.has_password():
            password = questions(arguments, output).password("Password of the link: ")
        sealed = visit.open(password)
        _ask(arguments, output, sealed)
        keeping = visit.keeping(home_folder(os.environ), output.line)
        target = Target(target.folder, target.fd, target.unhide, keeping)
        download(sealed, visit.origin(sealed), target, output.event, cancel)
        try:
            visit.confirm()
        except PeersealError as error:  # it is here and verified; the count is the owner's affair
            output.detail(f"The server did not count this download: {error.message}")
    finally:
        visit.close()
    return 0


def _ask(arguments: argparse.Namespace, output: Output, sealed: Sealed) -> None:
    card = sealed.card
    known = "size not known yet" if card.bytes is None else size(card.bytes)
    what = one_line(card.title) or ("a text" if card.text else "files")
    output.line(
        f"From {visible(sealed.owner.name)}, as this server calls who made the link: {known}, {what}."
    )
    asking = questions(arguments, output)
    if asking.terminal and not arguments.json and not arguments.yes and not asking.yes_or_no("Download it?"):
        raise Declined("You said no.", code="declined")
