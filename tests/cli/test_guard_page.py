"""`peerseal guard page`: a link, and nothing else, for whoever opens it."""

from __future__ import annotations

import pytest

from support.operating import Seat

pytestmark = pytest.mark.e2e


def test_the_page_is_opened_by_a_link_that_stands_alone(seat: Seat) -> None:
    said = seat.guard("page")
    assert said.stdout.startswith(f"{seat.server}/operator#")
    assert said.stdout.count("\n") == 1
