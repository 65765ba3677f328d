"""Accounts on a real server: registered, signed in, kept, recovered, gone."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from peerseal.client import upkeep
from peerseal.client.account import OpenAccount, open_account, register, sign_in, sign_out
from peerseal.client.api import Api
from peerseal.client.exchange import ask
from peerseal.client.keyring import Keyring, Member
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.crypto_engine import Identity, Root, new_root
from peerseal.errors import IntegrityFailed, PeersealError, Refused, UsageError, VerificationFailed
from peerseal.wire import accounts as wire
from peerseal.wire.limits import VAULT_BYTES
from peerseal.wire.value import Value
from support.live_server import LiveServer

pytestmark = pytest.mark.e2e


def no_words() -> Root | None:
    return None


def enter(
    server: ServerUrl, name: str, password: str, keyring: Keyring | None = None, root: Root | None = None
) -> OpenAccount:
    """Sign in on another device."""
    return sign_in(server, keyring or Keyring(None), name, password, label="another", words=lambda: root)


def refused(call: object, *arguments: object, **named: object) -> PeersealError:
    """The error a call ends with."""
    assert callable(call)
    with pytest.raises(PeersealError) as caught:
        call(*arguments, **named)
    return caught.value


def test_another_device_gets_the_same_keys_out_of_the_vault(server: ServerUrl, ada: OpenAccount) -> None:
    there = enter(server, " Ada"[1:].upper(), "ada's password")
    assert there.identity.bundle == ada.identity.bundle
    assert (there.name, there.user) == ("ada", "ada")
    assert upkeep.own(there).account.vault is not None
    sign_out(there)
    assert refused(open_account, server, there.keyring).code == "not_signed_in"


def test_a_wrong_password_and_an_unknown_name_are_the_same_and_kind(
    server: ServerUrl, ada: OpenAccount
) -> None:
    for name in ("ada", "nobody at all"):
        error = refused(enter, server, name, "wrong password")
        assert isinstance(error, Refused)
        assert (error.code, error.message) == ("login_failed", "Name or password is wrong.")
        assert "peerseal account recover" in error.hint


def test_a_taken_name_is_said_so_in_any_spelling(server: ServerUrl, ada: OpenAccount) -> None:
    keyring = Keyring(None)
    error = refused(register, server, keyring, "ADA", "another password", vault=True, label="x")
    assert (error.code, error.exit_code, error.message) == ("name_taken", 11, "The name ADA is taken.")
    assert keyring.signed_in(server) is None


def test_an_impossible_name_never_reaches_the_server() -> None:
    nowhere = parse_server("http://127.0.0.1:1")
    error = refused(register, nowhere, Keyring(None), "a/b", "some password", vault=True, label="x")
    assert isinstance(error, UsageError)
    assert error.code == "name_malformed"


def test_closed_registration_is_said_before_anything_is_made() -> None:
    with LiveServer({"registration": "closed"}) as live:
        closed = parse_server(live.url)
        error = refused(register, closed, Keyring(None), "ada", "some password", vault=True, label="x")
        assert (error.code, error.exit_code) == ("registration_closed", 11)
        assert error.message == "This server takes no new accounts."


def test_another_server_at_the_same_address_gets_neither_password_nor_token(server: ServerUrl) -> None:
    keyring = Keyring(None)
    keyring.sign_in(server, b"another server!!", _member())
    assert refused(open_account, server, keyring).code == "key_changed"
    keyring.sign_out(server)
    error = refused(enter, server, "ada", "ada's password", keyring)
    assert isinstance(error, VerificationFailed)
    assert (error.code, error.exit_code) == ("key_changed", 4)
    assert "logout --forget" in error.hint


def test_who_is_signed_in_is_not_overwritten_by_somebody_else(server: ServerUrl, ada: OpenAccount) -> None:
    error = refused(enter, server, "bob", "bob's password", ada.keyring)
    assert (error.code, error.message) == ("signed_in", "ada is signed in here.")
    assert open_account(server, ada.keyring).name == "ada"


def test_signing_in_again_ends_the_session_before(server: ServerUrl) -> None:
    first = register(server, Keyring(None), "twice", "twice's password", vault=True, label="x")
    second = enter(server, "twice", "twice's password", first.keyring)
    assert [row.current for row in upkeep.sessions(second)] == [True]
    first_session = Api(server, first.member.token)
    assert refused(first_session.call, "me").code == "not_signed_in"


def test_without_the_vault_the_words_are_needed(server: ServerUrl) -> None:
    here = register(server, Keyring(None), "wordy", "wordy's password", vault=False, label="x")
    error = refused(enter, server, "wordy", "wordy's password")
    assert (error.code, error.exit_code) == ("no_keys", 11)
    assert "24 words" in error.hint
    assert len(upkeep.sessions(here)) == 1, "the half-made session was ended"
    error = refused(enter, server, "wordy", "wordy's password", None, new_root())
    assert error.code == "key_changed"
    there = enter(server, "wordy", "wordy's password", None, here.identity.root)
    assert there.identity.bundle == here.identity.bundle
    upkeep.set_vault(there, "wordy's password", on=True)
    assert enter(server, "wordy", "wordy's password").identity.bundle == here.identity.bundle
    upkeep.set_vault(there, "wordy's password", on=False)
    assert upkeep.own(there).account.vault is None


def test_a_new_password_seals_the_vault_anew_and_ends_other_sessions(server: ServerUrl) -> None:
    here = register(server, Keyring(None), "changer", "changer's password", vault=True, label="x")
    there = enter(server, "changer", "changer's password")
    error = refused(upkeep.change_password, here, "wrong password", "the new password")
    assert (error.code, error.message) == ("password", "The password is wrong; nothing was changed.")
    changed = upkeep.change_password(here, "changer's password", "the new password")
    assert [row.current for row in upkeep.sessions(changed)] == [True]
    assert open_account(server, here.keyring).member == changed.member
    assert refused(upkeep.sessions, there).code == "not_signed_in"
    assert refused(enter, server, "changer", "changer's password").code == "login_failed"
    assert enter(server, "changer", "the new password").identity.bundle == here.identity.bundle


def test_the_words_set_a_new_password_and_others_do_not(server: ServerUrl) -> None:
    here = register(server, Keyring(None), "lost", "lost's password", vault=True, label="x")
    error = refused(upkeep.recover, server, Keyring(None), "lost", new_root(), "stolen password", vault=True)
    assert (error.code, error.message) == (
        "login_failed",
        "These are not the words of an account called lost.",
    )
    upkeep.recover(server, Keyring(None), "lost", here.identity.root, "found password", vault=True)
    assert refused(upkeep.sessions, here).code == "not_signed_in"
    assert enter(server, "lost", "found password").identity.bundle == here.identity.bundle


def test_new_keys_replace_the_old_ones_everywhere(server: ServerUrl) -> None:
    here = register(server, Keyring(None), "renewed", "renewed's password", vault=True, label="x")
    renewed = upkeep.new_identity(here, "renewed's password")
    assert renewed.identity.bundle != here.identity.bundle
    assert open_account(server, here.keyring).identity.bundle == renewed.identity.bundle
    assert enter(server, "renewed", "renewed's password").identity.bundle == renewed.identity.bundle
    assert upkeep.own(renewed).account.bundle == renewed.identity.bundle.encoded


@pytest.mark.parametrize("contacts", [0, 1, 2])
def test_a_device_with_the_old_keys_is_told_so_and_signs_in_again(server: ServerUrl, contacts: int) -> None:
    name = f"two-devices-{contacts}"
    here = register(server, Keyring(None), name, "a good password", vault=True, label="x")
    there = enter(server, name, "a good password")
    if contacts:
        there.contacts.change(lambda book: book.pin("old", Identity(new_root()).bundle, 1))
    renewed = upkeep.new_identity(here, "a good password")
    if contacts == 2:
        renewed.contacts.change(lambda book: book.pin("new", Identity(new_root()).bundle, 1))
    for call in (there.contacts.load, lambda: ask(there, "ada"), lambda: upkeep.own(there)):
        error = refused(call)
        assert (error.code, error.exit_code) == ("key_changed", 4)
        assert f"`peerseal login {name}`" in error.hint
        assert "`peerseal logout`" in error.hint
    again = enter(server, name, "a good password", there.keyring)
    assert again.contacts.load() == renewed.contacts.load()


def test_old_keys_on_a_device_do_not_stand_in_for_new_words(server: ServerUrl) -> None:
    here = register(server, Keyring(None), "no vault", "a good password", vault=False, label="x")
    there = enter(server, "no vault", "a good password", None, here.identity.root)
    renewed = upkeep.new_identity(here, "a good password")
    assert refused(enter, server, "no vault", "a good password", there.keyring).code == "no_keys"
    again = enter(server, "no vault", "a good password", there.keyring, renewed.identity.root)
    assert again.identity.bundle == renewed.identity.bundle


def test_a_deleted_account_is_gone_here_and_there(server: ServerUrl) -> None:
    here = register(server, Keyring(None), "leaver", "leaver's password", vault=True, label="x")
    assert refused(upkeep.delete, here, "wrong password").code == "password"
    upkeep.delete(here, "leaver's password")
    assert here.keyring.signed_in(server) is None
    assert refused(enter, server, "leaver", "leaver's password").code == "login_failed"


def test_a_device_can_sign_another_one_out(server: ServerUrl, ada: OpenAccount) -> None:
    there = enter(server, "ada", "ada's password")
    upkeep.end_session(ada, there.member.session)
    assert refused(upkeep.sessions, there).code == "not_signed_in"


class Lying(Api):
    """Calls to a server that lies about the account."""

    def __init__(self, server: ServerUrl, token: str | None, change: dict[str, object]) -> None:
        super().__init__(server, token)
        self.change = change

    def call(self, name: str, body: Value | None = None, /, **named: Any) -> Value | None:
        given = super().call(name, body, **named)
        if isinstance(given, wire.SignedIn):
            account = wire.Account(**{**given.account.__dict__, **self.change})
            return wire.SignedIn(account, given.session, given.csrf, given.token)
        return given


def test_a_server_that_shows_other_keys_for_the_account_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, server: ServerUrl, ada: OpenAccount
) -> None:
    other = Identity(new_root()).bundle.encoded
    monkeypatch.setattr(
        "peerseal.client.account.Api", lambda server, token=None: Lying(server, token, {"bundle": other})
    )
    keyring = Keyring(None)
    error = refused(enter, server, "ada", "ada's password", keyring)
    assert (error.code, error.exit_code) == ("key_changed", 4)
    assert keyring.signed_in(server) is None


def test_a_vault_that_does_not_open_names_the_words_as_the_way_on(
    monkeypatch: pytest.MonkeyPatch, server: ServerUrl, ada: OpenAccount
) -> None:
    broken = b"\x01" + bytes(VAULT_BYTES - 1)
    monkeypatch.setattr(
        "peerseal.client.account.Api", lambda server, token=None: Lying(server, token, {"vault": broken})
    )
    error = refused(enter, server, "ada", "ada's password")
    assert isinstance(error, IntegrityFailed)
    assert error.hint == "With your 24 words, `peerseal account restore ada` brings the keys back."


def test_weak_parameters_are_refused_before_the_password_is_used(
    monkeypatch: pytest.MonkeyPatch, server: ServerUrl, ada: OpenAccount
) -> None:
    asked: list[str] = []

    class Weak(Api):
        def call(self, name: str, body: Value | None = None, /, **named: Any) -> Value | None:
            asked.append(name)
            given = super().call(name, body, **named)
            if isinstance(given, wire.PasswordParameters):
                return wire.PasswordParameters(given.server, given.salt, 8, 1, 1)
            return given

    monkeypatch.setattr("peerseal.client.account.Api", Weak)
    error = refused(enter, server, "ada", "ada's password")
    assert (error.code, error.exit_code) == ("weak_parameters", 4)
    assert asked == ["login_params"]


class TwoFaced(Api):
    """Calls to a server that answers as another one where the password comes in."""

    asked: ClassVar[list[str]] = []

    def call(self, name: str, body: Value | None = None, /, **named: Any) -> Value | None:
        self.asked.append(name)
        given = super().call(name, body, **named)
        if isinstance(given, (wire.PasswordParameters, wire.Challenge)):
            return type(given)(**{**given.__dict__, "server": b"another server!!"})
        return given


def test_a_server_that_calls_itself_two_things_gets_no_proof_even_when_it_is_new_here(
    monkeypatch: pytest.MonkeyPatch, server: ServerUrl, ada: OpenAccount
) -> None:
    for module in ("account", "upkeep"):
        monkeypatch.setattr(f"peerseal.client.{module}.Api", TwoFaced)
    monkeypatch.setattr(TwoFaced, "asked", [])
    root = ada.identity.root
    for error in (
        refused(enter, server, "ada", "ada's password"),
        refused(upkeep.recover, server, Keyring(None), "ada", root, "a new password", vault=True),
    ):
        assert (error.code, error.exit_code) == ("key_changed", 4)
        assert error.message == f"Two different servers answer at {server}."
    assert TwoFaced.asked == ["login_params", "recover_challenge"]


def _member() -> Member:
    return Member("ada", "ada", "5" * 32, "t" * 43, bytes(32), bytes(32))
