"""`peerseal guard why`: what was seen before somebody was stopped, and what it was once that is over."""

from __future__ import annotations

import json

import pytest

from support.operating import Seat, guess

pytestmark = pytest.mark.e2e


def test_it_is_told_while_it_stands_and_once_it_is_undone(seat: Seat) -> None:
    guess(seat.server, "victim", 1, 2, 3)
    listed = seat.guard("list")
    (line,) = [line for line in listed.stdout.splitlines() if "@victim" in line]
    assert "waits" in line
    begin = line.split()[0]
    why = seat.guard("why", begin)
    assert "login_failed" in why.stdout
    state, *standings = seat.told("list")
    assert (state["event"], state["mode"]) == ("guard", "enforce")
    assert state["waiting"] == len([one for one in standings if one["action"] == "wait"]) > 0
    assert "@victim" in [one["label"] for one in standings if one["kind"] == "account"]

    undone = seat.guard("undo", begin)
    assert (undone.returncode, undone.stderr) == (0, "Undone: account @victim starts from 0.\n")
    gone = seat.told("undo", begin)[-1]
    assert (gone["event"], gone["code"], gone["exit"]) == ("error", "not_found", 9)
    # By its name, and by the id it has in the file of events, it is told still: what it was, and that it is over.
    told = [json.loads(line) for line in (seat.data / "guard.ndjson").read_text().splitlines()]
    *_, waited = [
        line for line in told if line["subject"]["kind"] == "account" and line["action"] == "challenge"
    ]
    over = seat.guard("why", waited["id"]).stdout
    assert "Account @victim" in over
    assert "challenged: wrong passwords of strangers for this account" in over
    assert "It is over, ended before its time." in over
    (past,) = seat.told("why", "@victim")
    assert (past["event"], past["action"]) == ("past", "undo")
    assert seat.told("why", "@nobody")[-1]["code"] == "not_found"
