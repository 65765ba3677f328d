"""Wrong codes: guesses weigh, and the right one takes back what typos weighed."""

from peerseal.server.guard.detector import Scoring, Sighting, Subject

from .seen import STRANGER, sighting, who


def guessed(t: float, session: str, code: str, *, right: bool = False) -> Sighting:
    point = None if right else "code_wrong"
    detail = {"room": code, "code": code}
    return sighting(t, STRANGER, point, "sio:code_join", session=session, detail=detail)


def score(scoring: Scoring, t: float) -> float:
    return scoring._store.touch(Subject("ip", STRANGER), t).score


def test_the_right_code_takes_back_what_wrong_ones_of_this_client_weighed() -> None:
    scoring = Scoring()
    for n in range(3):
        scoring.see(guessed(n * 1.0, "live:1", f"{n}"))
    assert score(scoring, 3.0) > 8
    scoring.see(guessed(4.0, "live:1", "7", right=True))
    assert score(scoring, 5.0) < 1.5


def test_a_code_tried_too_early_on_another_connection_was_no_guess() -> None:
    scoring = Scoring()
    for n in range(3):
        scoring.see(guessed(n * 20.0, f"live:{n}", "7"))
    before = score(scoring, 60.0)
    assert 3 < before <= 6  # the same one again weighs little
    scoring.see(guessed(61.0, "live:9", "7", right=True))
    assert score(scoring, 62.0) < 1.5


def test_whoever_guesses_many_codes_gets_nothing_back_for_opening_some_themselves() -> None:
    scoring = Scoring()
    for n in range(8):
        scoring.see(guessed(n * 1.0, f"live:{n}", f"{n}"))
        scoring.see(guessed(n + 0.5, f"live:right {n}", f"{n}", right=True))
    assert scoring.standing(who(), 9.0).action == "challenge"


def test_right_codes_of_a_class_make_room_for_its_typos() -> None:
    def codes(pupils: int) -> str:
        scoring = Scoring()
        for n in range(pupils):
            scoring.see(guessed(n * 1.0, f"live:right {n}", "7", right=True))
        actions = [scoring.see(guessed(100 + n * 10.0, f"live:{n}", f"{n}")).action for n in range(6)]
        return "challenge" if "challenge" in actions else "allow"

    assert (codes(0), codes(20)) == ("challenge", "allow")
