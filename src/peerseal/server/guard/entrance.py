"""The entrance: what a sign-in brings besides name and proof, and whether it may be tried (docs/guard.md §2, §5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from peerseal.server.accounts.asking import Asking, Guest
from peerseal.server.accounts.turns import Line
from peerseal.server.guard.detector import Who
from peerseal.server.guard.detector.routes import LOGIN
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.devices import Devices, device_of, device_subject
from peerseal.server.guard.guard import Guard
from peerseal.server.guard.lured import is_named_browser
from peerseal.server.guard.noted import noted_claim
from peerseal.server.guard.passes import Passes, pass_of
from peerseal.server.guard.refusal import problem_of

#: Characters of what a program says of itself.
AGENT_MAX: Final = 200
_USUAL_SECONDS: Final = 60
_GO_ON: Final = ("allow", "log")


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody at the entrance. `device`: what theirs keeps, None for none; `known`: to this account; `paid`: has a pass."""

    device: str | None
    known: bool
    paid: bool

    def __repr__(self) -> str:
        return f"Entrant(known={self.known}, paid={self.paid})"

    @property
    def line(self) -> Line:
        """Where it waits for its turn."""
        return "known" if self.known else "paid" if self.paid else "strangers"

    @property
    def subject(self) -> str | None:
        """How brakes and detector name the device, if it is known."""
        return device_subject(self.device) if self.device is not None and self.known else None


class Entrance:
    """Looks at who comes, before anything is hashed."""

    def __init__(self, guard: Guard, devices: Devices, passes: Passes) -> None:
        self.devices = devices
        self._guard = guard
        self._passes = passes

    def look(self, session: Session, guest: Guest, user_id: int | None) -> Entrant:
        """Who claims to be this account's (None for a name nobody has)."""
        device = device_given(guest.asking)
        known = self.devices.knows(session, user_id, device)
        return Entrant(device, known, self.pass_subject(guest) is not None)

    def check(self, guest: Guest, user: str, entrant: Entrant, route: str = LOGIN) -> None:
        """Raises HttpProblem 429 `challenge`, 429 `wait` for a known device that is wrong too often, 403 `blocked`.

        A device was let in by the watch as somebody's; here it counts for its own account or not at all.
        """
        noted_claim(user, known=entrant.known)
        subject = self.pass_subject(guest)
        ip = guest.source
        who = Who(
            ip,
            network_of(ip),
            account=user,
            device=entrant.subject,
            session=subject,
            known=entrant.known,
            passed=subject is not None,
            agent=guest.asking.header(b"user-agent")[:AGENT_MAX],
            route=route,
            browser=is_named_browser(guest.asking.headers),
        )
        decision = self._guard.standing(who)
        if decision.action in _GO_ON:
            if subject is None or route != LOGIN:
                return
            # What stands against the account itself, a pass opens a few times only: who guesses pays again.
            decision = self._guard.standing(who._replace(session=None, passed=False))
            stands = decision.subject is not None and decision.subject.kind in ("account", "device")
            if decision.action in _GO_ON or not stands or self._passes.take_try(subject):
                return
        left = math.ceil(decision.until - self._guard.time()) if decision.until > 0 else _USUAL_SECONDS
        raise problem_of(decision, max(1, left))

    def ask(self, session: Session, guest: Guest, user: str, user_id: int | None, route: str) -> None:
        """Before a sign-in somebody asks how to: a device that brought them here must be this account's.

        Raises HttpProblem as `check` does.
        """
        entrant = self.look(session, guest, user_id)
        if entrant.device is None or entrant.known:
            noted_claim(user, known=entrant.known)
        else:
            self.check(guest, user, entrant, route)

    def pass_subject(self, guest: Guest) -> str | None:
        """The subject of the pass that came along, if it is good here."""
        return self._passes.subject(guest.source, pass_of(guest.asking.headers, secure=guest.asking.secure))


def device_given(asking: Asking) -> str | None:
    """What the device that asks keeps, if it is a device's."""
    return device_of(asking.headers, secure=asking.secure)
