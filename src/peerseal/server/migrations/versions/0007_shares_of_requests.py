"""From which network a key exchange was asked for, as a keyed hash."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that wait count as one network's."""
    op.add_column("exchanges", sa.Column("asker_network", sa.LargeBinary(32), nullable=True))


def downgrade() -> None:
    """Everybody has the same place again."""
    op.drop_column("exchanges", "asker_network")
