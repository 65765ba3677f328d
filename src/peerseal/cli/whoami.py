"""`peerseal whoami`: who is signed in on this device, and what the server says of the account."""

from __future__ import annotations

import argparse

from peerseal.cli.member import fingerprint_text, opened, own_fields, result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.phrases import size
from peerseal.errors import ServerUnreachable
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel

YES = "nothing is asked here"


def add_arguments(parser: Parser, options: Options) -> None:
    """Nothing beyond what every command knows."""


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Tell; returns the exit code. Raises Refused (`not_signed_in`), VerificationFailed (`key_changed`)."""
    from peerseal.client.upkeep import own

    with opened(arguments, output) as account:
        try:
            said = own(account).account
        except ServerUnreachable as error:
            raise ServerUnreachable(
                error.message,
                code=error.code,
                hint=f"{visible(account.name)} is signed in here all the same. {error.hint}",
                retryable=error.retryable,
            ) from None
        if arguments.json:
            fields = own_fields(account)
            more = {"vault": said.vault is not None, "used": said.used, "quota": said.quota}
            result(output, arguments, {**fields, **more, "created": said.created})
            return 0
        output.payload(f"{visible(said.name)}\n")
        output.line(f"at {account.server}, {size(said.used)} of {size(said.quota)} used")
        output.line(f"fingerprint {fingerprint_text(account.member.fingerprint)}")
        output.line(
            "The server keeps your keys sealed by your password (the vault)."
            if said.vault is not None
            else "The server keeps no copy of your keys: they are on your devices and in your 24 words."
        )
    return 0
