"""Meeting by code: who claims a nameplate gets a room with its allocator, one after the other (docs/wire.md §1.3)."""

from __future__ import annotations

from collections.abc import Callable

from peerseal.errors import Refused
from peerseal.server.live.codes import Codes
from peerseal.server.live.connection import Connection
from peerseal.server.live.nameplate import Nameplate
from peerseal.server.live.outgoing import Outgoing
from peerseal.server.live.pairing import Pairing, request_ended
from peerseal.server.live.rooms import Pair
from peerseal.server.live.silences import Silences
from peerseal.server.live.trials import Trial, Trials
from peerseal.server.live.witnesses import Witnesses
from peerseal.wire.messages import Allocated, CodeClosed, Requested


class ByCode:
    """The rules of `allocate`, `claim` and `release`."""

    def __init__(
        self,
        codes: Codes,
        pairing: Pairing,
        later: Callable[[Callable[[], None]], object],
        new_id: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        self._codes = codes
        self._pairing = pairing
        self._later = later
        self._new_id = new_id
        self._silences = Silences(clock)
        self._trials = Trials(clock)
        self._witnesses = Witnesses()
        self._clock = clock
        self._vain: list[Callable[[Connection, str], None]] = []
        self._met: list[Callable[[Connection, str], None]] = []
        pairing.on_closed(self._room_closed)

    def on_vain(self, hear: Callable[[Connection, str], None]) -> None:
        """Call `hear` with who claimed a nameplate in vain, and which: nobody opened it in time, or they had a room
        there and said nothing (then each time is one of its own) or, as those say who may be believed (`Witnesses`), the
        wrong thing, or wait where nobody does who has a code.
        """
        self._vain.append(hear)

    def on_met(self, hear: Callable[[Connection, str], None]) -> None:
        """Call `hear` with who claimed a nameplate and had the right words, and which it was."""
        self._met.append(hear)

    def said(self, member: Connection, room: str) -> None:
        """`member` said something in its room."""
        self._silences.said(member, room)
        self._tell_met(self._trials.said(member, room))

    def asked_for(self, member: Connection, room: str) -> None:
        """`member` asked for a ticket, or servers for a direct path, in this room: who shows a code does so after it."""
        self._tell_met(self._trials.asked_for(member, room))

    def allocate(self, me: Connection, wanted: str | None) -> Allocated:
        """Open a nameplate for `me`."""
        nameplate = self._codes.allocate(me, wanted)
        self._tell_ousted()
        self._later(lambda: self._next_claim(nameplate))  # somebody may have been earlier
        return Allocated(nameplate.text)

    def claim(self, me: Connection, text: str) -> Requested:
        """Queue `me` for a nameplate's allocator."""
        if me.room is not None:
            raise Refused("you are connected to somebody already", code="busy")
        request = self._new_id()
        nameplate = self._codes.claim(me, text, request)
        if nameplate is not None:
            self._tell_ousted()
            # The claimer learns the request's id before the room that may answer it at once.
            self._later(lambda: self._next_claim(nameplate))
            self._later(lambda: self._look_at_waiting(me, text))
        return Requested(request)

    def withdraw(self, me: Connection, request: str | None = None) -> bool:
        """`me` waits no more (by this request, or at all); whether it did."""
        return self._codes.withdraw(me, request)

    def release(self, me: Connection, code: str | None) -> None:
        """Close the nameplate of `me`, if there is one, telling it this `code`."""
        nameplate = self._codes.of(me)
        if nameplate is not None:
            if code is not None:
                self._tell_wrong(self._trials.released(me))
            self._close(nameplate, code)

    def tick(self) -> None:
        """To be called about once a second: what has lasted too long."""
        for nameplate in self._codes.expired():
            self._close(nameplate, "expired")
        for waiting, text in self._codes.take_in_vain():
            waiting.claimer.tell(request_ended(waiting.request, "not_found"))
            self._tell_vain(waiting.claimer, text)

    def mind_silences(self) -> None:
        """To be called several times a second: who says nothing while others wait gives way."""
        for pair in self._silences.give_way(self._is_waited_for):
            self._pairing.close_over(pair.id, "vanished")

    def _is_waited_for(self, owner: Connection) -> bool:
        held = self._codes.of(owner)
        return held is not None and bool(held.queue)

    def _tell_ousted(self) -> None:
        for waiting in self._codes.take_ousted():
            waiting.claimer.tell(request_ended(waiting.request, "busy"))

    def _look_at_waiting(self, claimer: Connection, text: str) -> None:
        if self._codes.hoards(claimer):
            self._tell_vain(claimer, f"waits for {text}")

    def _tell_met(self, trial: Trial | None) -> None:
        if trial is not None:
            for hear in self._met:
                hear(trial.claimer, trial.text)

    def _tell_wrong(self, trial: Trial | None) -> None:
        if trial is not None and self._witnesses.believed(trial.pair.first, trial.claimer, self._clock()):
            self._tell_vain(trial.claimer, trial.text)

    def _tell_vain(self, claimer: Connection, text: str) -> None:
        for hear in self._vain:
            hear(claimer, text)

    def _next_claim(self, nameplate: Nameplate) -> None:
        owner = nameplate.owner
        while owner.room is None and self._codes.of(owner) is nameplate:
            waiting = self._codes.next_claim(nameplate)
            if waiting is None:
                return
            if waiting.claimer.room is None and not waiting.claimer.gone:
                pair = self._pairing.open(owner, waiting.claimer, "code", None, waiting.request)
                self._silences.begin(pair)
                self._trials.begin(pair, nameplate.text)

    def _room_closed(self, pair: Pair) -> None:
        if self._silences.end(pair):
            self._tell_vain(pair.second, f"silent {pair.id}")
        self._tell_wrong(self._trials.end(pair, still_open=self._codes.of(pair.first) is not None))
        for member in (pair.first, pair.second):
            nameplate = self._codes.of(member)
            if nameplate is not None:
                self._later(lambda nameplate=nameplate: self._next_claim(nameplate))  # type: ignore[misc]

    def _close(self, nameplate: Nameplate, code: str | None) -> None:
        self._trials.forget(nameplate.owner)
        self._silences.forget(nameplate.owner)
        for waiting in self._codes.close(nameplate):
            waiting.claimer.tell(request_ended(waiting.request, "not_found"))
        if code is not None:
            nameplate.owner.tell(Outgoing.of(CodeClosed(code)))
