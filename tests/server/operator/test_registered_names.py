"""Operators see names as people wrote them when they registered, and may write them either way."""

from pathlib import Path
from urllib.parse import quote

import pytest

from peerseal.server.operator.names import registered
from support.api_client import ApiServer
from support.live_server import LiveServer
from support.strangers import WRONG, Stranger

pytestmark = pytest.mark.e2e

NAME = "Frau Hoffmann"


def test_an_account_is_shown_under_the_name_it_was_registered_with(tmp_path: Path) -> None:
    with LiveServer({"guard": "enforce", "data": str(tmp_path / "data")}) as server:
        Stranger(server.port, "127.1.0.1").register(NAME)
        for n in range(14):
            Stranger(server.port, f"127.2.{n}.1").sign_in("frau hoffmann", WRONG)
            Stranger(server.port, f"127.2.{n}.1").sign_in("nobody here", WRONG)
        operator = Stranger(server.port)
        operator.headers["Authorization"] = (
            f"Operator {(tmp_path / 'data' / 'operator.token').read_text().strip()}"
        )

        def labels(what: str) -> set[str]:
            rows = operator.ask("GET", f"/api/v1/operator/{what}").json
            return {row["label"] for row in next(iter(rows.values())) if row["kind"] == "account"}

        assert labels("standing") == {f"@{NAME}", "@nobody here"}
        assert f"@{NAME}" in labels("events")
        standing = operator.ask("GET", "/api/v1/operator/standing").json["standings"]
        (one,) = [row["id"] for row in standing if row["label"] == f"@{NAME}"]
        looked = operator.ask("GET", f"/api/v1/operator/standing/{one}").json
        assert looked["standing"]["label"] == f"@{NAME}"
        (account,) = operator.ask("GET", "/api/v1/operator/accounts").json["accounts"]
        assert account["name"] == NAME
        path = f"/api/v1/operator/accounts/{quote(NAME)}"
        assert operator.ask("PUT", path, {"quota": 5, "suspended": False}).json["quota"] == 5


def test_more_names_are_asked_for_than_one_question_takes(api: ApiServer) -> None:
    many = [f"nobody {number}" for number in range(1200)]
    assert registered(api.services.database, many) == {}
    assert registered(api.services.database, []) == {}
