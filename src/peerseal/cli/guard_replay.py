"""`peerseal guard replay`: labelled sightings through the detector, and how well it tells abuse from use.

FILE has one JSON object a line (docs/guard.md §8); `-` is standard input. Nothing is asked of a server, nothing is
changed. With --json: what is decided about each line, then the summary.

    peerseal guard replay traffic.ndjson
    gunzip -c traffic.ndjson.gz | peerseal guard replay - --json
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.errors import LocalFileFailed
from peerseal.transfer.cancel import Cancel

_FIGURES: Final = (
    ("attackers_found_share", "attackers found", "share"),
    ("median_seconds_to_detect", "median time to find one", "s"),
    ("attack_requests_stopped_share", "attack requests stopped", "share"),
    ("block_precision", "blocks that hit attackers", "share"),
    ("people_blocked", "people blocked", "count"),
    ("legit_requests_challenged_share", "honest requests challenged", "share"),
    ("microseconds_per_request", "cost of a request", "µs"),
)


def add_arguments(parser: Parser, options: Options) -> None:
    """The action's own arguments."""
    del options
    parser.add_argument(
        "what", metavar="FILE", help="labelled sightings, one object a line; -: standard input"
    )


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Replay the file; returns the exit code. Raises UsageError, LocalFileFailed."""
    from peerseal.server.guard.detector.replay import Replay, answer, lines_of
    from peerseal.server.guard.detector.scoring import Scoring

    replay = Replay(Scoring(), time.process_time)
    write = sys.stdout.write
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    with _opened(arguments.what) as file:
        for number, line in enumerate(lines_of(_texts(file))):
            decision = replay.step(line)
            if arguments.json:
                write(encode(answer(number, decision)) + "\n")
    figures = replay.summary.figures()
    if arguments.json:
        write(encode({"summary": figures}) + "\n")
        sys.stdout.flush()
    else:
        output.payload(_table(figures))
    return 0


def _table(figures: dict[str, object]) -> str:
    rows = [f"{'sightings':<28}{figures['lines']:>10}\n"]
    for key, text, unit in _FIGURES:
        value = figures[key]
        if not isinstance(value, int | float):
            shown = "-"
        elif unit == "share":
            shown = f"{value * 100:.2f} %"
        else:
            shown = f"{value:g}" if unit == "count" else f"{value:g} {unit}"
        rows.append(f"{text:<28}{shown:>10}\n")
    return "".join(rows)


def _opened(path: str) -> BinaryIO:
    if path == "-":
        return sys.stdin.buffer
    try:
        return Path(path).open("rb")
    except OSError as wrong:
        raise LocalFileFailed(f"{path} cannot be read: {wrong.strerror}.") from wrong


def _texts(file: BinaryIO) -> Iterator[bytes]:
    """Lines, never more of one than is looked at."""
    from peerseal.server.guard.detector.replay import LINE_MAX

    while text := file.readline(LINE_MAX + 2):
        yield text
