"""The tables' history: what brings a database of any earlier version to the form this program uses.

All pending steps run in one transaction: a crash in the middle leaves the database as it was.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from peerseal.errors import LocalFileFailed


def migrate(engine: Engine) -> None:
    """Bring the database to the newest form. Raises LocalFileFailed (`database_newer`) if it is beyond that."""
    with engine.begin() as connection:
        if is_pending(connection):
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def is_pending(connection: Connection) -> bool:
    """Whether steps are missing. Raises LocalFileFailed (`database_newer`)."""
    script = ScriptDirectory.from_config(_config())
    at = set(MigrationContext.configure(connection).get_current_heads())
    if not at <= {step.revision for step in script.walk_revisions()}:
        raise LocalFileFailed(
            "The database was made by a newer Peerseal than this one, so the server does not start.",
            code="database_newer",
            hint="Update Peerseal, or put a backup from before the update in its place.",
        )
    return at != set(script.get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
