"""The guard: the detector at work in a running server, with its mode, its memory, and what is told of it.

One object for all threads. What it decides is carried out by who asked; what ends a session is told to who can.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from peerseal.errors import PeersealError, UsageError
from peerseal.server.accounts.names import canonical
from peerseal.server.config import GuardAddresses, GuardMode
from peerseal.server.guard import chain, state
from peerseal.server.guard.brakes import Brakes, Closed
from peerseal.server.guard.detector import Decision, Scoring, Sighting, Subject, Who
from peerseal.server.guard.detector.standing import Standing
from peerseal.server.guard.memory import Seen
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.guard.telling import Circumstances, Telling
from peerseal.wire import guard as wire
from peerseal.wire.exceptions import NoException, network_entry

LOG: Final = logging.getLogger("peerseal.server")
_ALLOW: Final = Decision("allow")
_NONE: Final = Circumstances()


class Guard:
    """Sees, decides, remembers and tells. `now` is the time in ms."""

    def __init__(
        self,
        folder: Path,
        now: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        *,
        mode: GuardMode = "enforce",
        allow: tuple[str, ...] = (),
        addresses: GuardAddresses = "hashed",
    ) -> None:
        self.configured: GuardMode = mode
        self._mode: GuardMode = mode
        self._folder = folder
        self._now = now
        self._clock = clock
        self._scoring = Scoring()
        self._lock = threading.Lock()
        self._on_blocked: list[Callable[[str], None]] = []
        self._allowed: dict[str, int | None] = {}  # since when (ms), None for the settings'
        self._changed = False
        self._marked: chain.Mark | None = None
        self._broken = False
        self._crowds: dict[str, int] = {}
        self._telling = Telling(folder, now, clock, clear=addresses == "clear")
        self.sightings: Final = self._telling.sightings
        self.decisions: Final = self._telling.decisions
        self.log: Final = self._telling.log
        #: What limits guessing, whatever the mode.
        self.brakes = Brakes(clock, self.allows, self._tell_closed)
        self._restore(allow)

    # --- seeing and deciding ---

    @property
    def mode(self) -> GuardMode:
        """What holds now."""
        return self._mode

    def time(self) -> float:
        """The detector's clock, in seconds."""
        return self._clock()

    def quiet(self) -> bool:
        """Nothing stands against anybody, or nothing would be done about it."""
        return self.mode != "enforce" or self._scoring.quiet(self._clock())

    def standing(self, who: Who) -> Decision:
        """What applies to a request that begins."""
        if self.mode != "enforce":
            return _ALLOW
        with self._lock:
            return self._scoring.standing(who, self._clock())

    def stops(self, who: Who) -> bool:
        """Whether something stands against whoever this is, carried out or not."""
        with self._lock:
            return self._scoring.standing(who, self._clock()).action not in ("allow", "log")

    def see(self, sighting: Sighting, circumstances: Circumstances = _NONE) -> None:
        """Score a sighting and do what follows from it."""
        if self._mode != "off":
            self._do(self._scoring.see, sighting, circumstances)

    def unpaid(self, sighting: Sighting, circumstances: Circumstances = _NONE) -> None:
        """Somebody was refused with a challenge: whoever goes on without paying is blocked in the end."""
        if self._mode == "enforce":
            self._do(self._scoring.unpaid, sighting, circumstances)

    def _do(
        self, score: Callable[[Sighting], Decision], sighting: Sighting, circumstances: Circumstances
    ) -> None:
        with self._lock:
            decision = score(sighting)
            if sighting.point is None and decision.action == "allow":
                return
            broke = self._scoring.broken and not self._broken
            mended = self._broken and not self._scoring.broken
            self._broken = self._scoring.broken
            self._changed = self._changed or broke or mended or decision.action in ("wait", "block")
        self._telling.of_decision(sighting, circumstances, decision, self.mode)
        if mended:
            self._tell_mode("the circuit breaker closed: within an hour no more addresses were blocked")
        if broke:
            self._tell_mode(
                "the circuit breaker opened: so many addresses were blocked that more are only challenged"
            )
            LOG.warning(
                "the detector challenges where it would block: it blocked too many addresses (see the operator's page)"
            )
        subject = decision.subject
        if subject is not None and subject.kind == "session" and self.mode == "enforce" and _ends(decision):
            for hear in self._on_blocked:
                hear(subject.key)

    def on_session_blocked(self, hear: Callable[[str], None]) -> None:
        """Call `hear` with a session that is to end, or a pass that is lost, from any thread; it returns at once."""
        self._on_blocked.append(hear)

    def note(self, point: str, kind: wire.EventKind, key: str, why: str) -> None:
        """Tell operators, in every mode, of something that nobody did: an event, and no score."""
        self._tell("log", kind, key, why, point)

    # --- what operators do ---

    def standings(self) -> list[Standing]:
        """What stands, latest first."""
        with self._lock:
            return self._scoring.standings(self._clock())

    def undo(self, subject: Subject) -> bool:
        """End what stands against it, its brakes too; its score starts from 0. False if nothing stood."""
        return self.release(subject.kind, subject.key) | self._undo(subject)

    def release(self, kind: wire.SubjectKind, key: str) -> bool:
        """Its brakes hold no more. False if none did."""
        released = self.brakes.release(kind, key)
        if released:
            self._tell("undo", kind, key, "an operator lifted the brake on its guessing")
        return released

    def _undo(self, subject: Subject) -> bool:
        with self._lock:
            undone = self._scoring.undo(subject, self._clock())
            self._changed = self._changed or bool(undone)
        for one in undone:
            self._telling.forget(one)
            own = one == subject
            self._tell(
                "undo",
                one.kind,
                one.key,
                "an operator ended what stood against it"
                if own
                else "an operator ended what stood against the address that was its cause",
            )
        return bool(undone)

    def allow(self, entry: str) -> str:
        """Never judge this from now on; its normal form. Raises HttpProblem 422."""
        normal = normal_entry(entry)
        with self._lock:
            if normal not in self._allowed:
                self._scoring.allow(normal)
                self._allowed[normal] = self._now()
                self._changed = True
        return normal

    def disallow(self, entry: str) -> None:
        """Judge it again. Raises HttpProblem 409 for what stands in the settings."""
        with self._lock:
            if self._allowed.get(entry, 0) is None:
                raise HttpProblem(409)
            self._allowed.pop(entry, None)
            self._scoring.disallow(entry)
            self._changed = True

    def allows(self, address: str, account: str | None) -> bool:
        """Whether the address, or the account, is never judged."""
        with self._lock:
            return bool(self._allowed) and self._scoring.allows(address, account)

    def allowed(self) -> dict[str, int | None]:
        """What is never judged, and since when (ms); None for the settings'."""
        with self._lock:
            return dict(self._allowed)

    def set_mode(self, mode: GuardMode) -> None:
        """Until the next start. Whatever is chosen closes the circuit breaker: the operator has looked."""
        with self._lock:
            self._mode = mode
            if self._broken:
                self._scoring.close_breaker()
                self._broken = False
                self._changed = True
        self._tell_mode(f"an operator chose {mode}")

    @property
    def broken(self) -> bool:
        """Whether the circuit breaker is open: addresses are challenged, only the worst are blocked."""
        return self._broken

    def seen_of(self, subject: Subject | Closed) -> tuple[Seen, ...]:
        """The latest sightings behind what is known of it, newest first."""
        return self._telling.seen_of(subject)

    def plots(self) -> tuple[wire.Plot, wire.Plot]:
        """Points per minute of the last hour, and per hour of the last day."""
        return self._telling.plots()

    def label(self, key: str) -> str | None:
        """What an event's key stands for, as long as that is known."""
        return self._telling.label(key)

    def subjects(self) -> int:
        """How many have a score."""
        return len(self._scoring)

    # --- what survives ---

    def save(self) -> None:
        """Keep what changed. Writes to the disk: not for an event loop."""
        self._telling.held_back()
        mark = chain.Mark(*self.log.head, self.log.first)
        with self._lock:
            crowds = self._scoring.crowds()
            if not self._changed and mark == self._marked and crowds == self._crowds:
                return
            self._changed = False
            own = {entry: since for entry, since in self._allowed.items() if since is not None}
            kept = {"detector": self._scoring.export(self._clock()), "at": self._now(), "allowed": own}
        self.log.sync()
        if state.save(self._folder, {**kept, chain.MARK: mark.kept()}):
            self._marked, self._crowds = mark, crowds
        else:
            self._changed = True

    def close(self) -> None:
        """Keep and write what waits."""
        self._changed = True
        self.save()
        self._telling.held_back(all_=True)
        self.log.close()
        self.save()  # how far the events went in the end

    def _restore(self, allow: tuple[str, ...]) -> None:
        kept = state.load(self._folder)
        self._look_at_events(chain.mark_of(kept))
        away = max(0.0, (self._now() - kept["at"]) / 1000) if isinstance(kept.get("at"), int) else 0.0
        detector = kept.get("detector")
        if isinstance(detector, dict):
            self._scoring.restore(detector, self._clock() - away)
            self._broken = self._scoring.broken
        own = kept.get("allowed")
        for entry, since in own.items() if isinstance(own, dict) else ():
            with contextlib.suppress(HttpProblem, PeersealError):  # damage of the file; what reads is kept
                if isinstance(since, int):
                    self._allowed[normal_entry(entry)] = since
        for entry in allow:
            try:
                self._allowed[normal_entry(entry)] = None
            except HttpProblem as wrong:
                everybody = wrong.code == "allow_everybody"
                raise UsageError(
                    f"{entry!r} is everybody" if everybody else f"{entry!r} is neither a network nor @name",
                    hint="PEERSEAL_GUARD=off judges nobody." if everybody else "See PEERSEAL_GUARD_ALLOW.",
                ) from None
        for entry in set(self._scoring.allowed()) - set(self._allowed):
            self._scoring.disallow(entry)
        for entry in self._allowed:
            self._scoring.allow(entry)

    def _look_at_events(self, mark: chain.Mark | None) -> None:
        if mark is None:
            return
        wrong = chain.cut(mark, self.log.head[0], self.log.hashes())
        if wrong is not None:
            self.log.resume_after(mark.seq, mark.hash)
        elif self.log.first is not None:
            wrong = chain.begun(mark, self.log.first)
        if wrong is None:
            return
        LOG.warning(
            "the file of the detector's events is not as it was left: %s (`peerseal guard verify`)", wrong
        )
        self._tell("log", "site", "site", f"the file of events is not as the server left it: {wrong}", "cut")

    def _tell_closed(self, brake: Closed) -> None:
        self._telling.of_brake(brake, self.mode)

    def _tell_mode(self, why: str) -> None:
        self._tell("mode", "site", "site", why)

    def _tell(self, action: str, kind: wire.EventKind, key: str, why: str, point: str = "operator") -> None:
        self._telling.say(action, kind, key, why, mode=self.mode, point=point)


def _ends(decision: Decision) -> bool:
    """Whether what stands against a session ends it: a challenge is the end of the pass that was to pay for it."""
    pass_ = decision.subject is not None and decision.subject.key.startswith("pass:")
    return decision.action == "block" or (decision.action == "challenge" and pass_)


def normal_entry(entry: str) -> str:
    """A network or `@name` of the allow-list in its one form. Raises HttpProblem 422, which says what is wrong."""
    if entry.strip().startswith("@"):
        return "@" + canonical(entry.strip()[1:])
    try:
        return network_entry(entry)
    except NoException as wrong:
        raise HttpProblem(422, wrong.mistake) from None
