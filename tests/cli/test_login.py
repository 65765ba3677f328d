"""`peerseal login`: the keys come to another device, one account at a time, and no password is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.device import Device, registered

pytestmark = pytest.mark.e2e


def test_another_device_signs_in_by_password_and_the_old_one_is_told(server: str, tmp_path: Path) -> None:
    here = registered(server, tmp_path / "here", "mover")
    there = Device(server, tmp_path / "there")
    with there.terminal("login", "Mover") as terminal:
        terminal.until("Password: ")
        terminal.press("mover's password\n")
        assert terminal.end() == 0
    assert "mover's password" not in terminal.screen
    assert "Signed in as mover" in terminal.screen
    fingerprint = here.json("whoami").result["fingerprint"]
    assert there.json("whoami").result["fingerprint"] == fingerprint
    tokens = there.json("account", "tokens").result["sessions"]
    assert [row["current"] for row in tokens].count(True) == 1
    changed = there.run("account", "password", typed=["mover's password", "another password"])
    assert changed.exit == 0
    gone = here.json("whoami")
    assert (gone.exit, gone.error["code"]) == (11, "not_signed_in")
    assert gone.error["message"] == f"This device is no longer signed in at {server}."
    assert here.run("login", "mover", typed=["another password"]).exit == 0
    other = next(row for row in there.json("account", "tokens").result["sessions"] if not row["current"])
    assert there.run("account", "tokens", "--end", other["id"][:8]).exit == 0
    assert here.json("whoami").error["code"] == "not_signed_in"


def test_who_else_is_signed_in_is_said_before_a_password_is_asked(server: str, tmp_path: Path) -> None:
    here = registered(server, tmp_path / "here", "herself")
    for command in ("login", "register"):
        with here.terminal(command, "another") as terminal:
            assert terminal.end() == 11
        assert "herself is signed in here." in terminal.screen
        assert "assword:" not in terminal.screen


def test_ctrl_c_at_a_password_leaves_the_terminal_as_it_was(device: Device) -> None:
    with device.terminal("login", "ada") as terminal:
        terminal.until("Password: ")
        terminal.process.send_signal(2)
        assert terminal.end() == 130
    assert "Stopped." in terminal.screen


def test_a_name_is_said_once(device: Device) -> None:
    for words in ([], ["ada", "--as", "bert"]):
        said = device.json("login", *words)
        assert (said.exit, said.error["code"]) == (2, "usage")
        assert "`peerseal login alice`" in said.error["hint"]


def test_a_wrong_password_leaves_nobody_signed_in(server: str, device: Device, tmp_path: Path) -> None:
    registered(server, tmp_path / "here", "guarded")
    wrong = device.json("login", "guarded", typed=["not the password"])
    assert (wrong.exit, wrong.error["code"]) == (11, "login_failed")
    assert device.json("whoami").error["code"] == "not_signed_in"
