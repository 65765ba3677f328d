"""`peerseal contacts`: whose keys you have, pinned or verified; `contacts remove NAME` takes one out.

`contacts block NAME` takes everything away that NAME left with you, contact or not, and lets them leave nothing more;
`contacts unblock NAME` ends that.

Pinned: the keys came through the server, which could have lied then. Verified: you compared the safety number, or
check words, with that person. Files are sealed for contacts only.
"""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import Final

from peerseal.cli.member import fingerprint_text, opened, pin_new, questions, result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.client.refusals import typed
from peerseal.errors import NotFound, UsageError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.wire.strict_json import JsonValue

YES = "remove or block unasked"
#: So many contacts' keys are compared with the server's: a third of what it answers a minute, the rest is for sealing.
_ASKED_MAX: Final = 20
_ACTIONS: Final = ("list", "remove", "block", "unblock")


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    del options
    parser.add_argument("action", nargs="?", choices=_ACTIONS, default="list", help="default: list")
    parser.add_argument("name", nargs="?", metavar="NAME", help="whom to remove, block or unblock")


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Do it; returns the exit code. Raises PeersealError."""
    if (arguments.action == "list") is not (arguments.name is None):
        raise UsageError("Write `peerseal contacts`, or `peerseal contacts remove NAME` (or block, unblock).")
    if arguments.action == "list":
        return _list(arguments, output)
    return _remove(arguments, output) if arguments.action == "remove" else _block(arguments, output)


def _list(arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.client.exchange import changed_keys

    with opened(arguments, output) as account:
        pin_new(account, output)
        contacts = account.contacts.book.contacts
        changed = {comparison.name for comparison in changed_keys(account, contacts[:_ASKED_MAX])}
    if arguments.json:
        rows: list[JsonValue] = [
            {
                "name": contact.name,
                "state": contact.state,
                "since": contact.since,
                "fingerprint": contact.fingerprint.hex(),
                "keys_changed": contact.name in changed,
            }
            for contact in contacts
        ]
        result(output, arguments, {"contacts": rows})
        return 0
    if not contacts:
        output.line("Nobody yet. `peerseal exchange request NAME` asks somebody for their keys.")
    for contact in contacts:
        state = output.paint("verified", "32") if contact.verified else "pinned"
        if contact.name in changed:
            state = output.paint("keys changed", "31")
        output.payload(f"{visible(contact.name)}  {state}\n")
        output.detail(f"    {fingerprint_text(contact.fingerprint)}")
    for name in sorted(changed):
        output.line(
            f"The server shows other keys for {visible(name)} than those you know: nothing is sealed for them until "
            f"`peerseal exchange verify {typed(visible(name))}`."
        )
    return 0


def _remove(arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.client.exchange import remove

    asking = questions(arguments, output)
    with opened(arguments, output) as account:
        asking.sure(
            f"Remove {visible(arguments.name)}? A new exchange begins unverified.",
            otherwise="-y removes unasked.",
        )
        remove(account, arguments.name)
    output.line(f"{visible(arguments.name)} is no longer among your contacts.")
    result(output, arguments, {"removed": arguments.name})
    return 0


def _block(arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.client.exchange import decline
    from peerseal.wire.stored import SetSender

    blocks, who = arguments.action == "block", visible(arguments.name)
    asking = questions(arguments, output)
    with opened(arguments, output) as account:
        if blocks:
            asking.sure(
                f"Block {who}? What they left with you is gone from your list.",
                otherwise="-y blocks unasked.",
            )
        account.api.call("set_sender", SetSender(arguments.name, wanted=not blocks))
        if blocks:
            with suppress(NotFound):
                decline(account, arguments.name)
    if blocks:
        output.line(f"{who} is blocked: `peerseal contacts unblock {typed(who)}` ends that.")
    else:
        output.line(f"{who} may leave files with you again.")
    result(output, arguments, {"name": arguments.name, "blocked": blocks})
    return 0
