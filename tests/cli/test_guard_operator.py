"""Who may call a server as its operator; and invitations, without which nobody has an account there."""

from __future__ import annotations

from pathlib import Path

import pytest

from peerseal.client.settings import parse_server
from support.operating import Seat, guess
from support.strangers import Stranger

pytestmark = pytest.mark.e2e


def test_who_is_no_operator_is_told_how_to_be_one(seat: Seat, tmp_path: Path) -> None:
    nobody = seat.events("guard", "list")[-1]
    assert (nobody["code"], nobody["exit"]) == ("not_operator", 11)
    elsewhere = seat.events("guard", "list", "--data", tmp_path)[-1]
    assert (elsewhere["code"], elsewhere["exit"]) == ("operator_token", 8)
    code = seat.invitation()
    seat.run("register", "Plain", "--invite", code, "--password-stdin", typed="correct horse\n")
    refused = seat.events("guard", "list")[-1]
    assert (refused["code"], refused["exit"]) == ("not_operator", 11)


def test_an_account_the_settings_name_needs_no_token(seat: Seat) -> None:
    code = seat.invitation()
    seat.run("register", "Root", "--invite-stdin", typed=f"{code}\ncorrect horse\n")
    assert seat.events("guard", "list")[0]["event"] == "guard"


def test_an_invitation_makes_one_account(seat: Seat, tmp_path: Path) -> None:
    without = seat.events("register", "Ann", "--password-stdin", typed="correct horse\n")[-1]
    assert (without["code"], without["exit"]) == ("invite", 11)
    assert "--invite CODE" in without["hint"]
    code = seat.invitation()
    ann = seat.events("register", "Ann", "--invite-stdin", typed=f"{code}\ncorrect horse\n")[-1]
    assert (ann["event"], ann["name"]) == ("result", "Ann")
    bob = Seat(seat.server, seat.data, tmp_path / "bob")
    again = bob.events("register", "Bob", "--invite", code, "--password-stdin", typed="correct horse\n")[-1]
    assert (again["code"], again["exit"]) == ("invite", 11)


def test_a_device_that_signed_in_before_signs_in_while_strangers_wait(seat: Seat) -> None:
    code = seat.invitation()
    seat.run("register", "Owen", "--invite", code, "--password-stdin", typed="correct horse\n")
    assert seat.run("logout").returncode == 0
    guess(seat.server, "owen", 0)
    stranger = Stranger(parse_server(seat.server).port, "127.0.0.1")
    assert stranger.sign_in("owen", bytes(32)).code in {"challenge", "wait", "too_many_requests"}
    signed_in = seat.events("login", "Owen", "--password-stdin", typed="correct horse\n")[-1]
    assert (signed_in["event"], signed_in["name"]) == ("result", "Owen")
