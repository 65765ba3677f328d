"""Devices that signed in to an account before."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None is known yet."""
    op.create_table(
        "known_devices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False, index=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("last_used", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("user_id", "secret_hash"),
    )


def downgrade() -> None:
    """All are strangers again."""
    op.drop_table("known_devices")
