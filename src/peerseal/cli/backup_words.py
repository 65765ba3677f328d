"""What both actions of `peerseal backup` take, and say of a backup."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.phrases import size
from peerseal.wire.strict_json import JsonObject

if TYPE_CHECKING:
    from peerseal.server.backup.layout import Held

_DAMAGED: Final = 7
_DATA: Final = "peerseal-data"


def folder_arguments(parser: Parser, options: Options, data: str) -> None:
    """DIR is the backup's folder; --data is `data`."""
    parser.add_argument("folder", metavar="DIR", help="the backup's folder")
    options.text("--data", dest="data", default=_DATA, metavar="DIR", help=f"{data} (default: {_DATA})")


def end(held: Held, more: JsonObject, arguments: argparse.Namespace, output: Output) -> int:
    """Tell what it holds, with --json; returns the exit code."""
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


def contents(held: Held) -> str:
    """What it holds, in numbers."""
    counted = ((held.accounts, "account"), (held.files, "file"), (held.chunks, "chunk"))
    parts = ", ".join(f"{count} {one}" if count == 1 else f"{count} {one}s" for count, one in counted)
    return f"{parts} ({size(held.bytes)}), server {held.server}"


def moment(mark: int) -> str:
    """The mark (ms) for people."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(mark / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
