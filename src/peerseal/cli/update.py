"""`peerseal update`: a new version of a stored file, for everybody who may read it."""

from __future__ import annotations

import argparse

from peerseal.cli.member import result
from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.cli.stored import desk, source_of, stored_fields, stored_line
from peerseal.errors import UsageError
from peerseal.transfer.cancel import Cancel

YES = "nothing is asked here"


def add_arguments(parser: Parser, options: Options) -> None:
    """The command's own arguments."""
    parser.add_argument("id", metavar="ID", help="the file's id, or its first digits")
    parser.add_argument("paths", nargs="*", metavar="PATH", help="what it shall hold; - is standard input")
    options.text("--text", dest="text", metavar="TEXT", help="a text instead; - reads it from standard input")
    options.text(
        "--if-version", dest="if_version", metavar="N", help="only if version N is still the current one"
    )


def run(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> int:
    """Update; returns the exit code. Raises PeersealError."""
    from peerseal.transfer.shelf import find

    open_source, again = source_of(arguments.paths, arguments.text)
    expected = version_number(arguments.if_version)
    with desk(arguments, output, cancel) as at:
        file = find(at.reader, arguments.id)
        stored = at.update(file.id, open_source, expected=expected, again=again)
    output.line(stored_line(stored))
    if not arguments.json:
        output.payload(stored.id + "\n")
    result(output, arguments, stored_fields(stored))
    return 0


def version_number(text: str | None) -> int | None:
    """A version as it was typed. Raises UsageError."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15 and int(text) > 0):
        raise UsageError(f"{text!r} is no version.", hint="Versions are 1, 2, 3 …")
    return int(text)
