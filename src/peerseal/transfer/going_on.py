"""Goes on with a live transfer that a former process began: what its journal says, and the other side met again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from peerseal.errors import Interrupted
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.events import Event

if TYPE_CHECKING:
    from peerseal.transfer.journal import Journal
    from peerseal.transfer.receive import ReceiveResult
    from peerseal.transfer.send import SendResult


def resume_send(journal: Journal, on_event: Callable[[Event], None], cancel: Cancel) -> SendResult:
    """Go on as its sender. The journal is open and locked; it is discarded when the receiver has everything.

    Raises LocalFileFailed (`source_changed`) if what is sent is no longer what was begun, PeersealError.
    """
    raise Interrupted("This transfer cannot go on.", code="interrupted")


def resume_receive(journal: Journal, on_event: Callable[[Event], None], cancel: Cancel) -> ReceiveResult:
    """Go on as its receiver, from what the disk holds and the marks prove. As `resume_send` else."""
    raise Interrupted("This transfer cannot go on.", code="interrupted")
