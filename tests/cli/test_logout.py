"""`peerseal logout`: nothing secret stays, and keys that might be the only copy are asked about first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.device import Device, registered

pytestmark = pytest.mark.e2e


def test_signing_out_leaves_no_secret_behind(server: str, tmp_path: Path) -> None:
    leaver = registered(server, tmp_path / "leaver", "leaver")
    file = next((tmp_path / "leaver/accounts").glob("*.json"))
    kept = json.loads(file.read_text())["member"]
    assert leaver.run("logout").exit == 0
    left = b"".join(path.read_bytes() for path in (tmp_path / "leaver").rglob("*") if path.is_file())
    assert kept["root"].encode() not in left
    assert kept["token"].encode() not in left
    assert leaver.json("whoami").exit == 11


def test_a_device_with_old_keys_can_sign_out_and_in_again(server: str, tmp_path: Path) -> None:
    old, new = registered(server, tmp_path / "old", "ivy"), Device(server, tmp_path / "new")
    assert new.run("login", "ivy", typed=["ivy's password"]).exit == 0
    assert new.run("account", "new-keys", "-y", typed=["ivy's password"]).exit == 0
    for words in (["files"], ["contacts"], ["exchange", "list"], ["whoami"], ["upload", "--text", "x"]):
        told = old.json(*words)
        assert (told.exit, told.error["code"]) == (4, "key_changed"), words
        assert "peerseal login ivy" in told.error["hint"]
    assert old.run("logout").exit != 0, "these keys might be the only copy: asked first"
    assert old.run("logout", "-y").exit == 0
    assert old.run("login", "ivy", typed=["ivy's password"]).exit == 0
    assert old.run("files").exit == 0


def test_a_server_that_is_gone_is_forgotten_all_the_same(server: str, tmp_path: Path) -> None:
    leaver = registered(server, tmp_path / "left", "lefthere")
    (kept,) = (tmp_path / "left/accounts").glob("*.json")
    token = json.loads(kept.read_text())["member"]["token"]
    leaver.server = "http://127.0.0.1:1"
    nobody = leaver.json("logout", "--forget", "-y").result
    assert (nobody["name"], nobody["forgotten"]) == (None, True)
    leaver.server = server
    refused = leaver.json("logout", "--forget")
    assert (refused.exit, refused.error["code"]) == (2, "usage")
    assert leaver.json("logout", "--forget", "-y").result["name"] == "lefthere"
    files = [path.read_bytes() for path in (tmp_path / "left").rglob("*") if path.is_file()]
    assert token.encode() not in b"".join(files)
