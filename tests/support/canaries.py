"""Looks for secrets where none may be: in folders, in logs, in the memory of another process.

Every secret is looked for as it is and in the forms programs write bytes and text in. Linux only, as `/proc` is.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: Each needle holds a whole 8-byte word at any place, so that a look at aligned words finds all of them.
LEAST: Final = 15
_PIECE: Final = 8 << 20
_OVERLAP: Final = 4096


class Canaries:
    """Named secrets and how they might be written."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._secrets = 0
        self._needles: dict[bytes, str] = {}
        self._words: dict[int, list[bytes]] = {}

    def __len__(self) -> int:
        return self._secrets

    def add(self, name: str, secret: bytes | str) -> None:
        """Look for this too."""
        if (secret if isinstance(secret, bytes) else secret.encode()) in self._needles:
            return
        self.names.add(name)
        self._secrets += 1
        for needle in _forms(secret):
            assert LEAST <= len(needle) <= _OVERLAP, f"{name} is too short or long to be looked for"
            if needle not in self._needles:
                self._needles[needle] = name
                for at in range(8):
                    word = int.from_bytes(needle[at : at + 8], "little")
                    self._words.setdefault(word, []).append(needle)

    def in_bytes(self, image: bytes) -> set[str]:
        """The names of all secrets in there."""
        whole = len(image) // 8 * 8
        hits = set(self._words).intersection(memoryview(image)[:whole].cast("Q"))
        likely = {needle for word in hits for needle in self._words[word]}
        return {self._needles[needle] for needle in likely if needle in image}

    def in_folder(self, folder: Path) -> dict[str, set[str]]:
        """What is in each file below, and in the names of files."""
        found = {}
        for path in [folder, *folder.rglob("*")]:
            image = str(path).encode() + b"\0" + (path.read_bytes() if path.is_file() else b"")
            if here := self.in_bytes(image):
                found[str(path.relative_to(folder))] = here
        return found

    def in_memory(self, pid: int) -> set[str]:
        """What is in the writable memory of a process."""
        found: set[str] = set()
        for image in memory(pid):
            found |= self.in_bytes(image)
        return found


def memory(pid: int) -> Iterator[bytes]:
    """Pieces of all writable memory of a process. Raises if hardly any of it can be read."""
    seen = 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as file:
        for start, end in _writable(pid):
            for at in range(start, end, _PIECE - _OVERLAP):
                try:
                    file.seek(at)
                    piece = file.read(min(_PIECE, end - at)) or b""
                except (OSError, ValueError, OverflowError):
                    break  # not readable, as a device's, or gone meanwhile
                if piece.count(0) != len(piece):
                    seen += len(piece)
                    yield piece
    assert seen > 10 << 20, "the memory of the process was not readable"


def _writable(pid: int) -> list[tuple[int, int]]:
    areas = []
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        addresses, rights = line.split()[:2]
        if rights.startswith("rw"):
            start, _, end = addresses.partition("-")
            areas.append((int(start, 16), int(end, 16)))
    return areas


def _forms(secret: bytes | str) -> set[bytes]:
    if isinstance(secret, bytes):
        return {secret} | _written(secret)
    plain = secret.encode()
    wide = {secret.encode("utf-16-le"), secret.encode("utf-16-be")}
    return {plain, json.dumps(secret)[1:-1].encode(), *wide} | _written(plain)


def _written(secret: bytes) -> set[bytes]:
    """In hex, and in base64 wherever in a longer byte string it may stand."""
    forms = {secret.hex().encode(), secret.hex().upper().encode()}
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(bytes(before) + secret).rstrip(b"=")
            # The first characters hold bits of what stands before, the last one of what comes after.
            forms.add(text[-(-before * 8 // 6) : len(text) - 1])
    return forms
