"""Server-side sessions: made at sign-in, found by the hash of their secret, ended for good."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from peerseal.server.accounts.asking import (
    Asking,
    Credential,
    Signed,
    credential_of,
    csrf_of,
    require_own_page,
    secret_hash,
)
from peerseal.server.accounts.models import SessionRow, User
from peerseal.server.database import Database
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.guard.proven import Wrong
from peerseal.wire import accounts as wire
from peerseal.wire.accounts import SessionKind
from peerseal.wire.encoding import base64url_encode

UNUSED_SECONDS: Final = 30 * 24 * 3600
#: So exact is `last_used`: a write for every request would be too many.
_TOUCH_MS: Final = 5 * 60 * 1000
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Started:
    """A new session; its secret exists only here and with the client."""

    id: str
    credential: Credential

    @property
    def csrf(self) -> str | None:
        """What pages repeat, None for tokens."""
        return csrf_of(self.credential) if self.credential.kind == "cookie" else None

    @property
    def token(self) -> str | None:
        """What programs keep, None for cookies."""
        return self.credential.secret if self.credential.kind == "token" else None


class Sessions:
    """All sessions. Methods that take a database session are part of the caller's transaction."""

    def __init__(self, database: Database, now: Callable[[], int], origins: Collection[str]) -> None:
        self._database = database
        self._now = now
        self._origins = origins
        self._wrong = Wrong(now)
        self._on_ended: list[Callable[[str], None]] = []
        self._on_identified: list[Callable[[Credential, Signed], None]] = []

    def on_session_ended(self, hear: Callable[[str], None]) -> None:
        """Call `hear` with the id of every session that has ended, from any thread."""
        self._on_ended.append(hear)

    def on_identified(self, hear: Callable[[Credential, Signed], None]) -> None:
        """Call `hear` with every credential that proved good, from any thread."""
        self._on_identified.append(hear)

    def end_one(self, id_: str) -> None:
        """End this session, whosever it is."""
        with self._database.writing() as session:
            self.end(session, [id_])
        self.tell_ended([id_])

    def tell_ended(self, ids: Iterable[str]) -> None:
        """To be called once the transaction that ended them is kept."""
        for id_ in ids:
            for hear in self._on_ended:
                hear(id_)

    def identify(self, asking: Asking) -> Signed | None:
        """Who asks; None for nobody. Raises HttpProblem 403 `csrf`. Reads the database: not for an event loop."""
        credential = credential_of(asking, self._origins)
        if credential is None:
            return None
        signed = self._find(credential, asking.source)
        if signed is not None:
            require_own_page(asking, credential, self._origins)
            for hear in self._on_identified:
                hear(credential, signed)
        return signed

    def start(
        self, session: Session, user_id: int, kind: SessionKind, label: str
    ) -> tuple[Started, list[str]]:
        """A new session, and the ids of old ones that ended to make room."""
        now = self._now()
        own = select(SessionRow.id).where(SessionRow.user_id == user_id)
        over = list(session.scalars(own.where(SessionRow.last_used < now - UNUSED_SECONDS * 1000)))
        over += session.scalars(own.order_by(SessionRow.last_used.desc()).offset(_MOST - 1))
        self.end(session, over)
        credential = Credential(kind, base64url_encode(secrets.token_bytes(32)))
        started = Started(secrets.token_hex(16), credential)
        session.add(
            SessionRow(
                id=started.id,
                user_id=user_id,
                secret_hash=secret_hash(credential),
                kind=kind,
                label=label,
                created=now,
                last_used=now,
            )
        )
        return started, over

    def renew(self, session: Session, signed: Signed) -> Started:
        """The same session under a new secret; the old one opens nothing any more."""
        started = Started(
            signed.session_id, Credential(signed.kind, base64url_encode(secrets.token_bytes(32)))
        )
        session.execute(
            update(SessionRow)
            .where(SessionRow.id == signed.session_id)
            .values(secret_hash=secret_hash(started.credential), last_used=self._now())
        )
        return started

    def end(self, session: Session, ids: Collection[str]) -> None:
        """End these."""
        if ids:
            session.execute(delete(SessionRow).where(SessionRow.id.in_(ids)))

    def end_all(self, session: Session, user_id: int, but: str | None = None) -> list[str]:
        """End all of an account's, except perhaps one; their ids."""
        ids = [id_ for id_ in self._ids(session, user_id) if id_ != but]
        self.end(session, ids)
        return ids

    def rows(self, session: Session, signed: Signed) -> tuple[wire.SessionRow, ...]:
        """All of the account's, the latest used first."""
        known = select(SessionRow).where(
            SessionRow.user_id == signed.user_id,
            SessionRow.last_used >= self._now() - UNUSED_SECONDS * 1000,
        )
        return tuple(
            wire.SessionRow(
                row.id,
                row.label,
                "cookie" if row.kind == "cookie" else "token",
                row.created,
                row.last_used,
                row.id == signed.session_id,
            )
            for row in session.scalars(known.order_by(SessionRow.last_used.desc()))
        )

    def of_cookie(self, session: Session, asking: Asking) -> list[str]:
        """The session of the cookie that came along, if any: a new sign-in takes its place."""
        credential = credential_of(asking, self._origins)
        if credential is None or credential.kind != "cookie":
            return []
        hash_ = secret_hash(credential)
        return list(session.scalars(select(SessionRow.id).where(SessionRow.secret_hash == hash_)))

    def belongs(self, session: Session, id_: str, user_id: int) -> bool:
        """Whether the account has this session."""
        return id_ in self._ids(session, user_id)

    def _ids(self, session: Session, user_id: int) -> list[str]:
        return list(session.scalars(select(SessionRow.id).where(SessionRow.user_id == user_id)))

    def is_wrong(self, credential: Credential) -> bool:
        """Whether it was nobody's just now, from memory alone."""
        return self._wrong.knows(secret_hash(credential))

    def _find(self, credential: Credential, source: str) -> Signed | None:
        hash_ = secret_hash(credential)
        if self._wrong.knows(hash_):
            return None
        now = self._now()
        asked = (
            select(SessionRow.id, SessionRow.last_used, User.id, User.user, User.name)
            .join(User, User.id == SessionRow.user_id)
            .where(SessionRow.secret_hash == hash_)
            .where(SessionRow.last_used >= now - UNUSED_SECONDS * 1000, User.suspended.is_(None))
        )
        with self._database.reading() as session:
            found = session.execute(asked).one_or_none()
        if found is None:
            self._wrong.remember(hash_)
            return None
        id_, last_used, user_id, user, name = found
        if last_used < now - _TOUCH_MS:
            self._touch(id_, now)
        csrf = csrf_of(credential) if credential.kind == "cookie" else None
        return Signed(user_id, user, name, id_, credential.kind, csrf, source)

    def _touch(self, id_: str, now: int) -> None:
        # A busy database is no reason to refuse a request that only reads.
        with contextlib.suppress(HttpProblem), self._database.writing() as session:
            session.execute(update(SessionRow).where(SessionRow.id == id_).values(last_used=now))
