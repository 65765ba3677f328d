"""The machine's clock jumps by a day while the server runs (libfaketime): nobody loses a file, and nothing fails."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from peerseal.wire import stored as wire
from support.faults import call, check, store
from support.live_server import LiveServer
from support.parks import Plan, park
from support.stored_files import new_link
from support.storing import SignUp, Storer

pytestmark = pytest.mark.net

_LIBRARY = next(
    Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), Path("/usr/lib/faketime/libfaketime.so.1")
)
HOUR = 3600 * 1000


class Clock:
    """What time a program thinks it is."""

    def __init__(self, at: Path) -> None:
        self._at = at
        self.jump("+0")

    def jump(self, offset: str) -> None:
        """From now on, so far from the true time (`+1d`)."""
        part = self._at.with_suffix(".part")
        part.write_text(f"{offset}\n")
        part.replace(self._at)

    @property
    def environment(self) -> dict[str, str]:
        """For the program."""
        return {
            "LD_PRELOAD": str(_LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._at),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }


def opened(person: Storer, link: wire.NewLink, token: bytes) -> int:
    """What somebody with the link is answered."""
    return call(person, "open_link", wire.LinkToken(token), link=link.link).status


@pytest.mark.parametrize(("offset", "later"), [("+1d", True), ("-1d", False)])
def test_a_clock_that_jumps_costs_nobody_anything(
    tmp_path: Path, sign_up: SignUp, offset: str, *, later: bool
) -> None:
    clock = Clock(tmp_path / "clock")
    with LiveServer({"data": str(tmp_path / "data")}, environment=clock.environment) as server:
        ada = sign_up(server.port)
        kept = store(ada)
        plan = Plan()
        park(ada, plan)
        token = os.urandom(32)
        expires = time.time_ns() // 1_000_000 + HOUR
        link = new_link(kept.id, kept.upload, token, counter=2, expires=expires)
        ada.expect("new_link", link, file=kept.id)
        assert opened(ada, link, token) == 200

        clock.jump(offset)
        assert call(ada, "me").status == 200  # signed in for 30 days
        check(ada, kept)
        assert opened(ada, link, token) == (404 if later else 200)  # an hour is over, or not
        assert call(ada, "parked", plan.reading(), park=plan.id, reader=plan.reader).status == 200
        check(ada, store(ada))
        bob = sign_up(server.port)
        check(bob, store(bob))

        clock.jump("+0")
        assert call(ada, "me").status == 200
        assert opened(ada, link, token) == 200
        for person in (ada, bob):
            check(person, store(person))
        check(ada, kept)
        assert call(ada, "parked", plan.reading(), park=plan.id, reader=plan.reader).status == 200
        assert server.stop() == 0


def test_a_server_started_with_a_clock_that_is_behind_keeps_everything(
    tmp_path: Path, sign_up: SignUp
) -> None:
    clock = Clock(tmp_path / "clock")
    settings = {"data": str(tmp_path / "data")}
    with LiveServer(settings, environment=clock.environment) as server:
        ada = sign_up(server.port)
        kept = store(ada)
    clock.jump("-365d")
    with LiveServer(settings, environment=clock.environment) as server:
        again = ada.again(server.port)
        check(again, kept)
        check(again, store(again))
        again.close()
