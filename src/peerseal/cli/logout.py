"""`peerseal logout`: sign out, and forget the keys on this device."""

from __future__ import annotations

import argparse
import contextlib

from peerseal.cli.member import own_keys, questions, result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.questions import Questions
from peerseal.client.keyring import Keyring
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.errors import PeersealError, Refused, ServerUnreachable, VerificationFailed
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel

_ONLY_COPY = "Without the vault only your 24 words bring the keys back. Forget them on this device?"
_OTHERWISE = "`peerseal account words` shows the words; -y forgets the keys unasked."
YES = "forget the keys unasked, even if the server keeps no copy"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    del parser
    options.action(
        "--forget",
        dest="forget",
        help="forget everything about this server, its identity too, even if it does not answer",
    )


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Sign out; returns the exit code. Raises PeersealError."""
    server, keyring = parse_server(arguments.server), own_keys(output)
    asking = questions(arguments, output)
    if arguments.forget:
        name = _forget(server, keyring, asking)
        output.line(f"Everything about {server} is forgotten here.")
    else:
        name = _sign_out(server, keyring, asking)
        output.line(f"Signed out. {visible(name)}'s keys are no longer on this device.")
    result(output, arguments, {"name": name, "server": str(server), "forgotten": arguments.forget})
    return 0


def _sign_out(server: ServerUrl, keyring: Keyring, asking: Questions) -> str:
    from peerseal.client.account import open_account, sign_out
    from peerseal.client.upkeep import own

    account = open_account(server, keyring)
    try:
        vault = own(account).account.vault is not None
    except ServerUnreachable as error:
        raise ServerUnreachable(
            error.message,
            code=error.code,
            hint=f"{visible(account.name)} is still signed in here. `peerseal logout --forget` forgets the keys on "
            "this device without the server.",
            retryable=error.retryable,
        ) from None
    except (Refused, VerificationFailed) as error:
        if error.code not in ("not_signed_in", "key_changed"):
            raise
        vault = (
            False  # session or keys are the account's no more: nobody says what of these is kept elsewhere
        )
    if not vault:
        asking.sure(_ONLY_COPY, otherwise=_OTHERWISE)
    sign_out(account)
    account.close()
    return account.name


def _forget(server: ServerUrl, keyring: Keyring, asking: Questions) -> str | None:
    from peerseal.client.account import open_account, sign_out

    member = keyring.signed_in(server)
    if member is not None:
        asking.sure(_ONLY_COPY, otherwise=_OTHERWISE)
        with contextlib.suppress(PeersealError):  # the server may be gone, or another
            account = open_account(server, keyring)
            sign_out(account)
            account.close()
    keyring.forget(server)
    return None if member is None else member.name
