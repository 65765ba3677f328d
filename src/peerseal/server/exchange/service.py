"""Key exchanges and contact books: carried and kept for people, never looked into."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.orm import Session, undefer

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Signed
from peerseal.server.accounts.look_ups import LookUps
from peerseal.server.accounts.models import User
from peerseal.server.accounts.service import own
from peerseal.server.database import Database
from peerseal.server.exchange.models import ExchangeRow
from peerseal.server.exchange.odd_keys import is_no_key
from peerseal.server.exchange.places import forget_unanswered, make_place, waits
from peerseal.server.files.senders import check_not_refused, wants
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.noted import noted_point
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.news import News
from peerseal.wire import accounts as wire

LISTED_MAX: Final = 200


class Exchanges:
    """What the signed-in ask about others' public keys, and their own contact book."""

    def __init__(
        self,
        database: Database,
        news: News,
        look_ups: LookUps,
        now: Callable[[], int],
        keyed: Callable[[bytes], bytes],
    ) -> None:
        """`keyed`: a hash under the server's key."""
        self._database = database
        self._news = news
        self._now = now
        self._look_ups = look_ups
        self._keyed = keyed

    def user_key(self, signed: Signed, name: str) -> wire.PublicKeys:
        """What this server says somebody's public keys are. Raises NotFound, HttpProblem 429."""
        with self._database.reading() as session:
            row = self._look_ups.keys(session, signed, name)
            return wire.PublicKeys(row.user, row.bundle)

    def book(self, signed: Signed) -> wire.Book:
        """The sealed contact book."""
        with self._database.reading() as session:
            row = session.get(User, signed.user_id, options=[undefer(User.book)])
            if row is None:
                raise HttpProblem(401, "not_signed_in")
            return wire.Book(row.book_counter, row.book)

    def store_book(self, signed: Signed, book: wire.Book, if_match: int) -> None:
        """The next book, if it was made on the one that is stored: 412 otherwise, 409 for another counter."""
        if book.book is None:
            raise HttpProblem(422)
        with self._database.writing() as session:
            row = own(session, signed)
            if row.book_counter != if_match:
                raise HttpProblem(412)
            if book.counter != if_match + 1:
                raise HttpProblem(409)
            row.book, row.book_counter = book.book, book.counter
        self._news.publish(signed.user_id, "contacts")

    def list(self, signed: Signed) -> wire.Exchanges:
        """The latest from and to this account, newest first."""
        with self._database.reading() as session:
            rows = [
                row
                for mine in (_asked_by(signed), _asked_of(signed))
                for row in _latest(
                    session, and_(mine, or_(ExchangeRow.state != "pending", waits(self._now())))
                )
            ]
            rows.sort(key=lambda row: row.created, reverse=True)
            names = _names(session, {row.asker_id for row in rows} | {row.asked_id for row in rows})
            return wire.Exchanges(tuple(_seen_by(row, signed, names) for row in rows))

    def ask(self, signed: Signed, wanted: wire.AskExchange) -> wire.Exchange:
        """Ask somebody, with one's own public keys."""
        with self._database.writing() as session:
            other = self._look_ups.user(session, signed, wanted.to)
            me = own(session, signed)
            if other.id == me.id or wanted.bundle != me.bundle:
                _note_key(wanted.bundle, other.bundle)
                raise HttpProblem(422)
            forget_unanswered(session, (me.id, other.id), self._now())
            check_not_refused(session, other.id, me.id)
            _refuse_second(session, me.id, other.id)
            network = self._keyed(network_of(signed.source).encode())
            gave_way = make_place(session, me.id, other.id, network)
            row = ExchangeRow(
                id=secrets.token_hex(16),
                asker_id=me.id,
                asked_id=other.id,
                state="pending",
                asker_network=network,
                asker_bundle=me.bundle,
                created=self._now(),
                asker_hides=False,
                asked_hides=False,
            )
            session.add(row)
            _drop_oldest(session, me.id, other.id)
            shown = _seen_by(row, signed, {other.id: other.user})
            told = (other.id, me.id, *(() if gave_way is None else (gave_way,)))
        for user_id in told:
            self._news.publish(user_id, "exchanges")
        return shown

    def accept(self, signed: Signed, id_: str, wanted: wire.AcceptExchange) -> wire.Exchange:
        """Answer a request to oneself with one's own public keys."""
        return self._answer(signed, id_, "accepted", wanted.bundle)

    def decline(self, signed: Signed, id_: str) -> wire.Exchange:
        """Refuse a request to oneself."""
        return self._answer(signed, id_, "declined", None)

    def withdraw(self, signed: Signed, id_: str) -> None:
        """Take back one's own request, or take an answered one off one's own list."""
        with self._database.writing() as session:
            row = _row(session, signed, id_)
            asker = row.asker_id == signed.user_id
            if row.state == "pending" and not asker:
                raise NotFound
            if asker:
                row.asker_hides = True
            else:
                row.asked_hides = True
            gone = row.state == "pending" or (row.asker_hides and row.asked_hides)
            told = {signed.user_id, *((row.asked_id,) if row.state == "pending" else ())}
            if gone:
                session.delete(row)
        for user_id in told:
            self._news.publish(user_id, "exchanges")

    def forget(self, session: Session, user_id: int) -> Callable[[], None]:
        """The account is gone, or has other keys: none of its exchanges holds any longer."""
        mine = or_(ExchangeRow.asker_id == user_id, ExchangeRow.asked_id == user_id)
        pairs = session.execute(select(ExchangeRow.asker_id, ExchangeRow.asked_id).where(mine)).all()
        session.execute(delete(ExchangeRow).where(mine))
        others = {id_ for pair in pairs for id_ in pair} - {user_id}

        def tell() -> None:
            for other in others:
                self._news.publish(other, "exchanges")

        return tell

    def _answer(
        self, signed: Signed, id_: str, state: wire.ExchangeState, bundle: bytes | None
    ) -> wire.Exchange:
        with self._database.writing() as session:
            row = _row(session, signed, id_)
            if row.asked_id != signed.user_id:
                raise NotFound
            if row.state != "pending":
                raise HttpProblem(409)
            if bundle is not None and bundle != own(session, signed).bundle:
                _note_key(bundle, row.asker_bundle)
                raise HttpProblem(422)
            row.state, row.asked_bundle, row.answered = state, bundle, self._now()
            row.asker_network = None
            if state == "accepted":
                wants(session, row.asked_id, row.asker_id)
                wants(session, row.asker_id, row.asked_id)
            shown = _seen_by(row, signed, _names(session, {row.asker_id}))
            asker = row.asker_id
        self._news.publish(asker, "exchanges")
        self._news.publish(signed.user_id, "exchanges")
        return shown


