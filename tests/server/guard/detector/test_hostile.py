"""What somebody who knows the rules tries against them: filling the memory, locking others out, ending sessions for fun."""

from typing import Any

from peerseal.server.guard.detector import Decision, Rules, Scoring, Sighting, Subject, Who
from peerseal.server.guard.detector.standing import Standing, Standings
from peerseal.server.guard.detector.subjects import network_of

LOGIN = "/api/v1/login"
FILE = "/api/v1/files/{file}"
OWNER = "192.0.2.9"
#: All in proportion, so that a test fills it at once.
SMALL = Rules(subjects=800, evidence_in_all=2400)


def seen(t: float, ip: str, point: str | None, route: str = "*", **more: Any) -> Sighting:
    status = 200 if point is None else 401 if point == "login_failed" else 404
    return Sighting(t, ip, network_of(ip), None, None, None, point, route, status)._replace(**more)


def trap(t: float, ip: str, path: str = "/.env", **more: Any) -> Sighting:
    return seen(t, ip, "honeypot", detail={"path": path}, **more)


def wrong(t: float, ip: str, name: str = "ann", **more: Any) -> Sighting:
    return seen(t, ip, "login_failed", LOGIN, account=name, **more)


def who(ip: str = OWNER, **more: Any) -> Who:
    return Who(ip, network_of(ip))._replace(**more)


def abused(scoring: Scoring, t: float, session: str, **more: Any) -> Decision:
    """Somebody signs in as eve and asks for traps until the session is ended."""
    mine: dict[str, Any] = {"account": "eve", "session": session, "signed_in": True, **more}
    scoring.see(seen(t, "10.9.9.9", None, LOGIN, **mine))
    decision = scoring.see(trap(t + 0.1, "10.9.9.9", "/.env", **mine))
    return (
        scoring.see(trap(t + 0.2, "10.9.9.9", "/.git/config", **mine))
        if decision.action != "block"
        else decision
    )


def test_who_fills_the_memory_does_not_make_the_detector_deaf() -> None:
    scoring = Scoring(SMALL)
    for n in range(70):
        assert abused(scoring, n / 10, f"session {n}").action == "block"
    for n in range(1000):
        scoring.see(trap(10 + n / 1000, f"10.{n // 250}.{n % 250}.1"))
    for n in range(2):
        scoring.see(trap(12.0, OWNER, f"/.env{n}"))
    assert scoring.standing(who(), 13.0).action == "block"
    for n in range(14):
        scoring.see(wrong(20.0 + n, f"10.20.{n}.1"))
    assert [one.action for one in scoring.standings(40.0) if one.subject == ("account", "ann")] == ["wait"]
    assert len(scoring.standings(40.0)) <= SMALL.subjects // 2


def test_what_many_stand_for_leaves_others_a_memory() -> None:
    scoring = Scoring(SMALL)
    for n in range(400):
        for path in range(30):
            scoring.see(trap(n / 10, f"10.1.{n}.1" if n < 250 else f"10.2.{n - 250}.1", f"/{path}"))
    decisions = [scoring.see(wrong(100.0 + n, OWNER, f"name{n}")).action for n in range(8)]
    assert "challenge" in decisions


def stands(n: int, action: Any, until: float) -> Standing:
    return Standing(Subject("ip", f"{n}"), action, 0.0, until, "", 1.0, 1.0, 1.0)


def test_challenges_end_no_blocks_and_of_blocks_those_go_that_would_end_first() -> None:
    ended: list[Subject] = []
    standings = Standings(ended.append, 64)
    for n in range(16):
        standings.put(stands(n, "block", 1000.0 - n))
    for n in range(100, 200):
        standings.put(stands(n, "challenge", 600.0))
    assert [int(one.key) for one in ended] == list(range(100, 168))  # the oldest first
    ended.clear()
    standings.put(stands(99, "block", 5000.0))
    assert [int(one.key) for one in ended] == [15, 14]
    assert standings.find("ip", "99", 1.0) is not None
    assert standings.find("ip", "0", 1.0) is not None


def guessed_at(scoring: Scoring) -> float:
    for n in range(20):
        scoring.see(wrong(n * 10.0, f"10.{n}.0.1"))
    return 201.0


