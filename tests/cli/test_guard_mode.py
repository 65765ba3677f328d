"""`peerseal guard mode`: what the defence does is said, and changed until the next start."""

from __future__ import annotations

import pytest

from support.operating import Seat

pytestmark = pytest.mark.e2e


def test_the_mode_is_said_and_set(seat: Seat) -> None:
    assert seat.guard("mode", "observe").stdout == "observe\n"
    assert seat.told("mode")[0]["mode"] == "observe"
    assert seat.guard("mode", "enforce").stdout == "enforce\n"
    assert seat.guard("mode", "loud").returncode == 2
