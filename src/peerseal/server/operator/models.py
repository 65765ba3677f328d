"""Tables of invitations and reports. Times in ms."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from peerseal.server.database import Base


class InviteRow(Base):
    """An invitation: the hash of its code (32 B), and whose account it made, if it did."""

    __tablename__ = "invites"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    note: Mapped[str] = mapped_column(String(100))
    created: Mapped[int] = mapped_column(BigInteger, index=True)
    expires: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[str | None] = mapped_column(String(64))


class ReportRow(Base):
    """What somebody said about a link. `owner_id`: whose file it was, as long as there is such an account."""

    __tablename__ = "reports"

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    link: Mapped[str] = mapped_column(String(32), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    reason: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(8))
    created: Mapped[int] = mapped_column(BigInteger)