def _asked_by(signed: Signed) -> ColumnElement[bool]:
    return and_(ExchangeRow.asker_id == signed.user_id, ExchangeRow.asker_hides.is_(False))


def _asked_of(signed: Signed) -> ColumnElement[bool]:
    return and_(ExchangeRow.asked_id == signed.user_id, ExchangeRow.asked_hides.is_(False))


def _latest(session: Session, mine: ColumnElement[bool]) -> list[ExchangeRow]:
    newest = select(ExchangeRow).where(mine).order_by(ExchangeRow.created.desc(), ExchangeRow.id)
    return list(session.scalars(newest.limit(LISTED_MAX)))


def _row(session: Session, signed: Signed, id_: str) -> ExchangeRow:
    """The exchange, if it stands in this account's list. Raises NotFound."""
    mine = or_(_asked_by(signed), _asked_of(signed))
    row = session.scalars(select(ExchangeRow).where(ExchangeRow.id == id_, mine)).one_or_none()
    if row is None:
        raise NotFound
    return row


def _names(session: Session, ids: set[int]) -> dict[int, str]:
    rows = session.execute(select(User.id, User.user).where(User.id.in_(ids)))
    return {row.id: row.user for row in rows}


def _seen_by(row: ExchangeRow, signed: Signed, names: dict[int, str]) -> wire.Exchange:
    out = row.asker_id == signed.user_id
    peer = names[row.asked_id if out else row.asker_id]
    bundle = row.asked_bundle if out else row.asker_bundle
    state: wire.ExchangeState = (
        "accepted" if row.state == "accepted" else "declined" if row.state == "declined" else "pending"
    )
    return wire.Exchange(row.id, peer, "out" if out else "in", state, bundle, row.created, row.answered)


def _note_key(bundle: bytes, others: bytes) -> None:
    """Somebody gave another's keys for their own, or what is no key."""
    if bundle == others or is_no_key(bundle):
        noted_point("bad_public_key")


def _refuse_second(session: Session, me: int, other: int) -> None:
    pending = select(ExchangeRow.id).where(ExchangeRow.state == "pending")
    if session.scalar(pending.where(ExchangeRow.asker_id == me, ExchangeRow.asked_id == other)):
        raise HttpProblem(409, "already_asked")
    if session.scalar(pending.where(ExchangeRow.asker_id == other, ExchangeRow.asked_id == me)):
        raise HttpProblem(409, "they_asked")


def _drop_oldest(session: Session, me: int, other: int) -> None:
    """Answered ones beyond what either list would show are gone: lists stay bounded."""
    for id_ in (me, other):
        for side in (ExchangeRow.asker_id, ExchangeRow.asked_id):
            answered = select(ExchangeRow.id).where(side == id_, ExchangeRow.state != "pending")
            over = answered.order_by(ExchangeRow.created.desc()).offset(LISTED_MAX)
            session.execute(delete(ExchangeRow).where(ExchangeRow.id.in_(list(session.scalars(over)))))
