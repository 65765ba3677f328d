"""Scores decay, and however many subjects there are, the memory is bounded and what stands is kept."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from peerseal.server.guard.detector import Rules, Scoring, Sighting, Subject, Who
from peerseal.server.guard.detector.scores import Entry, Scores

RULES = Rules()
SMALL = Rules(subjects=100, evidence_in_all=400)
MIB = 1 << 20


@given(st.floats(0, 1000), st.floats(0, 1e6))
def test_a_score_halves_in_its_half_life(score: float, start: float) -> None:
    entry = Entry(start)
    entry.score = score
    entry.decay(start + RULES.half_life, RULES)
    assert abs(entry.score - score / 2) <= 1e-6 * (1 + score)


@given(st.floats(0, 1000), st.floats(0, 5000), st.floats(0, 5000))
def test_decay_does_not_depend_on_how_often_it_is_looked_at(
    score: float, first: float, second: float
) -> None:
    once, twice = Entry(0.0), Entry(0.0)
    once.score = twice.score = score
    once.decay(first + second, RULES)
    twice.decay(first, RULES)
    twice.decay(first + second, RULES)
    assert abs(once.score - twice.score) <= 1e-6 * (1 + score)


def test_a_clock_that_goes_back_changes_nothing() -> None:
    entry = Entry(100.0)
    entry.score = 5.0
    entry.decay(50.0, RULES)
    assert (entry.score, entry.at) == (5.0, 100.0)


def test_the_least_recently_seen_goes_first() -> None:
    scores = Scores(SMALL)
    for n in range(100):
        scores.touch(Subject("ip", str(n)), float(n))
    scores.touch(Subject("ip", "0"), 200.0)
    scores.touch(Subject("ip", "new"), 201.0)
    assert scores.find(("ip", "0")) is not None
    assert scores.find(("ip", "1")) is None
    assert len(scores) == 100


def test_what_stands_is_not_forgotten() -> None:
    scores = Scores(SMALL)
    held = Subject("ip", "held")
    scores.touch(held, 0.0).score = 50.0
    scores.hold(held)
    for n in range(1000):
        scores.touch(Subject("ip", str(n)), float(n))
    assert scores.find(held) is not None
    scores.release(held)
    for n in range(1000):
        scores.touch(Subject("ip", str(n)), float(n))
    assert scores.find(held) is None


def test_where_everything_stands_a_newcomer_is_not_kept() -> None:
    scores = Scores(SMALL)
    for n in range(100):
        subject = Subject("ip", str(n))
        scores.touch(subject, 0.0)
        scores.hold(subject)
    newcomer = scores.touch(Subject("ip", "new"), 1.0)
    for n in range(40):
        scores.remember(newcomer, n, 1.0, 1.0)
    assert len(scores) == 100
    assert scores.find(("ip", "new")) is None


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 60)), max_size=400))
def test_what_is_remembered_of_single_things_is_bounded_in_all(things: list[tuple[int, int]]) -> None:
    scores = Scores(SMALL)
    for n, (subject, thing) in enumerate(things):
        scores.remember(scores.touch(Subject("ip", str(subject)), float(n)), thing, 1.0, float(n))
    entries = [scores.find(("ip", str(n))) for n in range(301)]
    sizes = [entry.size() for entry in entries if entry is not None]
    assert sum(sizes) <= SMALL.evidence_in_all
    assert max(sizes, default=0) <= SMALL.evidence


def failing(number: int) -> Sighting:
    n = number * 257
    ip = f"{n >> 24 & 255}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
    net = f"{n >> 24 & 255}.{n >> 16 & 255}.{n >> 8 & 255}.0/24"
    return Sighting(number / 1000, ip, net, f"name{n}", None, None, "login_failed", "/api/v1/login", 401)


def test_fifty_thousand_subjects_fit_into_64_mib() -> None:
    """Measured on a tenth of each."""
    rules = Rules(subjects=RULES.subjects // 10, evidence_in_all=RULES.evidence_in_all // 10)
    scoring = Scoring(rules)
    tracemalloc.start()
    try:
        for n in range(5_000):
            scoring.see(failing(n))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(scoring) == rules.subjects
    assert used <= 6.4 * MIB


def test_however_many_addresses_come_they_end_no_block_and_fill_no_memory() -> None:
    rules = Rules(subjects=500, breaker_least=10**9)
    scoring = Scoring(rules)
    for n in range(2):
        trap = {"path": f"/{n}"}
        scoring.see(Sighting(0.0, "1.2.3.4", "1.2.3.0/24", None, None, None, "honeypot", "*", 404, trap))
    for n in range(20_000):
        scoring.see(failing(n)._replace(point="honeypot", route="*"))
    assert len(scoring) <= rules.subjects
    assert len(scoring.standings(20.0)) <= rules.subjects // 2
    assert scoring.standing(Who("1.2.3.4", "1.2.3.0/24"), 20.0).action == "block"
