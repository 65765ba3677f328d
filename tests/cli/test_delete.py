"""`peerseal delete`: one's own file is gone for everybody, somebody else's only from one's own list."""

from __future__ import annotations

import pytest

from support.shell import Shell

pytestmark = pytest.mark.e2e


def test_an_old_version_alone_can_be_deleted(alice: Shell) -> None:
    stored = alice.run("upload", "--text", "one", "-q").strip()
    alice.run("update", stored, "--text", "two")
    alice.run("update", stored, "--text", "four", "--if-version", "1", code=11)
    assert "at version 2, not 1" in alice.said
    assert "--if-version 2, or leave it away" in alice.said
    alice.run("delete", stored, "--version", "1", code=2)
    alice.run("delete", stored, "--version", "2", "-y", code=2)
    assert "is the current one" in alice.said
    alice.run("delete", stored, "--version", "9", "-y", code=9)
    alice.run("delete", stored, "--version", "1", "-y")
    assert "no longer kept" in alice.run("history", stored)
    assert alice.run("download", stored, "-o", "-") == "two"


def test_ones_own_file_is_asked_about_and_gone_for_everybody(alice: Shell, bob: Shell) -> None:
    stored = alice.run("upload", "--text", "ours", "--to", "bob", "--unverified", "-q").strip()
    alice.run("delete", stored, code=2)
    assert "-y deletes unasked" in alice.said
    assert bob.run("download", stored, "-o", "-") == "ours"
    alice.run("delete", stored[:8], "-y")
    assert "It is gone, for everybody." in alice.said
    bob.run("download", stored, "-o", "-", code=9)
    alice.run("delete", stored, "-y", code=9)


def test_what_somebody_else_gave_goes_from_ones_own_list_alone(alice: Shell, bob: Shell) -> None:
    stored = alice.run("upload", "--text", "yours", "--to", "bob", "--unverified", "-q").strip()
    assert bob.result("delete", stored, "-y") == {"v": 1, "event": "result", "id": stored, "deleted": False}
    assert stored[:8] not in bob.run("files")
    bob.run("download", stored, "-o", "-", code=9)
    assert alice.run("download", stored, "-o", "-") == "yours"
