"""`peerseal serve`: run a server for this network and say where people find it."""

from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
from collections.abc import Collection
from pathlib import Path

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.serve_check import check
from peerseal.client.settings import DEFAULT_SERVER
from peerseal.errors import UsageError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.wire.strict_json import JsonValue

DATA = "peerseal-data"
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - other devices of the network must reach it


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    del parser
    options.text(
        "--host",
        dest="host",
        default=_EVERYWHERE,
        metavar="ADDRESS",
        help="the address to listen on (default: 0.0.0.0, every network of this computer)",
    )
    options.number(
        "--port",
        dest="port",
        read=port,
        default=5000,
        metavar="PORT",
        help="the port to listen on (default: 5000)",
    )
    options.text(
        "--data",
        dest="data",
        default=DATA,
        metavar="DIR",
        help=f"the folder for what is stored (default: {DATA})",
    )
    options.action("--check", dest="check", help="check settings, folder, database, port and page, then end")
    options.action(
        "--deep", dest="deep", help="with --check: read every stored chunk and compare its sum, too"
    )


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Serve until Ctrl-C; returns the exit code. Raises UsageError for settings that do not work."""
    from peerseal.server.config import ServerConfig, misspelt
    from peerseal.server.private_folder import is_there
    from peerseal.server.run import serve

    config = dataclasses.replace(
        ServerConfig.from_environment(), host=arguments.host, port=arguments.port, data=Path(arguments.data)
    )
    for odd in misspelt(os.environ):
        output.warning(visible(odd))
    if arguments.check:
        return check(config, output, json=arguments.json, deep=arguments.deep)
    if arguments.deep:
        raise UsageError("--deep goes with --check.")

    new = not config.database and not is_there(config.data / "peerseal.db")

    def ready(urls: list[str]) -> None:
        addresses: list[JsonValue] = list(urls)
        if arguments.json:
            output.object({"v": 1, "event": "ready", "code": None, "link": urls[0], "urls": addresses})
            return
        output.line("Peerseal is here:")
        for url in urls:
            output.line(f"    {output.bold(url)}")
        others = [url for url in urls if "localhost" not in url]
        if others:
            output.line("On another device of this network, open the second address.")
            output.qr(others[0])
        elif config.host in ("127.0.0.1", "::1", "localhost"):
            output.line("Only this computer can reach it; --host 0.0.0.0 opens it to the network.")
        if new:
            output.line(f"It is a new one: all it keeps lies in {visible(str(config.data.absolute()))}.")
        output.line(operator_line(urls[0], config.operators, arguments.data))
        output.line("Ctrl-C ends it.")

    serve(config, ready)
    output.line("The server has ended.")
    return 0


def operator_line(url: str, operators: Collection[str], data: str) -> str:
    """Where whoever looks after this server sees what it stops, or how to become that. `url`: here."""
    if operators:
        names = ", ".join(visible(name.removeprefix("@")) for name in operators)
        return f"Its operator ({names}) sees what it stops and why: {url}/operator"
    folder = "" if data == DATA else f" --data {shlex.quote(visible(data))}"
    server = "" if url == DEFAULT_SERVER else f" --server {url}"
    return (
        f"You look after it: `peerseal guard page{folder}{server}` opens your page; PEERSEAL_OPERATORS=NAME gives it to "
        "an account."
    )


def port(text: str) -> int:
    """A port number; 0 picks a free one."""
    value = int(text)
    if not 0 <= value <= 65_535:
        raise ValueError(text)
    return value
