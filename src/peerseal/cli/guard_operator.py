"""Calling a server as its operator, for the actions of `peerseal guard`.

By the operator token of the server's data folder (--data), or as the signed-in account if it is an operator.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from peerseal.cli.options import Options
from peerseal.cli.output import Output
from peerseal.client.api import Api
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.errors import LocalFileFailed, NotFound, Refused
from peerseal.files.names import visible
from peerseal.transfer.events import SCHEMA_VERSION
from peerseal.wire import guard as wire
from peerseal.wire.strict_json import JsonObject

DATA: Final = "peerseal-data"
TOKEN_FILE: Final = "operator.token"  # noqa: S105 - a file's name
_TOKEN_MAX_BYTES: Final = 1024


def operator_options(options: Options) -> None:
    """Who the operator is."""
    options.text(
        "--data",
        dest="data",
        metavar="DIR",
        help=f"the server's data folder, whose {TOKEN_FILE} makes you its operator (default: {DATA}, if the server is "
        "on this machine; else as the signed-in account)",
    )


class Desk:
    """The running server, as its operator, and how to tell what it says."""

    def __init__(self, api: Api, arguments: argparse.Namespace, output: Output) -> None:
        self.api: Final = api
        self.out: Final = output
        self.json: Final[bool] = arguments.json

    def told(self, event: str, fields: JsonObject) -> None:
        """One NDJSON line, with --json."""
        if self.json:
            self.out.object({"v": SCHEMA_VERSION, "event": event, **fields})

    def standings(self) -> tuple[wire.Standing, ...]:
        """Everything that stands under a decision."""
        return self.api.ask(wire.Standings, "operator_standings").standings

    def standing(self, begin: str) -> wire.Standing:
        """The one whose id begins like this, or whose label it is. Raises NotFound."""
        rows = self.standings()
        found = [row for row in rows if begin and row.id.startswith(begin.lower())]
        found = (
            found or [row for row in rows if row.label.casefold() == begin.casefold()][:1]
        )  # the strictest of it: undone, all is
        if len(found) != 1:
            raise NotFound(
                f"{len(found) or 'Nothing'} that is stopped has an id that begins with {visible(begin)}.",
                code="not_found",
                hint="`peerseal guard list` shows what is stopped; what has ended is not there any more.",
            )
        return found[0]


@contextmanager
def operating(arguments: argparse.Namespace, output: Output) -> Iterator[Desk]:
    """The desk of an operator. Raises Refused (`not_operator`) for who is none."""
    server = parse_server(arguments.server)
    token = _token(server, arguments.data or None)
    api = Api(server)
    api.operator = token
    if token is None:
        api.token = _signed_in(server)
    try:
        try:
            api.call("operator_session")
        except NotFound:
            raise _no_operator(server, known=True) from None
        yield Desk(api, arguments, output)
    finally:
        api.close()


def _token(server: ServerUrl, folder: str | None) -> str | None:
    """The token of the data folder, never told to another machine's server unless the folder was named."""
    if folder is None and server.host not in ("localhost", "127.0.0.1", "::1"):
        return None
    path = os.path.join(folder or DATA, TOKEN_FILE)  # noqa: PTH118 - pathlib costs start-up time
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            return file.read(_TOKEN_MAX_BYTES).strip() or None
    except FileNotFoundError:
        if folder is None:
            return None
        hint = (
            "Is it the data folder of a server that runs? The file is made when it starts; on a disk that was full "
            "then, as soon as there is room."
        )
        raise LocalFileFailed(f"There is no {path}.", code="operator_token", hint=hint) from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no token"
        hint = "Run this as the user the server runs as."
        raise LocalFileFailed(f"{path} cannot be read: {reason}.", code="operator_token", hint=hint) from None


def _signed_in(server: ServerUrl) -> str:
    from peerseal.client.keyring import own_keyring

    member = own_keyring(os.environ, lambda _text: None).signed_in(server)
    if member is None:
        raise _no_operator(server, known=False)
    return member.token


def _no_operator(server: ServerUrl, *, known: bool) -> Refused:
    return Refused(
        f"You are not an operator of {server}."
        if known
        else f"Nothing here makes you an operator of {server}.",
        code="not_operator",
        hint="On the server's machine, --data names its data folder; elsewhere, sign in as an account that "
        "PEERSEAL_OPERATORS names.",
    )
