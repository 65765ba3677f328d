"""A server that is asked by a name that is not its own says so, to every command."""

import json
import socket
from pathlib import Path

import pytest

from peerseal.cli.doctor import findings
from peerseal.client.api import Api
from peerseal.client.carrier import problem
from peerseal.client.http import Response
from peerseal.client.settings import parse_server
from peerseal.errors import Refused
from support.live_server import LiveServer

BODY = {"code": "misdirected", "title": "Not by this name", "status": 421, "request_id": "x"}


def test_who_meets_is_told_which_name_to_use() -> None:
    said = problem(
        Response(421, {"content-type": "application/problem+json"}, json.dumps(BODY).encode()),
        parse_server("http://nas.example:5000"),
    )
    assert (type(said), said.code) == (Refused, "misdirected")
    assert "PEERSEAL_HOSTS" in (said.hint or "")


def test_accounts_and_doctor_blame_the_name_and_not_the_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LiveServer({"hosts": "files.example", "data": str(tmp_path / "data")}) as live:
        # As if this machine knew the server by another name.
        other = parse_server(f"http://nas.example:{live.port}")
        real = socket.create_connection
        monkeypatch.setattr(
            "socket.create_connection",
            lambda _address, *rest, **more: real(("127.0.0.1", live.port), *rest, **more),
        )
        with pytest.raises(Refused, match="does not answer to this name"):
            Api(other).info()
        told = list(findings(other))
        assert [(one.name, one.state) for one in told][-1] == ("peerseal", "broken")
        assert "does not answer to this name" in told[-1].message
