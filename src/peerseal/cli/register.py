"""`peerseal register NAME`: make an account: keys made on this device, a password only you know.

The server keeps a hash of what the password becomes, and your keys only sealed by it (the vault; --no-vault: not at
all). Your 24 words are the keys themselves: note them. Whoever loses the password and the words loses everything
that was sealed for them, and nobody, not even the person who runs the server, can bring it back.
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
    questions,
    result,
    warn_plain,
)
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.questions import Questions
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.errors import UsageError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel

YES = "with --no-vault and without a terminal: the words will be noted from `peerseal account words`"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the account's name, for everybody to see")
    options.text("--as", dest="as", metavar="NAME", help="the same")
    options.switch(
        "--no-vault", dest="no_vault", help="keep no sealed copy of the keys at the server: only the 24 words"
    )
    options.text(
        "--invite",
        dest="invite",
        metavar="CODE",
        help="the code of an invitation, where the server wants one",
    )
    options.switch(
        "--invite-stdin",
        dest="invite_stdin",
        help="read the invitation code, then the password, from standard input: one line each",
    )
    password_option(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Register; returns the exit code. Raises PeersealError."""
    name, server = account_name(arguments, "register"), parse_server(arguments.server)
    arguments.password_stdin = arguments.password_stdin or arguments.invite_stdin
    asking = questions(arguments, output)
    if arguments.no_vault and not asking.terminal and not arguments.yes:
        raise UsageError(
            "Without the vault the 24 words are the only way back, and there is no terminal to show them.",
            hint="-y says that you note them from `peerseal account words` right after this.",
        )
    from peerseal.client.account import check_free, register
    from peerseal.crypto_engine import Root, canonical_name, words_of

    canonical_name(name)
    keyring = own_keys(output)
    check_free(server, keyring, None)
    invite = _invitation(arguments, asking, server)
    _explain(output, vault=not arguments.no_vault)
    warn_plain(server, output)
    password = asking.new_password("Choose a password: ")
    account = register(
        server, keyring, name, password, vault=not arguments.no_vault, label=label(), invite=invite
    )
    account.close()
    output.line(f"Welcome, {output.bold(visible(account.name))}. You are signed in on this device.")
    words = words_of(Root(account.member.root))
    if asking.terminal and not arguments.json and (not output.quiet or arguments.no_vault):
        output.line("Your 24 words. Write them down on paper and keep them where you would keep money:")
        word_list.show(output, words)
        if arguments.no_vault:
            word_list.insist(asking, output, words)
    else:
        output.line("`peerseal account words` shows your 24 words: note them.")
    result(output, arguments, {**own_fields(account), "vault": not arguments.no_vault})
    return 0


def _invitation(arguments: argparse.Namespace, asking: Questions, server: ServerUrl) -> str | None:
    """The invitation's code, if there is one or the server wants one; asked before anybody thinks of a password."""
    from peerseal.client.account import check_open
    from peerseal.client.api import Api

    given: str | None = arguments.invite
    if given is None and arguments.invite_stdin:
        given = asking.invitation()
    api = Api(server)
    try:
        registration = api.info().registration
    finally:
        api.close()
    if given is None and registration == "invite" and asking.terminal:
        given = asking.invitation()
    check_open(server, registration, given or None)
    return given or None


def _explain(output: Output, *, vault: bool) -> None:
    if vault:
        output.line("The password opens your keys on any device; the server never sees it.")
    else:
        output.line("The password signs you in; your keys stay on this device and in your 24 words alone.")
    lost = "password and words" if vault else "this device and the words"
    output.line(
        f"Who loses {lost} loses everything sealed for them: nobody can bring it back, not even the server's owner."
    )
