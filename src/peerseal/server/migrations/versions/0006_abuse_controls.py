"""Accounts that are suspended or have a quota of their own, invitations, reports."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is suspended, and everybody has the usual quota."""
    op.add_column("users", sa.Column("quota", sa.BigInteger, nullable=True))
    op.add_column("users", sa.Column("suspended", sa.BigInteger, nullable=True))
    op.create_table(
        "invites",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("note", sa.String(100), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("used", sa.String(64), nullable=True),
    )
    op.create_index("ix_invites_created", "invites", ["created"])
    op.create_table(
        "reports",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(32), nullable=False, unique=True),
        sa.Column("link", sa.String(32), nullable=False),
        sa.Column("owner_id", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL"), nullable=True),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_reports_link", "reports", ["link"])
    op.create_index("ix_reports_owner_id", "reports", ["owner_id"])


def downgrade() -> None:
    """Everybody may sign in again."""
    op.drop_table("reports")
    op.drop_table("invites")
    op.drop_column("users", "suspended")
    op.drop_column("users", "quota")
