"""Stored files, their versions, readers, links and the downloads through them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = (
    "files",
    "file_readers",
    "versions",
    "version_wraps",
    "links",
    "link_wraps",
    "leases",
    "served_chunks",
)


def upgrade() -> None:
    """Make the tables."""
    _files()
    _versions()
    _links()


def downgrade() -> None:
    """Remove them; storage is then swept as holding nobody's blobs."""
    for table in reversed(_TABLES):
        op.drop_table(table)


def _files() -> None:
    op.create_table(
        "files",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        _of("owner_id", "users.id", index=True),
        sa.Column("access", sa.LargeBinary, nullable=False),
        sa.Column("access_counter", sa.BigInteger, nullable=False),
        sa.Column("current", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, index=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "file_readers",
        _of("file_number", "files.number", primary_key=True),
        _of("user_id", "users.id", primary_key=True),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    op.create_index("files_of_reader", "file_readers", ["user_id", "changed", "file_number"])


def _versions() -> None:
    op.create_table(
        "versions",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("upload", sa.String(32), nullable=False, unique=True),
        _of("file_number", "files.number"),
        _of("owner_id", "users.id"),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("opening", sa.LargeBinary, nullable=False),
        sa.Column("closing", sa.LargeBinary),
        sa.Column("card", sa.LargeBinary, nullable=False),
        sa.Column("record_size", sa.Integer, nullable=False),
        sa.Column("manifest_bytes", sa.BigInteger, nullable=False),
        sa.Column("content_bytes", sa.BigInteger, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("kept", sa.Boolean, nullable=False),
        sa.Column("trimmed", sa.Boolean, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("touched", sa.BigInteger, nullable=False),
        sa.Column("committed", sa.BigInteger),
        sa.Column("blobs", sa.String(32), nullable=False, unique=True),
        sqlite_autoincrement=True,
    )
    op.create_index("versions_of_file", "versions", ["file_number", "version"])
    op.create_index("bytes_of_owner", "versions", ["owner_id", "kept", "manifest_bytes", "content_bytes"])
    arriving = sa.text("committed IS NULL")
    op.create_index(
        "arriving_versions",
        "versions",
        ["owner_id", "touched"],
        sqlite_where=arriving,
        postgresql_where=arriving,
    )
    untrimmed = sa.text("trimmed = false")
    op.create_index(
        "untrimmed_versions", "versions", ["number"], sqlite_where=untrimmed, postgresql_where=untrimmed
    )
    op.create_table(
        "version_wraps",
        _of("version_number", "versions.number", primary_key=True),
        _of("user_id", "users.id", primary_key=True, index=True),
        sa.Column("wrap", sa.LargeBinary, nullable=False),
    )


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        _of("file_number", "files.number", index=True),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("password", sa.Boolean, nullable=False),
        sa.Column("expires", sa.BigInteger),
        sa.Column("downloads", sa.Integer),
        sa.Column("used", sa.Integer, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "link_wraps",
        _of("link_number", "links.number", primary_key=True),
        _of("version_number", "versions.number", primary_key=True, index=True),
        sa.Column("wrap", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("ticket", sa.LargeBinary(32), primary_key=True),
        _of("link_number", "links.number", index=True),
        _of("version_number", "versions.number", index=True),
        sa.Column("until", sa.BigInteger, nullable=False, index=True),
        sa.Column("counted", sa.Boolean, nullable=False),
    )
    op.create_table(
        "served_chunks",
        sa.Column(
            "ticket", sa.LargeBinary(32), sa.ForeignKey("leases.ticket", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("chunk", sa.String(16), primary_key=True),
    )


def _of(name: str, target: str, *, primary_key: bool = False, index: bool = False) -> sa.Column[int]:
    return sa.Column(
        name,
        sa.Integer,
        sa.ForeignKey(target, ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        index=index,
    )
