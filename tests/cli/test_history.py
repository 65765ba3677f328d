"""`peerseal history`: the versions of a file, oldest first, as its readers can prove them."""

from __future__ import annotations

import pytest

from support.shell import Shell

pytestmark = pytest.mark.e2e


def test_versions_are_listed_oldest_first_with_what_is_still_kept(alice: Shell, bob: Shell) -> None:
    (alice.folder / "plan.txt").write_text("first")
    stored = alice.run("upload", "plan.txt", "--to", "bob", "--unverified", "-q").strip()
    (alice.folder / "plan.txt").write_text("the second")
    alice.run("update", stored, "plan.txt")
    alice.run("delete", stored, "--version", "1", "-y")
    for reader in (alice, bob):
        first, second = reader.run("history", stored[:8]).splitlines()
        assert first.startswith("v1  5 B  20")
        assert first.endswith("  no longer kept  plan.txt")
        assert second.startswith("v2  10 B  20")
        assert second.endswith("  plan.txt")
        assert "no longer" not in second


def test_machines_get_each_version_with_its_fields(alice: Shell) -> None:
    stored = alice.run("upload", "--text", "a note", "-q").strip()
    said = alice.result("history", stored)
    assert said["id"] == stored
    assert isinstance(said["versions"], list)
    (one,) = said["versions"]
    assert isinstance(one.pop("changed"), int)
    assert one == {
        "version": 1,
        "title": "a note",
        "text": True,
        "bytes": 6,
        "kept": True,
        "readable": True,
        "problem": None,
    }


def test_a_file_that_is_not_there_has_none(alice: Shell) -> None:
    alice.run("history", "0" * 32, code=9)
