"""What people one does not know leave with somebody: one line, however much it is, and one word takes it away."""

from __future__ import annotations

from pathlib import Path

import pytest

from peerseal.wire.accounts import AskExchange
from support.live_server import LiveServer
from support.shell import Shell
from support.stored_files import new_file
from support.storing import Storer

pytestmark = pytest.mark.e2e


def test_what_strangers_left_is_a_line_and_blocking_takes_it_away(tmp_path: Path) -> None:
    with LiveServer({"data": str(tmp_path / "server")}) as live:
        dora = Shell(live.url, tmp_path, "dora")
        dora.run("register", "dora", "--password-stdin", "-y", given="a password of eleven words\n")
        pest, other = (Storer.sign_up(live.port, name) for name in ("pest", "other"))
        for who in (pest, pest, pest, other):
            who.expect("new_file", new_file(("dora",)))
        assert dora.run("files") == ""
        assert "4 more are said to be from people you do not know" in dora.said
        assert "pest (3), other (1)" in dora.said
        assert dora.run("files", "--strangers").count("said to be from pest, not shown") == 3
        pest.expect("ask_exchange", AskExchange("dora", bytes(1520)))
        assert dora.result("contacts", "block", "pest", "-y")["blocked"] is True
        assert "other, not shown" in dora.run("files")
        assert "asked you, declined" in dora.run("exchange", "list")
        status, said = pest.call("new_file", new_file(("dora",)))
        assert (status, said["code"]) == (409, "not_wanted")
        assert dora.result("contacts", "unblock", "pest")["blocked"] is False
        pest.expect("new_file", new_file(("dora",)))
        for person in (pest, other):
            person.close()
