"""`peerseal login NAME`: sign in on this device. The keys come out of the vault, or from the 24 words.

They lie in PEERSEAL_HOME (default: ~/.config/peerseal; on a Mac ~/Library/Application Support/Peerseal), for this
user's eyes only, or in the system's keyring where the extra `peerseal[keyring]` is installed and finds one
(PEERSEAL_KEYRING=file: in the file all the same). `peerseal logout` forgets them.
"""

from __future__ import annotations

import argparse

from peerseal.cli import word_list
from peerseal.cli.member import (
    account_name,
    label,
    own_fields,
    own_keys,
    password_option,
    pin_new,
    questions,
    result,
    warn_plain,
)
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.client.refusals import typed
from peerseal.client.settings import parse_server
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel

YES = "answer questions with yes"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the account's name")
    options.text("--as", dest="as", metavar="NAME", help="the same")
    password_option(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Sign in; returns the exit code. Raises PeersealError."""
    return enter(arguments, output, restore=False)


def enter(arguments: argparse.Namespace, output: Output, *, restore: bool) -> int:
    """Sign in; with `restore` the keys come from the 24 words even if there is a vault."""
    name, server = (
        account_name(arguments, "account restore" if restore else "login"),
        parse_server(arguments.server),
    )
    asking = questions(arguments, output)
    from peerseal.client.account import check_free, sign_in
    from peerseal.crypto_engine import Root, canonical_name

    keyring = own_keys(output)
    check_free(server, keyring, canonical_name(name))
    warn_plain(server, output)
    password = asking.password()
    given = word_list.ask(asking, output) if restore else None

    def words() -> Root | None:
        if given is not None or not asking.terminal:
            return given
        output.line("The server keeps no copy of your keys: the 24 words bring them here.", always=True)
        return word_list.ask(asking, output)

    account = sign_in(server, keyring, name, password, label=label(), words=words, prefer_words=restore)
    output.line(f"Signed in as {output.bold(visible(account.name))} at {server}.")
    found = pin_new(account, output)
    waiting = [row.peer for row in found.exchanges if row.direction == "in" and row.state == "pending"]
    for peer in waiting:
        output.line(
            f"{visible(peer)} asks to exchange keys: `peerseal exchange accept {typed(visible(peer))}`."
        )
    account.close()
    result(output, arguments, {**own_fields(account), "pinned": list(found.pinned), "waiting": [*waiting]})
    return 0
