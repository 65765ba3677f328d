"""The journals of this user: which there are, and removing one whatever it holds."""

# Descriptors and plain paths: importing pathlib costs start-up time.
# ruff: noqa: PTH118, PTH208

from __future__ import annotations

import contextlib
import os
from typing import NamedTuple

from peerseal.errors import LocalFileFailed, NotFound, PeersealError, Refused
from peerseal.files.part import FOLDER
from peerseal.transfer.about import About
from peerseal.transfer.journal import Journal
from peerseal.transfer.journal_folder import (
    TRANSFERS,
    open_about,
    open_folder,
    parse_about,
    remove_folder,
    unusable,
)
from peerseal.wire.encoding import is_id


class Listed(NamedTuple):
    """One journal in a list. `about` is None if it is damaged; `done`: content bytes; `running`: somebody has it open."""

    id: str
    about: About | None
    done: int
    running: bool


def all_journals(home: str) -> list[Listed]:
    """Every journal in `home`, newest first, damaged ones last. Never raises for one of them."""
    try:
        names = os.listdir(os.path.join(home, TRANSFERS))
    except OSError:
        return []
    listed = [_look(home, name) for name in names if is_id(name)]
    return sorted(listed, key=lambda one: -1 if one.about is None else one.about.started, reverse=True)


def part_names(home: str) -> frozenset[str]:
    """The part folders that a journal still speaks of."""
    puts = (one.about.put for one in all_journals(home) if one.about is not None)
    return frozenset(put.part for put in puts if put is not None)


def remove(home: str, journal_id: str) -> None:
    """Remove a journal whatever it holds, a damaged one too. Raises NotFound, Refused (`busy`), LocalFileFailed."""
    try:
        with Journal.open(home, journal_id) as journal:
            journal.discard()
            return
    except LocalFileFailed as error:
        if error.code != "journal_damaged":
            raise
    place = os.path.join(home, TRANSFERS)
    try:
        parent = os.open(place, FOLDER)
        try:
            remove_folder(parent, journal_id)
        finally:
            os.close(parent)
    except OSError as error:
        raise unusable(os.path.join(place, journal_id), error) from None


def open_or_none(home: str, journal_id: str) -> Journal | None:
    """The journal of an earlier run, if there is one; a damaged one is removed. Raises Refused, LocalFileFailed."""
    try:
        return Journal.open(home, journal_id)
    except NotFound:
        return None
    except LocalFileFailed as error:
        if error.code != "journal_damaged":
            raise
    with contextlib.suppress(NotFound):
        remove(home, journal_id)
    return None


def _look(home: str, name: str) -> Listed:
    try:
        with Journal.open(home, name) as journal:
            return Listed(name, journal.about, journal.done, running=False)
    except Refused:
        return _look_at_running(home, name)
    except PeersealError:
        return Listed(name, None, 0, running=False)


def _look_at_running(home: str, name: str) -> Listed:
    """`about.json` is replaced whole, so it may be read while somebody else holds its lock."""
    path = os.path.join(home, TRANSFERS, name)
    try:
        folder = open_folder(path)
    except OSError:
        return Listed(name, None, 0, running=True)
    try:
        fd = open_about(folder)
        with Journal(os.path.dirname(path), name, os.dup(folder), fd, parse_about(fd, path)) as journal:  # noqa: PTH120
            return Listed(name, journal.about, journal.done, running=True)
    except (OSError, PeersealError):
        return Listed(name, None, 0, running=True)
    finally:
        os.close(folder)
