"""Too many blocks at once: the breaker turns them into challenges, and closes again."""

from peerseal.server.guard.detector import Scoring

from .seen import sighting, who


def caught(scoring: Scoring, t: float, ip: str, traps: int = 2, *, visited: bool = True) -> None:
    if visited:
        scoring.see(sighting(t, ip, route="/"))
    for trap in range(traps):
        scoring.see(sighting(t, ip, "honeypot", "*", detail={"path": f"/{trap}"}))


def broken() -> Scoring:
    scoring = Scoring()
    for n in range(30):
        caught(scoring, n * 1.0, f"10.{n}.0.1")
    assert scoring.broken
    return scoring


def test_the_breaker_turns_too_many_blocks_into_challenges() -> None:
    scoring = broken()
    assert scoring.standing(who("10.3.0.1"), 31.0).action == "challenge"
    scoring.close_breaker()
    assert scoring.standing(who("10.3.0.1"), 31.0).action == "block"


def test_addresses_that_never_had_an_ordinary_answer_do_not_open_the_breaker() -> None:
    scoring = Scoring()
    for n in range(200):
        caught(scoring, n / 10, f"10.{n}.0.1", visited=False)
    assert not scoring.broken
    assert scoring.standing(who("10.199.0.1"), 21.0).action == "block"


def test_with_the_breaker_open_the_worst_are_blocked_unless_somebody_may_be_there() -> None:
    scoring = broken()
    caught(scoring, 31.0, "192.0.2.1", 8, visited=False)
    caught(scoring, 31.0, "192.0.2.2", 8)
    caught(scoring, 31.0, "192.0.2.3", 2, visited=False)
    found = [scoring.standing(who(f"192.0.2.{n}"), 32.0).action for n in (1, 2, 3)]
    assert found == ["block", "challenge", "challenge"]


def test_the_breaker_closes_an_hour_after_the_last_block_and_survives_a_restart_until_then() -> None:
    scoring = broken()
    again = Scoring()
    again.restore(scoring.export(100.0), 0.0)
    states = []
    for t in (1.0, 3500.0, 3601.0):
        again.standings(t)
        states.append(again.broken)
    assert states == [True, True, False]
    old = Scoring()
    old.restore({"broken": True}, 0.0)
    assert old.broken
