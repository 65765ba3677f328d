"""One live session: what may happen when, its transfers as `stages` has it. No input, output or clock.

The driver feeds what arrives (`receive`) and the time (`tick`, about once a second), sends what `outbox` gives,
and acts on the events. After `Failed`, `PeerVanished`, `PeerLeft` or `bye` the session answers nothing more.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from peerseal.crypto_engine import Bundle, FileKey, Identity, Secret
from peerseal.errors import IntegrityFailed, PeersealError, VerificationFailed
from peerseal.protocol.channel import Purpose, Role
from peerseal.protocol.control import (
    Ack,
    Answer,
    Bye,
    Cancel,
    ControlMessage,
    Done,
    FileKeyMessage,
    IdentityMessage,
    Offer,
    Ping,
    Pong,
    known_code,
)
from peerseal.protocol.events import (
    Cancelled,
    Established,
    Event,
    Failed,
    IdentityArrived,
    PeerLeft,
    PeerVanished,
    TransferMessage,
    event_of,
)
from peerseal.protocol.handshake import Handshake
from peerseal.protocol.introduction import Introduction
from peerseal.protocol.moves import Candidates, Description, Have, Ice, Path, PathKind, Where
from peerseal.protocol.stages import Stage, Transfer
from peerseal.wire.limits import CONFIRMATION_SECONDS, PING_SECONDS, SILENCE_SECONDS, TRANSFERS_MAX

#: What this side may say of a transfer that has ended meanwhile: nothing goes out then.
_MAY_CROSS_THE_END: Final = (Path, Where, Have, Ack, Done, Candidates, Description, Ice)


class Session:
    """Two peers in a room, from the first handshake message to goodbye.

    `verified`: this person already knows the peer. `unchecked`: this person chose to send without comparing
    words. Otherwise, unless a code proved the peer, `offer` and `file_key` are refused until `words_match` or
    `trust`. In resume mode both are what they were in the first channel (`unchecked` is its `may_send`).
    """

    def __init__(self, handshake: Handshake, verified: bool = False, unchecked: bool = False) -> None:
        self.verified = verified
        #: Whether this side may offer files and give their keys.
        self.may_send = verified or unchecked or handshake.mode == "code"
        self._handshake: Final = handshake
        self._transfers: dict[bytes, Transfer] = {}
        #: Transfers that ended of late: what the other side says of them crossed the end.
        self._ended: deque[bytes] = deque(maxlen=TRANSFERS_MAX)
        self._outbox: list[bytes] = []
        self._over = False
        self._heard = self._pinged = 0.0
        self._pings = self._unanswered = 0
        self._confirm_by = float("inf")
        self._introduction: Final = Introduction(handshake)

    @property
    def established(self) -> bool:
        """Whether the channel exists."""
        return self._handshake.established

    @property
    def peer(self) -> Bundle | None:
        """The keys the other side has proved to hold; None as long as it has not."""
        return self._introduction.peer

    @property
    def side(self) -> Role:
        """This side's role in the channel."""
        return self._handshake.role

    def export(self, purpose: Purpose) -> Secret:
        """A secret only the two ends of this channel have, for one purpose (§5)."""
        return self._handshake.channel.export(purpose)

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self._over

    @property
    def awaiting_confirmation(self) -> bool:
        """M4 was sent and M5 did not verify: in code mode an end now, whatever its cause, spends the code."""
        return self._handshake.awaiting_confirmation

    def start(self, now: float) -> list[Event]:
        """Begins; `now` is any clock in seconds that does not go back."""
        self._heard = self._pinged = now
        self._outbox += self._handshake.start()
        return []

    def receive(self, body: bytes, now: float) -> list[Event]:
        """Takes one message of the room."""
        if self._over:
            return []
        try:
            if not self.established:
                return self._shake(body, now)
            message = self._handshake.channel.open(body)
            self.heard(now)
            return self._take(message)
        except PeersealError as error:
            return [self._fail(error)]

    def tick(self, now: float) -> list[Event]:
        """Lets time pass: pings every 5 s, notices a silent peer, ends a wait for confirmation."""
        if self._over:
            return []
        if now >= self._confirm_by and self._handshake.awaiting_confirmation:
            return [self._fail(_wrong_code())]
        if now - self._pinged >= PING_SECONDS:
            self._pinged = now
            self._unanswered += 1
            if self.established:
                self._pings += 1
                self._say(Ping(self._pings))
        # A machine that slept gets to read what waits for it: several pings must have gone unanswered.
        if now - self._heard >= SILENCE_SECONDS and self._unanswered >= SILENCE_SECONDS // PING_SECONDS - 1:
            self._over = True
            return [PeerVanished()]
        return []

    def heard(self, now: float) -> None:
        """Something authentic arrived: the driver says so for records it opened."""
        self._heard = max(self._heard, now)
        self._unanswered = 0

    def disconnected(self) -> list[Event]:
        """The room is gone. In code mode, before M5 verified, that is a wrong code."""
        if self._over:
            return []
        if self._guess_is_out():
            return [self._fail(_wrong_code())]
        self._over = True
        return [PeerLeft(None)]

    def outbox(self) -> list[bytes]:
        """Messages to send, in order; each is given once."""
        sending, self._outbox = self._outbox, []
        return sending

    def words_match(self) -> None:
        """This side's person compared the words."""
        if not self.established:
            raise _out_of_order("there are no words yet")
        self.verified = self.may_send = True

    def words_differ(self) -> None:
        """This side's person saw other words: the session is over, the peer is told."""
        self.bye("words_differ")

    def trust(self) -> None:
        """This side knows the keys the peer proved to hold: no words are needed. `out_of_order` without them."""
        if self.peer is None:
            raise _out_of_order("the peer has not said who it is")
        self.verified = self.may_send = True

    def identity(self, identity: Identity) -> None:
        """Says and proves who this side is: once, before its first offer or answer, else `out_of_order`."""
        if self._over:
            raise _out_of_order("the session is over")
        self._say(self._introduction.say(identity))

    def offer(self, offer: Offer) -> None:
        """Offers a file. `not_verified` in words mode until the words were compared."""
        self._check_may_send()
        self._advance(self._transfers.get(offer.id) or Transfer(sending=True, offer=offer), offer, own=True)

    def answer(
        self, file_id: bytes, accept: bool, code: str | None = None, message: str | None = None
    ) -> None:
        """Says yes or no to an offer of the peer's."""
        self._act(Answer(file_id, accept, code, message))

    def file_key(self, file_id: bytes, key: FileKey) -> None:
        """Gives the key of an accepted offer."""
        self._check_may_send()
        self._act(FileKeyMessage(file_id, key))

    def path(self, file_id: bytes, kind: PathKind, stream: bytes, manifest: int, content: int) -> None:
        """Names the stream the records will come on, from these two on; again for each new one."""
        self._act(Path(file_id, kind, stream, manifest, content))

    def where(self, file_id: bytes) -> None:
        """Asks what the receiver holds, after a break; in resume mode also to go on with a former channel's transfer."""
        if file_id not in self._transfers and self._resumes(file_id):
            self._advance(Transfer(sending=True), Where(file_id), own=True)
        else:
            self._act(Where(file_id))

    def have(self, file_id: bytes, manifest: int, content: int, size: int, marks: bytes) -> None:
        """Answers `where`: records kept, content bytes of them, and the hash of their marks (§15)."""
        self._act(Have(file_id, manifest, content, size, marks))

    def candidates(self, file_id: bytes, port: int, addresses: tuple[str, ...], here: bytes) -> None:
        """Says where this side listens for TCP; like the next two, after the accepting answer, else `out_of_order`."""
        self._act(Candidates(file_id, port, addresses, here))

    def description(self, description: Description) -> None:
        """Says this side of a WebRTC connection; `limit` if too often."""
        self._act(description)

    def ice(self, ice: Ice) -> None:
        """Says where WebRTC may find this side; `limit` if too often."""
        self._act(ice)

    def ack(self, file_id: bytes, manifest: int, content: int, size: int) -> None:
        """Says what is kept so far (`size`: content bytes of it); nothing if the transfer is over by now."""
        self._act(Ack(file_id, manifest, content, size))

    def done(self, file_id: bytes) -> None:
        """Says every file stands under its final name; the transfer is over (nothing if it was by now)."""
        self._act(Done(file_id))

    def cancel(self, file_id: bytes | None, code: str, message: str | None = None) -> None:
        """Ends one transfer, or with None all; nothing if it is over by now."""
        if self._over or not self.established or (file_id is not None and file_id not in self._transfers):
            return
        self._forget(file_id)
        self._say(Cancel(file_id, code, message))

    def bye(self, code: str | None = None) -> None:
        """Ends the session."""
        if self.established and not self._over:
            self._say(Bye(code))
        self._over = True

    def _shake(self, body: bytes, now: float) -> list[Event]:
        self._outbox += self._handshake.receive(body)
        self.heard(now)
        if self._guess_is_out():
            self._confirm_by = now + CONFIRMATION_SECONDS
        return [Established(self._handshake.words)] if self.established else []

    def _take(self, message: ControlMessage) -> list[Event]:
        self._introduction.passed(message, own=False)
        match message:
            case Ping(n):
                self._say(Pong(n))
            case Pong():
                pass
            case Bye(code):
                self._over = True
                return [PeerLeft(code and known_code(code))]
            case Cancel(file_id, code, text):
                if file_id is None or file_id in self._transfers:
                    self._forget(file_id)
                    return [Cancelled(file_id, known_code(code), text)]
            case IdentityMessage():
                return [IdentityArrived(self._introduction.take(message))]
            case _:
                transfer = self._transfers.get(message.id) or self._opened_by(message)
                return self._advance(transfer, message, own=False) if transfer else []
        return []

    def _opened_by(self, message: TransferMessage) -> Transfer | None:
        if isinstance(message, Offer):
            return Transfer(sending=False, offer=message)
        return Transfer(sending=False) if isinstance(message, Where) and self._resumes(message.id) else None

    def _resumes(self, file_id: bytes) -> bool:
        return self._handshake.mode == "resume" and file_id not in self._ended

    def _act(self, message: TransferMessage) -> None:
        transfer = self._transfers.get(message.id)
        if transfer is not None:
            self._advance(transfer, message, own=True)
        elif message.id not in self._ended or not isinstance(message, _MAY_CROSS_THE_END):
            raise _out_of_order("there is no such transfer")

    def _advance(self, transfer: Transfer, message: TransferMessage, own: bool) -> list[Event]:
        if self._over:
            raise _out_of_order("the session is over")
        if not own and transfer.stage is Stage.NEW and len(self._transfers) >= TRANSFERS_MAX:
            raise IntegrityFailed("too many transfers at once", code="limit")
        stage = transfer.following(message, own)
        if own:
            self._introduction.passed(message, own=True)
            self._say(message)
        transfer.move(message, own, stage)
        self._transfers[message.id] = transfer
        if stage is Stage.OVER:
            self._forget(message.id)
        return [] if own else [event_of(message)]

    def _say(self, message: ControlMessage) -> None:
        self._outbox.append(self._handshake.channel.seal(message))

    def _forget(self, file_id: bytes | None) -> None:
        for ended in [*self._transfers] if file_id is None else [file_id]:
            del self._transfers[ended]
            self._ended.append(ended)

    def _fail(self, error: PeersealError) -> Failed:
        # However a handshake ends once a guess is out, the guess was made: anything else would allow another.
        refused = error.code == "confirmation_failed" and self._handshake.mode == "code"
        if refused or self._guess_is_out():
            error = _wrong_code()
        self.bye(error.code)
        return Failed(error)

    def _guess_is_out(self) -> bool:
        return self._handshake.mode == "code" and self._handshake.awaiting_confirmation

    def _check_may_send(self) -> None:
        if not self.may_send:
            raise VerificationFailed(
                "the check words were not compared",
                hint="Compare the four words with the other person first.",
            )


def _wrong_code() -> VerificationFailed:
    return VerificationFailed(
        "the code was wrong",
        code="wrong_code",
        hint="A wrong try closes a code; make a new one on the sending side.",
    )


def _out_of_order(why: str) -> IntegrityFailed:
    return IntegrityFailed(why, code="out_of_order")
