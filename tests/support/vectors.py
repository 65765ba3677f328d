"""The cases of `vectors/`, and what running one means."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from peerseal.errors import PeersealError

VECTORS = Path(__file__).parents[2] / "vectors"
Values: TypeAlias = dict[str, Any]


class Case(NamedTuple):
    """One case and the shared material of its file."""

    id: str
    op: str
    given: Values
    expect: str
    out: Values
    shared: Values


#: Does what the case says; fills the values as things come out, so that a failure leaves what came before it.
Run: TypeAlias = Callable[[Case, Values], object]


@contextmanager
def its_own() -> Iterator[None]:
    """What this implementation made itself is not refused: that would pass for the failure a case expects."""
    try:
        yield
    except PeersealError as error:
        raise AssertionError("this implementation refuses what it made itself") from error


def from_hex(value: str) -> bytes:
    return bytes.fromhex(value)


def load() -> list[Case]:
    """Every case of every file."""
    return [
        Case(
            case["id"],
            f"{document['file']}.{case['op']}",
            case["in"],
            case["expect"],
            case.get("out", {}),
            document,
        )
        for path in sorted(VECTORS.glob("*.json"))
        for document in [json.loads(path.read_text())]
        for case in document["cases"]
    ]
