"""Tables of parks. Times in ms, sizes in sealed bytes; chunks lie in storage, tokens nowhere: only their hashes."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from peerseal.server.database import Base


class ParkRow(Base):
    """A park. `room`: what its chunks from the first that come take, for `source`, a network's keyed hash; `stored`:
    about what of it has come.

    `committed`: since when it is complete. `trimmed`: nothing but its chunks can be in the group `blobs` any more.
    `touched`: about when its last chunk came, 0 if none did. It is gone at `expires`.
    """

    __tablename__ = "parks"

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    source: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    record_size: Mapped[int]
    manifest_bytes: Mapped[int] = mapped_column(BigInteger)
    content_bytes: Mapped[int] = mapped_column(BigInteger)
    manifest_from: Mapped[int]
    content_from: Mapped[int]
    room: Mapped[int] = mapped_column(BigInteger)
    stored: Mapped[int] = mapped_column(BigInteger)
    open: Mapped[bool]
    trimmed: Mapped[bool]
    touched: Mapped[int] = mapped_column(BigInteger)
    committed: Mapped[int | None] = mapped_column(BigInteger)
    expires: Mapped[int] = mapped_column(BigInteger, index=True)
    blobs: Mapped[str] = mapped_column(String(32), unique=True)


class ParkReader(Base):
    """Somebody a park is for. `closing` is sealed for them; `done`: they hold all of it."""

    __tablename__ = "park_readers"

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    park_number: Mapped[int] = mapped_column(ForeignKey("parks.number", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    closing: Mapped[bytes | None] = mapped_column(LargeBinary)
    done: Mapped[bool]
