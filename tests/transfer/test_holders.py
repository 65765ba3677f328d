"""A sender that waits for several: it hears who has everything, and that the server is away."""

from __future__ import annotations

from typing import cast

import pytest

from peerseal.errors import ServerUnreachable
from peerseal.transfer import holders as module
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.events import Event, Notice
from peerseal.transfer.holders import Holders
from peerseal.transfer.recognition import Known
from peerseal.transfer.shared_park import SharedPark


class _Answers:
    """A park whose server says these things, one after the other."""

    expires = 1

    def __init__(self, *said: set[bytes] | Exception | None) -> None:
        self._said = list(said)

    def holders(self) -> set[bytes] | None:
        said = self._said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.0,))
    monkeypatch.setattr(module, "_AWAY_SECONDS", 0.0)


def _told(*said: set[bytes] | Exception | None) -> tuple[Holders, list[str]]:
    told: list[str] = []

    def tell(event: Event) -> None:
        assert isinstance(event, Notice)
        told.append(event.message)

    holders = Holders(cast("SharedPark", _Answers(*said)), tell, Cancel())
    holders.add(Known("bob", None, verified=False), b"b")
    return holders, told


def test_a_server_that_is_away_is_said_once_and_so_is_its_return() -> None:
    away = ServerUnreachable("The server is out of reach.")
    holders, told = _told(away, away, set(), {b"b"})
    holders.wait()
    assert told == [
        "The server is out of reach. Waiting for the server to come back…",
        "The server is back.",
        "bob has everything.",
    ]
    assert holders.all_done


def test_what_is_gone_is_waited_for_no_more() -> None:
    holders, told = _told(set(), None)
    holders.wait()
    assert told == ["What was parked has expired."]
    assert not holders.all_done
