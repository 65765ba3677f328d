"""How conversations end, as errors: what the other side says, what the server says of the room, and what is only a break."""

from __future__ import annotations

from typing import Final

from peerseal.errors import (
    Declined,
    IntegrityFailed,
    Interrupted,
    LocalFileFailed,
    PeersealError,
    TimedOut,
    VerificationFailed,
)
from peerseal.protocol.events import (
    Cancelled,
    Event,
    Failed,
    PeerLeft,
    PeerVanished,
)


def _not_bound(name: str) -> IntegrityFailed:
    return IntegrityFailed(
        f"What {name} showed as proof of its keys does not belong to this connection: somebody may be between you.",
        code="signature_invalid",
        hint="Nothing was sent. Try again on another network.",
    )


def wire_code(error: PeersealError) -> str:
    """The code under which the other side is told of this side's failure."""
    if isinstance(error, LocalFileFailed) and error.code not in _STOPPED:
        return error.default_code
    return _MEANS.get(error.code, error.code)


def nothing_sent(name: str) -> Interrupted:
    """A break before the receiver had the file key: there is nothing either side could go on with."""
    return Interrupted(
        f"The connection to {name} broke before anything was sent.",
        code="nothing_sent",
        hint="Send it once more.",
        retryable=True,
    )


def ending_of(event: Event, name: str) -> PeersealError | None:
    """Why this event of a session ends the conversation with `name`; None if it does not."""
    match event:
        case Failed(error):
            return _not_bound(name) if error.code == "signature_invalid" else error
        case PeerVanished():
            return TimedOut(f"{name} fell silent.", code="peer_vanished", retryable=True)
        case PeerLeft(code):
            return _left_error(code, name)
        case Cancelled(_, code, _):
            return cancelled_error(code, name)
    return None


def never_sent() -> IntegrityFailed:
    """A receiver claims what it cannot have."""
    return IntegrityFailed("The other side says it has what was never sent.", code="out_of_order")


def closed_error(code: str, name: str) -> PeersealError:
    """Why a room that the server closed ends a transfer."""
    if code == "vanished":
        return TimedOut(f"{name} fell silent.", code="peer_vanished", retryable=True)
    return Interrupted(f"{name} left before everything was across.", code="peer_left", retryable=True)


def _left_error(code: str | None, name: str) -> PeersealError:
    """Why a goodbye ends a transfer."""
    if code is None:
        return Interrupted(f"{name} left before everything was across.", code="peer_left", retryable=True)
    return cancelled_error(code, name)


#: What some codes of this side mean to the other.
_MEANS: Final = {"nobody_to_ask": "declined", "peer_vanished": "stream_cut"}
_SAID_NO: Final = {
    "declined": "said no",
    "cancelled": "cancelled",
    "role": "is sending too, so nobody receives",
    "timed_out": "did not answer in time",
    "not_found": "no longer has what it had received",
}
_STOPPED: Final = {
    "no_space": "has no space left for this",
    "source_changed": "stopped: a file changed or vanished while it was being sent",
    "local_file": "could not read or write a file",
    "no_direct_path": "takes nothing over the server, and there is no direct path to them now",
}


def cancelled_error(code: str, name: str) -> PeersealError:
    """The error for a code the other side ended with; a code that is not known is shown as cancelled."""
    if code in ("words_differ", "not_verified", "key_changed"):
        return VerificationFailed(
            f"{name} sees other check words. Somebody may be between you."
            if code == "words_differ"
            else f"{name} could not verify you and stopped.",
            code="not_verified" if code == "key_changed" else code,
        )
    if code in ("wrong_code", "confirmation_failed"):
        return VerificationFailed("The code was wrong.", code="wrong_code")
    if code == "stream_cut":
        return Interrupted(f"The connection to {name} broke again and again.", code=code, retryable=True)
    if code in _INTEGRITY:
        return IntegrityFailed(
            f"{name} received something that does not hold, and kept none of it.", code=code
        )
    if code in _STOPPED:
        return Interrupted(f"{name} {_STOPPED[code]}.", code=code, retryable=True)
    return Declined(
        f"{name} {_SAID_NO.get(code, 'cancelled')}.", code=code if code in _SAID_NO else "cancelled"
    )


_INTEGRITY: Final = frozenset(
    [
        "signature_invalid",
        "not_authentic",
        "truncated",
        "out_of_order",
        "malformed",
        "manifest_invalid",
        "unsafe_name",
        "limit",
        "commitment_mismatch",
    ]
)

#: Failures of a path or of the way to the server that nobody wanted: what has arrived is kept, and more may follow.
_BREAKS: Final = frozenset(
    [
        *("stream_cut", "connection_lost", "server_silent", "server_unreachable", "no_raw_pipe"),
        *("room_closed", "not_connected", "timed_out", "stream_taken", "busy"),
    ]
)


def is_break(error: PeersealError) -> bool:
    """Whether this failure of a path leaves the transfer as it is. How a conversation ended, it says itself (`broken`)."""
    return error.code in _BREAKS and error.exit_code != IntegrityFailed.exit_code
