"""The endpoints of parks, and who answers each."""

from __future__ import annotations

from peerseal.server.api import Answers
from peerseal.server.parking.service import Parking


def register(answers: Answers, parking: Parking) -> None:
    """All of docs/api.md §6 but the chunks."""
    answers("new_park")(parking.senders.new_park)
    answers("park_ticket")(parking.senders.ticket)
    answers("add_reader")(parking.senders.add_reader)
    answers("park_closing")(parking.senders.closing)
    answers("reserve_park")(parking.senders.reserve)
    answers("commit_park")(parking.senders.commit)
    answers("park")(parking.senders.look)
    answers("end_park")(parking.senders.end)
    answers("parked")(parking.readers.look)
    answers("parked_ticket")(parking.readers.ticket)
    answers("parked_done")(parking.readers.done)
