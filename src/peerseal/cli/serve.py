"""`peerseal serve`: run a server for this network and say where people find it."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.serve_check import check
from peerseal.errors import UsageError
from peerseal.transfer.cancel import Cancel
from peerseal.wire.strict_json import JsonValue

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
        default="peerseal-data",
        metavar="DIR",
        help="the folder for what is stored (default: peerseal-data)",
    )
    options.action("--check", dest="check", help="check settings, folder, database, port and page, then end")
    options.action(
        "--deep", dest="deep", help="with --check: read every stored chunk and compare its sum, too"
    )


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Serve until Ctrl-C; returns the exit code. Raises UsageError for settings that do not work."""
    from peerseal.server.config import ServerConfig
    from peerseal.server.run import serve

    config = dataclasses.replace(
        ServerConfig.from_environment(), host=arguments.host, port=arguments.port, data=Path(arguments.data)
    )
    if arguments.check:
        return check(config, output, json=arguments.json, deep=arguments.deep)
    if arguments.deep:
        raise UsageError("--deep goes with --check.")

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
        output.line("Ctrl-C ends it.")

    serve(config, ready)
    output.line("The server has ended.")
    return 0


def port(text: str) -> int:
    """A port number; 0 picks a free one."""
    value = int(text)
    if not 0 <= value <= 65_535:
        raise ValueError(text)
    return value
