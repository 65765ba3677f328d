"""The server itself, accounts, sessions, used challenges, key exchanges."""

import secrets
import time

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the server's identity in them."""
    server = op.create_table(
        "server",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("server_id", sa.LargeBinary(16), nullable=False),
        sa.Column("secret", sa.LargeBinary(32), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    now = time.time_ns() // 1_000_000
    identity = {
        "id": 1,
        "server_id": secrets.token_bytes(16),
        "secret": secrets.token_bytes(32),
        "created": now,
    }
    op.bulk_insert(server, [identity])
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("bundle", sa.LargeBinary, nullable=False),
        sa.Column("auth_hash", sa.String(200), nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=False),
        sa.Column("memory", sa.Integer, nullable=False),
        sa.Column("passes", sa.Integer, nullable=False),
        sa.Column("lanes", sa.Integer, nullable=False),
        sa.Column("vault", sa.LargeBinary),
        sa.Column("book", sa.LargeBinary),
        sa.Column("book_counter", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,  # the number of an account that is gone is never given again
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(32), primary_key=True),
        _user("user_id"),
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False, unique=True),
        sa.Column("kind", sa.String(6), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("last_used", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "spent_challenges",
        sa.Column("challenge", sa.LargeBinary(32), primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "exchanges",
        sa.Column("id", sa.String(32), primary_key=True),
        _user("asker_id"),
        _user("asked_id"),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("asker_bundle", sa.LargeBinary, nullable=False),
        sa.Column("asked_bundle", sa.LargeBinary),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("answered", sa.BigInteger),
        sa.Column("asker_hides", sa.Boolean, nullable=False),
        sa.Column("asked_hides", sa.Boolean, nullable=False),
    )
    pending = sa.text("state = 'pending'")
    op.create_index(
        "one_pending_exchange",
        "exchanges",
        ["asker_id", "asked_id"],
        unique=True,
        sqlite_where=pending,
        postgresql_where=pending,
    )


def downgrade() -> None:
    """Nothing comes before this."""
    for table in ("exchanges", "spent_challenges", "sessions", "users", "server"):
        op.drop_table(table)


def _user(name: str) -> sa.Column[int]:
    return sa.Column(
        name, sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True
    )
