"""`python -m bench.soak [--small] [--write] [NAME …]`: all parts one after another, each bounded in time."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import re
import sys
import time
import traceback
from pathlib import Path

from bench.soak.figures import Figure, keep, kept, table

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench" / "results" / "soak"
PAGE = ROOT / "docs" / "reliability.md"
#: Each a module with `run(small=…)`.
PARTS = (
    "sign_ins",
    "slow",
    "stalled",
    "idle",
    "guests",
    "relayed",
    "kills",
    "overhead",
    "floods",
    "listing",
    "uploads",
    "spoofed_keys",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="NAME", help=f"any of: {', '.join(PARTS)} (default: all)")
    parser.add_argument(
        "--small", action="store_true", help="a tenth of the load, seconds instead of minutes"
    )
    parser.add_argument("--write", action="store_true", help="put the tables into docs/reliability.md")
    chosen = parser.parse_args()
    status = 0
    for name in chosen.parts or PARTS:
        if name not in PARTS:
            parser.error(f"there is no part {name!r}")
        flag = " --small" if chosen.small else ""
        how = f"{machine()}: `python -m bench.soak {name}{flag}`"
        begun = time.monotonic()
        try:
            figures: list[Figure] = importlib.import_module(f"bench.soak.{name}").run(small=chosen.small)
        except Exception:  # noqa: BLE001 - the other parts run all the same
            traceback.print_exc()
            status = 1
            continue
        figures.append(Figure("took", time.monotonic() - begun, "s"))
        print(table(name, how, figures), flush=True)
        status |= any(one.holds is False for one in figures)
        if not chosen.small:
            keep(RESULTS, name, how, figures)
    if chosen.write:
        write()
    return int(status)


def machine() -> str:
    """Date, kind of machine and how busy it was before, without its name."""
    load, _, _ = os.getloadavg()
    return (
        f"{time.strftime('%Y-%m-%d %H:%M')}, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, loopback, load of the minute before {load:.1f}"
    )


def write() -> None:
    """The tables of all parts that were ever measured here, into the page."""
    page = PAGE.read_text(encoding="utf-8")
    between = re.compile(r"(?<=<!-- soak -->\n).*?(?=<!-- /soak -->)", re.DOTALL)
    PAGE.write_text(between.sub(lambda _: "\n".join(kept(RESULTS)), page), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