def test_strangers_who_guess_do_not_keep_an_owner_with_a_new_device_out() -> None:
    scoring = Scoring()
    now = guessed_at(scoring)
    owner = who(account="ann", route=LOGIN)
    assert scoring.standing(owner, now).action == "challenge"
    assert scoring.standing(owner, now).subject == ("account", "ann")
    assert scoring.standing(owner._replace(session="pass:1", passed=True), now).action == "allow"


def test_a_pass_is_good_for_a_few_guesses_at_an_account_that_is_guessed_at() -> None:
    scoring = Scoring()
    now = guessed_at(scoring)
    paid: dict[str, Any] = {"session": "pass:1", "passed": True}
    actions = [scoring.see(wrong(now + n, OWNER, **paid)).action for n in range(3)]
    assert "challenge" not in actions[:2]
    assert actions[2] == "challenge"
    assert scoring.standing(who(account="ann", route=LOGIN, **paid), now + 3).action == "challenge"


def test_a_guess_now_and_then_does_not_restart_the_wait_at_its_longest() -> None:
    scoring = Scoring()
    t = 0.0
    for n in range(40):  # all at once, before anybody is refused
        scoring.see(wrong(t, f"10.{n}.0.1"))
    longest = max(one.until for one in scoring.standings(t) if one.subject.kind == "account")
    t = longest + 1
    for n in range(30):
        scoring.see(wrong(t, f"10.{n}.1.1"))
        for one in scoring.standings(t):
            if one.subject.kind == "account" and one.action == "wait":
                assert one.until - t < 120
                t = one.until + 1


def test_sessions_that_are_ended_are_held_against_the_next_ones_of_the_account() -> None:
    scoring = Scoring()
    assert abused(scoring, 0.0, "first").action == "block"
    mine: dict[str, Any] = {"account": "eve", "session": "second", "signed_in": True}
    scoring.see(seen(5.0, "10.9.9.9", None, LOGIN, **mine))
    assert scoring.see(trap(6.0, "10.9.9.9", **mine)).action == "block"


def test_after_three_ended_sessions_sign_ins_of_the_account_cost_something() -> None:
    scoring = Scoring()
    strange = who("10.9.9.9", account="eve", route=LOGIN)
    for n in range(3):
        assert scoring.standing(strange, n * 10.0).action == "allow"
        abused(scoring, n * 10.0, f"session {n}")
    assert scoring.standing(strange, 40.0).action == "challenge"
    assert scoring.standing(strange._replace(session="pass:1", passed=True), 40.0).action == "allow"
    # Guessing at it makes it no shorter.
    for n in range(20):
        scoring.see(wrong(41.0 + n, f"10.{n}.0.1", "eve"))
    assert scoring.standing(strange, 3000.0).action == "challenge"
    assert scoring.standing(strange, 3700.0).action == "allow"


def test_the_owner_at_a_known_device_is_not_harmed_by_sessions_that_were_ended_elsewhere() -> None:
    scoring = Scoring()
    for n in range(5):
        abused(scoring, n * 10.0, f"session {n}", device="thief's", known=True)
    known: dict[str, Any] = {"account": "eve", "device": "own", "known": True}
    assert scoring.standing(who(route=LOGIN, **known), 60.0).action == "allow"
    own: dict[str, Any] = {**known, "session": "own", "signed_in": True}
    scoring.see(seen(61.0, OWNER, None, LOGIN, **own))
    assert scoring.see(trap(62.0, OWNER, **own)).action == "challenge"
    # The device they came from is no excuse, and pays.
    again = who(account="eve", device="thief's", known=True, route=LOGIN)
    assert scoring.standing(again, 63.0).action == "challenge"
    assert scoring.standing(again._replace(session="pass:1", passed=True), 63.0).action == "allow"


def test_however_much_was_done_it_is_forgotten_in_a_time() -> None:
    scoring = Scoring()
    own: dict[str, Any] = {"account": "ann", "session": "s", "signed_in": True}
    scoring.see(seen(0.0, OWNER, None, FILE, **own))
    for n in range(200):
        scoring.see(trap(1.0 + n / 100, OWNER, f"/{n}"))
    entry = scoring._store.find(("ip", OWNER))
    assert entry is not None
    assert entry.score <= 4 * 40 * entry.factor
    for n in range(200):
        scoring.see(wrong(5.0 + n / 100, OWNER, f"name{n}"))
    assert entry.slow <= 4 * 10 * entry.factor
    scoring.see(seen(2700.0, OWNER, "malformed", FILE))
    assert entry.score < 30
