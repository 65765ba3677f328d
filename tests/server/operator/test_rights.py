"""Whoever registers an operator's name is the operator: so it is told which names are still free."""

import logging
from pathlib import Path

import pytest

from peerseal.server.asgi import create_asgi
from peerseal.server.config import ServerConfig
from peerseal.server.operator.rights import unclaimed
from support.stored_files import Desk


def test_names_without_an_account_are_told(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.person("ada")
        assert unclaimed(desk.database, ("Ben", "Ada")) == ["Ben"]
        assert unclaimed(desk.database, ()) == []


def test_the_log_says_so_at_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "peerseal.server"):
        app = create_asgi(ServerConfig(data=tmp_path / "data", operators=("ada",)))
    app._services.close()
    assert "nobody has that account yet" in caplog.text
