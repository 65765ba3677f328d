"""`peerseal exchange`: exchange keys with somebody who has an account here, and make sure they are theirs.

request NAME    ask for their keys and send yours (--wait: until they answer)
list            what waits for you and for others
accept NAME     answer a request with your keys; theirs are pinned
decline NAME    refuse it
withdraw NAME   take your own request back
verify NAME     compare the safety number; only this makes a contact verified and accepts changed keys
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

from peerseal.cli.member import now, number_lines, opened, pin_new, pinned_line, questions, result
from peerseal.cli.options import Options, Parser, seconds
from peerseal.cli.output import Output
from peerseal.cli.questions import Questions
from peerseal.client.account import OpenAccount
from peerseal.client.exchange import Comparison
from peerseal.client.refusals import typed
from peerseal.errors import Declined, Refused, TimedOut, UsageError, VerificationFailed
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.events import SCHEMA_VERSION, Waiting
from peerseal.wire.accounts import Exchange
from peerseal.wire.strict_json import JsonObject

YES = "answer questions with yes (never that a safety number is the same)"
_DIGITS: Final = 60
_WAIT_SECONDS: Final = 600.0


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("action", choices=list(_ACTIONS), metavar="ACTION", help=", ".join(_ACTIONS))
    parser.add_argument("name", nargs="?", metavar="NAME", help="the other's account name")
    options.switch("--wait", dest="wait", help="request: wait until they answer")
    options.number(
        "--timeout",
        dest="timeout",
        read=seconds,
        metavar="SECONDS",
        help="how long to --wait (default: 600)",
    )
    options.text(
        "--safety-number",
        dest="safety_number",
        metavar="DIGITS",
        help="verify: the 60 digits their device shows, told on another way than this server",
    )


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Do it; returns the exit code. Raises PeersealError."""
    if (arguments.action == "list") is (arguments.name is not None):
        raise UsageError(
            "Write `peerseal exchange list`, or an action and a name, like `peerseal exchange accept bob`."
        )
    with opened(arguments, output) as account:
        _ACTIONS[arguments.action](account, arguments, output)
    return 0


def _request(account: OpenAccount, arguments: argparse.Namespace, output: Output) -> None:
    from peerseal.cli.lookalike import warn
    from peerseal.client.exchange import ask, wait

    if _has_already(account, arguments, output):
        return
    doubtful = warn(account, arguments.name, output)
    try:
        row = ask(account, arguments.name)
    except Refused as refused:
        if refused.code != "they_asked":
            raise
        who = typed(visible(arguments.name))
        if doubtful:
            raise Refused(
                refused.message,
                code=refused.code,
                hint=f"If it is who you mean, `peerseal exchange accept {who}`.",
            ) from None
        _answer_instead(account, arguments, output)
        return
    who = visible(row.peer)
    output.line(
        f"{who} is asked for their keys. They answer with `peerseal exchange accept {typed(visible(account.name))}`."
    )
    if arguments.wait:
        if arguments.json:
            output.event(Waiting(row.peer, asked=True))
        patience = arguments.timeout or _WAIT_SECONDS
        answered = wait(account, row.id, patience)
        if answered is None:
            raise TimedOut(
                f"{who} has not answered yet.",
                hint="The request stays; `peerseal exchange list` brings the answer.",
            )
        if answered.state == "declined":
            raise Declined(f"{who} declined.")
        row = answered
        found = pin_new(account, output)
        if any(changed.name == row.peer for changed in found.changed):
            from peerseal.client.exchange import key_changed

            raise key_changed(next(changed for changed in found.changed if changed.name == row.peer))
    result(output, arguments, _row(account, row))


def _has_already(account: OpenAccount, arguments: argparse.Namespace, output: Output) -> bool:
    """Somebody whose keys an exchange brought, and who are a contact with these, is not asked for them again."""
    from peerseal.client.exchange import look

    found = look(account, now())
    contact = account.contacts.book.contact(arguments.name)
    if contact is None:
        return False
    same = (row for row in found.exchanges if row.peer == contact.name and row.bundle == contact.encoded)
    row = next((row for row in same if row.state == "accepted"), None)
    if row is None:
        return False
    output.line(f"You and {visible(contact.name)} have exchanged keys already.")
    if not contact.verified:
        output.line(pinned_line(contact.name))
    result(output, arguments, _row(account, row))
    return True


def _answer_instead(account: OpenAccount, arguments: argparse.Namespace, output: Output) -> None:
    """They have asked already, and what was wanted from them is what they want: their request is answered."""
    from peerseal.client.exchange import accept, look

    contact = accept(account, arguments.name, now())
    output.line(f"{visible(contact.name)} has asked you already; you have each other's keys now.")
    if not contact.verified:
        output.line(pinned_line(contact.name))
    rows = look(account, now()).exchanges
    row = next(row for row in rows if row.peer == contact.name and row.state == "accepted")
    result(output, arguments, _row(account, row))


