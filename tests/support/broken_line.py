"""Two honest ends of one transfer over a line that breaks: sessions are real, records are only their marks.

Each step does one thing one end may do, in any order; what is asserted on the way is what honest ends rely on.
"""

from collections import deque
from typing import Final

from peerseal.crypto_engine import Marks, random_bytes
from peerseal.protocol.events import (
    AckArrived,
    Cancelled,
    DoneArrived,
    Event,
    Failed,
    HaveArrived,
    PathArrived,
    PeerLeft,
    WhereArrived,
)
from support.sessions import carry, carrying, resumed

SECRET: Final = bytes(range(32))


class Line:
    """One path: marks of records under way, in order."""

    def __init__(self, begins: int) -> None:
        self.next = begins
        self.records: deque[bytes] = deque()
        self.ended = self.cut = False


class BrokenLine:
    """A sender of `total` records (the first is the manifest's) and its receiver."""

    def __init__(self, total: int) -> None:
        self.total: Final = total
        self.sender, self.receiver, sent = carrying()
        self.id: Final = sent.offer.id
        self._wires: dict[bool, deque[bytes]] = {
            True: deque(),
            False: deque(),
        }  # to the sender, to the receiver
        self._inbox: dict[bool, deque[Event]] = {True: deque(), False: deque()}
        self._lines = {bytes(8): Line(0)}
        self._sending: Line | None = self._lines[bytes(8)]
        self._reading: Line | None = self._lines[bytes(8)]
        self._announced: deque[PathArrived] = deque()
        self._sealed, self._kept = Marks(), Marks()
        self.kept = 0
        self._sent = 0
        self.done = self.over = self._receiver_over = self._receiver_waits = False
        self._found = {True: 0, False: 0}

    # --- what the ends do ---
    def send(self) -> None:
        """The sender seals the next record; a cut line takes it and loses it."""
        line = self._sending
        if line is None or self.over or line.next == self.total:
            return
        mark = random_bytes(28)
        self._put(self._sealed, line.next, mark)
        line.next += 1
        self._sent = max(self._sent, line.next)
        if not line.cut:
            line.records.append(mark)

    def read(self) -> None:
        """The receiver takes one record, or goes on to the next path at the end of this one."""
        line = self._reading
        if line is None or self._receiver_over:
            return
        if line.records:
            self._put(self._kept, self.kept, line.records.popleft())
            self.kept += 1
            self.receiver.ack(self.id, *self._counts(self.kept), self.kept)
        elif line.ended and not line.cut and self._announced:
            self._begin(self._announced.popleft())

    def finish(self) -> None:
        """The receiver, who holds everything, says so."""
        if self.kept == self.total and not self.done and not self._receiver_over:
            self.receiver.done(self.id)
            self.done = self._receiver_over = True

    def change(self) -> None:
        """The sender goes on elsewhere without a break."""
        if self._sending is not None and not self.over:
            self._sending.ended = True
            self._open(self._sending.next)

    def cut(self) -> None:
        """Every path breaks, and what was under way is lost."""
        for line in self._lines.values():
            line.records.clear()
            line.cut = True

    def ask(self) -> None:
        """The sender notices and asks."""
        if self._sending is not None and any(line.cut for line in self._lines.values()) and not self.over:
            self._sending = None
            self.sender.where(self.id)

    def find(self) -> None:
        """Both say where they listen, as often as they may."""
        for own, side in ((True, self.sender), (False, self.receiver)):
            over = self.over if own else self._receiver_over or self._receiver_waits
            if not over and self._found[own] < 4:
                self._found[own] += 1
                side.candidates(self.id, 4_000, ("192.0.2.7",), bytes(16))

    def cancel(self, by_sender: bool) -> None:
        """One side gives up."""
        (self.sender if by_sender else self.receiver).cancel(self.id, "cancelled")
        if by_sender:
            self.over = True
        else:
            self._receiver_over = True

    def come_back(self) -> None:
        """Both lose the server, and meet again in a new channel; what was said and not heard is lost with the old."""
        if self.over or (self._receiver_over and not self.done):
            return
        self.cut()
        self.sender, self.receiver = resumed(SECRET)
        carry(self.sender, self.receiver)
        self._wires = {True: deque(), False: deque()}
        self._inbox = {True: deque(), False: deque()}
        self._announced.clear()
        self._found = {True: 0, False: 0}
        self._receiver_waits = True  # for the question: before it, the new channel knows no transfer
        self._reading = self._sending = None
        self.sender.where(self.id)

    # --- what lies between them ---
    def deliver(self, to_sender: bool) -> None:
        """One control message arrives; its events wait until the end gets to them."""
        self._pump()
        wire, side = self._wires[to_sender], self.sender if to_sender else self.receiver
        if wire:
            events = side.receive(wire.popleft(), 0.0)
            assert not any(isinstance(event, Failed | PeerLeft) for event in events), events
            self._inbox[to_sender] += events

    def hear(self, sender: bool) -> None:
        """One end acts on one event."""
        if self._inbox[sender]:
            event = self._inbox[sender].popleft()
            if sender:
                self._sender_hears(event)
            else:
                self._receiver_hears(event)

    def settle(self) -> None:
        """Everything that can still happen does, in a fair order, until nothing more does."""
        for _ in range(20 * self.total + 200):
            self.ask()
            for to_sender in (True, False):
                self.deliver(to_sender)
                self.hear(to_sender)
            self.send()
            self.read()
            self.finish()

    def _sender_hears(self, event: Event) -> None:
        match event:
            case HaveArrived(have):
                held = have.manifest + have.content
                assert held <= self._sent
                assert have.marks == self._sealed.hash(have.manifest, have.content)
                self._open(held)
            case DoneArrived() | Cancelled():
                self.over = True
            case AckArrived(ack):
                assert ack.bytes <= self._sent

    def _receiver_hears(self, event: Event) -> None:
        match event:
            case WhereArrived() if self.done:
                self.receiver.done(self.id)  # a done of the former channel may have been lost with it
            case WhereArrived():
                self._receiver_waits = False
                self._reading = None
                self._announced.clear()
                manifest, content = self._counts(self.kept)
                marks = self._kept.hash(manifest, content)
                self.receiver.have(self.id, manifest, content, self.kept, marks)
            case PathArrived() if self._reading is None:
                self._begin(event)
            case PathArrived():
                self._announced.append(event)
            case Cancelled():
                self._receiver_over = True

    def _begin(self, path: PathArrived) -> None:
        assert path.manifest + path.content == self.kept, (
            "nothing that is kept comes again, nothing is left out"
        )
        self._reading = self._lines[path.stream]

    def _open(self, begins: int) -> None:
        stream = random_bytes(8)
        self._sending = self._lines[stream] = Line(begins)
        self.sender.path(self.id, "direct", stream, *self._counts(begins))

    def _pump(self) -> None:
        self._wires[False] += self.sender.outbox()
        self._wires[True] += self.receiver.outbox()

    @staticmethod
    def _counts(records: int) -> tuple[int, int]:
        return min(records, 1), max(records - 1, 0)

    @staticmethod
    def _put(marks: Marks, index: int, mark: bytes) -> None:
        if index == 0:
            marks.put("manifest", 0, mark)
        else:
            marks.put("content", index - 1, mark)
