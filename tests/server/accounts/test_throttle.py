"""Brakes: for whom, how long, and that they lock nobody out of their own account."""

import threading
from pathlib import Path

import pytest

from peerseal.server.accounts.passwords import Passwords
from peerseal.server.accounts.throttle import Throttle
from peerseal.server.accounts.turns import STRANGERS_WAITING, Turns
from peerseal.server.accounts.turns import Line as LineName
from peerseal.server.guard.brakes import Brakes
from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import accounts as a
from support.api_client import BUNDLE, ApiServer, new_password, problem

WRONG = b"x" * 32


@pytest.mark.parametrize("name", ["zoe", "nobody"])
def test_ten_failures_from_one_network_are_enough_for_any_name(api: ApiServer, name: str) -> None:
    api.person("zoe")
    attacker = api.caller("192.0.2.66")
    codes = [attacker.sign_in(name, WRONG).status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2
    stopped = attacker.sign_in(name, b"a" * 32)
    assert problem(stopped) == (429, "too_many_requests")
    assert int(stopped.headers["Retry-After"]) == 600
    assert api.caller("192.0.2.67").sign_in(name, WRONG).status_code == 401
    api.pass_time(600)
    assert attacker.sign_in(name, WRONG).status_code == 401


def test_a_hundred_failures_from_everywhere_stop_strangers_but_not_the_owner(api: ApiServer) -> None:
    clock_throttle = Throttle(Brakes(lambda: api.seconds))
    for n in range(100):
        with pytest.raises(HttpProblem, match="login_failed"), clock_throttle.attempt("zoe", f"source {n}"):
            raise HttpProblem(401, "login_failed")
    with pytest.raises(HttpProblem) as stopped, clock_throttle.attempt("zoe", "another"):
        pass
    assert stopped.value.status == 429
    with clock_throttle.attempt("zoe", "another", "a known device"):
        pass
    with clock_throttle.attempt("yan", "another"):
        pass


def test_many_who_pay_and_guess_do_not_shut_out_who_comes_from_elsewhere_and_pays() -> None:
    throttle = Throttle(Brakes(lambda: 0.0))

    def guess(source: str) -> int:
        with pytest.raises(HttpProblem) as said, throttle.attempt("zoe", source, paid=True):
            raise HttpProblem(401, "login_failed")
        return said.value.status

    # Ten from each of so many addresses: the first three of each are counted apart.
    tries = [guess(f"127.100.{n}.1") for n in range(100) for _ in range(10)]
    assert tries[:700].count(401) == 700
    assert tries[-1] == 429
    # An owner from elsewhere may mistype twice.
    assert [guess("198.51.100.1"), guess("198.51.100.1")] == [401, 401]
    with throttle.attempt("zoe", "198.51.100.1", paid=True):
        pass
    assert [guess("198.51.100.1"), guess("198.51.100.1")] == [401, 429]
    # Neighbours in the owner's network use up no more than its share.
    assert [guess(f"198.51.100.{n}") for n in range(2, 29)] == [401] * 27
    assert guess("198.51.100.77") == 429


def test_signing_in_rightly_is_never_too_often(api: ApiServer) -> None:
    api.person("zoe")
    assert {api.caller().sign_in("zoe").status_code for _ in range(15)} == {200}


def test_a_busy_server_is_no_failed_try() -> None:
    throttle = Throttle(Brakes(lambda: 0.0))
    for _ in range(20):
        with pytest.raises(HttpProblem) as busy, throttle.attempt("zoe", "x"):
            raise HttpProblem(503, "busy")
        assert busy.value.status == 503


def test_many_tries_at_once_do_not_slip_through_together() -> None:
    throttle = Throttle(Brakes(lambda: 0.0))
    begun: list[int] = []
    hold, all_in = threading.Event(), threading.Barrier(31, timeout=20)

    def fail() -> None:
        all_in.wait()
        hold.wait(20)
        raise HttpProblem(401)

    def one() -> None:
        status = 401
        try:
            with throttle.attempt("zoe", "x"):
                fail()
        except HttpProblem as problem:
            status = problem.status
            if status == 429:
                all_in.wait()
        begun.append(status)

    threads = [threading.Thread(target=one) for _ in range(30)]
    for thread in threads:
        thread.start()
    all_in.wait()
    hold.set()
    for thread in threads:
        thread.join(20)
    assert sorted(begun) == [401] * 10 + [429] * 20


def test_registrations_have_a_budget_for_each_network(tmp_path: Path) -> None:
    api = ApiServer(tmp_path, registrations_per_hour=3)
    caller = api.caller("192.0.2.66")

    def register(name: str) -> int:
        return caller.call("register", a.Register(name, BUNDLE, new_password())).status_code

    assert [register("zoe") for _ in range(5)] == [202, 202, 202, 429, 429]
    elsewhere = api.caller("192.0.2.67").call("register", a.Register("yan", BUNDLE, new_password()))
    assert elsewhere.status_code == 202
    api.pass_time(3600)
    assert register("xil") == 202
    api.close()


def test_many_networks_of_one_ipv6_site_share_three_times_the_budget(tmp_path: Path) -> None:
    api = ApiServer(tmp_path, registrations_per_hour=2)

    def register(address: str, name: str) -> int:
        wanted = a.Register(name, BUNDLE, new_password())
        return api.caller(address).call("register", wanted).status_code

    said = [register(f"2001:db8:1:{n // 2:x}::5", f"zoe{n}") for n in range(8)]
    assert said == [202] * 6 + [429] * 2
    assert register("2001:db8:2::5", "yan") == 202
    api.close()


def test_a_budget_slides() -> None:
    now = [0.0]
    budget = Budget(2, 10, lambda: now[0])
    budget.take("k")
    now[0] = 6
    budget.take("k")
    with pytest.raises(HttpProblem) as spent:
        budget.take("k")
    assert spent.value.retry_after == 4
    now[0] = 10
    budget.take("k")
    with pytest.raises(HttpProblem):
        budget.check("k")


def test_a_budget_forgets_the_idle_before_the_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("peerseal.server.guard.budgets._KEYS_MAX", 100)
    budget = Budget(2, 10, lambda: 0.0)
    for _ in range(2):
        budget.take("spent")
    for n in range(1000):
        budget.take(f"key {n}")
    with pytest.raises(HttpProblem):
        budget.check("spent")
    assert len(budget._events) <= 100


class Line:
    """Somebody at work, and people who wait behind; each in a thread of their own."""

    def __init__(self) -> None:
        self.turns = Turns(1, 20)
        self.done: list[str] = []
        self._work = threading.Event()
        self._threads: list[threading.Thread] = []
        self.wait("at work")

    def wait(self, name: str, source: str = "", *, line: LineName = "strangers") -> None:
        """Line up, and return once in line."""
        before = self._waiting()

        def one() -> None:
            with self.turns.turn(source or name, line=line):
                assert self._work.wait(20)
                self.done.append(name)

        thread = threading.Thread(target=one)
        thread.start()
        self._threads.append(thread)
        for _ in range(4000):
            if self._waiting() != before:
                return
            threading.Event().wait(0.005)
        raise AssertionError("never in line")

    def refused(self, source: str, *, line: LineName = "strangers") -> HttpProblem:
        """What somebody too many is told."""
        with pytest.raises(HttpProblem) as busy, self.turns.turn(source, line=line):
            pass
        return busy.value

    def finish(self) -> list[str]:
        """Everybody's turn comes; their order."""
        self._work.set()
        for thread in self._threads:
            thread.join(20)
        return self.done

    def _waiting(self) -> list[int]:
        return [self.turns._free, *map(len, self.turns._lines.values())]


def test_hashing_refuses_when_too_many_wait() -> None:
    line = Line()
    for n in range(STRANGERS_WAITING):
        line.wait(f"stranger {n}")
    busy = line.refused("another")
    assert (busy.status, busy.code, busy.retry_after) == (503, "busy", 1)
    assert len(line.finish()) == 1 + STRANGERS_WAITING
    with line.turns.turn("another"):
        pass


def test_one_network_has_two_places_in_the_line() -> None:
    line = Line()
    for n in range(2):
        line.wait(f"flood {n}", "flood")
    assert line.refused("flood").status == 503
    line.wait("honest")
    assert line.finish() == ["at work", "flood 0", "flood 1", "honest"]


def test_known_devices_have_places_of_their_own_and_every_second_turn() -> None:
    line = Line()
    for n in range(STRANGERS_WAITING):
        line.wait(f"stranger {n}")
    line.wait("known 0", line="known")
    line.wait("known 1", line="known")
    assert line.finish()[:5] == ["at work", "known 0", "stranger 0", "known 1", "stranger 1"]


def test_who_paid_waits_in_a_line_of_their_own() -> None:
    line = Line()
    for n in range(STRANGERS_WAITING):
        line.wait(f"stranger {n}")
    assert line.refused("another").status == 503
    line.wait("paid 0", line="paid")
    line.wait("known 0", line="known")
    line.wait("paid 1", line="paid")
    assert line.finish()[:6] == ["at work", "known 0", "paid 0", "stranger 0", "paid 1", "stranger 1"]


def test_who_waits_too_long_leaves_the_line() -> None:
    turns = Turns(1, 0.05)
    with turns.turn("a"), pytest.raises(HttpProblem) as busy, turns.turn("b"):
        pass
    assert busy.value.status == 503
    with turns.turn("b"):
        pass


def test_two_proofs_are_hashed_at_once_and_not_three(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = Passwords()
    hold, inside = threading.Event(), threading.Semaphore(0)

    def slow(proof: bytes) -> str:
        inside.release()
        hold.wait(20)
        return ""

    monkeypatch.setattr(pool, "_hasher", type("Slow", (), {"hash": staticmethod(slow)}))
    threads = [threading.Thread(target=pool.hash, args=(b"x", f"source {n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    assert inside.acquire(timeout=20)
    assert inside.acquire(timeout=20)
    assert not inside.acquire(timeout=0.1)
    hold.set()
    for thread in threads:
        thread.join(20)


def test_thirty_failures_of_one_network_are_enough_whatever_the_names(api: ApiServer) -> None:
    api.person("zoe")
    office = "192.0.2.66"
    mine = api.caller(office)
    assert mine.sign_in("zoe").status_code == 200
    flood = [api.caller(office).sign_in(f"nobody {n}", WRONG).status_code for n in range(32)]
    assert flood == [401] * 30 + [429] * 2
    assert api.caller("192.0.2.67").sign_in("zoe").status_code == 200
    # A device that signed in from there before is not locked out by its neighbours.
    assert mine.sign_in("zoe").status_code == 200
    api.pass_time(600)
    assert api.caller(office).sign_in("nobody", WRONG).status_code == 401
