"""What Alembic runs: every step on the connection and in the transaction it is given."""

from alembic import context

from peerseal.server.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,  # also on SQLite, where `database` begins the transaction itself
)
context.run_migrations()
