"""The folder that received things go to: any that is there or can be made; made only once there is something for it."""

# Plain paths: importing pathlib costs start-up time.
# ruff: noqa: PTH102, PTH106, PTH112, PTH120

from __future__ import annotations

import contextlib
import os

from peerseal.errors import LocalFileFailed
from peerseal.files.names import visible
from peerseal.files.sink import write_failed


def check_target(target: str) -> None:
    """Look, before anything begins, whether `target` is or can become a folder. Raises LocalFileFailed."""
    place = os.path.abspath(target)  # noqa: PTH100
    while not os.path.lexists(place):
        place = os.path.dirname(place)
    if not os.path.isdir(place):
        raise LocalFileFailed(
            f"{visible(place)} is not a folder.", code="not_a_folder", hint="Choose a folder with -o."
        )


def open_target(target: str) -> tuple[int, list[str]]:
    """An open descriptor of the folder, and which folders were made for it, outermost first.

    Raises LocalFileFailed, and nothing made is left then.
    """
    check_target(target)
    made: list[str] = []
    try:
        _make(target, made)
        return os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), made
    except OSError as error:
        remove_empty(made)
        raise write_failed(target, error) from None


def remove_empty(made: list[str]) -> None:
    """Remove those of the folders that hold nothing."""
    for folder in reversed(made):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _make(folder: str, made: list[str]) -> None:
    if os.path.isdir(folder):
        return
    above = os.path.dirname(folder.rstrip(os.sep))
    if above:
        _make(above, made)
    with contextlib.suppress(FileExistsError):  # somebody else has just made it
        os.mkdir(folder)
        made.append(folder)
