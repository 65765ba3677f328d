"""Doing something as a user who may not look into a folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator
from pathlib import Path

_NOBODY = 65_534


@contextlib.contextmanager
def shut_out(folder: Path) -> Generator[None]:
    """Within, nobody's rights: `folder` (its owner's alone) can neither be entered nor looked at."""
    mode = folder.stat().st_mode & 0o777
    root = os.geteuid() == 0
    folder.chmod(0o700 if root else 0)
    if root:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(mode)
