"""`peerseal serve --check`: tries what a server needs before it runs, and leaves everything as it was."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from peerseal.cli.output import Output
from peerseal.cli.phrases import sentence
from peerseal.errors import LocalFileFailed, PeersealError, UsageError
from peerseal.files.names import visible

if TYPE_CHECKING:
    from peerseal.server.config import ServerConfig


_MARKS = {"well": ("ok", "32"), "limited": ("!!", "33"), "broken": ("no", "31")}


def check(config: ServerConfig, output: Output, *, json: bool, deep: bool = False) -> int:
    """Try everything and tell each; 0, or the exit code of the first thing that does not hold.

    `deep`: read every stored chunk, too.
    """
    from peerseal.server import fitness

    tries: list[tuple[str, Callable[[], str]]] = [
        ("port", lambda: port(config)),
        ("data", lambda: data(config.data)),
        ("database", lambda: database(config.database, config.data)),
        ("turn", lambda: turn(config)),
        ("page", page),
        ("permissions", lambda: fitness.permissions(config.data)),
        ("space", lambda: fitness.space(config.data)),
        ("open files", fitness.open_files),
        ("settings", lambda: fitness.settings(config)),
        ("blobs", lambda: fitness.blobs(config, deep=deep)),
    ]
    exit_code = 0
    can_run = True
    for name, attempt in tries:
        try:
            said, hint, state = attempt(), "", "well"
        except fitness.Doubt as doubt:
            said, hint, state = doubt.message, doubt.hint, "limited"
            exit_code = exit_code or doubt.exit_code
        except PeersealError as error:
            said, hint, state = error.message, error.hint, "broken"
            exit_code, can_run = exit_code or error.exit_code, False
        except OSError as failed:
            said, hint, state = f"{failed.filename or name}: {failed.strerror}.", "", "broken"
            exit_code, can_run = exit_code or LocalFileFailed.exit_code, False
        if json:
            output.object(
                {"v": 1, "event": "finding", "name": name, "state": state, "message": said, "fix": hint}
            )
            continue
        mark = output.paint(*_MARKS[state])
        output.line(f"  {mark}  {sentence(visible(said))}", always=state != "well")
        if hint:
            output.line(f"      {sentence(visible(hint))}", always=True)
    output.line("A server can run here." if can_run else "A server cannot run here like this.")
    return exit_code


def port(config: ServerConfig) -> str:
    """Listen and let go, unless the server of this folder does already. Raises UsageError."""
    from peerseal.server.lock import is_served
    from peerseal.server.run import listen

    host, number = config.host, config.port
    try:
        listen(host, number).close()
    except UsageError as taken:
        if taken.code == "address_in_use" and is_served(config.data):
            return f"Port {number} of {host} is taken, and a server runs on this folder."
        raise
    return f"Port {number} of {host} is free." if number else f"A free port of {host} can be had."


def turn(config: ServerConfig) -> str:
    """Whether the settings for STUN and TURN go together. Raises UsageError."""
    from peerseal.server.live.ice import IceServers

    IceServers(config)
    count = len(config.stun) + len(config.turn)
    return f"Pages are told of {count} STUN and TURN servers." if count else "No STUN or TURN server is set."


def data(folder: Path) -> str:
    """Make the folder and write into it, then undo both. Raises LocalFileFailed."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"x")
        finally:
            for place in missing:
                with contextlib.suppress(OSError):
                    place.rmdir()
    except OSError as error:
        raise LocalFileFailed(
            f"The folder {folder} cannot be made or written: {os.strerror(error.errno or 0)}.",
            code="not_writable",
            hint="Choose another with --data.",
        ) from None
    return f"The folder {folder} can be {'made and ' if missing else ''}written."


def database(url: str, folder: Path) -> str:
    """The database is whole, not newer than this program, and stored files are its own. Raises LocalFileFailed, UsageError."""
    from peerseal.server.database import examine

    if examine(url, folder):
        return "The database is whole."
    from peerseal.server.files.ownership import orphaned

    orphaned(url, folder)
    return "There is no database yet; the first start makes it."


def page() -> str:
    """The page is there. Raises LocalFileFailed."""
    from peerseal.server.page import STATIC

    if not (STATIC / "app.js").is_file():
        raise LocalFileFailed("The page is not built.", code="page_not_built", hint="`make web` builds it.")
    return "The page is built."
