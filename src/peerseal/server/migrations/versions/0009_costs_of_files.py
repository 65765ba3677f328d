"""What each file costs its owner: chunks as they lie on a disk, heads and rows too."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BLOCK, _ROW, _CLOSING = 4096, 256, 512
_MANIFEST_RECORD = "(CASE WHEN v.record_size < 65536 THEN v.record_size ELSE 65536 END)"
_VERSIONS = """(SELECT COALESCE(SUM({block} + LENGTH(v.opening) + LENGTH(v.card) + COALESCE(LENGTH(v.closing), {closing})
    + CASE WHEN v.kept THEN {manifest} + {content} ELSE 0 END), 0) FROM versions v WHERE v.file_number = files.number)"""
_WRAPS = """(SELECT COALESCE(SUM(LENGTH(w.wrap) + {row}), 0) FROM {table} w
    JOIN versions v ON v.number = w.version_number WHERE v.file_number = files.number)"""
_ROWS = "(SELECT {row} * COUNT(*) FROM {table} r WHERE r.file_number = files.number)"
_SEALED = (
    "SELECT COALESCE(SUM(manifest_bytes + content_bytes), 0) FROM versions WHERE owner_id = users.id AND kept"
)
_COSTS = "SELECT COALESCE(SUM(files.bytes), 0) FROM files WHERE files.owner_id = users.id"


def upgrade() -> None:
    """Everything is counted anew."""
    op.add_column("files", sa.Column("bytes", sa.BigInteger, nullable=False, server_default="0"))
    parts = (
        f"{_BLOCK} + LENGTH(access)",
        _VERSIONS.format(
            block=_BLOCK,
            closing=_CLOSING,
            manifest=_space("v.manifest_bytes", _MANIFEST_RECORD),
            content=_space("v.content_bytes", "v.record_size"),
        ),
        *(_WRAPS.format(row=_ROW, table=table) for table in ("version_wraps", "link_wraps")),
        *(_ROWS.format(row=_ROW, table=table) for table in ("file_readers", "links")),
    )
    op.execute("UPDATE files SET bytes = " + " + ".join(parts))  # noqa: S608 - only constants
    op.create_index("costs_of_owner", "files", ["owner_id", "bytes"])
    op.execute(f"UPDATE users SET used = ({_COSTS})")  # noqa: S608 - only constants


def downgrade() -> None:
    """Sealed bytes alone count."""
    op.execute(f"UPDATE users SET used = ({_SEALED})")  # noqa: S608 - only constants
    op.drop_index("costs_of_owner", "files")
    op.drop_column("files", "bytes")


def _space(size: str, record: str) -> str:
    """What the chunks of a stream take on a disk, where the smallest take a block."""
    chunk = f"(16 * ({record} + 28))"
    rest = f"({size} - {size} / {chunk} * {chunk})"
    least = "(CASE WHEN {0} < {1} THEN {1} ELSE {0} END)"
    whole = f"{size} / {chunk} * {least.format(chunk, _BLOCK)}"
    return f"({whole} + CASE WHEN {rest} > 0 THEN {least.format(rest, _BLOCK)} ELSE 0 END)"
