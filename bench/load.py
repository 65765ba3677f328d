"""What is sent: files of random bytes, made once per run of the bench."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

PIECE = 2**20


def random_file(path: Path, size: int) -> Path:
    """A file of `size` random bytes (8 MiB of them, repeated: nothing measured here compresses)."""
    pieces = [os.urandom(PIECE) for _ in range(8)]
    with path.open("wb") as out:
        left, number = size, 0
        while left:
            piece = pieces[number % len(pieces)][:left]
            out.write(piece)
            left -= len(piece)
            number += 1
    return path


def random_folder(path: Path, count: int, size: int) -> Path:
    """A folder of `count` files of `size` random bytes."""
    path.mkdir()
    for number in range(count):
        (path / f"{number:05}.bin").write_bytes(os.urandom(size))
    return path


def digest(path: Path) -> str:
    """One hash over a file, or over the names and bytes of a folder."""
    total = hashlib.sha256()
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if file.is_file():
            if path.is_dir():
                total.update(str(file.relative_to(path)).encode())
            with file.open("rb") as source:
                while piece := source.read(PIECE):
                    total.update(piece)
    return total.hexdigest()
