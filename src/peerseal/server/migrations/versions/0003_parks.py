"""Parks and their readers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "parks",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("source", sa.LargeBinary(16), nullable=False, index=True),
        sa.Column("record_size", sa.Integer, nullable=False),
        sa.Column("manifest_bytes", sa.BigInteger, nullable=False),
        sa.Column("content_bytes", sa.BigInteger, nullable=False),
        sa.Column("manifest_from", sa.Integer, nullable=False),
        sa.Column("content_from", sa.Integer, nullable=False),
        sa.Column("room", sa.BigInteger, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("trimmed", sa.Boolean, nullable=False),
        sa.Column("touched", sa.BigInteger, nullable=False),
        sa.Column("committed", sa.BigInteger),
        sa.Column("expires", sa.BigInteger, nullable=False, index=True),
        sa.Column("blobs", sa.String(32), nullable=False, unique=True),
        sqlite_autoincrement=True,
    )
    untrimmed = sa.text("trimmed = false")
    op.create_index(
        "untrimmed_parks", "parks", ["number"], sqlite_where=untrimmed, postgresql_where=untrimmed
    )
    op.create_table(
        "park_readers",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column(
            "park_number",
            sa.Integer,
            sa.ForeignKey("parks.number", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("token_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("closing", sa.LargeBinary),
        sa.Column("done", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    """Remove them; storage is then swept as holding nobody's blobs."""
    op.drop_table("park_readers")
    op.drop_table("parks")
