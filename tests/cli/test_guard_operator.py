"""`peerseal guard` as an operator: what is stopped, why, undone and allowed; and invitations, used by whom they are for."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from peerseal.client.api import Api
from peerseal.client.settings import parse_server
from peerseal.wire import operator
from support.command_line import PEERSEAL
from support.live_server import LiveServer
from support.strangers import Stranger

pytestmark = pytest.mark.e2e


class Terminal:
    """Somebody at a terminal with keys of their own."""

    def __init__(self, server: str, home: Path) -> None:
        self.server, self.home = server, home

    def run(self, *words: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if not name.startswith("PEERSEAL_")}
        return subprocess.run(
            [PEERSEAL, *words, "--server", self.server],
            env={**env, "PEERSEAL_HOME": str(self.home), "NO_COLOR": "1"},
            cwd=self.home.parent,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def events(self, *words: str | Path, typed: str = "") -> list[dict[str, Any]]:
        """What --json says, line by line."""
        return [json.loads(line) for line in self.run(*words, "--json", typed=typed).stdout.splitlines()]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[str]:
    """It stops who attacks, takes accounts by invitation, and Root is its operator."""
    settings = {"data": str(data), "guard": "enforce", "registration": "invite", "operators": "Root"}
    with LiveServer(settings) as live:
        yield live.url


@pytest.fixture
def here(server: str, tmp_path: Path) -> Terminal:
    return Terminal(server, tmp_path / "home")


def invited(server: str, data: Path) -> str:
    """The code of a new invitation."""
    with closing(Api(parse_server(server))) as api:
        api.operator = (data / "operator.token").read_text().strip()
        return api.ask(operator.MadeInvite, "operator_invite", operator.NewInvite("for a test", 1)).code


def guess(server: str, name: str, *networks: int) -> None:
    """Sign in with wrong passwords from these networks until the server has enough, however slow it is."""
    for network in networks:
        stranger = Stranger(parse_server(server).port, f"127.0.{network}.1")
        for _ in range(11):
            assert stranger.sign_in(name, bytes(32)).status in (401, 429)


def test_what_is_stopped_is_listed_with_why_and_undone(here: Terminal, data: Path) -> None:
    ours = ("--data", data)
    quiet = here.run("guard", "list", *ours)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    assert quiet.stdout.startswith("All quiet: nobody is stopped.")
    assert [one["event"] for one in here.events("guard", "list", *ours)] == ["guard"]
    guess(here.server, "victim", 1, 2, 3)
    listed = here.run("guard", "list", *ours)
    (line,) = [line for line in listed.stdout.splitlines() if "@victim" in line]
    assert "waits" in line
    begin = line.split()[0]
    why = here.run("guard", "why", begin, *ours)
    assert "login_failed" in why.stdout
    state, *standings = here.events("guard", "list", *ours)
    assert (state["event"], state["mode"], state["waiting"]) == ("guard", "enforce", 1)
    assert [one["label"] for one in standings if one["kind"] == "account"] == ["@victim"]

    undone = here.run("guard", "undo", begin, *ours)
    assert (undone.returncode, undone.stderr) == (0, "Undone: account @victim starts from 0.\n")
    gone = here.events("guard", "undo", begin, *ours)[-1]
    assert (gone["event"], gone["code"], gone["exit"]) == ("error", "not_found", 9)
    # By its name, and by the id it has in the file of events, it is told still: what it was, and that it is over.
    told = [json.loads(line) for line in (data / "guard.ndjson").read_text().splitlines()]
    (waited, *_) = [
        line for line in told if line["subject"]["kind"] == "account" and line["action"] == "challenge"
    ]
    over = here.run("guard", "why", waited["id"], *ours).stdout
    assert "Account @victim" in over
    assert "challenged: wrong passwords of strangers for this account" in over
    assert "It is over, ended before its time." in over
    (past,) = here.events("guard", "why", "@victim", *ours)
    assert (past["event"], past["action"]) == ("past", "undo")
    assert here.events("guard", "why", "@nobody", *ours)[-1]["code"] == "not_found"


def test_exceptions_are_made_and_taken_back(here: Terminal, data: Path) -> None:
    ours = ("--data", data)
    assert here.run("guard", "allow", "198.51.100.0/24", *ours).returncode == 0
    assert "198.51.100.0/24" in here.run("guard", "allow", *ours).stdout
    assert here.run("guard", "allow", "198.51.100.0/24", "--remove", *ours).returncode == 0
    assert "Everybody is judged" in here.run("guard", "allow", *ours).stdout
    absent = here.events("guard", "allow", "198.51.100.0/24", "--remove", *ours)[-1]
    assert (absent["code"], absent["exit"]) == ("not_found", 9)


def test_an_exception_is_taken_back_as_it_was_written(here: Terminal, data: Path) -> None:
    ours = ("--data", data)
    assert here.run("guard", "allow", "127.0.9.11", *ours).stdout == ""
    taken = here.run("guard", "allow", "--remove", "127.0.9.11", *ours)
    assert (taken.returncode, taken.stderr) == (0, "127.0.9.11/32 is judged like everybody.\n")
    assert "Nobody has an account nobody" in here.run("guard", "allow", "@nobody", *ours).stderr
    assert here.run("guard", "allow", "--remove", "@Nobody", *ours).returncode == 0
    everybody = here.events("guard", "allow", "0.0.0.0/0", *ours)[-1]
    assert (everybody["code"], everybody["exit"]) == ("allow_everybody", 2)
    assert "peerseal guard mode" in everybody["hint"]


def test_the_mode_is_said_and_set(here: Terminal, data: Path) -> None:
    ours = ("--data", data)
    assert here.run("guard", "mode", "observe", *ours).stdout == "observe\n"
    assert here.events("guard", "mode", *ours)[0]["mode"] == "observe"
    assert here.run("guard", "mode", "enforce", *ours).stdout == "enforce\n"
    assert here.run("guard", "mode", "loud", *ours).returncode == 2


def test_the_page_is_opened_by_a_link_that_stands_alone(here: Terminal, data: Path) -> None:
    said = here.run("guard", "page", "--data", data)
    assert said.stdout.startswith(f"{here.server}/operator#")
    assert said.stdout.count("\n") == 1


def test_who_is_no_operator_is_told_how_to_be_one(here: Terminal, data: Path, tmp_path: Path) -> None:
    nobody = here.events("guard", "list")[-1]
    assert (nobody["code"], nobody["exit"]) == ("not_operator", 11)
    elsewhere = here.events("guard", "list", "--data", tmp_path)[-1]
    assert (elsewhere["code"], elsewhere["exit"]) == ("operator_token", 8)
    code = invited(here.server, data)
    here.run("register", "Plain", "--invite", code, "--password-stdin", typed="correct horse\n")
    refused = here.events("guard", "list")[-1]
    assert (refused["code"], refused["exit"]) == ("not_operator", 11)


def test_an_account_the_settings_name_needs_no_token(here: Terminal, data: Path) -> None:
    code = invited(here.server, data)
    here.run("register", "Root", "--invite-stdin", typed=f"{code}\ncorrect horse\n")
    assert here.events("guard", "list")[0]["event"] == "guard"


def test_an_invitation_makes_one_account(here: Terminal, data: Path, tmp_path: Path) -> None:
    without = here.events("register", "Ann", "--password-stdin", typed="correct horse\n")[-1]
    assert (without["code"], without["exit"]) == ("invite", 11)
    assert "--invite CODE" in without["hint"]
    code = invited(here.server, data)
    ann = here.events("register", "Ann", "--invite-stdin", typed=f"{code}\ncorrect horse\n")[-1]
    assert (ann["event"], ann["name"]) == ("result", "Ann")
    bob = Terminal(here.server, tmp_path / "bob")
    again = bob.events("register", "Bob", "--invite", code, "--password-stdin", typed="correct horse\n")[-1]
    assert (again["code"], again["exit"]) == ("invite", 11)


def test_a_device_that_signed_in_before_signs_in_while_strangers_wait(here: Terminal, data: Path) -> None:
    code = invited(here.server, data)
    here.run("register", "Owen", "--invite", code, "--password-stdin", typed="correct horse\n")
    assert here.run("logout").returncode == 0
    guess(here.server, "owen", 0)
    stranger = Stranger(parse_server(here.server).port, "127.0.0.1")
    assert stranger.sign_in("owen", bytes(32)).code in {"challenge", "wait", "too_many_requests"}
    signed_in = here.events("login", "Owen", "--password-stdin", typed="correct horse\n")[-1]
    assert (signed_in["event"], signed_in["name"]) == ("result", "Owen")
