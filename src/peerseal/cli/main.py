"""The entry of the command line."""

import argparse
from collections.abc import Sequence

from peerseal.version import VERSION


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="peerseal")
    parser.add_argument("--version", action="version", version=f"peerseal {VERSION}")
    parser.parse_args(argv)
    return 0
