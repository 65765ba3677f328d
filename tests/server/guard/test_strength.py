"""Secrets that others can guess stop the server before it starts, and are not repeated in what it says."""

from pathlib import Path

import pytest
from sqlalchemy import update

from peerseal.errors import LocalFileFailed, UsageError
from peerseal.server.accounts.models import Server
from peerseal.server.config import ServerConfig
from peerseal.server.database import Database
from support.api_client import ApiServer


@pytest.mark.parametrize(
    "secret",
    [
        "x",
        "secret",
        "changeme",
        "PUT-32-RANDOM-CHARACTERS-HERE",
        "change-me-change-me-change-me",
        "this-is-the-turn-secret-of-example.org",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "abababababababababababababababab",
        "abcdefghijklmnopqrstuvwxyz",
        "qwertyuiopasdfghjkl",
        "fifteen-letters",
    ],
)
def test_a_weak_secret_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(UsageError) as refused:
        ServerConfig.from_environment({"PEERSEAL_TURN_SECRET": secret})
    assert refused.value.code == "weak_secret"
    assert "PEERSEAL_TURN_SECRET" in refused.value.message
    assert secret not in refused.value.message + refused.value.hint


@pytest.mark.parametrize(
    "secret",
    [
        "b1946ac92492d2347c6235b4d2611184",
        "RANDOMcuSECRETkQ9zPUT7aDEFAULTt2",
        "Zm9vYmFyYmF6cXV4Zm9vYmFy",
        "korrekt pferd batterie heftklammer",
    ],
)
def test_a_random_one_is_taken(secret: str) -> None:
    assert ServerConfig.from_environment({"PEERSEAL_TURN_SECRET": secret}).turn_secret == secret


@pytest.mark.parametrize("secret", [bytes(32), b"x" * 32, b"0123456789abcdef"])
def test_a_database_whose_secret_is_none_is_not_served(tmp_path: Path, secret: bytes) -> None:
    ApiServer(tmp_path / "data").close()
    database = Database.open("", tmp_path / "data")
    with database.writing() as session:
        session.execute(update(Server).values(secret=secret))
    database.close()
    with pytest.raises(LocalFileFailed) as refused:
        ApiServer(tmp_path / "data")
    assert refused.value.code == "weak_secret"


def test_none_at_all_is_no_weak_one() -> None:
    assert ServerConfig.from_environment({}).turn_secret == ""
