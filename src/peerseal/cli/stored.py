"""Stored files at the command line: what their commands share."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from peerseal.cli.member import opened, pin_new, questions
from peerseal.cli.options import Options
from peerseal.cli.output import Output
from peerseal.cli.phrases import duration, size
from peerseal.client.refusals import typed
from peerseal.errors import Declined, UsageError, VerificationFailed
from peerseal.files.bytes_source import from_text
from peerseal.files.names import visible
from peerseal.files.scan import look, scan
from peerseal.files.source import Source
from peerseal.protocol.book import Contact
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.desk import Desk
from peerseal.transfer.upload import UploadResult
from peerseal.wire.limits import MIB, RECORD_SIZE
from peerseal.wire.strict_json import JsonObject, JsonValue

TEXT_MAX_BYTES: Final = MIB
SHORT_ID: Final = 8
_DURATION: Final = re.compile(r"([1-9][0-9]{0,5})([mhdw])", re.ASCII)
_SEVERAL: Final = re.compile(r" and [0-9]+ more$", re.ASCII)
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@contextmanager
def desk(arguments: argparse.Namespace, output: Output, cancel: Cancel) -> Iterator[Desk]:
    """The signed-in account at work with stored files; who accepted an exchange meanwhile is a contact now.

    Raises Refused (`not_signed_in`).
    """
    with opened(arguments, output) as account:
        pin_new(account, output)
        yield Desk(account, output.event, cancel)


def to_option(parser: argparse.ArgumentParser, what: str) -> None:
    """--to NAME, several times."""
    parser.add_argument(
        "--to",
        action="append",
        metavar="NAME",
        help=f"{what} (PEERSEAL_TO)",
        default=[os.environ["PEERSEAL_TO"]] if "PEERSEAL_TO" in os.environ else None,
    )


def unverified_option(options: Options) -> None:
    """--unverified."""
    options.switch(
        "--unverified",
        dest="unverified",
        help="seal for contacts whose safety number nobody compared, unasked",
    )


def expires_option(options: Options) -> None:
    """--expires 7d."""
    options.text(
        "--expires", dest="expires", metavar="TIME", help="gone after this long: 30m, 12h, 7d or 4w from now"
    )


def expiry(text: str | None) -> int | None:
    """When that is, in ms since 1970. Raises UsageError."""
    if text is None:
        return None
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"{text!r} is no length of time.", hint="Write it like 30m, 12h, 7d or 4w.")
    return int(time.time() * 1000) + int(match[1]) * _SECONDS[match[2]] * 1000


def confirm_pinned(arguments: argparse.Namespace, output: Output, contacts: Sequence[Contact]) -> None:
    """Nothing is sealed for keys that nobody compared unless the person says so. Raises VerificationFailed."""
    names = [visible(contact.name) for contact in contacts if not contact.verified]
    if not names:
        return
    who = " and ".join(names)
    said = f"{who}: keys pinned, not verified. The server could have put others in their place."
    if arguments.unverified:
        output.line(said)
        return
    asking = questions(arguments, output)
    if not asking.terminal or arguments.json:
        raise VerificationFailed(
            f"Nobody has compared safety numbers with {who}, so these may not be their keys.",
            code="not_verified",
            hint=f"`peerseal exchange verify {typed(names[0])}` compares them; --unverified accepts the risk.",
        )
    output.line(said, always=True)
    if not asking.yes_or_no(f"Seal it for {who} all the same?"):
        raise Declined("Nothing was sealed.", code="declined")


def source_of(paths: list[str], text: str | None) -> tuple[Callable[[], Source], tuple[str, ...] | None]:
    """What opens the payload, and the words by which a later run knows it again (None: it cannot go on).

    Raises UsageError, LocalFileFailed.
    """
    if paths and text is not None:
        raise UsageError("Give either files or a text, not both.")
    if not paths and text is None:
        raise UsageError("Say what to upload: paths, or --text.", hint="--help shows how.")
    if "" in paths:
        raise UsageError("One of the paths is empty.", hint="Perhaps a variable of your shell has no value.")
    if "-" in paths and len(paths) > 1:
        raise UsageError("Standard input goes alone, without other paths.")
    if text is not None:
        return lambda: from_text(sys.stdin.read() if text == "-" else text, TEXT_MAX_BYTES), None
    if paths == ["-"]:
        from peerseal.files.stream_source import from_stdin

        return lambda: from_stdin(sys.stdin.fileno(), "stdin", RECORD_SIZE), None
    look(paths)
    # As typed and where it is: `a` here and `a` elsewhere are two things.
    return lambda: scan(paths), (os.getcwd(), *paths)  # noqa: PTH109 - pathlib costs start-up time


def stored_fields(result: UploadResult) -> JsonObject:
    """An upload in a `result`."""
    to: list[JsonValue] = list(result.recipients)
    return {
        "id": result.id,
        "version": result.version,
        "title": result.title,
        "files": result.files,
        "bytes": result.bytes,
        "recipients": to,
    }


def stored_line(result: UploadResult) -> str:
    """How an upload ended well."""
    what = visible(result.title) or "It"
    whom = ", ".join(visible(name) for name in result.recipients)
    speed = f"{size(result.bytes)} in {duration(result.seconds)}"
    version = f" as version {result.version}" if result.version > 1 else ""
    are = "are" if _SEVERAL.search(what) else "is"
    return f"{what} {are} stored{version}, for {'you and ' + whom if whom else 'you alone'}. {speed}."


def when(milliseconds: int) -> str:
    """A time for people, here."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(milliseconds / 1000))
