"""`peerseal guard allow`: exceptions are made, listed as they are, and taken back as they were written."""

from __future__ import annotations

import pytest

from support.operating import Seat

pytestmark = pytest.mark.e2e


def test_exceptions_are_made_and_taken_back(seat: Seat) -> None:
    assert seat.guard("allow", "198.51.100.0/24").returncode == 0
    assert "198.51.100.0/24" in seat.guard("allow").stdout
    assert seat.guard("allow", "198.51.100.0/24", "--remove").returncode == 0
    assert "Everybody is judged" in seat.guard("allow").stdout
    absent = seat.told("allow", "198.51.100.0/24", "--remove")[-1]
    assert (absent["code"], absent["exit"]) == ("not_found", 9)


def test_an_exception_is_taken_back_as_it_was_written(seat: Seat) -> None:
    assert seat.guard("allow", "127.0.9.11").stdout == ""
    taken = seat.guard("allow", "--remove", "127.0.9.11")
    assert (taken.returncode, taken.stderr) == (0, "127.0.9.11/32 is judged like everybody.\n")
    assert "Nobody has an account nobody" in seat.guard("allow", "@nobody").stderr
    assert seat.guard("allow", "--remove", "@Nobody").returncode == 0
    everybody = seat.told("allow", "0.0.0.0/0")[-1]
    assert (everybody["code"], everybody["exit"]) == ("allow_everybody", 2)
    assert "peerseal guard mode" in everybody["hint"]
