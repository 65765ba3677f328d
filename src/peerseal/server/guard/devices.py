"""Known devices: where the right password came from before (docs/guard.md §5).

What a device keeps opens nothing. It only lets the owner sign in while strangers guess at the account.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, UniqueConstraint, delete, exists, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from peerseal.server.accounts.asking import Asking, cookie_of
from peerseal.server.accounts.models import User
from peerseal.server.database import Base, Database
from peerseal.wire import challenge as wire
from peerseal.wire.encoding import base64url_encode

COOKIE: Final = "peerseal_device"
SECURE_COOKIE: Final = "__Host-peerseal_device"
SECONDS: Final = 400 * 24 * 3600
PER_ACCOUNT: Final = 20
_HEADER: Final = wire.DEVICE_HEADER.lower().encode()
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class KnownDevice(Base):
    """A device that signed in to an account: the hash (32 B) of what it keeps. Times in ms."""

    __tablename__ = "known_devices"
    __table_args__ = (UniqueConstraint("user_id", "secret_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    created: Mapped[int] = mapped_column(BigInteger)
    last_used: Mapped[int] = mapped_column(BigInteger)


class Devices:
    """All known devices. Methods that take a database session are part of the caller's transaction."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    def knows(self, session: Session, user_id: int | None, secret: str | None) -> bool:
        """Whether this device signed in to this account before, which is not suspended.

        The same work for an account nobody has.
        """
        return secret is not None and bool(
            session.scalar(
                select(
                    exists().where(
                        KnownDevice.user_id == (-1 if user_id is None else user_id),
                        KnownDevice.secret_hash == device_hash(secret),
                        KnownDevice.last_used > self._oldest(),
                        User.id == KnownDevice.user_id,
                        User.suspended.is_(None),
                    )
                )
            )
        )

    def known_anywhere(self, secret: str) -> bool:
        """Whether this device signed in to any account before that is not suspended.

        Reads the database: not for an event loop. It says not whose sign-in this may be: `knows` does.
        """
        held = (
            exists()
            .where(KnownDevice.secret_hash == device_hash(secret), KnownDevice.last_used > self._oldest())
            .where(User.id == KnownDevice.user_id, User.suspended.is_(None))
        )
        with self._database.reading() as session:
            return bool(session.scalar(select(held)))

    def remember(self, session: Session, user_id: int, secret: str | None) -> str:
        """It has just signed in to this account: what it is to keep, which is what it has if that is good."""
        now = self._now()
        if secret is None or not self._is_held(session, device_hash(secret)):
            secret = base64url_encode(secrets.token_bytes(32))
        hash_ = device_hash(secret)
        mine = KnownDevice.user_id == user_id
        touched = update(KnownDevice).where(mine, KnownDevice.secret_hash == hash_).values(last_used=now)
        if session.scalar(touched.returning(KnownDevice.id)) is None:
            session.add(KnownDevice(user_id=user_id, secret_hash=hash_, created=now, last_used=now))
            session.flush()
            newest = (
                select(KnownDevice.id)
                .where(mine)
                .order_by(KnownDevice.last_used.desc(), KnownDevice.id.desc())
            )
            over = list(session.scalars(newest.offset(PER_ACCOUNT)))
            session.execute(delete(KnownDevice).where(KnownDevice.id.in_(over)))
        session.execute(delete(KnownDevice).where(mine, KnownDevice.last_used <= self._oldest()))
        return secret

    def forget_others(self, session: Session, user_id: int, but: str | None) -> None:
        """The account has another password, or other keys: no other device is known to it any more."""
        doomed = delete(KnownDevice).where(KnownDevice.user_id == user_id)
        if but is not None:
            doomed = doomed.where(KnownDevice.secret_hash != device_hash(but))
        session.execute(doomed)

    def _is_held(self, session: Session, hash_: bytes) -> bool:
        # Only what this server gave out: what a stranger planted in a browser must not become known.
        held = exists().where(KnownDevice.secret_hash == hash_, KnownDevice.last_used > self._oldest())
        return bool(session.scalar(select(held)))

    def _oldest(self) -> int:
        return self._now() - SECONDS * 1000


def device_of(headers: Sequence[tuple[bytes, bytes]], *, secure: bool) -> str | None:
    """What a device keeps, as a request brings it: in the header (programs) or the cookie (pages)."""
    given = Asking("GET", headers, secure, "").header(_HEADER)
    secret = given or cookie_of(headers, SECURE_COOKIE if secure else COOKIE)
    return secret if secret is not None and _SECRET.fullmatch(secret) else None


def device_hash(secret: str) -> bytes:
    """What the server keeps of it."""
    return hashlib.sha256(b"peerseal device " + secret.encode("ascii")).digest()


def device_subject(secret: str) -> str:
    """How the detector names it."""
    return device_hash(secret)[:16].hex()
