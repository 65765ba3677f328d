"""The meeting with a token: over both carriers, under the account's name, and not at all once the session has ended."""

from __future__ import annotations

import queue
from collections.abc import Callable

import pytest

from peerseal.client.account import OpenAccount, sign_in
from peerseal.client.carrier import Carrier, HttpCarrier, open_carrier
from peerseal.client.keyring import Keyring
from peerseal.client.meet import Meeting
from peerseal.client.settings import ServerUrl
from peerseal.client.upkeep import end_session
from peerseal.errors import PeersealError, Refused
from peerseal.wire.messages import ServerMessage

Opening = Callable[[ServerUrl, str | None], Carrier]


class Nobody:
    """Hears nothing but how it ended."""

    def __init__(self) -> None:
        self.lost: queue.Queue[PeersealError] = queue.Queue()

    def on_message(self, message: ServerMessage) -> None:
        """See `Listener`."""

    def on_tick(self) -> None:
        """See `Listener`."""

    def on_lost(self, error: PeersealError) -> None:
        """See `Listener`."""
        self.lost.put(error)


def over_http(server: ServerUrl, token: str | None) -> Carrier:
    """As where WebSocket is blocked."""
    return HttpCarrier(server, {} if token is None else {"Authorization": f"Bearer {token}"})


either_carrier = pytest.mark.parametrize("opening", [open_carrier, over_http])


@either_carrier
def test_others_see_the_account_whatever_name_was_chosen(
    server: ServerUrl, ada: OpenAccount, opening: Opening
) -> None:
    meeting = Meeting(opening(server, ada.member.token), Nobody())
    you = meeting.join("receiver", "Countess", None, listed=True).you
    meeting.close()
    assert (you.name, you.account) == ("Countess", "ada")


@either_carrier
def test_without_a_token_one_is_a_guest(server: ServerUrl, opening: Opening) -> None:
    meeting = Meeting(opening(server, None), Nobody())
    you = meeting.join("receiver", "ada", None, listed=True).you
    meeting.close()
    assert you.account is None


@either_carrier
def test_a_token_that_does_not_hold_makes_nobody_a_guest(server: ServerUrl, opening: Opening) -> None:
    with pytest.raises(Refused) as refused:
        opening(server, "A" * 43)
    assert refused.value.code == "not_signed_in"
    assert "peerseal login" in refused.value.hint


@either_carrier
def test_who_is_signed_out_meanwhile_hears_why_the_connection_ended(
    server: ServerUrl, ada: OpenAccount, opening: Opening
) -> None:
    there = sign_in(server, Keyring(None), "ada", "ada's password", label="x", words=lambda: None)
    listener = Nobody()
    meeting = Meeting(opening(server, there.member.token), listener)
    meeting.join("receiver", "ada", None, listed=True)
    end_session(ada, there.member.session)
    lost = listener.lost.get(timeout=30)
    meeting.close()
    assert (lost.code, lost.exit_code) == ("not_signed_in", 11)
    assert lost.message == "You are signed out here, so the server ended the connection."
    assert "peerseal login" in lost.hint
