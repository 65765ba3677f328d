"""What the end-to-end tests hand over: files at the edges of a record, names of the world, big ones, many, and text."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from os import urandom
from pathlib import Path
from typing import TypeAlias

RECORD = 524_288
SIZES = {"nothing.bin": 0, "one.bin": 1, "under.bin": RECORD - 1, "exact.bin": RECORD, "over.bin": RECORD + 1}
NAMES = (
    "报告 第一章.txt",
    "تقرير الربع الأول.txt",
    "🎉🧑‍🚀 party.txt",
    unicodedata.normalize("NFD", "Crème brûlée.txt"),
)
MESSAGE = "Hello, 世界! مرحبا 👋\nsecond line\t<b>not bold</b>\n"

Tree: TypeAlias = dict[str, str]
"""Relative paths and the SHA-256 of each file."""


@dataclass(frozen=True)
class Payload:
    """What one person hands to another: some paths, or one text."""

    paths: tuple[Path, ...] = ()
    text: str | None = None
    tree: Tree = field(default_factory=dict)

    @property
    def is_folder(self) -> bool:
        return len(self.paths) == 1 and self.paths[0].is_dir()


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tree_of(folder: Path) -> Tree:
    """Every file below a folder, hidden ones included: what is not expected must be seen."""
    return {
        str(path.relative_to(folder)): fingerprint(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assorted(folder: Path) -> Payload:
    """Files of 0 bytes, 1 byte and one record less, equal and more; and names that are not ASCII."""
    folder.mkdir()
    for name, size in SIZES.items():
        (folder / name).write_bytes(urandom(size))
    for name in NAMES:
        (folder / name).write_bytes(name.encode())
    return Payload(tuple(sorted(folder.iterdir())), tree=tree_of(folder))


def big(folder: Path, size: int = 64_000_000) -> Payload:
    """One large file that does not compress."""
    folder.mkdir()
    path = folder / "big film.mkv"
    with path.open("wb") as file:
        for start in range(0, size, 1 << 20):
            file.write(urandom(min(1 << 20, size - start)))
    return Payload((path,), tree=tree_of(folder))


def three_hundred(folder: Path) -> Payload:
    """One folder of 300 files in a few folders of its own."""
    root = folder / "Ferien 假期"
    for number in range(300):
        path = root / f"day {number % 7}" / f"{number:03}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(urandom(number * 40))
    return Payload((root,), tree=tree_of(folder))


def one_file(folder: Path, name: str = "photo.jpg", size: int = 3_000_000) -> Payload:
    """One ordinary file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(urandom(size))
    return Payload((folder / name,), tree=tree_of(folder))


def message() -> Payload:
    """A text with several scripts, lines, and something a page must not interpret."""
    return Payload(text=MESSAGE)
