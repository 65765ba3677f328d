"""`make bench`: every promise about speed, side by side with a peer or a physical limit, as medians and ratios."""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable

from bench import command_line, limits, pages, report, stored_rows
from bench.figures import Figure, Row
from bench.measure import table

PARTS: dict[str, tuple[Callable[[int], list[Figure]], ...]] = {
    "direct": (command_line.direct,),
    "live": (command_line.live, command_line.imports),
    "small": (command_line.small,),
    "page": (pages.pages,),
    "memory": (command_line.memory, pages.memory),
}
STORED: dict[str, Callable[[int], list[Row]]] = {
    "stored": stored_rows.against_stores,
    "memory-stored": stored_rows.memory,
}


def machine() -> str:
    """Date, kind of machine and how busy it was before, without its name."""
    load, _, _ = os.getloadavg()
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')}, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, loopback, load of the minute before {load:.1f}"
    )


def limits_here() -> str:
    with command_line.folder() as home:
        return (
            f"AES-256-GCM alone, one core: {limits.aes_rate() / 1e9:.1f} GB/s; "
            f"writing a file alone: {limits.write_rate(home) / 1e9:.1f} GB/s"
        )


def main() -> None:
    names = [*PARTS, *STORED]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of: {', '.join(names)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the tables and the plot into docs/")
    chosen = parser.parse_args()
    for name in chosen.parts or names:
        if name not in names:
            parser.error(f"there is no part {name!r}")
        once = "" if name.startswith("memory") else f" --rounds {chosen.rounds}"
        how = f"`python -m bench {name}{once}`"
        heading = f"{machine()}: {how}\n\n{limits_here()}"
        print(f"## {name}\n{heading}\n", flush=True)
        if name in PARTS:
            figures = [figure for measure in PARTS[name] for figure in measure(chosen.rounds)]
            text = report.text_of(figures)
            if chosen.write:
                report.write(name, heading, figures)
        else:
            text = table(STORED[name](chosen.rounds))
            if chosen.write:
                report.write_text(name, f"{heading}\n\n{text}")
        print(f"{text}\n", flush=True)


main()