def _list(account: OpenAccount, arguments: argparse.Namespace, output: Output) -> None:
    from peerseal.cli.lookalike import warn

    found = pin_new(account, output)
    if arguments.json:
        rows = [_row(account, row) for row in found.exchanges]
        changed = [comparison.name for comparison in found.changed]
        result(output, arguments, {"exchanges": [*rows], "pinned": [*found.pinned], "changed": [*changed]})
        return
    if not found.exchanges:
        output.line("No exchanges yet. `peerseal exchange request NAME` asks somebody.")
    for row in found.exchanges:
        output.payload(f"{visible(row.peer)}  {_told(row)}\n")
        if (row.direction, row.state) == ("in", "pending"):
            warn(account, row.peer, output)


def _accept(account: OpenAccount, arguments: argparse.Namespace, output: Output) -> None:
    from peerseal.cli.lookalike import warn
    from peerseal.client.exchange import accept

    warn(account, arguments.name, output)
    contact = accept(account, arguments.name, now())
    output.line(f"{visible(contact.name)} has your keys now, and you have theirs.")
    output.line(pinned_line(contact.name) if not contact.verified else "They are verified already.")
    result(output, arguments, {"name": contact.name, "state": contact.state})


def _decline(account: OpenAccount, arguments: argparse.Namespace, output: Output) -> None:
    from peerseal.client.exchange import decline

    row = decline(account, arguments.name)
    output.line(f"Declined {visible(row.peer)}.")
    result(output, arguments, _row(account, row))


def _withdraw(account: OpenAccount, arguments: argparse.Namespace, output: Output) -> None:
    from peerseal.client.exchange import withdraw

    withdraw(account, arguments.name)
    output.line(f"The request to {visible(arguments.name)} is taken back.")
    result(output, arguments, {"name": arguments.name, "state": "withdrawn"})


def _verify(account: OpenAccount, arguments: argparse.Namespace, output: Output) -> None:
    from peerseal.client.exchange import compare, verify

    comparison = compare(account, arguments.name)
    _show(comparison, arguments, output)
    _compared(comparison, arguments, questions(arguments, output))
    contact = verify(account, comparison, now())
    output.line(f"{output.bold(visible(contact.name))} is {output.paint('verified', '32')}.")
    result(
        output,
        arguments,
        {
            "name": contact.name,
            "state": contact.state,
            "safety_number": comparison.number,
            "replaced": comparison.changed,
        },
    )


def _show(comparison: Comparison, arguments: argparse.Namespace, output: Output) -> None:
    who = visible(comparison.name)
    if arguments.json:
        fields: JsonObject = {
            "name": comparison.name,
            "number": comparison.number,
            "pinned": comparison.pinned,
        }
        output.object(
            {"v": SCHEMA_VERSION, "event": "safety_number", **fields, "changed": comparison.changed}
        )
        return
    if comparison.changed:
        output.line(f"{who}'s keys are not the ones you know. The safety number with those was", always=True)
        for line in number_lines(comparison.pinned or ""):
            output.line(line, always=True)
    output.line(
        f"The safety number of you and {who}" + (" with the new keys:" if comparison.changed else ":"),
        always=True,
    )
    for line in number_lines(comparison.number):
        output.line(line, always=True)
    output.qr(f"PEERSEAL {comparison.number}")
    output.line(f"{who}'s device shows it by `peerseal exchange verify NAME` with your name, or in the page.")
    output.line("Compare face to face or on a call where you know the voice, not through this server.")


def _compared(comparison: Comparison, arguments: argparse.Namespace, asking: Questions) -> None:
    """Return only if the two are the same, by --safety-number or by the person."""
    given: str | None = arguments.safety_number
    if given is not None:
        digits = "".join(given.split()).removeprefix("PEERSEAL")
        if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
            raise UsageError(f"A safety number has {_DIGITS} digits.", code="safety_number")
        same = digits == comparison.number
    elif asking.terminal:
        same = asking.yes_or_no("Do both show the same?")
    else:
        raise VerificationFailed(
            f"Nobody compared the safety number with {comparison.name}.",
            hint="--safety-number takes the 60 digits their device shows; -y does not replace them.",
        )
    if not same:
        raise VerificationFailed(
            f"The safety numbers differ: the keys are not {comparison.name}'s.",
            code="safety_number_differs",
            hint="Nothing was changed: whoever was a contact still is, and --unverified still seals for them. "
            "Somebody may stand between you: seal nothing for these keys, tell each other, and ask the person "
            f"who runs the server. `peerseal contacts remove {typed(visible(comparison.name))}` takes them out.",
        )


def _row(account: OpenAccount, row: Exchange) -> JsonObject:
    contact = account.contacts.book.contact(row.peer)
    fields: JsonObject = {"name": row.peer, "direction": row.direction, "state": row.state}
    return {**fields, "created": row.created, "contact": None if contact is None else contact.state}


def _told(row: Exchange) -> str:
    match row.direction, row.state:
        case "in", "pending":
            return f"asks you: `peerseal exchange accept {typed(visible(row.peer))}`, or decline"
        case "out", "pending":
            return "asked, no answer yet"
        case "in", state:
            return f"asked you, {state}"
        case _, state:
            return f"you asked, {state}"


_ACTIONS: Final[dict[str, Callable[[OpenAccount, argparse.Namespace, Output], None]]] = {
    "request": _request,
    "list": _list,
    "accept": _accept,
    "decline": _decline,
    "withdraw": _withdraw,
    "verify": _verify,
}
