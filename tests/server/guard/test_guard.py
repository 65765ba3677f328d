"""The guard in this process, its clock in hand: the circuit breaker, what is remembered, what undoing ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.server.guard.detector import Decision, Sighting, Subject, Who
from peerseal.server.guard.detector.rules import Rules
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.guard import Guard
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.guard.refusal import Refusal

RULES = Rules()
STRANGER = "198.51.100.7"


class Time:
    def __init__(self) -> None:
        self.now = 1_000.0

    def ms(self) -> int:
        return int(self.now * 1000)

    def clock(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def guard(tmp_path: Path, time: Time) -> Iterator[Guard]:
    made = Guard(tmp_path, time.ms, time.clock)
    yield made
    made.close()


def seen(guard: Guard, ip: str, point: str | None = "honeypot", path: str = "/.env") -> None:
    guard.see(sighting(guard, ip, point, path))


def sighting(guard: Guard, ip: str, point: str | None = None, path: str = "/") -> Sighting:
    return Sighting(
        guard.time(), ip, network_of(ip), None, None, None, point, "*", 404, {"path": path, "ua": "a"}
    )


def action(guard: Guard, ip: str) -> str:
    return guard.standing(Who(ip, network_of(ip), agent="a")).action


def scan(guard: Guard, ip: str) -> None:
    for n in range(4):
        seen(guard, ip, path=f"/.env{n}")


def visit(guard: Guard, ip: str) -> None:
    """Somebody opened the page there: an address nobody did that from is nothing the breaker is for."""
    guard.see(sighting(guard, ip)._replace(route="/", status=200))


def break_circuit(guard: Guard) -> None:
    for n in range(RULES.breaker_least + 2):
        visit(guard, f"10.{n}.0.1")
        scan(guard, f"10.{n}.0.1")


def test_an_attacker_with_many_addresses_does_not_switch_the_guard_off(guard: Guard) -> None:
    visit(guard, STRANGER)
    scan(guard, STRANGER)
    assert action(guard, STRANGER) == "block"
    break_circuit(guard)
    assert (guard.broken, guard.mode) == (True, "enforce")
    visit(guard, "192.0.2.1")
    scan(guard, "192.0.2.1")
    assert action(guard, "192.0.2.1") == "challenge"
    assert action(guard, STRANGER) == "challenge"
    ended: list[str] = []
    guard.on_session_blocked(ended.append)
    for n in range(3):
        guard.see(sighting(guard, "192.0.2.2", "honeypot", f"/.env{n}")._replace(session="s", signed_in=True))
    assert ended[-1:] == ["s"]
    guard.set_mode("enforce")
    assert (guard.broken, guard.mode) == (False, "enforce")
    scan(guard, "192.0.2.3")
    assert action(guard, "192.0.2.3") == "block"


def test_the_open_breaker_is_told_once_and_survives_a_restart(
    guard: Guard, tmp_path: Path, time: Time
) -> None:
    break_circuit(guard)
    guard.close()
    told = [line for line in guard.log.latest(None, 1000) if line["action"] == "mode"]
    assert [line["mode"] for line in told] == ["enforce"]
    assert "only challenged" in told[0]["why"]
    again = Guard(tmp_path, time.ms, time.clock)
    assert again.broken
    visit(again, "192.0.2.1")
    scan(again, "192.0.2.1")
    assert action(again, "192.0.2.1") == "challenge"
    again.log.settle()
    assert len([line for line in again.log.latest(None, 1000) if line["action"] == "mode"]) == 1
    again.close()


def test_the_breaker_closes_by_itself_and_says_so(guard: Guard, time: Time) -> None:
    break_circuit(guard)
    time.now += RULES.breaker_seconds + 1
    seen(guard, "192.0.2.9", None)
    seen(guard, "192.0.2.9")
    assert not guard.broken
    guard.log.settle()
    told = [line["why"] for line in guard.log.latest(None, 1000) if line["action"] == "mode"]
    assert any("closed" in why for why in told)


def test_sightings_are_remembered_with_what_they_weighed(guard: Guard) -> None:
    guard.see(sighting(guard, STRANGER, "login_failed")._replace(account="ann"))
    seen(guard, STRANGER)
    assert action(guard, STRANGER) == "challenge"
    seen(guard, STRANGER, "malformed")  # it stands already
    weights = [one.weight for one in guard.seen_of(Subject("ip", STRANGER))]
    assert len(weights) == 3
    assert min(weights) > 0
    networks = [one.weight for one in guard.seen_of(Subject("net", network_of(STRANGER)))]
    assert networks == [weight / 2 for weight in weights]


def test_why_says_it_in_words_and_leaves_numbers_to_the_fields_beside_it(guard: Guard) -> None:
    scan(guard, STRANGER)
    for one in guard.standings():
        assert not any(mark.isdigit() for mark in one.why), one.why


def test_a_threshold_is_told_once_and_what_it_is_multiplied_by_beside_it(guard: Guard) -> None:
    guard.see(sighting(guard, STRANGER)._replace(account="ann", session="s", signed_in=True, status=200))
    scan(guard, STRANGER)
    scan(guard, STRANGER)
    told = {one.subject.kind: (one.threshold, one.factor) for one in guard.standings()}
    assert told == {"ip": (RULES.challenge, 1.0), "net": (RULES.net, 2.0)}


def test_who_guesses_a_few_times_an_hour_is_told_why_a_low_score_is_too_much(
    guard: Guard, time: Time
) -> None:
    for n in range(40):
        time.now += 600
        guard.see(sighting(guard, STRANGER, "login_failed")._replace(account=f"name {n}"))
    (one,) = [one for one in guard.standings() if one.subject.kind == "ip"]
    assert one.score >= one.threshold * one.factor == RULES.slow
    assert one.why == "wrong passwords, too many within hours"


def test_an_account_guessed_at_for_a_quarter_of_an_hour_shows_the_score_that_decided(
    guard: Guard, time: Time
) -> None:
    for n in range(14):
        time.now += 70
        guard.see(sighting(guard, f"198.51.{n}.7", "login_failed")._replace(account="zoe"))
    (one,) = [one for one in guard.standings() if one.subject.kind == "account"]
    assert (one.action, one.threshold, one.factor) == ("challenge", RULES.account, 1.0)
    assert one.score > RULES.account
    assert one.why == "wrong passwords of strangers for this account, too many within hours"
    guard.log.settle()
    *_, event = [line for line in guard.log.latest(None, 50) if line["subject"]["kind"] == "account"]
    assert event["score_before"] < event["threshold"] < event["score_after"]


def test_why_names_what_weighed_most_and_not_what_came_last(guard: Guard, time: Time) -> None:
    scan(guard, STRANGER)
    seen(guard, STRANGER, "code_wrong", "/s/x")
    (one,) = [one for one in guard.standings() if one.subject.kind == "ip"]
    assert (one.action, one.why) == ("block", "an address only scanners ask for")
    # What is forgotten weighs nothing: then it is the codes.
    time.now += 3_600
    for n in range(9):
        guard.see(
            sighting(guard, STRANGER, "code_wrong")._replace(detail={"code": f"{n}-a-b"}, route="sio:join")
        )
    (one,) = [one for one in guard.standings() if one.subject.kind == "ip"]
    assert one.why == "wrong codes or tokens"


def test_undoing_an_address_frees_its_network_if_it_was_the_only_cause(guard: Guard) -> None:
    scan(guard, STRANGER)
    neighbour = "198.51.100.9"
    assert action(guard, neighbour) == "challenge"
    assert guard.undo(Subject("ip", STRANGER))
    assert guard.standings() == []
    assert action(guard, neighbour) == "allow"
    guard.log.settle()
    undone = [line["subject"]["kind"] for line in guard.log.latest(None, 100) if line["action"] == "undo"]
    assert sorted(undone) == ["ip", "net"]


def test_a_network_others_attack_from_stays_challenged(guard: Guard) -> None:
    for last in (7, 8, 9):
        scan(guard, f"198.51.100.{last}")
    assert guard.undo(Subject("ip", STRANGER))
    assert action(guard, "198.51.100.77") == "challenge"
    assert guard.undo(Subject("ip", "198.51.100.8"))
    assert guard.undo(Subject("ip", "198.51.100.9"))
    assert guard.standings() == []


def test_who_goes_on_without_paying_is_blocked_in_the_end(guard: Guard, time: Time) -> None:
    seen(guard, STRANGER)
    assert action(guard, STRANGER) == "challenge"
    requests = 0
    while action(guard, STRANGER) == "challenge" and requests < 2000:
        time.now += 0.1
        guard.unpaid(sighting(guard, STRANGER))
        requests += 1
    assert action(guard, STRANGER) == "block"
    assert 100 < requests < 1000
    (one,) = [one for one in guard.standings() if one.subject.kind == "ip"]
    assert "without" in one.why


def test_a_page_left_open_is_never_blocked_and_makes_its_challenge_no_longer(
    guard: Guard, time: Time
) -> None:
    seen(guard, STRANGER)
    (until,) = {one.until for one in guard.standings()}
    for request in range(30 * 60):  # thirty a minute, ten of them at once
        time.now += 0 if request % 30 < 10 else 3
        guard.unpaid(sighting(guard, STRANGER))
        assert action(guard, STRANGER) == ("challenge" if time.now < until else "allow")


def test_where_people_are_good_refused_requests_weigh_nothing(guard: Guard, time: Time) -> None:
    guard.see(sighting(guard, STRANGER)._replace(account="ann", session="s", signed_in=True, status=200))
    for n in range(2):
        seen(guard, STRANGER, path=f"/.env{n}")
    (before,) = [one.score for one in guard.standings() if one.subject.kind == "ip"]
    for _ in range(1000):
        guard.unpaid(sighting(guard, STRANGER))
    assert action(guard, STRANGER) == "challenge"
    (after,) = [one.score for one in guard.standings() if one.subject.kind == "ip"]
    assert after == before


def test_who_has_to_wait_is_told_that_and_not_that_they_asked_too_much(guard: Guard) -> None:
    waits = Decision("wait", Subject("account", "ann"), "wrong passwords", until=guard.time() + 30)
    problem = Refusal(waits, guard.time()).problem()
    assert isinstance(problem, HttpProblem)
    assert (problem.status, problem.code) == (429, "wait")
    assert (problem.retry_after or 0) > 0
