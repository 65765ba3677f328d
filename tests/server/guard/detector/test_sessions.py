"""Whoever is signed in or has a pass is judged by what they do, not by where they come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.server.guard.detector import Scoring, Subject
from peerseal.server.guard.detector.points import POINTS

from .seen import LOGIN, OFFICE, STRANGER, sighting, spray, spray_of_colleagues, who, work, wrong_password


@given(st.lists(st.sampled_from(sorted(POINTS)), max_size=60))
def test_whoever_is_signed_in_is_never_judged_on_the_address(points: list[str]) -> None:
    scoring = Scoring()
    for n, point in enumerate(points):
        scoring.see(sighting(n / 10, OFFICE, point, LOGIN, account=f"n{n}", detail={"path": f"/{n}"}))
    assert scoring.see(work(10.0, "ann", "session")).action == "allow"
    assert (
        scoring.standing(who(OFFICE, account="ann", session="session", signed_in=True), 10.0).action
        == "allow"
    )


def test_a_session_that_probes_is_challenged_then_ended_and_others_of_the_address_are_not() -> None:
    scoring = Scoring()
    actions = [
        scoring.see(
            sighting(
                n * 1.0,
                OFFICE,
                "not_found_object",
                account="eve",
                session="e",
                signed_in=True,
                detail={"id": f"{n}"},
            )
        ).action
        for n in range(60)
    ]
    assert actions.index("challenge") < 8
    assert actions[-1] == "block"
    assert scoring.standing(who(OFFICE, account="ann", session="a", signed_in=True), 60.0).action == "allow"
    assert scoring.standing(who(OFFICE), 60.0).action == "allow"


def test_a_program_that_did_much_good_may_ask_for_what_is_gone() -> None:
    scoring = Scoring()
    for n in range(4000):
        if n % 100 == 99:
            gone = sighting(
                n / 10,
                OFFICE,
                "not_found_object",
                account="b",
                session="s",
                signed_in=True,
                detail={"id": f"{n}"},
            )
            assert scoring.see(gone).action in ("allow", "log")
        else:
            scoring.see(work(n / 10, "b", "s"))


def test_an_address_where_somebody_was_good_is_challenged_not_blocked() -> None:
    scoring = Scoring()
    scoring.see(work(0.0, "ann", "a"))
    decision = spray(scoring, 100, OFFICE, start=1.0)
    assert decision.action == "challenge"


def test_a_pass_is_lost_by_who_abuses_it() -> None:
    scoring = Scoring()
    spray(scoring, 8)
    assert scoring.standing(who(session="pass", passed=True), 9.0).action == "allow"
    for n in range(8):
        scoring.see(wrong_password(10.0 + n, f"more{n}", session="pass", passed=True))
    assert scoring.standing(who(session="pass", passed=True), 20.0).action in ("challenge", "block")


def test_a_taken_session_is_stepped_up_and_not_ended() -> None:
    scoring = Scoring()
    for n in range(10):
        scoring.see(work(n * 1.0, "ann", "a", detail={"ua": "phone"}))
    taken = work(11.0, "ann", "a", STRANGER, detail={"ua": "script"})
    assert scoring.see(taken).action == "challenge"
    roams = work(200.0, "bob", "b", STRANGER, detail={"ua": "phone"})
    scoring.see(roams)
    assert scoring.see(roams._replace(t=201.0, ip="10.9.9.9", net="10.9.9.0/24")).action == "allow"


def test_a_pass_is_lost_sooner_by_who_goes_on_with_ever_more_names() -> None:
    def lost(names: int) -> int:
        scoring = Scoring()
        spray_of_colleagues(scoring, names)
        t = 10.0 + names * 20
        for n in range(40):
            one = wrong_password(t + n, f"other{n}", OFFICE, detail={"ua": "browser"})
            if scoring.see(one._replace(session="pass", passed=True)).action == "challenge":
                return n
        raise AssertionError("never lost")

    assert lost(25) < lost(4)


def test_a_pass_after_a_lost_one_begins_with_half_of_it() -> None:
    scoring = Scoring()
    spray(scoring, 8)
    lasted = []
    for one in range(2):
        for n in range(20):
            tried = wrong_password(10.0 + 20 * one + n, f"{one} {n}", session=f"pass{one}", passed=True)
            if scoring.see(tried).action in ("challenge", "block"):
                lasted.append(n)
                break
    assert lasted[1] <= lasted[0] - 2


def test_events_that_were_under_way_to_the_same_peer_weigh_a_quarter() -> None:
    def weighed(gap: float, peer: str = "") -> float:
        scoring = Scoring()
        for n in range(2):
            detail = {"peer": peer or f"{n}"}
            scoring.see(sighting(n * gap, STRANGER, "not_accepted", session="s", detail=detail))
        return scoring._store.touch(Subject("session", "s"), gap).score

    assert weighed(1.0, "p") == pytest.approx(10.0, abs=0.1)
    assert weighed(6.0, "p") > 15
    assert weighed(1.0) > 15
