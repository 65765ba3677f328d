"""The detector tells abuse from use, says why, and is the same for the same input."""

import random  # noqa: TID251 - seeded
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.server.guard.detector import Decision, Rules, Scoring, Sighting, Subject
from peerseal.server.guard.detector.points import POINTS

from .seen import LOGIN, OFFICE, sighting, spray, who


def test_an_ordinary_request_is_allowed() -> None:
    scoring = Scoring()
    assert scoring.see(sighting(0.0)) == Decision("allow")
    assert scoring.standing(who(), 1.0) == Decision("allow")


@pytest.mark.parametrize("point", sorted(POINTS))
def test_no_single_point_blocks(point: str) -> None:
    assert Scoring().see(sighting(0.0, point=point, account="ann")).action != "block"


def test_an_unknown_point_is_refused() -> None:
    with pytest.raises(KeyError):
        Scoring().see(sighting(0.0, point="nothing"))


def test_a_control_character_in_a_name_is_no_way_out_of_a_folder() -> None:
    def named(path: str, reason: str, n: int = 1) -> str:
        scoring = Scoring()
        detail = {"path": path, "reason": reason}
        ones = [
            sighting(k, OFFICE, "bad_name", account="b", session="s", signed_in=True, detail=detail)
            for k in range(n)
        ]
        return [scoring.see(one).action for one in ones][-1]

    assert named("Icon\r", "control", 8) == "allow"
    assert named("a\0b", "control", 4) == "block"
    assert named("../../etc", "traversal", 4) == "block"


def test_what_is_wrong_with_a_request_is_judged_on_pages_too_and_opening_them_is_free() -> None:
    scoring = Scoring()
    actions = [scoring.see(sighting(n * 2.0, point="csrf", route="/")).action for n in range(6)]
    assert actions[-1] in ("challenge", "block")
    assert scoring.see(sighting(13.0, route="/")).action == "allow"
    missing = sighting(13.0, point="unknown_route", route="*", detail={"path": "/favicon.ico"})
    assert scoring.see(missing).action in ("allow", "log")


def test_an_address_without_an_ordinary_answer_is_challenged_sooner() -> None:
    def tries(point: str, *, visited: bool) -> int:
        scoring = Scoring()
        if visited:
            scoring.see(sighting(0.0, route="/"))
        found = [scoring.see(sighting(1 + n * 2.0, point=point)).action for n in range(12)]
        return found.index("challenge") + 1

    for point in ("csrf", "malformed", "slow_client"):
        assert tries(point, visited=False) <= 3 < tries(point, visited=True)


def test_forwarded_headers_of_nobody_lead_to_a_note_and_no_further() -> None:
    scoring = Scoring()
    actions = {scoring.see(sighting(n / 10, point="spoofed_forward")).action for n in range(500)}
    assert actions == {"allow", "log"}


def test_a_flood_of_connections_is_noticed() -> None:
    scoring = Scoring()
    flood = (sighting(n / 50, route="sio:connect", session=f"s{n}") for n in range(500))
    assert any(scoring.see(one).action == "challenge" for one in flood)


def test_connections_and_joinings_of_guests_beyond_about_forty_a_minute_are_noticed_and_cost_no_more_than_a_challenge() -> (
    None
):
    for route, session in (("sio:connect", None), ("sio:join_again", "live:1")):
        slow, fast = Scoring(), Scoring()
        slowly = {slow.see(sighting(n * 1.6, route=route, session=session)).action for n in range(400)}
        assert slowly == {"allow"}
        actions = [fast.see(sighting(n / 50, route=route, session=session)).action for n in range(2000)]
        assert actions.index("challenge") < 120
        assert set(actions) == {"allow", "log", "challenge"}


def test_who_paid_answers_for_their_connections_by_the_pass_and_everybody_else_there_is_left_alone() -> None:
    scoring = Scoring()
    for n in range(400):
        scoring.see(sighting(n / 4, route="sio:connect", session=f"pass:{n % 200}", passed=True))
    assert scoring.standing(who(route="sio:join"), 101.0).action == "allow"
    for n in range(200):
        scoring.see(sighting(102.0 + n / 50, route="sio:connect", session="pass:x", passed=True))
    assert scoring.standing(who(session="pass:x", passed=True), 107.0).action == "challenge"


def test_joining_again_and_again_is_no_good_conduct() -> None:
    scoring = Scoring()
    for n in range(200):
        scoring.see(sighting(n * 2.0, route="sio:join_again", session="live:1"))
    assert scoring._store.touch(Subject("session", "live:1"), 400.0).conduct == 0


def test_a_download_of_many_chunks_is_no_flood() -> None:
    scoring = Scoring()
    chunks = (sighting(n / 50, route="/api/v1/chunks/{stream}/{n}") for n in range(5000))
    assert {scoring.see(one).action for one in chunks} == {"allow"}


def test_what_browsers_ask_for_unasked_is_nothing() -> None:
    scoring = Scoring()
    for n in range(100):
        path = ("/favicon.ico", "/robots.txt", "/apple-touch-icon.png")[n % 3]
        assert (
            scoring.see(sighting(n / 10, point="unknown_route", route="*", detail={"path": path})).action
            == "allow"
        )


@given(st.integers(0, 2**32))
def test_the_same_input_gives_the_same_output(seed: int) -> None:
    def lines() -> Iterator[Sighting]:
        r = random.Random(seed)
        for n in range(60):
            point = r.choice([None, *POINTS])
            session = r.choice([None, "a", "b"])
            account = r.choice([None, "ann", "bob"])
            signed_in = session is not None and account is not None
            yield sighting(
                n * r.random(),
                f"10.0.0.{r.randrange(3)}",
                point,
                LOGIN,
                account=account,
                session=session,
                signed_in=signed_in,
            )

    first, second = Scoring(), Scoring()
    assert [first.see(one) for one in lines()] == [second.see(one) for one in lines()]


def test_rules_can_be_others() -> None:
    assert spray(
        Scoring(
            Rules(
                challenge=1000.0,
                challenge_newcomer=1000.0,
                challenge_bare=1000.0,
                block=2000.0,
                block_slips=4000.0,
                net=1000.0,
                slow=1000.0,
            )
        ),
        20,
    ).action in (
        "allow",
        "log",
    )
