"""`peerseal account`: password, 24 words, recovery, devices and the end of your account.

password        change it; all other devices are signed out
words           show your 24 words: they are your keys
recover NAME    set a new password with the 24 words
restore NAME    sign in here with password and 24 words, where the server keeps no copy of the keys
vault on|off    whether the server keeps your keys, sealed by your password
tokens          the devices that are signed in (--end ID signs one out)
new-keys        start over with fresh keys: contacts and files sealed for the old ones are gone
delete          delete the account with everything of it on the server
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Final

from peerseal.cli import word_list
from peerseal.cli.login import enter
from peerseal.cli.member import opened, own_fields, own_keys, password_option, questions, result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.client.settings import parse_server
from peerseal.errors import NotFound, UsageError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.wire.accounts import SessionRow

YES = "answer questions with yes"
_NAMED: Final = ("recover", "restore", "vault")


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("action", choices=list(_ACTIONS), metavar="ACTION", help=", ".join(_ACTIONS))
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="recover, restore: the account; vault: on or off"
    )
    options.text("--end", dest="end", metavar="ID", help="tokens: sign this device out")
    options.switch(
        "--no-vault", dest="no_vault", help="recover: keep no sealed copy of the keys at the server"
    )
    password_option(options)


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Do it; returns the exit code. Raises PeersealError."""
    if (arguments.action in _NAMED) is not (arguments.name is not None):
        raise UsageError(
            "Write for example `peerseal account password`, `peerseal account recover alice` or "
            "`peerseal account vault off`."
        )
    return _ACTIONS[arguments.action](arguments, output)


def _password(arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.client.upkeep import change_password

    asking = questions(arguments, output)
    with opened(arguments, output) as account:
        old = asking.password("Password so far: ")
        changed = change_password(account, old, asking.new_password())
    output.line("The password is changed. Your other devices are signed out.")
    result(output, arguments, own_fields(changed))
    return 0


def _words(arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.crypto_engine import Root, words_of

    asking = questions(arguments, output)
    member = own_keys(output).member(parse_server(arguments.server))
    asking.sure(
        "Whoever sees these words can read everything of yours. Does nobody look over your shoulder?",
        otherwise="-y shows them unasked, on standard output.",
    )
    words = words_of(Root(member.root))
    if arguments.json:
        result(output, arguments, {"name": member.name, "words": " ".join(words)})
    elif asking.terminal:
        word_list.show(output, words)
    else:
        output.payload(" ".join(words) + "\n")
    return 0


def _recover(arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.cli.member import label
    from peerseal.client.account import sign_in
    from peerseal.client.upkeep import recover
    from peerseal.crypto_engine import canonical_name

    asking = questions(arguments, output)
    server, keyring = parse_server(arguments.server), own_keys(output)
    canonical_name(arguments.name)
    root = word_list.ask(asking, output)
    password = asking.new_password()
    recover(server, keyring, arguments.name, root, password, vault=not arguments.no_vault)
    output.line("The new password holds. All devices were signed out.")
    account = sign_in(
        server, keyring, arguments.name, password, label=label(), words=lambda: root, prefer_words=True
    )
    account.close()
    output.line(f"Signed in as {output.bold(visible(account.name))}.")
    result(output, arguments, {**own_fields(account), "vault": not arguments.no_vault})
    return 0


def _restore(arguments: argparse.Namespace, output: Output) -> int:
    return enter(arguments, output, restore=True)


def _vault(arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.client.upkeep import set_vault

    if arguments.name not in ("on", "off"):
        raise UsageError("Write `peerseal account vault on` or `peerseal account vault off`.")
    turned_on = arguments.name == "on"
    asking = questions(arguments, output)
    with opened(arguments, output) as account:
        if not turned_on:
            asking.sure(
                "Then only this device and your 24 words hold the keys. Are the words noted?",
                otherwise="`peerseal account words` shows them; -y says that they are noted.",
            )
        set_vault(account, asking.password(), on=turned_on)
    output.line(
        "The server keeps your keys, sealed by your password."
        if turned_on
        else "The server keeps no copy of your keys any more."
    )
    result(output, arguments, {"vault": turned_on})
    return 0


def _tokens(arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.client.upkeep import end_session, sessions

    with opened(arguments, output) as account:
        rows = sessions(account)
        if arguments.end is not None:
            ended = _one(rows, arguments.end)
            end_session(account, ended.id)
            output.line(f"Signed out: {visible(ended.label)}.")
            rows = tuple(row for row in rows if row.id != ended.id)
    if arguments.json:
        result(output, arguments, {"sessions": [{**row.__dict__} for row in rows]})
    elif arguments.end is None:
        for row in rows:
            here = ", this one" if row.current else ""
            output.payload(f"{row.id[:8]}  {visible(row.label)}{here}, last used {_day(row.last_used)}\n")
    return 0


def _new_keys(arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.client.upkeep import new_identity
    from peerseal.crypto_engine import Root, words_of

    asking = questions(arguments, output)
    with opened(arguments, output) as account:
        asking.sure(
            "Your contacts and every file sealed for your present keys will be gone, for good. Start over?",
            otherwise="-y starts over unasked.",
        )
        renewed = new_identity(account, asking.password())
    output.line("You have new keys. Exchange them again with everybody.")
    if asking.terminal and not arguments.json:
        output.line("Your new 24 words; the old ones open nothing any more:", always=True)
        word_list.show(output, words_of(Root(renewed.member.root)))
    else:
        output.line("`peerseal account words` shows your new 24 words: note them.")
    result(output, arguments, own_fields(renewed))
    return 0


def _delete(arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.client.upkeep import delete

    asking = questions(arguments, output)
    with opened(arguments, output) as account:
        asking.sure(
            f"Delete {visible(account.name)} at {account.server}, with every file and link of it, for good?",
            otherwise="-y deletes unasked.",
        )
        delete(account, asking.password())
    output.line(f"{visible(account.name)} is deleted.")
    result(output, arguments, {"deleted": account.name, "server": str(account.server)})
    return 0


def _one(rows: tuple[SessionRow, ...], start: str) -> SessionRow:
    found = [row for row in rows if start and row.id.startswith(start.lower())]
    if len(found) != 1:
        raise NotFound(
            f"{len(found) or 'No'} devices have an id that begins like this.",
            hint="`peerseal account tokens` lists them.",
        )
    return found[0]


def _day(milliseconds: int) -> str:
    import time

    return time.strftime("%Y-%m-%d %H:%M", time.localtime(milliseconds / 1000))


_ACTIONS: Final[dict[str, Callable[[argparse.Namespace, Output], int]]] = {
    "password": _password,
    "words": _words,
    "recover": _recover,
    "restore": _restore,
    "vault": _vault,
    "tokens": _tokens,
    "new-keys": _new_keys,
    "delete": _delete,
}
