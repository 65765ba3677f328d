"""A file of labelled sightings through the detector: what it accepts, what it says, and how well it judges."""

import json
from pathlib import Path
from typing import Any

import pytest

from peerseal.cli.main import main
from peerseal.errors import UsageError
from peerseal.server.guard.detector import Decision, Scoring
from peerseal.server.guard.detector.replay import LINE_MAX, Replay, lines_of

ROOT = Path(__file__).parents[4]
LINE: dict[str, Any] = {
    "t": 1.5,
    "ip": "192.0.2.1",
    "account": None,
    "device": None,
    "session": None,
    "point": None,
    "route": "/api/v1/login",
    "status": 200,
    "detail": {},
    "label": "legit",
    "actor": "ann",
}


def text(**changed: object) -> bytes:
    return json.dumps({**LINE, **changed}).encode()


def replayed(texts: list[bytes]) -> tuple[list[Decision], Replay]:
    replay = Replay(Scoring(), lambda: 0.0)
    return [replay.step(line) for line in lines_of(texts)], replay


def guesses(count: int = 40, **changed: object) -> list[bytes]:
    return [
        text(
            t=n / 2, point="login_failed", status=401, account=f"n{n}", label="attack", actor="eve", **changed
        )
        for n in range(count)
    ]


@pytest.mark.parametrize(
    "damaged",
    [
        b"{",
        b"[]",
        b"7",
        b"\xff",
        text()[:-1] + b', "label": "attack"}',  # which of the two?
        text(actor="\ud800"),
        text(status=2**70),
        text(detail={"deep": [[[[[[[[1]]]]]]]]}),
        text()[:-1] + b', "more": 1e999}',
        b"[" * 3000,
        text(t=None),
        text(t="1"),
        text(t=True),
        text(t=float("nan")),
        text(t=float("inf")),
        text(ip=None),
        text(ip={}),
        text(status="200"),
        text(point="nothing"),
        text(point=3.5),
        text(session=[]),
        text(detail=[1]),
        text(label="friend"),
        b'"' + b"a" * LINE_MAX + b'"',
    ],
)
def test_a_line_that_is_none_is_named(damaged: bytes) -> None:
    with pytest.raises(UsageError) as refused:
        list(lines_of([text(), b"\n", damaged]))
    assert refused.value.code == "replay_line"
    assert "Line 3 " in refused.value.message


def test_numbers_for_accounts_sessions_and_actors_will_do() -> None:
    (line,) = lines_of([text(account=7, session=8, device=9, actor=10)])
    assert (line.account, line.session, line.device, line.actor) == ("7", "8", "9", "10")


def test_labels_and_actors_decide_nothing() -> None:
    lines = [*guesses(), text(t=30.0)]
    turned = [
        json.dumps(
            {**json.loads(line), "label": "legit" if n % 2 else "attack", "actor": f"a{n % 3}"}
        ).encode()
        for n, line in enumerate(lines)
    ]
    assert replayed(lines)[0] == replayed(turned)[0]


def test_who_solves_a_challenge_goes_on_and_who_abuses_that_is_challenged_again() -> None:
    actions = [decision.action for decision in replayed(guesses(60))[0]]
    first = actions.index("challenge")
    assert "allow" in actions[first:] or "log" in actions[first:]
    assert {"challenge", "block"} & set(actions[-10:])


def test_a_device_that_signed_in_before_is_known_later() -> None:
    before = text(t=0.0, account="ann", device="d", ip="198.51.100.1")
    guessing = [
        text(
            t=10.0 + n * 20, ip=f"10.{n}.0.1", point="login_failed", status=401, account="ann", label="attack"
        )
        for n in range(25)
    ]
    owner = text(t=520.0, account="ann", device="d", ip="198.51.100.99")
    stranger = text(t=521.0, account="ann", ip="198.51.100.98")
    decisions, _ = replayed([before, *guessing, owner, stranger])
    assert decisions[-2].action == "allow"
    assert decisions[-1].action == "challenge"


def test_the_summary_counts() -> None:
    _, replay = replayed([text(t=0.0), *guesses(), text(t=50.0, ip="192.0.2.77", actor="bob")])
    figures = replay.summary.figures()
    assert figures["lines"] == 42
    assert (figures["attackers"], figures["attackers_found"]) == (1, 1)
    assert (figures["people"], figures["people_blocked"]) == (2, 0)
    assert figures["legit_requests_challenged_share"] == 0
    seconds = figures["median_seconds_to_detect"]
    assert isinstance(seconds, float)
    assert 0 < seconds < 5


def test_the_command_answers_line_by_line_and_sums_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "traffic.ndjson"
    file.write_bytes(b"\n".join(guesses()))
    assert main(["guard", "replay", str(file), "--json"]) == 0
    *answers, last = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["i"] for one in answers] == list(range(40))
    assert {one["action"] for one in answers} <= {"allow", "log", "challenge", "block"}
    assert all(set(one) == {"i", "action", "subject", "why"} for one in answers)
    assert last["summary"]["attackers_found"] == 1


def test_the_command_shows_people_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "traffic.ndjson"
    file.write_bytes(b"\n".join(guesses()))
    assert main(["guard", "replay", str(file)]) == 0
    assert "attackers found" in capsys.readouterr().out
    assert main(["guard", "replay", str(tmp_path / "nowhere")]) == 8
    file.write_bytes(b"{")
    assert main(["guard", "replay", str(file)]) == 2
    assert "Line 1 " in capsys.readouterr().err


@pytest.mark.parametrize(("mix", "seed"), [("tuned", 31), ("held-out", 32), ("held-out", 33)])
def test_abuse_is_told_from_use(mix: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is promised of traffic nobody has seen, on a third of an hour's people."""
    monkeypatch.syspath_prepend(ROOT)
    mixes = __import__("bench.guard.mixes", fromlist=["MIXES"]).MIXES
    _, replay = replayed(list(mixes[mix](seed, 0.3).texts()))
    figures: dict[str, Any] = replay.summary.figures()
    assert figures["attackers_found_share"] >= 0.95
    assert figures["block_precision"] >= 0.99
    assert figures["people_blocked"] == 0
    assert figures["legit_requests_challenged_share"] <= 0.005
    assert figures["median_seconds_to_detect"] <= 5
    botnets = [
        one for (attack, name), one in replay.summary.actors.items() if attack and name.startswith("botnet")
    ]
    assert all(one.found is not None and one.found <= 60 for one in botnets)
