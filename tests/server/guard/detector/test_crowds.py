"""Guests behind one address who come back at once, and floods that look like it."""

import pytest

from peerseal.server.guard.detector import Scoring
from peerseal.server.guard.detector.rules import Rules

from .seen import sighting, who

HALL = "203.0.113.77"
CONNECT = "sio:connect"


def come(scoring: Scoring, count: int, start: float, seconds: float, ip: str = HALL) -> list[str]:
    """So many guests of one address connect within a time; what was said to each."""
    times = [start + seconds * n / count for n in range(count)]
    return [scoring.see(sighting(t, ip, route=CONNECT, session=f"live:{t}")).action for t in times]


@pytest.mark.parametrize("minutes", [5, 15, 60])
def test_three_hundred_guests_of_one_address_come_back_at_once_and_none_is_challenged(minutes: int) -> None:
    scoring = Scoring()
    assert "challenge" not in come(scoring, 300, 0.0, minutes * 60)
    for n in range(3):  # the line breaks, comes, and breaks again
        assert "challenge" not in come(scoring, 300, minutes * 60 + 120 + n * 90, 3.0)


def test_they_are_known_after_a_restart_too() -> None:
    scoring = Scoring()
    come(scoring, 300, 0.0, 600.0)
    kept = scoring.export(620.0)
    assert kept["crowds"] == {HALL: pytest.approx(300, abs=20)}
    again = Scoring()
    again.restore(kept, 5.0)
    assert "challenge" not in come(again, 300, 30.0, 3.0)
    # A day later half of them may.
    late = Scoring()
    late.restore(kept, 5.0)
    assert "challenge" in come(late, 300, 86_400.0, 3.0)


def test_a_flood_from_where_nobody_came_before_is_noticed_and_brings_no_credit() -> None:
    scoring = Scoring()
    first = come(scoring, 2000, 0.0, 40.0)
    assert 60 < first.index("challenge") < 120
    # Once that is over, what follows is one still.
    assert "challenge" in come(scoring, 2000, 1800.0, 40.0)


def test_however_many_came_there_is_an_end_to_how_many_may_come_at_once() -> None:
    scoring, rules = Scoring(), Rules()
    come(scoring, 4000, 0.0, 6 * 3600.0)
    assert scoring.export(6 * 3600.0)["crowds"] == {HALL: int(rules.came)}
    assert "challenge" in come(scoring, 1500, 7 * 3600.0, 3.0)


def test_few_guests_of_an_address_are_not_written_down() -> None:
    scoring = Scoring()
    come(scoring, 50, 0.0, 600.0)
    assert scoring.export(610.0)["crowds"] == {}


def test_connections_leave_their_neighbours_other_requests_alone() -> None:
    scoring = Scoring()
    come(scoring, 300, 0.0, 900.0)
    come(scoring, 300, 1000.0, 3.0)
    for n in range(30):
        looked = sighting(1004.0 + n / 10, HALL, route="/api/v1/links/{link}")
        assert scoring.see(looked).action in ("allow", "log")
    assert scoring.standing(who(HALL, route="sio:join"), 1010.0).action == "allow"


@pytest.mark.parametrize("crowds", [None, [], {"x": "y"}, {HALL: -3}, {HALL: 10**9}, {HALL: True}, {7: 7}])
def test_what_does_not_read_is_nobody(crowds: object) -> None:
    scoring = Scoring()
    scoring.restore({"crowds": crowds}, 0.0)
    assert set(scoring.crowds().values()) <= {1000}
