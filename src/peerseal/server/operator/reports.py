"""Reports: anybody may say that what a link leads to should not be here; operators look, and may end the link.

The server cannot look itself: it has no key to anything. It keeps what was said and whose file it is.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest
from peerseal.server.accounts.models import User
from peerseal.server.files.models import Lease, Link, StoredFile
from peerseal.server.files.parts import Parts
from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.operator.models import ReportRow
from peerseal.wire import reports as wire
from peerseal.wire.invisible import is_invisible
from peerseal.wire.strict_json import malformed

PER_HOUR: Final = 5
OPEN_PER_LINK: Final = 20
#: Of links of one account, open or not.
PER_OWNER: Final = 500
REPORTS_MAX: Final = 5000
#: From everybody together; beyond it one costs a moment of computing.
FREELY: Final = 60
FREELY_SECONDS: Final = 600.0
_HOUR: Final = 3600.0
_CURSOR: Final = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)


class Reports:
    """All reports. `paid` tells who has a pass (docs/guard.md §4), or that nobody needs one."""

    def __init__(
        self,
        parts: Parts,
        now: Callable[[], int],
        clock: Callable[[], float],
        paid: Callable[[Guest], bool] = lambda _guest: False,
    ) -> None:
        self._parts = parts
        self._now = now
        self._paid = paid
        self._budget = Budget(PER_HOUR, _HOUR, clock)
        self._freely = Budget(FREELY, FREELY_SECONDS, clock)

    def report(self, guest: Guest, wanted: wire.Report) -> None:
        """Keep it, if there is such a link: the answer does not say. Raises HttpProblem 429 after five an hour.

        The link may be used up or expired: whoever reports has just used it. While more come than people make,
        whoever has not paid gets 429 `challenge`.
        """
        self._budget.check(guest.source)
        if not self._paid(guest):
            try:
                self._freely.take("")
            except HttpProblem as spent:
                raise HttpProblem(429, "challenge", retry_after=spent.retry_after) from None
        self._budget.take(guest.source)
        with self._parts.database.writing() as session:
            owner = session.scalar(
                select(StoredFile.owner_id)
                .join(Link, Link.file_number == StoredFile.number)
                .where(Link.id == wanted.link)
            )
            if owner is None or _open_for(session, wanted.link) >= OPEN_PER_LINK:
                return
            _make_room(session, owner)
            session.add(
                ReportRow(
                    id=secrets.token_hex(16),
                    link=wanted.link,
                    owner_id=owner,
                    reason=wanted.reason,
                    text=_harmless(wanted.text),
                    state="open",
                    created=self._now(),
                )
            )

    def page(self, cursor: str | None, limit: int) -> wire.ReportedList:
        """A page of them, newest first."""
        asked = select(ReportRow).order_by(ReportRow.number.desc()).limit(limit + 1)
        if cursor is not None:
            if _CURSOR.fullmatch(cursor) is None:
                raise malformed("not a cursor")
            asked = asked.where(ReportRow.number < int(cursor))
        with self._parts.database.reading() as session:
            rows = list(session.scalars(asked))
            more = str(rows[limit - 1].number) if len(rows) > limit else None
            return wire.ReportedList(_shown(session, rows[:limit]), more)

    def close(self, report: str) -> None:
        """Looked at; nothing is done. Raises NotFound."""
        with self._parts.database.writing() as session:
            row = _report(session, report)
            if row.state == "open":
                row.state = "closed"

    def revoke(self, report: str) -> None:
        """The link leads nowhere from now on, and every report of it is settled. Raises NotFound."""
        now = self._now()
        told: list[int] = []
        with self._parts.database.writing() as session:
            row = _report(session, report)
            session.execute(update(ReportRow).where(ReportRow.link == row.link).values(state="revoked"))
            link = session.scalars(select(Link).where(Link.id == row.link)).one_or_none()
            if link is not None:
                # It stays in its owner's list, as one whose time is up: the list of access is theirs to sign.
                link.expires = now if link.expires is None else min(link.expires, now)
                session.execute(delete(Lease).where(Lease.link_number == link.number))
                told = self._parts.changed(session, session.get_one(StoredFile, link.file_number))
        if link is not None:
            number = link.number
            self._parts.tickets.kill(lambda grant: grant.link_number == number)
            self._parts.arrivals.tell_all()
        self._parts.tell(told)


def _report(session: Session, report: str) -> ReportRow:
    row = session.scalars(select(ReportRow).where(ReportRow.id == report)).one_or_none()
    if row is None:
        raise NotFound
    return row


def _open_for(session: Session, link: str) -> int:
    asked = select(func.count()).where(ReportRow.link == link, ReportRow.state == "open")
    return int(session.execute(asked).scalar_one())


def _make_room(session: Session, owner: int) -> None:
    """One goes of the account that has too many, or of the one with most: nobody's flood takes away what others said."""
    all_, of_owner = session.execute(
        select(func.count(), func.count().filter(ReportRow.owner_id == owner)).select_from(ReportRow)
    ).one()
    crowded: int | None = owner
    if of_owner < PER_OWNER:
        if all_ < REPORTS_MAX:
            return
        counted = select(ReportRow.owner_id).group_by(ReportRow.owner_id)
        crowded = session.execute(counted.order_by(func.count().desc()).limit(1)).scalar_one()
    # One that was looked at goes first; then one of the link with most, its oldest.
    its = ReportRow.owner_id.is_(None) if crowded is None else ReportRow.owner_id == crowded
    many = func.count().over(partition_by=ReportRow.link)
    order = (ReportRow.state == "open", many.desc(), ReportRow.number)
    doomed = session.scalar(select(ReportRow.number).where(its).order_by(*order).limit(1))
    session.execute(delete(ReportRow).where(ReportRow.number == doomed))


def _harmless(text: str) -> str:
    """What operators see in a page and a terminal: no control characters, nothing that turns the text around."""
    return "".join(
        mark if mark == "\n" or not (is_invisible(mark) or not mark.isprintable()) else " " for mark in text
    )


def _shown(session: Session, rows: Sequence[ReportRow]) -> tuple[wire.Reported, ...]:
    owners = dict(
        session.execute(
            select(User.id, User.name).where(User.id.in_({row.owner_id for row in rows if row.owner_id}))
        ).all()
    )
    counts = dict(
        session.execute(
            select(ReportRow.link, func.count())
            .where(ReportRow.link.in_({row.link for row in rows}))
            .group_by(ReportRow.link)
        ).all()
    )
    return tuple(
        wire.Reported(
            row.id,
            row.link,
            _REASONS[row.reason],
            row.text,
            row.created,
            _STATES[row.state],
            owners.get(row.owner_id or 0),
            counts.get(row.link, 0),
        )
        for row in rows
    )


_REASONS: Final[dict[str, wire.Reason]] = {
    "malware": "malware",
    "deception": "deception",
    "illegal": "illegal",
    "private": "private",
    "other": "other",
}
_STATES: Final[dict[str, wire.ReportState]] = {"open": "open", "closed": "closed", "revoked": "revoked"}
