"""Tables of stored files. Times in ms, sizes in sealed bytes; whole bytes lie in storage, never here."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from peerseal.server.database import Base


class StoredFile(Base):
    """A file. `current` is the number of its newest committed version, 0 before the first.

    `bytes`: what it costs its owner.
    """

    __tablename__ = "files"

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    access: Mapped[bytes] = mapped_column(LargeBinary)
    access_counter: Mapped[int] = mapped_column(BigInteger)
    current: Mapped[int] = mapped_column(BigInteger)
    expires: Mapped[int | None] = mapped_column(BigInteger, index=True)
    created: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")


class Reader(Base):
    """Somebody who sees a file, its owner too. `changed` is the file's, repeated here so that lists are one index."""

    __tablename__ = "file_readers"

    file_number: Mapped[int] = mapped_column(ForeignKey("files.number", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    changed: Mapped[int] = mapped_column(BigInteger)


class StoredVersion(Base):
    """One upload, which becomes a version when it is committed.

    `kept`: its records are (or are coming) in storage, in the group `blobs`, and count for the owner's quota.
    `trimmed`: nothing but its chunks can be in that group any more. `touched`: about when its last chunk came.
    """

    __tablename__ = "versions"

    number: Mapped[int] = mapped_column(primary_key=True)
    upload: Mapped[str] = mapped_column(String(32), unique=True)
    file_number: Mapped[int] = mapped_column(ForeignKey("files.number", ondelete="CASCADE"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    version: Mapped[int] = mapped_column(BigInteger)
    opening: Mapped[bytes] = mapped_column(LargeBinary)
    closing: Mapped[bytes | None] = mapped_column(LargeBinary)
    card: Mapped[bytes] = mapped_column(LargeBinary)
    record_size: Mapped[int]
    manifest_bytes: Mapped[int] = mapped_column(BigInteger)
    content_bytes: Mapped[int] = mapped_column(BigInteger)
    open: Mapped[bool]
    kept: Mapped[bool]
    trimmed: Mapped[bool]
    created: Mapped[int] = mapped_column(BigInteger)
    touched: Mapped[int] = mapped_column(BigInteger)
    committed: Mapped[int | None] = mapped_column(BigInteger)
    blobs: Mapped[str] = mapped_column(String(32), unique=True)


class Wrap(Base):
    """The file key of one version, wrapped for one account."""

    __tablename__ = "version_wraps"

    version_number: Mapped[int] = mapped_column(
        ForeignKey("versions.number", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    wrap: Mapped[bytes] = mapped_column(LargeBinary)


class Link(Base):
    """A link to a file. The server keeps the hash of its token; `secret` is sealed for the owner."""

    __tablename__ = "links"

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(32), unique=True)
    file_number: Mapped[int] = mapped_column(ForeignKey("files.number", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    password: Mapped[bool]
    expires: Mapped[int | None] = mapped_column(BigInteger)
    downloads: Mapped[int | None]
    used: Mapped[int]
    created: Mapped[int] = mapped_column(BigInteger)


class LinkWrap(Base):
    """The file key of one version, wrapped for one link."""

    __tablename__ = "link_wraps"

    link_number: Mapped[int] = mapped_column(ForeignKey("links.number", ondelete="CASCADE"), primary_key=True)
    version_number: Mapped[int] = mapped_column(
        ForeignKey("versions.number", ondelete="CASCADE"), primary_key=True, index=True
    )
    wrap: Mapped[bytes] = mapped_column(LargeBinary)


class Lease(Base):
    """A download through a link that has begun, named by the hash of its ticket. `counted`: it is in `used`."""

    __tablename__ = "leases"

    ticket: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    link_number: Mapped[int] = mapped_column(ForeignKey("links.number", ondelete="CASCADE"), index=True)
    version_number: Mapped[int] = mapped_column(ForeignKey("versions.number", ondelete="CASCADE"), index=True)
    until: Mapped[int] = mapped_column(BigInteger, index=True)
    counted: Mapped[bool]


class Served(Base):
    """A chunk of which a lease has been given any byte, by its name in storage (`c0`, `m3`)."""

    __tablename__ = "served_chunks"

    ticket: Mapped[bytes] = mapped_column(ForeignKey("leases.ticket", ondelete="CASCADE"), primary_key=True)
    chunk: Mapped[str] = mapped_column(String(16), primary_key=True)
