"""Whose files somebody takes, or does not want."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Who exchanged keys with somebody, or left them something before, is known to them."""
    table = op.create_table(
        "known_senders",
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sender_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("wanted", sa.Boolean, nullable=False),
    )
    op.create_index("ix_known_senders_sender_id", "known_senders", ["sender_id"])
    exchanges = sa.table("exchanges", *map(sa.column, ("asker_id", "asked_id", "state")))
    readers = sa.table("file_readers", *map(sa.column, ("file_number", "user_id")))
    files = sa.table("files", *map(sa.column, ("number", "owner_id")))
    accepted = exchanges.c.state == "accepted"
    gave = readers.join(files, files.c.number == readers.c.file_number)
    pairs = sa.union(
        sa.select(exchanges.c.asker_id, exchanges.c.asked_id).where(accepted),
        sa.select(exchanges.c.asked_id, exchanges.c.asker_id).where(accepted),
        sa.select(readers.c.user_id, files.c.owner_id)
        .select_from(gave)
        .where(readers.c.user_id != files.c.owner_id),
    ).subquery()
    known = sa.select(*pairs.c, sa.literal(value=True))
    op.execute(sa.insert(table).from_select(["user_id", "sender_id", "wanted"], known))


def downgrade() -> None:
    """Everybody may leave everybody anything."""
    op.drop_table("known_senders")
