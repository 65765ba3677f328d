"""Cutting a transfer between two command lines, again and again, and what that costs: seconds and bytes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Final

from support.command_line import CommandLinePerson
from support.network import Place
from support.page import PagePerson
from support.payloads import Payload
from support.programs import Event

PORT: Final = 5000
#: What may still arrive after a cut because it was past it: what sockets and the server hold.
ON_ITS_WAY: Final = 8 << 20
#: A transfer that is not going on again after this long has failed.
PATIENCE: Final = 30.0


@dataclass
class Bill:
    """What the cuts of one transfer cost. `seconds`: from each cut until more had arrived than was on its way."""

    seconds: list[float] = field(default_factory=list)
    again: int = 0

    def percentile(self, number: int) -> float:
        """So many of a hundred cuts were over within these seconds."""
        return quantiles(self.seconds, n=100, method="inclusive")[number - 1]

    def __str__(self) -> str:
        return (
            f"{len(self.seconds)} cuts: going on again after {self.percentile(50):.2f} s (p50), "
            f"{self.percentile(95):.2f} s (p95), {max(self.seconds):.2f} s (longest); "
            f"{self.again / len(self.seconds) / (1 << 20):.2f} MiB sent again for each cut"
        )


def cut_relay(place: Place) -> None:
    """Reset what carries the records, from here."""
    for local, _ in place.connections(PORT)[:1]:
        place.reset(local, PORT)


def cut_everything(place: Place) -> None:
    """Reset every connection from here to the server."""
    for local, _ in place.connections(PORT):
        place.reset(local, PORT)


@dataclass
class CutTransfer:
    """A transfer under way from `alice` to `bob`, of one file of `size` bytes."""

    alice: CommandLinePerson
    bob: CommandLinePerson
    payload: Payload
    size: int
    bill: Bill = field(default_factory=Bill)

    def begin(self, name: str = "Bob") -> None:
        """Both meet, and the file begins to arrive."""
        self.bob.wait_as(name)
        self.alice.ask(self.payload, name)
        self.bob.program.event("progress")

    def arrived(self) -> int:
        """Bytes the receiver said it has."""
        last = self.bob.program.seen("progress")[-1]["done"]
        assert isinstance(last, int)
        return last

    def wait_for(self, amount: int, seconds: float = PATIENCE) -> None:
        """Until the receiver has so much."""
        self.bob.program.until(lambda event: reaches(event, amount), seconds)

    def cut_at(self, amount: int, cut: Callable[[], object]) -> None:
        """Cut once so much has arrived, and wait until it goes on; the seconds go on the bill."""
        self.wait_for(amount)
        began = time.monotonic()
        cut()
        beyond = min(self.arrived() + ON_ITS_WAY, self.size)
        self.bill.seconds.append(
            self.bob.program.until(lambda event: reaches(event, beyond), PATIENCE) - began
        )

    def finish(self, seconds: float = 120) -> None:
        """Both end well, and the file is the same."""
        self.alice.program.succeed(seconds)
        assert self.bob.received() == self.payload.tree


def reaches(event: Event, amount: int) -> bool:
    """Whether an event says that so much has arrived."""
    done = event.get("done")
    complete = event.get("event") == "complete"
    return complete or (event.get("event") == "progress" and isinstance(done, int) and done >= amount)


def draw(seed: str, below: int) -> int:
    """A number below `below` that looks random, the same one for the same seed."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()) % below


def places_to_cut(size: int, number: int, seed: str) -> list[int]:
    """Amounts between 1 and 99 % that look random, in order."""
    return sorted(size // 100 + draw(f"{seed} at {one}", size * 98 // 100) for one in range(number))


def page_percent(person: PagePerson) -> int:
    """How much a page shows to be across; 100 if its bar is gone."""
    bar = person.transfers().get_by_role("progressbar")
    return int(bar.first.get_attribute("aria-valuenow") or 0) if bar.count() else 100


def page_reaches(person: PagePerson, amount: int, patience: float = 60.0) -> None:
    """Wait until a page shows so much."""
    end = time.monotonic() + patience
    while page_percent(person) < amount:
        assert time.monotonic() < end, person.transfers().inner_text()
        person.page.wait_for_timeout(50)
