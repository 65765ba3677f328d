"""`peerseal backup create`: copy the database and all sealed files of a server's folder to DIR, while the server runs.

DIR is empty, or holds a former backup of the same server: then only what is new is copied, and the former one stays
whole until this one is. Everything the server acknowledged before it began is in it.

    peerseal backup create /mnt/backup --data /srv/peerseal
    17 * * * * peerseal backup create /mnt/backup --data /srv/peerseal -q     every hour, from cron
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Final

from peerseal.cli.backup_words import contents, end, folder_arguments, moment
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.phrases import size
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.wire.strict_json import JsonObject

_SHOWN: Final = 5


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    folder_arguments(parser, options, "the server's folder")


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Copy; returns the exit code. Raises PeersealError."""
    from peerseal.server.backup.create import create
    from peerseal.server.config import ServerConfig

    folder = Path(arguments.folder)
    config = dataclasses.replace(ServerConfig.from_environment(), data=Path(arguments.data))
    made = create(config, folder)
    held = made.held
    output.line(f"The backup in {visible(str(folder))} is complete: {contents(held)}.")
    output.line(
        f"{made.copied} chunks were copied ({size(made.copied_bytes)}), {made.kept} were there already."
    )
    output.line(
        f"Everything the server acknowledged before {moment(held.mark)} is in it, nothing after is sure to be."
    )
    for path in made.mended[:_SHOWN]:
        output.warning(f"{path} was damaged in the backup, and was copied anew: look at its disk")
    for path in held.damaged[:_SHOWN]:
        output.warning(f"{path} is damaged or missing on the server")
    fields: JsonObject = {
        "copied": made.copied,
        "copied_bytes": made.copied_bytes,
        "kept": made.kept,
        "mended": list(made.mended),
    }
    return end(held, fields, arguments, output)
