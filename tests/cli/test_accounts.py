"""Accounts, key exchange and contacts by the command line: its words, its exit codes, what is asked and never shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from support.device import Device, registered

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def ada(server: str, tmp_path_factory: pytest.TempPathFactory) -> Device:
    return registered(server, tmp_path_factory.mktemp("ada"), "ada")


@pytest.fixture(scope="module")
def bob(server: str, tmp_path_factory: pytest.TempPathFactory) -> Device:
    return registered(server, tmp_path_factory.mktemp("bob"), "bob")


def test_registering_at_a_terminal_explains_asks_twice_unseen_and_shows_the_words(device: Device) -> None:
    with device.terminal("register", "Term") as terminal:
        terminal.until("nobody can bring it back")
        terminal.until("Choose a password: ")
        terminal.press("short\n")
        terminal.until("at least 8 characters. It protects your keys.")
        terminal.until("Choose a password: ", after=terminal.screen.index("at least 8"))
        terminal.press("correct horse\n")
        terminal.until("The same again: ")
        terminal.press("correct house\n")
        terminal.until("These were not the same")
        terminal.until("Choose a password: ", after=terminal.screen.index("not the same"))
        terminal.press("correct horse\n")
        terminal.until("The same again: ", after=terminal.screen.index("not the same"))
        terminal.press("correct horse\n")
        assert terminal.end() == 0
    assert "correct" not in terminal.screen
    assert "Welcome, Term." in terminal.screen
    words = re.findall(r"\d+ ([a-z]+)", terminal.screen.partition("Write them down")[2])
    assert len(words) == 24
    assert device.run("account", "words", "-y").out.split() == words
    assert device.json("whoami").result["name"] == "Term"


def test_without_the_vault_it_insists_that_the_words_are_noted(device: Device) -> None:
    with device.terminal("register", "noted", "--no-vault") as terminal:
        for question in ("Choose a password: ", "The same again: "):
            terminal.until(question)
            terminal.press("correct horse\n")
        for half in (1, 2):
            shown = terminal.screen.rfind("which is word ") + 1
            terminal.until("which is word ", after=shown)
            terminal.until("? ", after=terminal.screen.rindex("which is word "))
            words = re.findall(r"\d+ ([a-z]+)", terminal.screen.partition("Write them down")[2])[:24]
            (place,) = re.findall(r"which is word (\d+)\? ", terminal.screen[shown:])
            assert (int(place) <= 12) is (half == 1)
            if half == 1:
                before = len(terminal.screen)
                terminal.press("wrong\n")
                terminal.until("That is another word.", after=before)
                terminal.until(f"which is word {place}? ", after=before)
            terminal.press(words[int(place) - 1] + "\n")
        assert terminal.end() == 0
    assert device.json("whoami").result["vault"] is False


def test_no_vault_without_a_terminal_needs_an_explicit_yes(device: Device) -> None:
    refused = device.json("register", "careless", "--no-vault", typed=["correct horse"])
    assert (refused.exit, refused.error["code"]) == (2, "usage")
    assert device.json("register", "careless", "--no-vault", "-y", typed=["correct horse"]).exit == 0


@pytest.mark.parametrize(
    ("words", "typed", "ending", "message"),
    [
        (["register", "ADA"], ["some password"], (11, "name_taken"), "The name ADA is taken."),
        (["register", "ua\ufe0f"], ["some password"], (2, "name_malformed"), "a name has only characters"),
        (["register", ".."], ["some password"], (2, "name_malformed"), "a name has a letter or digit"),
        (["register", "a/b"], ["some password"], (2, "name_malformed"), "a name is made of letters"),
        (["register", "zed"], ["short"], (2, "password_short"), "A password has at least 8 characters."),
        (["register"], ["some password"], (2, "usage"), "Say the account's name once."),
        (["register", "zed", "hunter22"], ["x"], (2, "usage"), "unrecognized arguments: hunter22"),
        (["register", "zed"], [], (2, "no_password"), "There is no terminal to ask for the password."),
        (["login", "ada"], ["not ada's"], (11, "login_failed"), "Name or password is wrong."),
        (["login", "zed"], ["not zed's"], (11, "login_failed"), "Name or password is wrong."),
        (["whoami"], [], (11, "not_signed_in"), "You are not signed in at"),
        (["logout"], [], (11, "not_signed_in"), "You are not signed in at"),
        (["contacts"], [], (11, "not_signed_in"), "You are not signed in at"),
        (["exchange", "accept"], [], (2, "usage"), "Write `peerseal exchange list`"),
        (["exchange", "list", "ada"], [], (2, "usage"), "Write `peerseal exchange list`"),
        (["account", "recover"], [], (2, "usage"), "Write for example"),
        (["account", "recover", "ada"], ["one two three"], (2, "words_malformed"), "3 words where 24 belong"),
        (["contacts", "remove"], [], (2, "usage"), "Write `peerseal contacts`"),
    ],
)
@pytest.mark.usefixtures("ada")
def test_what_cannot_be_done_says_why_with_its_exit_code(
    device: Device, words: list[str], typed: list[str], ending: object, message: str
) -> None:
    ended = device.json(*words, typed=typed)
    assert (ended.exit, ended.error["code"]) == ending
    assert ended.error["message"].startswith(message)
    assert ended.err == ""


def test_nobody_answering_is_exit_3(device: Device) -> None:
    nowhere = Device("http://127.0.0.1:1", device.home)
    assert nowhere.json("login", "ada", typed=["some password"]).error["code"] == "server_unreachable"


def test_another_server_at_the_address_is_a_hard_stop_with_the_way_on(server: str, device: Device) -> None:
    assert device.run("register", "settled", typed=["settled's password"]).exit == 0
    file = next((device.home / "accounts").glob("*.json"))
    pinned = json.loads(file.read_text())
    file.write_text(json.dumps({**pinned, "server_id": "A" * 22}))
    for words, typed in (
        (["whoami"], []),
        (["exchange", "list"], []),
        (["login", "settled"], ["settled's password"]),
    ):
        ended = device.run(*words, typed=typed)
        assert ended.exit == 4
        assert f"What answers at {server} is not the server you used there before." in ended.err
        assert "peerseal logout --forget" in ended.err
    assert device.run("logout", "--forget", "-y").exit == 0
    assert device.run("login", "settled", typed=["settled's password"]).exit == 0


def test_keys_that_others_could_read_are_repaired_and_said(server: str, device: Device) -> None:
    assert device.run("register", "open", typed=["open's password"]).exit == 0
    file = next((device.home / "accounts").glob("*.json"))
    file.chmod(0o644)
    ended = device.run("whoami", "-q")
    assert (ended.exit, ended.out) == (0, "open\n")
    assert f"Others on this computer could read {file}. Now only you can." in ended.err
    assert file.stat().st_mode & 0o777 == 0o600


def test_two_people_exchange_keys_and_compare_them(ada: Device, bob: Device) -> None:
    asked = ada.run("exchange", "request", "bob")
    assert (asked.exit, "`peerseal exchange accept ada`" in asked.err) == (0, True)
    assert ada.json("exchange", "request", "bob").error["code"] == "already_asked"
    assert bob.run("exchange", "list").out == "ada  asks you: `peerseal exchange accept ada`, or decline\n"
    accepted = bob.run("exchange", "accept", "ada")
    assert "ada's keys are pinned, not verified" in accepted.err
    listed = ada.json("exchange", "list")
    assert listed.result["pinned"] == ["bob"]
    assert listed.err == ""
    assert any(
        event["event"] == "notice" and "bob is a contact now" in event["message"] for event in listed.events
    )
    assert ada.run("contacts").out == "bob  pinned\n"

    number = ada.json("exchange", "verify", "bob", "-y")
    assert (number.exit, number.error["code"]) == (4, "not_verified")
    digits = number.events[0]["number"]
    assert bob.json("exchange", "verify", "ada").events[0]["number"] == digits
    wrong = ada.json("exchange", "verify", "bob", "--safety-number", "0" * 60)
    assert (wrong.exit, wrong.error["code"]) == (4, "safety_number_differs")
    assert ada.json("contacts").result["contacts"][0]["state"] == "pinned"
    spaced = " ".join(digits[at : at + 5] for at in range(0, 60, 5))
    assert ada.json("exchange", "verify", "bob", "--safety-number", spaced).result["state"] == "verified"
    assert ada.run("contacts").out == "bob  verified\n"

    with bob.terminal("exchange", "verify", "ada") as terminal:
        terminal.until("Do both show the same? [y/n] ")
        terminal.press("\n")
        terminal.until("Do both show the same? [y/n] ", after=len(terminal.screen))
        terminal.press("n\n")
        assert terminal.end() == 4
    shown = re.findall(r"^    (\d{5}(?:  \d{5}){3})$", terminal.screen, re.MULTILINE)
    assert "".join(shown).replace(" ", "") == digits
    assert "▄" in terminal.screen, "the QR code"
    assert "The safety numbers differ" in terminal.screen
    with bob.terminal("exchange", "verify", "ada", "-y") as terminal:
        terminal.until("Do both show the same? [y/n] ")
        terminal.press("y\n")
        assert terminal.end() == 0
    assert bob.run("contacts").out == "ada  verified\n"


def test_a_request_can_wait_for_its_answer(server: str, ada: Device, tmp_path: Path) -> None:
    carl = registered(server, tmp_path / "carl", "carl")
    late = carl.json("exchange", "request", "ada", "--wait", "--timeout", "0.1")
    assert (late.exit, late.error["code"]) == (6, "timed_out")
    carl.run("exchange", "withdraw", "ada")
    with carl.terminal("exchange", "request", "ada", "--wait") as terminal:
        terminal.until("is asked for their keys")
        assert ada.run("exchange", "decline", "carl").exit == 0
        assert terminal.end() == 5
    assert "ada declined." in terminal.screen
    with carl.terminal("exchange", "request", "ada", "--wait") as terminal:
        terminal.until("is asked for their keys")
        assert ada.run("exchange", "accept", "carl").exit == 0
        assert terminal.end() == 0
    assert "ada's keys are pinned, not verified" in terminal.screen


def test_a_name_that_only_looks_like_a_contacts_is_pointed_out_before_its_keys_are_taken(
    server: str, tmp_path: Path
) -> None:
    twin = "qu\u0456nn"
    pat, quinn, false = (registered(server, tmp_path / name, name) for name in ("pat", "quinn", twin))
    first = pat.run("exchange", "request", "quinn")
    assert (first.exit, "Look twice" in first.err) == (0, False)
    assert quinn.run("exchange", "accept", "pat").exit == 0
    assert "Look twice" not in pat.run("exchange", "list").err
    assert false.run("exchange", "request", "pat").exit == 0
    seen = f"Look twice at {twin}: this name has letters that only look like quinn"
    assert seen in pat.run("exchange", "list").err
    refused = pat.json("exchange", "request", twin)
    assert (refused.error["code"], refused.err) == ("they_asked", "")
    assert any(event["event"] == "notice" and seen in event["message"] for event in refused.events)
    taken = pat.run("exchange", "accept", twin)
    assert taken.exit == 0
    assert 0 <= taken.err.find(seen) < taken.err.find("has your keys now")


def test_changed_keys_are_a_hard_stop_with_both_numbers(server: str, tmp_path: Path) -> None:
    eve, fay = (registered(server, tmp_path / name, name) for name in ("eve", "fay"))
    eve.run("exchange", "request", "fay")
    fay.run("exchange", "accept", "eve")
    before = fay.json("exchange", "verify", "eve").events[0]["number"]
    assert eve.run("account", "new-keys", "-y", typed=["eve's password"]).exit == 0
    eve.run("exchange", "request", "fay")
    stopped = fay.json("exchange", "accept", "eve")
    assert (stopped.exit, stopped.error["code"]) == (4, "key_changed")
    after = fay.json("exchange", "verify", "eve").events[0]
    assert (after["pinned"], after["changed"]) == (before, True)
    for number in (before, after["number"]):
        assert " ".join(number[at : at + 5] for at in range(0, 60, 5)) in stopped.error["hint"]
    shown = eve.json("exchange", "verify", "fay").events[0]["number"]
    verified = fay.json("exchange", "verify", "eve", "--safety-number", shown)
    assert (verified.result["state"], verified.result["replaced"]) == ("verified", True)


def test_the_words_bring_an_account_back(server: str, tmp_path: Path) -> None:
    lost = registered(server, tmp_path / "lost", "loser")
    asked = lost.json("account", "words")
    assert (asked.exit, asked.error["code"]) == (2, "usage")
    words = lost.run("account", "words", "-y").out.strip()
    found = Device(server, tmp_path / "found")
    assert found.run("account", "recover", "loser", typed=[words, "found password"]).exit == 0
    assert found.json("account", "vault", "off", "-y", typed=["found password"]).result["vault"] is False
    third = Device(server, tmp_path / "third")
    refused = third.json("login", "loser", typed=["found password"])
    assert (refused.exit, refused.error["code"]) == (11, "no_keys")
    assert "peerseal account restore loser" in refused.error["hint"]
    assert third.run("account", "restore", "loser", typed=["found password", words]).exit == 0
    assert third.json("logout").error["code"] == "usage", (
        "without the vault the keys are not forgotten unasked"
    )
    assert third.run("logout", "-y").exit == 0


def test_a_word_that_is_none_is_asked_for_again_alone(server: str, tmp_path: Path) -> None:
    lost = registered(server, tmp_path / "lost", "mistyper")
    words = lost.run("account", "words", "-y").out.split()
    found = Device(server, tmp_path / "found")
    with found.terminal("account", "recover", "mistyper") as terminal:
        terminal.until("Your 24 words: ")
        terminal.press(" ".join([*words[:6], "wrongg", *words[7:]]) + "\n")
        terminal.until("Word 7 is not in the list.")
        terminal.until("Word 7 again: ")
        terminal.press(f"{words[6]}\n")
        for question in ("New password: ", "The same again: "):
            terminal.until(question)
            terminal.press("another password\n")
        assert terminal.end() == 0
    assert "wrongg" not in terminal.screen
    assert found.json("whoami").result["name"] == "mistyper"


def test_asking_whoever_asked_already_answers_them_and_nobody_is_asked_twice(
    server: str, tmp_path: Path
) -> None:
    left, right = registered(server, tmp_path / "left", "lefty"), registered(server, tmp_path / "r", "righty")
    assert left.run("exchange", "request", "righty").exit == 0
    answer = right.json("exchange", "request", "lefty").result
    assert (answer["name"], answer["state"], answer["contact"]) == ("lefty", "accepted", "pinned")
    again = left.run("exchange", "request", "righty")
    assert again.exit == 0
    assert "You and righty have exchanged keys already." in again.err
    assert "pending" not in left.run("exchange", "list", "--json").out


def test_waiting_for_an_answer_is_told_to_machines(server: str, ada: Device, tmp_path: Path) -> None:
    patient = registered(server, tmp_path / "patient", "patience")
    late = patient.json("exchange", "request", "ada", "--wait", "--timeout", "0.1")
    assert late.events[0] == {"v": 1, "event": "waiting", "name": "ada", "asked": True}


def test_deleting_needs_the_password_and_a_yes(server: str, tmp_path: Path) -> None:
    gone = registered(server, tmp_path / "gone", "goner")
    assert gone.json("account", "delete", typed=["goner's password"]).error["code"] == "usage"
    assert gone.json("account", "delete", "-y", typed=["not the password"]).error["code"] == "password"
    assert gone.json("account", "delete", "-y", typed=["goner's password"]).result["deleted"] == "goner"
    assert gone.json("login", "goner", typed=["goner's password"]).error["code"] == "login_failed"


def test_a_contact_book_that_went_back_is_a_hard_stop(server: str, tmp_path: Path) -> None:
    seer, _ = (registered(server, tmp_path / name, name) for name in ("seer", "it's me"))
    seer.run("exchange", "request", "it's me")
    assert Device(server, tmp_path / "it's me").run("exchange", "accept", "seer").exit == 0
    assert "`peerseal exchange verify 'it'\\''s me'`" in seer.run("exchange", "list").err
    file = next((tmp_path / "seer/accounts").glob("*.json"))
    kept = json.loads(file.read_text())
    kept["seen"][0]["counter"] += 1
    file.write_text(json.dumps(kept))
    for words in (["contacts"], ["exchange", "list"], ["exchange", "verify", "it's me"]):
        ended = seer.json(*words)
        assert (ended.exit, ended.error["code"]) == (7, "rolled_back")
        assert "older or another contact book than the last one seen here" in ended.error["message"]
        assert "peerseal logout --forget" in ended.error["hint"]


def test_an_answer_that_came_meanwhile_is_enough_to_hand_files_over(server: str, tmp_path: Path) -> None:
    gil, hal = (registered(server, tmp_path / name, name) for name in ("gil", "hal"))
    (tmp_path / "note.txt").write_text("hello")
    (tmp_path / "inbox").mkdir()
    gil.run("exchange", "request", "hal")
    assert gil.json("upload", str(tmp_path / "note.txt"), "--to", "hal").error["code"] == "unknown_contact"
    assert hal.run("exchange", "accept", "gil").exit == 0
    there = hal.json("upload", str(tmp_path / "note.txt"), "--to", "gil", "--unverified")
    assert there.exit == 0
    listed = gil.run("files")
    assert "from hal (not verified)" in listed.out
    back = gil.run("upload", str(tmp_path / "note.txt"), "--to", "hal", "--unverified")
    assert back.exit == 0
    id_ = back.out.split()[0]
    assert hal.run("download", id_, "-o", str(tmp_path / "inbox")).exit == 0
    assert (tmp_path / "inbox/note.txt").read_text() == "hello"
