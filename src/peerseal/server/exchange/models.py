"""Table of key exchanges: who asked whom, with which public keys, and what came of it."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from peerseal.server.database import Base


class ExchangeRow(Base):
    """One request. Each side may take an answered one off its own list; it is gone when both have.

    `asker_network`: a keyed hash of the network it came from, as long as it is pending.
    """

    __tablename__ = "exchanges"
    __table_args__ = (
        Index(
            "one_pending_exchange",
            "asker_id",
            "asked_id",
            unique=True,
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    asker_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    asked_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(8))
    asker_network: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    asker_bundle: Mapped[bytes] = mapped_column(LargeBinary)
    asked_bundle: Mapped[bytes | None] = mapped_column(LargeBinary)
    created: Mapped[int] = mapped_column(BigInteger)
    answered: Mapped[int | None] = mapped_column(BigInteger)
    asker_hides: Mapped[bool] = mapped_column(default=False)
    asked_hides: Mapped[bool] = mapped_column(default=False)
