"""This device's accounts: one entry for each server, its identity pinned, secrets in few places."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from peerseal.client.keyring import Keyring, Member, SeenBook
from peerseal.client.settings import parse_server
from peerseal.client.system_keyring import SystemKeyring, find
from peerseal.errors import LocalFileFailed, Refused, VerificationFailed

SERVER = parse_server("http://localhost:5000")
OTHER = parse_server("https://files.example.org")
ID, ANOTHER_ID = bytes(16), bytes(15) + b"\x01"
FINGERPRINT = b"f" * 32


def member(name: str = "Ada", token: str = "t" * 43) -> Member:
    return Member(name, name.lower(), "5" * 32, token, b"r" * 32, FINGERPRINT)


@pytest.fixture(params=["files", "memory"])
def keyring(request: pytest.FixtureRequest, tmp_path: Path) -> Keyring:
    return Keyring(str(tmp_path / "accounts") if request.param == "files" else None)


def test_nobody_is_signed_in_at_first(keyring: Keyring) -> None:
    assert keyring.signed_in(SERVER) is None
    with pytest.raises(Refused) as caught:
        keyring.member(SERVER)
    assert (caught.value.code, caught.value.exit_code) == ("not_signed_in", 11)
    assert "peerseal login NAME" in caught.value.hint


def test_each_server_has_its_own_entry(keyring: Keyring) -> None:
    keyring.sign_in(SERVER, ID, member())
    keyring.sign_in(OTHER, ANOTHER_ID, member("Bob"))
    assert keyring.member(SERVER) == member()
    assert keyring.member(OTHER) == member("Bob")


def test_the_host_is_the_same_in_any_case(keyring: Keyring) -> None:
    keyring.sign_in(parse_server("http://LocalHost:5000"), ID, member())
    assert keyring.member(SERVER) == member()


def test_signing_out_forgets_the_secrets_and_keeps_pin_and_book(keyring: Keyring) -> None:
    keyring.sign_in(SERVER, ID, member())
    keyring.see_book(SERVER, SeenBook(FINGERPRINT, 3, b"h" * 32))
    keyring.sign_out(SERVER)
    assert keyring.signed_in(SERVER) is None
    assert keyring.seen_book(SERVER, FINGERPRINT).counter == 3
    with pytest.raises(VerificationFailed):
        keyring.check_server(SERVER, ANOTHER_ID)


def test_another_server_id_is_a_hard_stop_that_names_the_way_on(keyring: Keyring) -> None:
    keyring.check_server(SERVER, ID)
    keyring.sign_in(SERVER, ID, member())
    keyring.check_server(SERVER, ID)
    with pytest.raises(VerificationFailed) as caught:
        keyring.check_server(SERVER, ANOTHER_ID)
    assert (caught.value.code, caught.value.exit_code) == ("key_changed", 4)
    assert caught.value.message == f"What answers at {SERVER} is not the server you used there before."
    assert "Your password was not sent" in caught.value.hint
    assert "peerseal logout --forget" in caught.value.hint
    with pytest.raises(VerificationFailed):
        keyring.sign_in(SERVER, ANOTHER_ID, member())
    keyring.forget(SERVER)
    keyring.sign_in(SERVER, ANOTHER_ID, member())


def test_the_newest_book_seen_never_gets_older(keyring: Keyring) -> None:
    keyring.sign_in(SERVER, ID, member())
    assert keyring.seen_book(SERVER, FINGERPRINT) == SeenBook(FINGERPRINT, 0, bytes(32))
    keyring.see_book(SERVER, SeenBook(FINGERPRINT, 5, b"5" * 32))
    keyring.see_book(SERVER, SeenBook(FINGERPRINT, 4, b"4" * 32))
    assert keyring.seen_book(SERVER, FINGERPRINT) == SeenBook(FINGERPRINT, 5, b"5" * 32)
    assert keyring.seen_book(SERVER, b"g" * 32).counter == 0
    assert keyring.member(SERVER) == member()


def test_secrets_do_not_show_themselves() -> None:
    shown = repr(member()) + repr(Keyring(None))
    assert "t" * 43 not in shown
    assert "rrrr" not in shown


def test_files_hold_nothing_for_others(tmp_path: Path) -> None:
    Keyring(str(tmp_path / "home/accounts")).sign_in(SERVER, ID, member())
    files = sorted((tmp_path / "home/accounts").iterdir())
    assert [file.name for file in files] == [".lock", "http_localhost_5000.json"]
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1],
        lambda text: text.replace("localhost", "evil.host"),
        lambda text: text.replace('"seen"', '"sean"'),
        lambda text: "",
    ],
    ids=["cut", "another server", "another field", "empty"],
)
def test_a_file_that_does_not_hold_an_account_is_said_so(
    change: Callable[[str], str], tmp_path: Path
) -> None:
    keyring = Keyring(str(tmp_path))
    keyring.sign_in(SERVER, ID, member())
    file = tmp_path / "http_localhost_5000.json"
    file.write_text(change(file.read_text()))
    with pytest.raises(LocalFileFailed) as caught:
        keyring.signed_in(SERVER)
    assert str(file) in caught.value.message


class Backend:
    """What the optional package would reach: a keyring of the system."""

    def __init__(self, priority: float = 5) -> None:
        self.priority = priority
        self.kept: dict[str, str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise RuntimeError("locked")
        return self.kept.get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise RuntimeError("locked")
        self.kept[f"{service}/{username}"] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[f"{service}/{username}"]


def test_a_system_keyring_keeps_the_secrets_and_the_file_none(tmp_path: Path) -> None:
    backend = Backend()
    keyring = Keyring(str(tmp_path), system=lambda: SystemKeyring(backend))
    keyring.sign_in(SERVER, ID, member())
    written = json.loads((tmp_path / "http_localhost_5000.json").read_text())["member"]
    assert (written["token"], written["root"]) == (None, None)
    assert len(backend.kept) == 1
    assert keyring.member(SERVER) == member()
    keyring.see_book(SERVER, SeenBook(FINGERPRINT, 1, b"1" * 32))
    assert keyring.member(SERVER) == member()
    keyring.sign_in(SERVER, ID, member(token="u" * 43))
    assert keyring.member(SERVER).token == "u" * 43
    assert len(backend.kept) == 1
    keyring.sign_out(SERVER)
    assert backend.kept == {}


def test_a_locked_system_keyring_is_said_so_and_a_refusing_one_replaced_by_the_file(tmp_path: Path) -> None:
    backend = Backend()
    keyring = Keyring(str(tmp_path), system=lambda: SystemKeyring(backend))
    keyring.sign_in(SERVER, ID, member())
    backend.locked = True
    with pytest.raises(LocalFileFailed) as caught:
        keyring.member(SERVER)
    assert caught.value.code == "keyring_locked"
    keyring.sign_in(OTHER, ID, member("Bob"))
    assert keyring.member(OTHER) == member("Bob")


def test_no_system_keyring_is_looked_for_if_the_file_is_chosen() -> None:
    assert find({"PEERSEAL_KEYRING": "file"}) is None


def test_several_at_once_change_entries_in_turn(tmp_path: Path) -> None:
    keyring = Keyring(str(tmp_path))
    keyring.sign_in(SERVER, ID, member())

    def see(device: int) -> None:
        for counter in range(1, 11):
            Keyring(str(tmp_path)).see_book(SERVER, SeenBook(bytes([device]) * 32, counter, b"h" * 32))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(see, range(4)))
    assert [keyring.seen_book(SERVER, bytes([device]) * 32).counter for device in range(4)] == [10] * 4


def test_what_makes_a_device_known_is_each_accounts_own_and_outlives_signing_out(keyring: Keyring) -> None:
    assert keyring.device(SERVER, "ada") is None
    keyring.sign_in(SERVER, ID, member())
    keyring.keep_device(SERVER, "ada", "first")
    keyring.keep_device(SERVER, "bob", "his")
    keyring.keep_device(SERVER, "ada", "second")
    keyring.sign_out(SERVER)
    assert (keyring.device(SERVER, "ada"), keyring.device(SERVER, "bob")) == ("second", "his")
    assert keyring.device(OTHER, "ada") is None
    keyring.forget(SERVER)
    assert keyring.device(SERVER, "ada") is None


def test_the_known_device_lies_in_a_file_of_its_own_that_only_its_owner_reads(tmp_path: Path) -> None:
    keyring = Keyring(str(tmp_path / "accounts"))
    keyring.keep_device(SERVER, "ada", "a-device")
    file = tmp_path / "accounts/http_localhost_5000.devices"
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("{}")
    assert keyring.device(SERVER, "ada") is None
    keyring.keep_device(SERVER, "ada", "again")
    assert keyring.device(SERVER, "ada") == "again"
