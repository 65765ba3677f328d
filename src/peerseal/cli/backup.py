"""`peerseal backup`: a copy of a server's folder, made while it runs, and putting it back.

create DIR      copy the database and all sealed files of the server's folder (--data) to DIR. DIR is empty, or holds
                a former backup of the same server: then only what is new is copied
restore DIR     put the backup in DIR onto an empty folder (--data) and check all of it
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.phrases import size
from peerseal.errors import UsageError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.wire.strict_json import JsonObject

if TYPE_CHECKING:
    from peerseal.server.backup.layout import Held
    from peerseal.server.config import ServerConfig

_DAMAGED = 7
_SHOWN = 5


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("action", choices=["create", "restore"], metavar="ACTION", help="create, restore")
    parser.add_argument("folder", metavar="DIR", help="the backup's folder")
    options.text(
        "--data",
        dest="data",
        default="peerseal-data",
        metavar="DIR",
        help="the server's folder (default: peerseal-data)",
    )


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Do it; returns the exit code. Raises PeersealError."""
    from peerseal.server.config import ServerConfig

    config = dataclasses.replace(ServerConfig.from_environment(), data=Path(arguments.data))
    folder = Path(arguments.folder)
    if arguments.action == "create":
        return _create(config, folder, arguments, output)
    if config.database:
        raise UsageError(
            "PEERSEAL_DATABASE is set; a backup is restored into a folder with a database of its own.",
            hint="Restore without it, or put the other database back with its own tools.",
        )
    return _restore(config.data, folder, arguments, output)


def _create(config: ServerConfig, folder: Path, arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.server.backup.create import create

    made = create(config, folder)
    held = made.held
    output.line(f"The backup in {visible(str(folder))} is complete: {_contents(held)}.")
    output.line(
        f"{made.copied} chunks were copied ({size(made.copied_bytes)}), {made.kept} were there already."
    )
    output.line(
        f"Everything the server acknowledged before {_time(held.mark)} is in it, nothing after is sure to be."
    )
    for path in held.damaged[:_SHOWN]:
        output.warning(f"{path} is damaged or missing on the server")
    fields: JsonObject = {"copied": made.copied, "copied_bytes": made.copied_bytes, "kept": made.kept}
    return _end(held, fields, arguments, output)


def _restore(data: Path, folder: Path, arguments: argparse.Namespace, output: Output) -> int:
    from peerseal.server.backup.restore import restore

    held = restore(folder, data)
    output.line(f"The folder {visible(str(data))} is as the server was: {_contents(held)}, all checked.")
    output.line(
        f"It stands as of {_time(held.mark)}. `peerseal serve --data {visible(str(data))}` starts it."
    )
    output.line("People notice: what came later is gone, and devices that saw it say `rolled_back`.")
    return _end(held, {}, arguments, output)


def _end(held: Held, more: JsonObject, arguments: argparse.Namespace, output: Output) -> int:
    if arguments.json:
        fields: JsonObject = {
            "mark": held.mark,
            "server": held.server,
            "accounts": held.accounts,
            "files": held.files,
            "chunks": held.chunks,
            "bytes": held.bytes,
            "damaged": list(held.damaged),
        }
        output.object({"v": 1, "event": "result", **fields, **more})
    return _DAMAGED if held.damaged else 0


def _contents(held: Held) -> str:
    return (
        f"{held.accounts} accounts, {held.files} files, {held.chunks} chunks ({size(held.bytes)}), "
        f"server {held.server}"
    )


def _time(mark: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(mark / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
