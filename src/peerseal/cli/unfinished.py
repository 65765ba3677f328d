"""One line before a transfer begins: something that fits was left unfinished, and how to go on with it."""

from __future__ import annotations

import argparse
import os
import sys

from peerseal.cli.output import Output
from peerseal.client.home import home_folder


def tell_of_unfinished(
    arguments: argparse.Namespace,
    output: Output,
    *,
    paths: list[str] | None = None,
    target: str | None = None,
) -> None:
    """For somebody at a terminal: what stopped with the same `paths` (of a sender) or into the folder `target`."""
    if arguments.json or arguments.quiet or not sys.stdin.isatty():
        return
    home = home_folder(os.environ)
    try:
        with os.scandir(os.path.join(home, "transfers")) as listing:  # noqa: PTH118 - pathlib costs start-up time
            if not any(entry.name[0] != "." for entry in listing):
                return
    except OSError:
        return
    from peerseal.cli.transfers import how_far, title_of
    from peerseal.transfer.journals import all_journals
    from peerseal.transfer.left_there import left_until
    from peerseal.transfer.leftovers import short_id

    wanted = None if paths is None else [os.path.abspath(path) for path in paths]  # noqa: PTH100 - as above
    folder = None if target is None else os.path.abspath(target)  # noqa: PTH100 - as above
    everything = all_journals(home)
    for listed in everything:
        about = listed.about
        if (
            about is None
            or listed.running
            or about.kind not in ("send", "receive", "several")
            or left_until(about)
        ):
            continue
        fits = (
            about.taken is not None and wanted == [os.path.abspath(path) for path in about.taken.names]  # noqa: PTH100 - as above
        ) or (about.put is not None and about.put.folder == folder)
        if fits:
            short = short_id(listed, everything)
            output.line(
                f"'{title_of(about)}' stopped at {how_far(listed)}: peerseal transfers resume {short}"
            )
            return
