"""Challenges and passes: each is bound, ends by itself, counts once, and however many there are, memory is bounded."""

import hashlib
from itertools import count

import pytest

from peerseal.server.guard import challenge as challenges
from peerseal.server.guard import passes
from peerseal.server.guard.challenge import BITS, BITS_MAX, COUNT, Challenges, is_solution, price
from peerseal.server.guard.passes import Passes
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import challenge as wire

HERE, THERE = "192.0.2.1", "192.0.2.2"


class Time:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


def solved(asked: wire.Challenge) -> wire.Solved:
    found = []
    for i in range(asked.count):
        start = hashlib.sha256(f"{wire.CHALLENGE_PREFIX}{asked.challenge} {i} ".encode())
        for n in count():
            tried = start.copy()
            tried.update(str(n).encode())
            if int.from_bytes(tried.digest(), "big") >> (256 - asked.bits) == 0:
                found.append(n)
                break
    return wire.Solved(asked.challenge, tuple(found))


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenges, "BITS", 1)
    monkeypatch.setattr(challenges, "COUNT", 1)


def refused(made: Challenges, address: str, answer: wire.Solved) -> tuple[int, str]:
    with pytest.raises(HttpProblem) as problem:
        made.spend(address, answer)
    return problem.value.status, problem.value.code


def test_each_pass_that_was_lost_makes_the_next_dearer_up_to_a_limit(time: Time) -> None:
    made = Challenges(time)
    bits = [made.make(HERE, lost, needed=True).bits for lost in range(10)]
    assert bits[:4] == [BITS, BITS + 2, BITS + 4, BITS_MAX]
    assert bits[-1] == BITS_MAX
    assert made.make(HERE, 0, needed=True).count == COUNT


@pytest.mark.usefixtures("cheap")
def test_a_challenge_ends_and_counts_once(time: Time) -> None:
    made = Challenges(time)
    answer = solved(made.make(HERE, 0, needed=True))
    assert refused(made, THERE, answer) == (422, "solution")
    made.spend(HERE, answer)
    assert refused(made, HERE, answer) == (409, "spent")
    time.ms += challenges.SECONDS * 1000 + 1
    assert refused(made, HERE, answer) == (422, "solution")
    late = solved(made.make(HERE, 0, needed=True))
    time.ms += challenges.SECONDS * 1000 + 1
    assert refused(made, HERE, late) == (422, "solution")


@pytest.mark.usefixtures("cheap")
def test_another_server_or_another_start_takes_no_solution_of_this_one(time: Time) -> None:
    answer = solved(Challenges(time).make(HERE, 0, needed=True))
    assert refused(Challenges(time), HERE, answer) == (422, "solution")


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize("text", ["", "x", "A" * 51, "é" * 30, "=" * 400])
def test_what_is_no_challenge_is_none(time: Time, text: str) -> None:
    assert refused(Challenges(time), HERE, wire.Solved(text, (0,))) == (422, "solution")


@pytest.mark.usefixtures("cheap")
def test_what_was_spent_is_remembered_only_until_it_ends_and_never_more_than_so_many(
    time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(challenges, "_SPENT_MAX", 3)
    made = Challenges(time)
    for _ in range(3):
        made.spend(HERE, solved(made.make(HERE, 0, needed=True)))
    assert refused(made, HERE, solved(made.make(HERE, 0, needed=True))) == (503, "busy")
    time.ms += challenges.SECONDS * 1000 + 1
    for _ in range(3):
        made.spend(HERE, solved(made.make(HERE, 0, needed=True)))


def test_too_few_numbers_are_no_solution() -> None:
    assert not is_solution("c", 0, 2, (1,))
    assert is_solution("c", 0, 1, (1,))


def test_a_pass_is_good_for_its_address_and_its_time(time: Time) -> None:
    held = Passes(time)
    given = held.grant(HERE)
    subject = held.subject(HERE, given.pass_)
    assert subject is not None
    assert subject.startswith("pass:")
    assert given.pass_ not in subject
    assert held.subject(THERE, given.pass_) is None
    assert held.subject(HERE, "x" * 32) is None
    assert held.subject(HERE, "\udcff") is None
    time.ms += passes.SECONDS * 1000
    assert held.subject(HERE, given.pass_) is None


def test_a_pass_that_is_lost_holds_no_more_and_is_counted_for_an_hour(time: Time) -> None:
    held = Passes(time)
    given = held.grant(HERE)
    subject = held.subject(HERE, given.pass_) or ""
    held.revoke(subject)
    held.revoke(subject)  # once is enough
    assert held.subject(HERE, given.pass_) is None
    assert (held.lost(HERE), held.lost(THERE)) == (1, 0)
    time.ms += 3600 * 1000
    assert held.lost(HERE) == 0


def test_however_many_passes_are_given_the_oldest_go_first(
    time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passes, "_HELD_MAX", 5)
    held = Passes(time)
    given = [held.grant(HERE).pass_ for _ in range(8)]
    assert [held.subject(HERE, one) is not None for one in given] == [False] * 3 + [True] * 5


def test_passes_nothing_good_came_of_make_the_next_dearer_a_bit_for_each_doubling() -> None:
    assert [price(0, idle) for idle in (0, 3, 4, 7, 8, 16, 32)] == [
        BITS,
        BITS,
        BITS + 1,
        BITS + 1,
        BITS + 2,
        BITS + 3,
        BITS + 4,
    ]
    assert price(3, 1000) == BITS_MAX


@pytest.mark.usefixtures("cheap")
def test_challenges_asked_for_while_they_were_cheap_are_no_stock(time: Time) -> None:
    made = Challenges(time)
    early = [solved(made.make(HERE, 0, needed=True)) for _ in range(3)]
    made.spend(HERE, early[0], lost=0, idle=4)
    made.spend(HERE, early[1], lost=1, idle=0)
    assert refused_now(made, early[2], lost=1, idle=4) == (409, "spent")


def refused_now(made: Challenges, answer: wire.Solved, lost: int, idle: int) -> tuple[int, str]:
    with pytest.raises(HttpProblem) as problem:
        made.spend(HERE, answer, lost, idle)
    return problem.value.status, problem.value.code


def test_a_whole_office_that_signs_in_pays_no_more_and_who_holds_passes_back_or_guesses_does(
    time: Time,
) -> None:
    held = Passes(time)
    for _ in range(150):
        held.used(held.subject(HERE, held.grant(HERE).pass_) or "", well=True)
    assert held.idle(HERE) == 0
    for _ in range(5):
        held.grant(THERE)
    assert (held.idle(HERE), held.idle(THERE)) == (0, 5)
    subject = held.subject(HERE, held.grant(HERE).pass_) or ""
    held.used(subject, well=True)
    held.used(subject, well=False)
    assert held.idle(HERE) == 0  # somebody mistyped
    held.used(subject, well=False)
    assert held.idle(HERE) == 1
    held.revoke(subject)
    assert held.idle(HERE) == 0
    time.ms += passes.SECONDS * 1000
    assert held.idle(THERE) == 0
