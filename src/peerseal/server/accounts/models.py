"""Tables of accounts: the server itself, users, their sessions, and challenges that were used."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from peerseal.server.database import Base


class Server(Base):
    """This server: its id (public, 16 B) and the secret (32 B) that made-up salts and challenges come from."""

    __tablename__ = "server"

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[bytes] = mapped_column(LargeBinary(16))
    secret: Mapped[bytes] = mapped_column(LargeBinary(32))
    created: Mapped[int] = mapped_column(BigInteger)


class User(Base):
    """An account. `user` is the canonical name, `name` as it was written; times in ms.

    `auth_hash` is the Argon2id hash of the proof; salt and parameters are the client's. `used` counts what
    its files cost, stored and reserved, kept by whoever stores them, in the same transaction; `quota` is what it may
    have, None for the usual. `suspended`: since when nobody signs in to it and what it owns is not there.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    bundle: Mapped[bytes] = mapped_column(LargeBinary)
    auth_hash: Mapped[str] = mapped_column(String(200))
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    memory: Mapped[int]
    passes: Mapped[int]
    lanes: Mapped[int]
    vault: Mapped[bytes | None] = mapped_column(LargeBinary)
    book: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    book_counter: Mapped[int] = mapped_column(BigInteger, default=0)
    used: Mapped[int] = mapped_column(BigInteger, default=0)
    quota: Mapped[int | None] = mapped_column(BigInteger)
    suspended: Mapped[int | None] = mapped_column(BigInteger)
    created: Mapped[int] = mapped_column(BigInteger)


class SessionRow(Base):
    """One signed-in device. `secret_hash` is the hash of what its cookie or token holds."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    kind: Mapped[str] = mapped_column(String(6))
    label: Mapped[str] = mapped_column(String(100))
    created: Mapped[int] = mapped_column(BigInteger)
    last_used: Mapped[int] = mapped_column(BigInteger)


class SpentChallenge(Base):
    """A recovery challenge that was used, kept until it would have expired anyway."""

    __tablename__ = "spent_challenges"

    challenge: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    expires: Mapped[int] = mapped_column(BigInteger)
