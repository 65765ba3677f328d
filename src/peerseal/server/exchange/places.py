"""How many requests for keys may wait, and who gives way: nobody keeps others from asking somebody (docs/api.md §3)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from peerseal.server.exchange.models import ExchangeRow
from peerseal.server.guard.problems import HttpProblem

PENDING_OUT_MAX: Final = 50
PENDING_IN_MAX: Final = 200
#: Of one network (/24, /48) at one person: a whole school may ask.
IN_PER_NETWORK: Final = 100
#: Whoever did not answer in so long will not.
PENDING_MS: Final = 30 * 24 * 3600 * 1000
_AGAIN_SECONDS: Final = 60


def waits(now: int) -> ColumnElement[bool]:
    """Pending, and not so old that it is over."""
    return and_(ExchangeRow.state == "pending", ExchangeRow.created > now - PENDING_MS)


def forget_unanswered(session: Session, user_ids: tuple[int, ...], now: int) -> None:
    """Remove what nobody answered in time, of these accounts."""
    theirs = or_(ExchangeRow.asker_id.in_(user_ids), ExchangeRow.asked_id.in_(user_ids))
    session.execute(delete(ExchangeRow).where(theirs, ExchangeRow.state == "pending", ~waits(now)))


def make_place(session: Session, asker: int, asked: int, network: bytes) -> int | None:
    """Place for one more request; the account whose request to `asked` gave way, if one did.

    Where as many wait as may, the oldest of the network with most gives way to somebody of one with fewer.
    Raises 429.
    """
    pending = ExchangeRow.state == "pending"
    out = select(func.count()).where(pending, ExchangeRow.asker_id == asker)
    if session.execute(out).scalar_one() >= PENDING_OUT_MAX:
        raise HttpProblem(429, retry_after=_AGAIN_SECONDS)
    there = and_(pending, ExchangeRow.asked_id == asked)
    by_network = select(ExchangeRow.asker_network, func.count()).where(there)
    shares = dict(session.execute(by_network.group_by(ExchangeRow.asker_network)).all())
    own, most = shares.get(network, 0), max(shares.values(), default=0)
    full = sum(shares.values()) >= PENDING_IN_MAX
    if own >= IN_PER_NETWORK or (full and own >= most):
        raise HttpProblem(429, retry_after=_AGAIN_SECONDS)
    if not full:
        return None
    heaviest = {one for one, count in shares.items() if count == most}
    of_heaviest: ColumnElement[bool] = ExchangeRow.asker_network.in_(heaviest - {None})
    if None in heaviest:
        of_heaviest |= ExchangeRow.asker_network.is_(None)
    oldest = select(ExchangeRow).where(there, of_heaviest).order_by(ExchangeRow.created, ExchangeRow.id)
    row = session.scalars(oldest.limit(1)).one()
    session.delete(row)
    session.flush()
    return row.asker_id
