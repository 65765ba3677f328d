"""One transfer of a session, stage by stage: the only table of transitions (protocol.md §5.2, §15.1).

No input, output or clock; both sides keep one for each file id, and both see the same.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from peerseal.crypto_engine import check_commitment
from peerseal.errors import IntegrityFailed
from peerseal.protocol.control import Ack, Answer, ControlMessage, Done, FileKeyMessage, Offer
from peerseal.protocol.events import TransferMessage
from peerseal.protocol.moves import Candidates, Description, Have, Ice, Path, Where
from peerseal.wire.limits import CANDIDATES_PER_TRANSFER, DESCRIPTIONS_PER_TRANSFER, ICE_PER_TRANSFER


class Stage(Enum):
    """How far one transfer is."""

    NEW = "new"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    KEYED = "keyed"
    CARRYING = "carrying"
    ASKED = "asked"  # after a break: what does the receiver hold?
    HELD = "held"  # it said so
    OVER = "over"


#: (stage, message) → (whether the file's sender says it, next stage). What is not here is out of order.
#: `where` of a new transfer stands only in resumed channels: the session opens no transfer for it in another.
_TRANSITIONS: Final[dict[tuple[Stage, type[ControlMessage]], tuple[bool, Stage]]] = {
    (Stage.NEW, Offer): (True, Stage.OFFERED),
    (Stage.NEW, Where): (True, Stage.ASKED),
    (Stage.OFFERED, Answer): (False, Stage.ACCEPTED),  # a no: OVER
    (Stage.ACCEPTED, FileKeyMessage): (True, Stage.KEYED),
    (Stage.KEYED, Path): (True, Stage.CARRYING),
    (Stage.CARRYING, Path): (True, Stage.CARRYING),
    (Stage.CARRYING, Ack): (False, Stage.CARRYING),
    (Stage.CARRYING, Done): (False, Stage.OVER),
    (Stage.CARRYING, Where): (True, Stage.ASKED),
    (Stage.ASKED, Ack): (False, Stage.ASKED),  # it crossed the question, and counts
    (Stage.ASKED, Done): (False, Stage.OVER),
    (Stage.ASKED, Have): (False, Stage.HELD),
    (Stage.HELD, Path): (True, Stage.CARRYING),
    (Stage.HELD, Done): (False, Stage.OVER),  # it held everything and was still putting it in place
}
#: What either side may say to find a path, and how often for one transfer.
_FINDING: Final[dict[type[ControlMessage], int]] = {
    Candidates: CANDIDATES_PER_TRANSFER,
    Description: DESCRIPTIONS_PER_TRANSFER,
    Ice: ICE_PER_TRANSFER,
}
_BEFORE_THE_ANSWER: Final = (Stage.NEW, Stage.OFFERED)


class Transfer:
    """One file under way. `offer` is None in a resumed channel: the key was checked in the first one."""

    def __init__(self, sending: bool, offer: Offer | None = None) -> None:
        self.sending: Final = sending
        self.offer: Final = offer
        self.stage = Stage.NEW
        #: Manifest and content records the receiver said it holds: the next path begins there.
        self._held = (0, 0)
        self._said: dict[tuple[bool, type[ControlMessage]], int] = {}

    def following(self, message: TransferMessage, own: bool) -> Stage:
        """The stage after `message`, said by this side or the other; nothing changes yet.

        Raises `out_of_order`, `limit` for too many attempts to find a path, `commitment_mismatch`.
        """
        kind = type(message)
        if kind in _FINDING and self.stage not in _BEFORE_THE_ANSWER:
            if self._said.get((own, kind), 0) >= _FINDING[kind]:
                raise IntegrityFailed(f"too many {kind.__name__} for one transfer", code="limit")
            return self.stage
        by_sender, stage = _TRANSITIONS.get((self.stage, kind), (None, Stage.OVER))
        if by_sender is not (self.sending is own):
            raise _out_of_order(f"{kind.__name__} while {self.stage.value}")
        match message:
            case Answer(accept=False):
                return Stage.OVER
            case FileKeyMessage() if self.offer is not None:
                offer = self.offer
                check_commitment(message.key, offer.id, offer.version, offer.commitment)
            case Path() if self.stage is not Stage.CARRYING:
                self._check_beginning(message)
        return stage

    def move(self, message: TransferMessage, own: bool, stage: Stage) -> None:
        """`message` was said: the transfer is at `stage` now, which `following` gave."""
        self.stage = stage
        if type(message) in _FINDING:
            said = (own, type(message))
            self._said[said] = self._said.get(said, 0) + 1
        if isinstance(message, Have):
            self._held = (message.manifest, message.content)

    def _check_beginning(self, path: Path) -> None:
        manifest, content = self._held
        # Stored chunks begin where they begin: the receiver does not ask for what it holds.
        if path.kind == "store":
            fits = path.manifest <= manifest and path.content <= content
        else:
            fits = (path.manifest, path.content) == self._held
        if not fits:
            raise _out_of_order("a path that begins elsewhere than the receiver's next records")


def _out_of_order(why: str) -> IntegrityFailed:
    return IntegrityFailed(why, code="out_of_order")
