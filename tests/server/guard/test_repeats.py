"""Events that are much alike become few lines, and none of them is lost from the count."""

from typing import Any

from peerseal.server.guard.repeats import AT_ONCE, EVERY_SECONDS, TOGETHER_SECONDS, Repeats


def event(key: str, point: str = "honeypot", action: str = "log") -> dict[str, Any]:
    return {
        "point": point,
        "action": action,
        "subject": {"kind": "ip", "key": key},
        "evidence": {"count": 1, "seconds": 0, "distinct": 1},
    }


def stands_for(lines: list[dict[str, Any]]) -> int:
    return sum(line.get("repeats", 1) for line in lines)


def test_a_flood_from_many_addresses_is_few_lines_that_count_all_of_it() -> None:
    repeats = Repeats()
    written = [line for n in range(25_600) for line in repeats.see(event(str(n)), n / 100)]
    written += repeats.due(300.0, all_=True)
    assert len(written) <= AT_ONCE + 256 / EVERY_SECONDS + 256 / TOGETHER_SECONDS + 1
    assert stands_for(written) == 25_600
    assert any(line["evidence"]["distinct"] > 900 for line in written)


def test_what_is_rare_or_of_another_kind_is_told_at_once() -> None:
    repeats = Repeats()
    for n in range(1000):
        repeats.see(event(str(n)), 1.0)
    assert repeats.see(event("a", action="block"), 1.0) == [event("a", action="block")]
    assert repeats.see(event("a", point="csrf"), 1.0) == [event("a", point="csrf")]
    slow = Repeats()
    for n in range(100):
        assert len(slow.see(event(str(n)), n * EVERY_SECONDS)) == 1


def test_what_was_held_back_is_told_when_the_flood_is_over() -> None:
    repeats = Repeats()
    for n in range(AT_ONCE + 5):
        repeats.see(event(str(n)), 10.0)
    assert repeats.due(11.0) == []
    (line,) = repeats.due(10.0 + TOGETHER_SECONDS)
    assert (line["repeats"], line["evidence"]["count"], line["evidence"]["distinct"]) == (5, 5, 5)
    assert repeats.due(10.0 + 2 * TOGETHER_SECONDS) == []
