"""What a stored file costs its owner: its chunks as they lie on a disk, its heads and rows in the database.

Bytes alone would be wrong where they are few: a file of ten bytes takes two files and some rows (docs/api.md §4).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from peerseal.server.files.models import Link, LinkWrap, Reader, StoredFile, StoredVersion, Wrap
from peerseal.server.files.sizes import BLOCK, streams_of
from peerseal.wire.limits import CLOSING_MAX_BYTES

#: The row of a reader, a wrap or a link, besides what it holds.
ROW: Final = 256


def cost_again(session: Session, file_number: int) -> None:
    """Put down anew what this file costs; nothing if it is gone."""
    bytes_ = cost_of(session, file_number)
    session.execute(update(StoredFile).where(StoredFile.number == file_number).values(bytes=bytes_))


def cost_of(session: Session, file_number: int) -> int:
    """What it costs now, by its rows: 0 if it is gone."""
    asked = select(func.length(StoredFile.access)).where(StoredFile.number == file_number)
    access = session.execute(asked).scalar_one_or_none()
    if access is None:
        return 0
    return BLOCK + int(access) + _versions(session, file_number) + _readers(session, file_number)


def _versions(session: Session, file_number: int) -> int:
    closing = func.coalesce(func.length(StoredVersion.closing), CLOSING_MAX_BYTES)  # it is to come
    heads = func.length(StoredVersion.opening) + func.length(StoredVersion.card) + closing
    sizes = (StoredVersion.record_size, StoredVersion.manifest_bytes, StoredVersion.content_bytes)
    asked = select(heads, StoredVersion.kept, *sizes).where(StoredVersion.file_number == file_number)
    total = 0
    for of_heads, kept, *of_streams in session.execute(asked):
        space = sum(stream.space for stream in streams_of(*of_streams)) if kept else 0
        total += BLOCK + of_heads + space
    return total


def _readers(session: Session, file_number: int) -> int:
    """Readers and links, and what is wrapped for them."""
    versions = select(StoredVersion.number).where(StoredVersion.file_number == file_number)
    sums = (
        select(ROW * func.count()).where(Reader.file_number == file_number),
        select(ROW * func.count()).where(Link.file_number == file_number),
        *(
            select(func.coalesce(func.sum(func.length(one.wrap) + ROW), 0)).where(
                one.version_number.in_(versions)
            )
            for one in (Wrap, LinkWrap)
        ),
    )
    return sum(int(session.execute(one).scalar_one()) for one in sums)
