"""The SDK's accounts, as a program uses them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import peerseal
from support.live_server import LiveServer

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with LiveServer() as live:
        yield live.url


def test_two_programs_exchange_keys_and_verify(server: str, tmp_path: Path) -> None:
    with (
        peerseal.register(server, "Ada", "ada's password") as ada,
        peerseal.register(server, "bob", "bob's password", vault=False, home=tmp_path) as bob,
    ):
        assert list(ada.contacts) == []
        ada.ask_exchange("bob")
        assert [(row.peer, row.state) for row in bob.exchanges] == [("ada", "pending")]
        assert bob.accept_exchange("ADA").fingerprint == ada.fingerprint
        assert [(contact.name, contact.state) for contact in ada.contacts] == [("bob", "pinned")]
        number = bob.safety_number("ada")
        with pytest.raises(peerseal.PeersealError) as caught:
            ada.verify("bob", "0" * 60)
        assert caught.value.code == "safety_number_differs"
        assert ada.verify("bob", number).verified
        ada.remove_contact("bob")
        assert list(ada.contacts) == []
        words = " ".join(bob.words)
    with peerseal.account(tmp_path, server) as still:
        assert (still.name, still.fingerprint) == ("bob", bob.fingerprint)
    with peerseal.sign_in(server, "bob", "bob's password", words=words) as elsewhere:
        assert elsewhere.fingerprint == bob.fingerprint
        assert "bob" in repr(elsewhere)


def test_leaving_signs_out_what_was_only_in_memory(server: str) -> None:
    with peerseal.register(server, "carol", "carol's password") as carol:
        opened = carol.open
    with pytest.raises(peerseal.PeersealError) as caught:
        opened.api.call("me")
    opened.close()
    assert caught.value.code == "not_signed_in"


def test_no_environment_is_read(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEERSEAL_HOME", str(tmp_path))
    with peerseal.register(server, "dan", "dan's password"):
        assert list(tmp_path.iterdir()) == []
