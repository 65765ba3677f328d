"""`peerseal guard verify`: whether the server's events are all there and as they were written.

DIR is the server's data folder, or a copy of it. Exit code 7 if an event is missing or was changed. It shows damage,
mistakes and who changed the file of events alone; whoever may write the whole folder can make all of it agree.

    peerseal guard verify ~/.local/share/peerseal
    peerseal guard verify /backup/peerseal --json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.errors import IntegrityFailed, LocalFileFailed
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.events import SCHEMA_VERSION


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    del options
    parser.add_argument("what", metavar="DIR", help="the server's data folder")


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Read the events; returns the exit code. Raises LocalFileFailed, IntegrityFailed."""
    from peerseal.server.guard.chain import check
    from peerseal.server.guard.state import FILE_NAME

    folder = Path(arguments.what)
    try:
        if not (folder / FILE_NAME).is_file():
            raise LocalFileFailed(f"{folder} is no data folder of a server.", hint=f"It has no {FILE_NAME}.")
        checked = check(folder)
    except OSError as wrong:
        raise LocalFileFailed(
            f"The events in {folder} cannot be read: {wrong.strerror}.",
            hint="Run this as the user the server runs as." if isinstance(wrong, PermissionError) else "",
        ) from wrong
    if checked.wrong is not None:
        raise IntegrityFailed(
            f"The events are not as the server wrote them: {checked.wrong}.",
            code="events_changed",
            hint="Compare with a copy that lies elsewhere, if there is one.",
        )
    if arguments.json:
        output.object({"v": SCHEMA_VERSION, "event": "result", "events": checked.read, "last": checked.last})
    else:
        output.payload(
            f"All {checked.read} events are as they were written; the last is number {checked.last}.\n"
        )
    return 0
