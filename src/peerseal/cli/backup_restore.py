"""`peerseal backup restore`: put the backup in DIR onto an empty folder, and check every byte of it.

A damaged backup is refused, and nothing is left in the folder; with --damaged all of it that is whole is put back, and
what is not is named (exit 7). The server must not run on it yet.

    peerseal backup restore /mnt/backup --data /srv/peerseal-again
    peerseal serve --data /srv/peerseal-again
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from peerseal.cli.backup_words import contents, end, folder_arguments, moment
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.errors import UsageError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel

_SHOWN: Final = 5


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    folder_arguments(parser, options, "the folder to fill")
    parser.add_argument(
        "--damaged", action="store_true", help="leave out chunks of the backup that are damaged"
    )


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Put it back; returns the exit code. Raises PeersealError."""
    from peerseal.server.backup.restore import restore
    from peerseal.server.config import ServerConfig

    if ServerConfig.from_environment().database:
        raise UsageError(
            "PEERSEAL_DATABASE is set; a backup is restored into a folder with a database of its own.",
            hint="Restore without it, or put the other database back with its own tools.",
        )
    data = Path(arguments.data)
    held = restore(Path(arguments.folder), data, damaged_too=arguments.damaged)
    checked = "all checked" if not held.damaged else "checked, but for what is damaged"
    output.line(f"The folder {visible(str(data))} is as the server was: {contents(held)}, {checked}.")
    for path in held.damaged[:_SHOWN]:
        output.warning(f"{path} is damaged or missing: its file cannot be read")
    output.line(
        f"It stands as of {moment(held.mark)}. `peerseal serve --data {visible(str(data))}` starts it."
    )
    output.line("People notice: what came later is gone, and devices that saw it say `rolled_back`.")
    return end(held, {}, arguments, output)
