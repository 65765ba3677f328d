"""Brakes on guessing are seen, undone and lifted by operators, like everything that stops somebody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.errors import NotFound
from peerseal.server.guard.brakes import Brakes, Closed, Count
from peerseal.server.guard.detector import Sighting
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.guesses import FIRST_OF_NETWORK, Guesses
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.operator.service import Desk
from peerseal.wire import guard as wire
from support.api_client import ApiServer

WRONG = b"x" * 32
THERE = "192.0.2.66"


class Office:
    """A server, the desk of its operator, and somebody who guesses."""

    def __init__(self, folder: Path) -> None:
        self.api = ApiServer(folder, guard="enforce")
        self.desk = Desk(self.api.services.guard, self.api.services.now)
        self.api.person("zoe")

    def guess(self, times: int, source: str = THERE, name: str = "zoe") -> list[int]:
        return [self.api.caller(source).sign_in(name, WRONG).status_code for _ in range(times)]

    def of(self, kind: str) -> wire.Standing:
        (found,) = [one for one in self.desk.standings().standings if one.kind == kind]
        return found

    def events(self) -> list[wire.Event]:
        self.api.services.guard.log.settle()
        return list(self.desk.events(None, 50).events)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path / "data")
    yield made
    made.api.close()


def test_an_address_that_guessed_too_often_is_seen_waiting_with_why_and_until_when(office: Office) -> None:
    assert office.desk.standings().standings == ()
    assert office.guess(12) == [401] * 10 + [429] * 2
    stands = office.of("ip")
    assert (stands.label, stands.action, stands.score, stands.threshold) == (THERE, "wait", 1000, 1000)
    assert stands.why == "10 wrong passwords for one name within 10 minutes"
    assert stands.expires == office.api.services.now() + 600_000
    assert office.desk.overview().waiting == 1
    assert office.desk.standing(stands.id).standing == stands
    (event,) = [one for one in office.events() if one.action == "wait"]
    assert (event.point, event.kind, event.label, event.why) == ("login_failed", "ip", THERE, stands.why)
    office.api.pass_time(600)
    assert office.desk.standings().standings == ()
    office.guess(10)
    assert len([one for one in office.events() if one.action == "wait"]) == 2


def test_to_undo_a_brake_lets_the_right_password_in_again(office: Office) -> None:
    office.guess(11)
    assert office.api.caller(THERE).sign_in("zoe").status_code == 429
    office.desk.undo(office.of("ip").id)
    assert office.desk.standings().standings == ()
    assert office.api.caller(THERE).sign_in("zoe").status_code == 200
    assert [one.action for one in office.events() if one.kind == "ip"][:1] == ["undo"]


def test_to_undo_a_block_of_an_address_lifts_its_brakes_too(office: Office) -> None:
    office.guess(12)
    guard = office.api.services.guard
    for path in ("/.env", "/.git/config", "/wp-login.php"):
        net = network_of(THERE)
        guard.see(Sighting(guard.time(), THERE, net, None, None, None, "honeypot", "*", 404, {"path": path}))
    block, brake = [one for one in office.desk.standings().standings if one.kind == "ip"]
    assert {one.label for one in (block, brake)} == {THERE}
    assert (block.action, brake.action) == ("block", "wait")
    office.desk.undo(block.id)
    assert [one for one in office.desk.standings().standings if one.kind == "ip"] == []
    with pytest.raises(NotFound):
        office.desk.undo(brake.id)


def test_who_is_on_the_allow_list_has_no_brake(office: Office) -> None:
    office.guess(12)
    office.desk.allow(wire.Allow(THERE))
    assert office.desk.standings().standings == ()
    assert office.api.caller(THERE).sign_in("zoe").status_code == 200
    assert office.guess(40) == [401] * 40
    assert office.guess(11, "192.0.2.67")[-1] == 429


def test_an_account_on_the_allow_list_is_stopped_by_no_number_of_strangers(office: Office) -> None:
    throttle = office.api.services.accounts._throttle

    def guess(source: str) -> int:
        with pytest.raises(HttpProblem) as said, throttle.attempt("zoe", source):
            raise HttpProblem(401, "login_failed")
        return said.value.status

    assert {guess(f"198.51.{n}.1") for n in range(100)} == {401}
    assert guess("203.0.113.1") == 429
    stands = office.of("account")
    assert (stands.label, stands.why) == ("@zoe", "100 wrong passwords of strangers within 10 minutes")
    office.desk.allow(wire.Allow("@Zoe"))
    assert guess("203.0.113.1") == 401
    assert office.desk.standings().standings == ()
    # Each address still has its own.
    assert [guess("203.0.113.1") for _ in range(10)] == [401] * 9 + [429]


def test_of_links_and_parks_too_and_each_closing_is_told_once() -> None:
    now = [0.0]
    told: list[Closed] = []
    brakes = Brakes(lambda: now[0], closed=told.append)
    guesses = Guesses(brakes, "link", of_one=3, of_pair=2, of_source=9)
    guesses.wrong(THERE, "a")
    guesses.wrong(THERE, "a")
    for _ in range(3):
        with pytest.raises(HttpProblem):
            guesses.wrong(THERE, "a")
    assert [(one.kind, one.key, one.why) for one in told] == [
        ("ip", THERE, "2 wrong tokens for one link within a minute")
    ]
    # One network guesses at another: its first thirty have places of their own, who comes new after them a few, and
    # who was wrong before spends the link's.
    for n in range(FIRST_OF_NETWORK + 3):
        guesses.wrong(f"198.51.100.{n}", "b")
    assert ("net", "198.51.100.0/24") in {(one.kind, one.key) for one in brakes.standing()}
    for n in range(3):
        guesses.wrong(f"198.51.100.{n}", "b")
    assert ("link", "b") in {(one.kind, one.key) for one in brakes.standing()}
    assert brakes.release("link", "b")
    now[0] = 60.0
    assert brakes.standing() == []
    assert not brakes.release("ip", THERE)


def test_what_operators_are_told_of_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peerseal.server.guard.brakes._TOLD_MAX", 10)
    brakes = Brakes(lambda: 0.0)
    brake = brakes.make("ip", "login_failed", "wrong passwords", 1, 600.0)
    for n in range(100):
        counts = [Count(brake, f"198.51.100.{n}")]
        brakes.take(counts)
        brakes.wrong(counts)
    assert len(brakes.standing()) == 10
    with pytest.raises(HttpProblem):
        brakes.take([Count(brake, "198.51.100.0")])
