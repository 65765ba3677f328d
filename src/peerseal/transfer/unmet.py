"""Why two people did not come together, as errors a person reads."""

from __future__ import annotations

from typing import Final

from peerseal.errors import Declined, Interrupted, NotFound, PeersealError, Refused, TimedOut

NOT_LISTED: Final = (
    "They have to be receiving, under exactly this name. Without --to you get a code for them; who has an account can "
    "also store it for a contact or share it by a link."
)


def request_error(code: str) -> PeersealError:
    """Why a request to connect, or a claimed code, came to nothing."""
    if code == "declined":
        return Declined("The other side said no.")
    if code == "timed_out":
        return TimedOut("The other side did not answer in time.", retryable=True)
    if code == "not_found":
        return NotFound(
            "There is no such code, or it has been used.",
            code="not_found",
            hint="A wrong try closes a code; ask for a new one.",
        )
    if code == "busy":
        return Refused("The other side is busy with somebody else.", code=code, retryable=True)
    return Interrupted("The other side has left.", code=code, retryable=True)


def was_cancelled() -> PeersealError:
    """This side's person wants no more."""
    return Interrupted("Cancelled.", code="cancelled", retryable=True)
