"""The account at this device, for commands: its keyring, how it is named, opened and told."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from peerseal.cli.options import Options
from peerseal.cli.output import Output
from peerseal.cli.questions import Questions
from peerseal.client.account import OpenAccount, open_account
from peerseal.client.exchange import Found, groups, key_changed, look
from peerseal.client.keyring import Keyring, own_keyring
from peerseal.client.refusals import typed
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.errors import UsageError
from peerseal.files.names import visible
from peerseal.transfer.events import SCHEMA_VERSION
from peerseal.wire.limits import LABEL_MAX_CHARACTERS
from peerseal.wire.strict_json import JsonValue


def password_option(options: Options) -> None:
    """--password-stdin."""
    options.switch(
        "--password-stdin",
        dest="password_stdin",
        help="read what would be asked unseen from standard input: one line each, in the same order",
    )


def questions(arguments: argparse.Namespace, output: Output) -> Questions:
    """How this command asks."""
    return Questions(output, yes=arguments.yes, from_stdin=getattr(arguments, "password_stdin", False))


def own_keys(output: Output) -> Keyring:
    """The keyring of whoever runs this command; what it repairs is said."""
    return own_keyring(os.environ, lambda text: output.line(text, always=True))


@contextmanager
def opened(arguments: argparse.Namespace, output: Output) -> Iterator[OpenAccount]:
    """The account that is signed in at --server. Raises Refused (`not_signed_in`)."""
    account = open_account(parse_server(arguments.server), own_keys(output))
    try:
        yield account
    finally:
        account.close()


def account_name(arguments: argparse.Namespace, command: str) -> str:
    """The account name given as argument or --as, for `peerseal COMMAND`. Raises UsageError."""
    given: list[str] = [name for name in (arguments.name, getattr(arguments, "as", None)) if name]
    if not given or (arguments.name and len(set(given)) > 1 and "PEERSEAL_AS" not in os.environ):
        raise UsageError("Say the account's name once.", hint=f"For example: `peerseal {command} alice`.")
    return given[0]


def label() -> str:
    """How this device is called in the list of signed-in devices."""
    import socket

    return f"command line on {socket.gethostname() or 'a computer'}"[:LABEL_MAX_CHARACTERS]


def now() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def result(output: Output, arguments: argparse.Namespace, fields: dict[str, JsonValue]) -> None:
    """The `result` event, for --json."""
    if arguments.json:
        output.object({"v": SCHEMA_VERSION, "event": "result", **fields})


def own_fields(account: OpenAccount) -> dict[str, JsonValue]:
    """The account in a `result`."""
    return {
        "name": account.name,
        "user": account.user,
        "server": str(account.server),
        "fingerprint": account.member.fingerprint.hex(),
    }


def pin_new(account: OpenAccount, output: Output) -> Found:
    """Pin the keys of exchanges that were accepted meanwhile and say so; warn of keys that changed."""
    found = look(account, now())
    for name in found.pinned:
        output.warning(now_pinned_line(name))
    for comparison in found.changed:
        failure = key_changed(comparison)
        output.warning(failure.message)
        output.warning(failure.hint)
    for name in found.unusable:
        output.line(
            f"What {visible(name)} answered with is no public keys. Ask them to update Peerseal, then ask again."
        )
    return found


def pinned_line(name: str) -> str:
    """What is true of keys that came through the server and nobody compared."""
    return f"{visible(name)}'s keys are pinned, not verified: `peerseal exchange verify {typed(visible(name))}` compares them."


def now_pinned_line(name: str) -> str:
    """Who has just become a contact. The server could have made up the request too, so this is always said."""
    return (
        f"{visible(name)} is a contact now: the server says they answered your request. If you asked for nothing, "
        f"`peerseal contacts remove {typed(visible(name))}`. {pinned_line(name)}"
    )


def fingerprint_text(fingerprint: bytes) -> str:
    """A fingerprint in groups of four digits."""
    digits = fingerprint.hex()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def number_lines(number: str) -> list[str]:
    """A safety number as three lines of four groups."""
    parts = groups(number).split(" ")
    return ["    " + "  ".join(parts[at : at + 4]) for at in range(0, len(parts), 4)]


def warn_plain(server: ServerUrl, output: Output) -> None:
    """Say what a password risks on its way to a server without TLS."""
    if not server.tls and server.host not in ("localhost", "127.0.0.1", "::1"):
        output.line(
            f"{server} is not https: whoever controls the network between could sign in as you and change your account. "
            "Your keys and files stay sealed."
        )
