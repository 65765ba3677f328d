"""What of a park has come: those that arrive count for that, not for what was announced."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Parks that are there count as if all had come."""
    op.add_column("parks", sa.Column("stored", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE parks SET stored = room")


def downgrade() -> None:
    """Everything counts as announced again."""
    op.drop_column("parks", "stored")
