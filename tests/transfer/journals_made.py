"""Journals for tests: what those of each kind say, and how one is made."""

from __future__ import annotations

from pathlib import Path

from peerseal.crypto_engine import FileKey, Secret
from peerseal.transfer.about import (
    About,
    Download,
    Live,
    Parked,
    Put,
    Taken,
    Upload,
    With,
)
from peerseal.transfer.journal import Journal

KEY = FileKey(b"k" * 32)
PART = ".peerseal-0123456789ab.part"


def about(kind: str = "send", **more: object) -> About:
    parts: dict[str, dict[str, object]] = {
        "send": {
            "live": Live(
                "initiator",
                Secret(b"r" * 32),
                False,
                Secret(b"p" * 32),
                Parked(b"i" * 16, Secret(b"t" * 32)),
                "relay",
                "never",
            ),
            "taken": Taken((b"/home/ada/\xff",), b"m" * 32, b"s" * 32),
        },
        "receive": {
            "live": Live("responder", Secret(b"r" * 32)),
            "put": Put(b"/home/bob", PART, False, b"{}"),
        },
        "upload": {
            "taken": Taken((b"/home/ada/x",), b"m" * 32, b"s" * 32),
            "upload": Upload("a" * 32, b"opening", b"card", ("bob",), 5, True),
        },
        "download": {
            "put": Put(b"/home/bob", PART, True),
            "download": Download("a" * 32, b"o" * 32, 3, "b" * 32),
        },
    }
    given: dict[str, object] = {
        "kind": kind,
        "server": "http://localhost:5000",
        "title": "holiday",
        "peer": With("Bob", "bob", True),
        "id": b"f" * 16,
        "version": 1,
        "record_size": 64,
        "key": KEY,
        "total": 1000,
        "files": 2,
        "text": False,
        "started": 7,
        **parts[kind],
        **more,
    }
    return About(**given)  # type: ignore[arg-type]  # what a test gives is what it means


def silent(_text: str) -> None:
    raise AssertionError("nothing should be said here")


def create(home: Path, what: About | None = None) -> Journal:
    return Journal.create(str(home), what or about(), silent)
