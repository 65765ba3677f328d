"""Headers in which somebody outside claims another address, host or scheme: noted, and believed from nobody."""

from __future__ import annotations

from typing import Final

import pytest

from attack.conftest import Attacked
from peerseal.wire import accounts as a
from support.meeting_peer import MeetingPeer
from support.outsider import Outsider

pytestmark = pytest.mark.e2e

CLAIMS: Final = (
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-For": "10.0.0.7, 127.0.0.1"},
    {"Forwarded": "for=127.0.0.1;host=localhost;proto=https"},
    {"X-Real-IP": "127.0.0.1"},
    {"CF-Connecting-IP": "127.0.0.1"},
    {"True-Client-IP": "127.0.0.1", "Via": "1.1 x"},
    {"X-Forwarded-Host": "localhost", "X-Forwarded-Proto": "https"},
)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: next(iter(claim)))
def test_a_made_up_address_moves_nobody_into_another_lobby(attacked: Attacked, claim: dict[str, str]) -> None:
    with (
        MeetingPeer(attacked.port, "Ada") as ada,
        MeetingPeer(attacked.port, "Mallory", headers=claim) as mallory,
    ):
        assert ada.joined["lobby"]["kind"] in ("network", "none")
        assert mallory.joined["lobby"] == {"kind": "none", "reason": "proxied"}
        assert mallory.joined["peers"] == []
        assert mallory.ask("connect", to=ada.id)["code"] == "not_found"
        assert [one["type"] for one in ada.heard(0.4) if one["type"] in ("request", "presence")] == []


def test_made_up_addresses_are_one_guesser(attacked: Attacked) -> None:
    mallory = Outsider(attacked.port, "127.60.0.1")
    statuses = []
    for number in range(45):
        claim = {"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}"}
        wrong = a.Login(f"nobody {number}", bytes(32), "token", "x")
        statuses.append(mallory.call("login", wrong, claim).status)
    assert set(statuses[:2]) == {401}
    assert set(statuses[-5:]) <= {403, 429}, statuses


def test_a_claim_of_tls_makes_no_cookie_secure(attacked: Attacked) -> None:
    answer = Outsider(attacked.port, "127.61.0.1").ask("GET", "/", None, {"X-Forwarded-Proto": "https"})
    assert answer.all("strict-transport-security") == []
