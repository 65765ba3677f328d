"""The contract for telling other processes of one server something. No engine yet: there is one process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Bus(Protocol):
    """Best-effort broadcast between processes: a message may be lost when a process or the bus fails.

    Nothing may rest on a message arriving; whoever needs that asks the database. Messages of one publisher on
    one topic arrive in their order. Payloads are JSON texts read by the strict decoder, never pickles.
    """

    def publish(self, topic: str, payload: str) -> None:
        """Tell every subscriber, also those in this process. Returns at once."""

    def subscribe(self, topic: str, hear: Callable[[str], None]) -> Callable[[], None]:
        """Call `hear` with every payload of the topic; the returned function ends that."""
