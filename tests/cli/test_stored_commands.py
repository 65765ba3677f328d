"""The commands of stored files as a script would call them: real programs, their output, exit codes and interruptions."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from support.live_server import LiveServer
from support.shell import Shell, wait

pytestmark = pytest.mark.e2e


def test_only_the_id_stands_on_standard_output_and_the_file_comes_back(alice: Shell, bob: Shell) -> None:
    (alice.folder / "letter.txt").write_text("Dear Bob")
    stored = alice.run("upload", "letter.txt", "--to", "bob", "--unverified")
    assert len(stored) == 33
    assert "letter.txt is stored, for you and bob" in alice.said
    assert bob.run("download", stored[:8], "-o", "-") == "Dear Bob"
    assert bob.run("download", stored.strip(), "-o", ".") == ""
    assert (bob.folder / "letter.txt").read_text() == "Dear Bob"
    assert "from alice (not verified)  letter.txt\n" in bob.run("files")


def test_keys_nobody_compared_need_a_yes_that_dash_y_is_not(alice: Shell) -> None:
    (alice.folder / "a").write_text("a")
    assert alice.run("upload", "a", "--to", "bob", "-y", code=4) == ""
    assert "Nobody has compared safety numbers with bob" in alice.said


def test_a_folder_that_is_not_there_is_made_for_what_comes_and_for_nothing_else(alice: Shell) -> None:
    (alice.folder / "b").write_text("b")
    stored = alice.run("upload", "b").strip()
    alice.run("download", "0" * 32, "-o", "new/folder", code=9)
    assert not (alice.folder / "new").exists()
    alice.run("download", stored, "-o", "new/folder")
    assert (alice.folder / "new" / "folder" / "b").read_text() == "b"
    alice.run("download", stored, "-o", "b", code=8)
    assert "is not a folder" in alice.said


def test_a_title_cannot_pass_for_what_peerseal_says(alice: Shell, bob: Shell) -> None:
    title = "report.pdf  from mallory (verified)" + " " * 100 + "x" * 100
    (alice.folder / title).write_text("b")
    stored = alice.run("upload", title, "--to", "bob", "--unverified")[:8]
    (line,) = [line for line in bob.run("files").splitlines() if line.startswith(stored)]
    before, mark, after = line.partition("  from alice (not verified)  ")
    assert "report" not in before
    assert mark
    assert after.startswith("report.pdf from mallory (verified) xxx")
    assert len(after) <= 100


def test_how_long_a_file_is_kept_can_be_changed(alice: Shell, bob: Shell) -> None:
    (alice.folder / "kept").write_text("b")
    stored = alice.run("upload", "kept", "--to", "bob", "--unverified").strip()
    assert isinstance(alice.result("expire", stored[:8], "--expires", "7d")["expires"], int)
    assert "  until 20" in next(line for line in alice.run("files").splitlines() if line[:8] == stored[:8])
    assert alice.result("expire", stored, "--expires", "never")["expires"] is None
    alice.run("expire", stored[:8], "--expires", "2h")
    assert f"File {stored[:8]} is kept until 20" in alice.said
    alice.run("expire", stored, code=2)
    alice.run("expire", stored, "--expires", "tomorrow", code=2)
    bob.run("expire", stored, "--expires", "1d", code=11)
    assert "only its owner says how long" in bob.said


def test_names_with_spaces_stand_in_hints_as_they_are_typed(alice: Shell) -> None:
    (alice.folder / "a").write_text("a")
    alice.run("upload", "a", "--to", "Mary Ann", "-y", code=9)
    assert "peerseal exchange request 'Mary Ann'" in alice.said


def test_machines_read_results(alice: Shell, bob: Shell) -> None:
    stored = alice.result("upload", "--text", "three words here", "--to", "bob", "--unverified")
    assert (stored["version"], stored["title"], stored["bytes"], stored["recipients"]) == (
        1,
        "three words here",
        16,
        ["bob"],
    )
    file_id = str(stored["id"])
    assert alice.result("update", file_id, "--text", "four")["version"] == 2
    assert alice.result("restore", file_id, "--version", "1")["version"] == 3
    history = bob.result("history", file_id)["versions"]
    assert isinstance(history, list)
    assert [(one["version"], one["title"]) for one in history] == [
        (1, "three words here"),
        (2, "four"),
        (3, "three words here"),
    ]
    listed = bob.result("files")["files"]
    assert isinstance(listed, list)
    assert next(one for one in listed if one["id"] == file_id)["owner"] == "alice"
    assert alice.result("revoke", file_id, "--from", "bob")["revoked"] == "bob"
    bob.run("download", file_id, code=9)
    assert alice.result("share", file_id, "--to", "bob", "--unverified")["shared"] == ["bob"]
    assert bob.run("download", file_id) == "three words here"
    alice.run("update", file_id, "--text", "late", "--if-version", "2", code=11)
    assert "This file is at version 3, not 2." in alice.said
    assert alice.result("delete", file_id, "-y")["deleted"] is True
    bob.run("download", file_id, code=9)


def test_a_link_is_received_without_an_account_and_its_password_is_never_an_argument(
    alice: Shell, tmp_path: Path
) -> None:
    stored = alice.run("upload", "--text", "for whoever has the link", "-q").strip()
    password = "not in any argument"
    link = alice.run(
        "share", stored, "--link", "--password-stdin", "--expires", "1h", given=f"{password}\n"
    ).strip()
    assert "/s/" in link
    guest = Shell(alice.environment["PEERSEAL_SERVER"], tmp_path, "guest")
    assert guest.run("receive", link, "--password-stdin", given=f"{password}\n") == "for whoever has the link"
    assert guest.run(link, "--password-stdin", given=f"{password}\n") == "for whoever has the link"
    guest.run("receive", link, "--password-stdin", given="another one\n", code=9)
    guest.run("receive", link, code=2)
    alice.run("revoke", stored, "--link")
    guest.run("receive", link, "--password-stdin", given=f"{password}\n", code=9)
    assert not (guest.folder / "keys").exists()


def test_standard_input_of_unknown_length_comes_back_whole(alice: Shell) -> None:
    given = "0123456789" * 200_000
    stored = alice.run("upload", "-", given=given).strip()
    assert alice.run("download", stored, "-o", "-") == given


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_stopped_upload_goes_on_when_the_command_is_run_again(alice: Shell, number: signal.Signals) -> None:
    file = alice.folder / f"big-{number.value}.bin"
    with file.open("wb") as sparse:
        sparse.truncate(600_000_000)
    begun = alice.start("upload", file)
    journals = alice.folder / "keys" / "transfers"
    wait(lambda: any(path.stat().st_size > 1_000 for path in journals.glob("*/content.marks")))
    begun.send_signal(number)
    _, said = begun.communicate(timeout=20)
    assert begun.returncode in (-number, 128 + number), said
    (journal,) = journals.glob("*")
    assert journal.stat().st_mode & 0o777 == 0o700
    alice.run("upload", file)
    assert "Going on with the upload that was begun before" in alice.said
    assert list(journals.glob("*")) == []


@pytest.mark.parametrize(
    "words",
    [
        ["upload"],
        ["upload", "-", "a"],
        ["upload", "--text", "t", "a"],
        ["upload", "--text", "t", "--expires", "soon"],
        ["download", "xyz"],
        ["download", "abcd", "-o", "-", "--json"],
        ["restore", "abcd1234"],
        ["share", "abcd1234"],
        ["share", "abcd1234", "--link", "--to", "bob"],
        ["revoke", "abcd1234"],
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(alice: Shell, words: Sequence[str]) -> None:
    (alice.folder / "a").write_text("a")
    alice.run(*words, code=2)


def test_who_is_not_signed_in_is_told_how(tmp_path: Path, alice: Shell) -> None:
    stranger = Shell(alice.environment["PEERSEAL_SERVER"], tmp_path, "stranger")
    stranger.run("files", code=11)
    assert "peerseal login" in stranger.said


def test_a_link_shows_what_it_still_allows(alice: Shell, tmp_path: Path) -> None:
    stored = alice.run("upload", "--text", "once", "-q").strip()
    link = alice.run("share", stored, "--link", "--downloads", "1", "-q").strip()
    assert "0 of 1 downloads used" in alice.run("files", stored[:8])
    guest = Shell(alice.environment["PEERSEAL_SERVER"], tmp_path, "guest")
    guest.run("receive", link)
    shown = alice.run("files", stored[:8])
    assert f"link {link.partition('/s/')[2][:8]}  used up" in shown
    links = alice.result("files", stored[:8])["links"]
    assert isinstance(links, list)
    assert [(row["used"], row["downloads"], row["used_up"]) for row in links] == [(1, 1, True)]
    for wrong in ("0", "x"):
        alice.run("share", stored, "--link", "--downloads", wrong, code=2)
        assert f"'{wrong}' is no number of downloads" in alice.said


def test_a_variable_that_happens_to_be_there_chooses_no_version(alice: Shell) -> None:
    stored = alice.run("upload", "--text", "now", "-q").strip()
    alice.environment["PEERSEAL_VERSION"] = "7"
    try:
        assert alice.run("download", stored, "-o", "-") == "now"
    finally:
        del alice.environment["PEERSEAL_VERSION"]


def test_several_files_are_stored_and_an_empty_path_is_none(alice: Shell) -> None:
    for name in ("one", "two"):
        (alice.folder / name).write_text(name)
    alice.run("upload", "one", "two")
    assert "one and 1 more are stored" in alice.said
    alice.run("upload", "", code=2)
    assert "One of the paths is empty." in alice.said
    alice.run("upload", "three", code=8)
    assert "Check the spelling" in alice.said


def test_what_does_not_fit_says_how_much_is_needed_and_left(tmp_path: Path) -> None:
    with LiveServer({"data": str(tmp_path / "server"), "quota": "3M"}) as live:
        carol = Shell(live.url, tmp_path, "carol")
        carol.run("register", "carol", "--password-stdin", "-y", given="a password of eleven words\n")
        (carol.folder / "big").write_bytes(bytes(4 * 1024 * 1024))
        carol.run("upload", "big", code=11)
        assert "This needs 4.0 MiB, and 3.0 MiB of your 3.0 MiB on this server are left." in carol.said
        assert "`peerseal delete ID`" in carol.said
