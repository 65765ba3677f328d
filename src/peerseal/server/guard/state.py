"""What of the detector survives a restart: `guard.json` in the data folder (0600), written beside and moved into place."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Final

FILE_NAME: Final = "guard.json"
_VERSION: Final = 1
_MOST_BYTES: Final = 64 * 2**20


def load(folder: Path) -> dict[str, Any]:
    """What was kept; nothing if there is no such file, or none that can be read."""
    try:
        with (folder / FILE_NAME).open("rb") as file:
            kept = json.loads(file.read(_MOST_BYTES))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) and kept.get("v") == _VERSION else {}


def save(folder: Path, kept: dict[str, Any]) -> bool:
    """Keep it; False if the disk does not take it."""
    path, made = folder / FILE_NAME, folder / f"{FILE_NAME}.new"
    text = json.dumps({"v": _VERSION, **kept}, ensure_ascii=False, separators=(",", ":"))
    try:
        with os.fdopen(os.open(made, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            made.unlink()
        return False
    return True
