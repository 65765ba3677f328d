"""What stands against somebody: how long, for whom, and what ends or survives it."""

import pytest

from peerseal.server.guard.detector import Scoring, Subject

from .seen import LOGIN, OFFICE, STRANGER, block, sighting, spray, who, wrong_password


def test_somebody_else_at_a_blocked_address_is_challenged() -> None:
    scoring = Scoring()
    for n in range(2):
        scoring.see(sighting(0.0, point="honeypot", route="*", detail={"path": f"/{n}", "ua": "scanner"}))
    assert scoring.standing(who(agent="scanner"), 1.0).action == "block"
    assert scoring.standing(who(agent="browser"), 1.0).action == "challenge"
    assert scoring.standing(who(device="d", known=True), 1.0).action == "allow"
    assert scoring.standing(who(route="/"), 1.0).action == "allow"


def test_a_block_ends_and_the_next_is_twice_as_long() -> None:
    scoring = Scoring()
    block(scoring)
    first = scoring.standing(who(), 1.0).until
    assert scoring.standing(who(), first + 1).action == "allow"
    block(scoring, t=first + 3000)
    assert scoring.standing(who(), first + 3001).until - (first + 3000) == pytest.approx(1200, abs=1)


def test_what_is_undone_starts_from_nothing() -> None:
    scoring = Scoring()
    block(scoring)
    assert scoring.undo(Subject("ip", STRANGER), 2.0)
    assert not scoring.undo(Subject("ip", STRANGER), 2.0)
    assert scoring.standing(who(), 2.0).action == "allow"
    assert scoring.see(wrong_password(3.0, "ann")).action == "allow"


def test_who_is_allowed_is_never_judged() -> None:
    scoring = Scoring()
    scoring.allow("198.51.100.0/24")
    scoring.allow("@ann")
    assert spray(scoring, 50).action == "allow"
    bad = (
        sighting(n * 1.0, OFFICE, "bad_name", account="ann", session="a", signed_in=True) for n in range(60)
    )
    assert {scoring.see(one).action for one in bad} == {"allow"}
    # A name that is only claimed opens nothing.
    spray(scoring, 20, "10.1.1.1", start=100.0)
    assert scoring.standing(who("10.1.1.1", account="ann", route=LOGIN), 121.0).action == "block"
    assert scoring.disallow("198.51.100.0/24")
    assert not scoring.disallow("198.51.100.0/24")
    assert scoring.allowed() == ["@ann"]
    with pytest.raises(ValueError, match="nonsense"):
        scoring.allow("nonsense")


def test_blocks_and_the_allow_list_survive_a_restart_and_scores_do_not() -> None:
    scoring = Scoring()
    block(scoring, t=100.0)
    spray(scoring, 7, "10.1.1.1", start=100.0)
    scoring.allow("@ann")
    saved = scoring.export(130.0)
    again = Scoring()
    again.restore(saved, 5.0)
    assert again.standing(who(), 6.0).action == "block"
    assert again.standing(who(), 6.0).until == pytest.approx(scoring.standing(who(), 131.0).until - 125)
    assert again.standing(who("10.1.1.1"), 6.0).action == "allow"
    assert again.allowed() == ["@ann"]


@pytest.mark.parametrize(
    "saved", [{}, {"blocks": 3, "allowed": [7, None]}, {"blocks": [{}, {"subject": ["x", "y"]}]}]
)
def test_a_damaged_state_is_left_out(saved: dict[str, object]) -> None:
    scoring = Scoring()
    scoring.restore(saved, 0.0)
    assert scoring.standings(0.0) == []


def test_a_blocked_address_stops_only_the_program_it_was_blocked_for_also_one_that_says_no_name() -> None:
    for agent, other in (("", "Mozilla/5.0"), ("a scanner", "")):
        scoring = Scoring()
        for n in range(3):
            detail = {"path": f"/.env{n}", "ua": agent}
            scoring.see(sighting(n / 10, point="honeypot", route="*", detail=detail))
        assert scoring.standing(who(agent=agent, route="*"), 1.0).action == "block"
        assert scoring.standing(who(agent=other, route="*"), 1.0).action == "challenge"


def test_many_programs_that_made_points_do_not_shut_out_any_other_at_their_address() -> None:
    scoring = Scoring()
    for n in range(30):
        detail = {"path": f"/.env{n}", "ua": f"scanner {n}"}
        scoring.see(sighting(n / 10, point="honeypot", route="*", detail=detail))
    assert scoring.standing(who(agent="Mozilla/5.0", route="*"), 4.0).action == "challenge"
    assert {scoring.standing(who(agent=f"scanner {n}", route="*"), 4.0).action for n in range(22, 30)} == {
        "block"
    }
    assert scoring.standing(who(agent="scanner 30", route="*"), 4.0).action == "challenge"


def test_guesses_at_codes_stop_the_program_they_were_made_with() -> None:
    scoring = Scoring()
    for n in range(20):
        detail = {"code": f"{n}", "room": f"{n}", "ua": "a guesser"}
        scoring.see(
            sighting(n / 1.0, point="code_wrong", route="sio:code_join", session=f"live:{n}", detail=detail)
        )
    assert scoring.standing(who(agent="a guesser", route="sio:join"), 21.0).action == "block"
    assert scoring.standing(who(agent="Mozilla/5.0", route="sio:join"), 21.0).action == "challenge"
