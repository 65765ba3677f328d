"""The detector tells abuse from use, says why, and lets go."""

import random  # noqa: TID251 - seeded
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.server.guard.detector import Decision, Rules, Scoring, Sighting, Subject, Who
from peerseal.server.guard.detector.points import POINTS
from peerseal.server.guard.detector.subjects import network_of

LOGIN = "/api/v1/login"
FILE = "/api/v1/files/{file}"
STRANGER = "198.51.100.7"
OFFICE = "203.0.113.5"


def sighting(
    t: float, ip: str = STRANGER, point: str | None = None, route: str = FILE, **more: Any
) -> Sighting:
    status = 200 if point is None else 401 if point == "login_failed" else 404
    base = Sighting(t, ip, network_of(ip), None, None, None, point, route, status)
    return base._replace(**more)


def wrong_password(t: float, name: str, ip: str = STRANGER, **more: Any) -> Sighting:
    return sighting(t, ip, "login_failed", LOGIN, account=name, **more)


def work(t: float, name: str, session: str, ip: str = OFFICE, **more: Any) -> Sighting:
    return sighting(t, ip, account=name, session=session, signed_in=True, **more)


def who(ip: str = STRANGER, **more: Any) -> Who:
    return Who(ip, network_of(ip))._replace(**more)


def spray(scoring: Scoring, count: int, ip: str = STRANGER, start: float = 0.0, gap: float = 1.0) -> Decision:
    decision = Decision("allow")
    for n in range(count):
        decision = scoring.see(wrong_password(start + n * gap, f"name{n}", ip))
    return decision


def block(scoring: Scoring, ip: str = STRANGER, t: float = 0.0) -> None:
    for n in range(2):
        scoring.see(sighting(t + n / 10, ip, "honeypot", "*", detail={"path": f"/.env{n}"}))
    assert scoring.standing(who(ip), t + 1).action == "block"


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


def test_who_tries_many_names_is_challenged_then_blocked_and_told_why() -> None:
    scoring = Scoring()
    actions = [scoring.see(wrong_password(n * 1.0, f"name{n}")).action for n in range(20)]
    assert actions[0] == "allow"
    assert actions.index("challenge") < actions.index("block")
    decision = scoring.standing(who(), 20.0)
    assert decision.subject == ("ip", STRANGER)
    assert "wrong passwords" in decision.why
    assert decision.until > 20.0


def test_who_forgets_a_password_is_left_alone() -> None:
    scoring = Scoring()
    actions = {scoring.see(wrong_password(n * 6.0, "ann")).action for n in range(9)}
    assert actions <= {"allow", "log"}
    assert scoring.see(sighting(60.0, route=LOGIN, account="ann")).action == "allow"


def test_a_program_that_asks_about_its_one_name_first_is_left_alone_for_as_long() -> None:
    scoring = Scoring()
    actions = set()
    for n in range(7):
        scoring.see(sighting(n * 6.0, route="/api/v1/login/params", account="ann"))
        actions.add(scoring.see(wrong_password(n * 6.0 + 1, "ann")).action)
    assert actions <= {"allow", "log"}


def test_the_right_password_takes_back_what_wrong_ones_weighed() -> None:
    scoring = Scoring()
    for person in range(40):
        for n in range(2):
            scoring.see(wrong_password(person * 20.0 + n * 6, f"user{person}", OFFICE))
        decision = scoring.see(sighting(person * 20.0 + 12, OFFICE, route=LOGIN, account=f"user{person}"))
        assert decision.action == "allow"


def test_many_addresses_failing_in_step_make_sign_ins_of_strangers_cost_something() -> None:
    scoring = Scoring()
    for n in range(40):
        scoring.see(wrong_password(n * 2.0, f"name{n}", f"10.{n}.0.1"))
    stranger = who("192.0.2.9", account="ann", route=LOGIN)
    assert scoring.standing(stranger, 81.0).action == "challenge"
    assert scoring.standing(stranger._replace(device="d", known=True), 81.0).action == "allow"
    assert scoring.standing(stranger._replace(route=FILE), 81.0).action == "allow"
    assert "sign_ins" in scoring.site_modes(81.0)
    assert scoring.standing(stranger, 2000.0).action == "allow"


def test_strangers_wait_while_a_known_device_signs_in() -> None:
    scoring = Scoring()
    for n in range(20):
        scoring.see(wrong_password(n * 30.0, "ann", f"10.{n}.0.1"))
    stranger = who("192.0.2.9", account="ann", route=LOGIN)
    waits = scoring.standing(stranger, 600.0)
    assert waits.action == "challenge"  # whoever pays need not wait
    assert 600.0 < waits.until <= 600.0 + 3600
    assert scoring.standing(stranger._replace(device="d", known=True), 600.0).action == "allow"
    assert scoring.standing(stranger._replace(account="bob"), 600.0).action == "allow"


def test_who_guesses_once_a_minute_is_found() -> None:
    scoring = Scoring()
    assert any(
        scoring.see(wrong_password(n * 60.0, "ann")).action in ("wait", "challenge") for n in range(30)
    )


def test_a_known_device_that_is_wrong_waits_alone() -> None:
    scoring = Scoring()
    decisions = [scoring.see(wrong_password(n * 3.0, "ann", device="d", known=True)) for n in range(11)]
    decision = decisions[-1]
    assert decision.action == "wait"
    assert decision.subject == ("device", "d")
    assert scoring.standing(who(account="ann", route=LOGIN), 40.0).action == "allow"


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


def caught(scoring: Scoring, t: float, ip: str, traps: int = 2, *, visited: bool = True) -> None:
    if visited:
        scoring.see(sighting(t, ip, route="/"))
    for trap in range(traps):
        scoring.see(sighting(t, ip, "honeypot", "*", detail={"path": f"/{trap}"}))


def broken() -> Scoring:
    scoring = Scoring()
    for n in range(30):
        caught(scoring, n * 1.0, f"10.{n}.0.1")
    assert scoring.broken
    return scoring


def test_the_breaker_turns_too_many_blocks_into_challenges() -> None:
    scoring = broken()
    assert scoring.standing(who("10.3.0.1"), 31.0).action == "challenge"
    scoring.close_breaker()
    assert scoring.standing(who("10.3.0.1"), 31.0).action == "block"


def test_addresses_that_never_had_an_ordinary_answer_do_not_open_the_breaker() -> None:
    scoring = Scoring()
    for n in range(200):
        caught(scoring, n / 10, f"10.{n}.0.1", visited=False)
    assert not scoring.broken
    assert scoring.standing(who("10.199.0.1"), 21.0).action == "block"


def test_with_the_breaker_open_the_worst_are_blocked_unless_somebody_may_be_there() -> None:
    scoring = broken()
    caught(scoring, 31.0, "192.0.2.1", 8, visited=False)
    caught(scoring, 31.0, "192.0.2.2", 8)
    caught(scoring, 31.0, "192.0.2.3", 2, visited=False)
    found = [scoring.standing(who(f"192.0.2.{n}"), 32.0).action for n in (1, 2, 3)]
    assert found == ["block", "challenge", "challenge"]


def test_the_breaker_closes_an_hour_after_the_last_block_and_survives_a_restart_until_then() -> None:
    scoring = broken()
    again = Scoring()
    again.restore(scoring.export(100.0), 0.0)
    states = []
    for t in (1.0, 3500.0, 3601.0):
        again.standings(t)
        states.append(again.broken)
    assert states == [True, True, False]
    old = Scoring()
    old.restore({"broken": True}, 0.0)
    assert old.broken


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


def spray_of_colleagues(scoring: Scoring, count: int, *, right: bool = False, **more: Any) -> list[str]:
    """With the program everybody there uses, one name each 20 seconds; `right`: each is right in the end."""
    detail = {"ua": "browser"}
    for n in range(40):
        scoring.see(work(n / 10, f"user{n}", f"s{n}", detail=detail))
    actions: list[str] = []
    for n in range(count):
        t = 10.0 + n * 20
        actions.append(scoring.see(wrong_password(t, f"user{n}", OFFICE, detail=detail, **more)).action)
        if right:
            scoring.see(sighting(t + 10, OFFICE, route=LOGIN, account=f"user{n}", detail=detail))
    return actions


def test_who_tries_colleagues_names_with_the_program_all_use_is_found_after_nine() -> None:
    actions = spray_of_colleagues(Scoring(), 12)
    assert actions.index("challenge") == 8
    assert "challenge" not in spray_of_colleagues(Scoring(), 40, right=True)


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


def test_right_codes_of_a_class_make_room_for_its_typos() -> None:
    def codes(pupils: int) -> str:
        scoring = Scoring()
        for n in range(pupils):
            scoring.see(guessed(n * 1.0, f"live:right {n}", "7", right=True))
        actions = [scoring.see(guessed(100 + n * 10.0, f"live:{n}", f"{n}")).action for n in range(6)]
        return "challenge" if "challenge" in actions else "allow"

    assert (codes(0), codes(20)) == ("challenge", "allow")


def test_forwarded_headers_of_nobody_lead_to_a_note_and_no_further() -> None:
    scoring = Scoring()
    actions = {scoring.see(sighting(n / 10, point="spoofed_forward")).action for n in range(500)}
    assert actions == {"allow", "log"}


def test_asking_about_many_names_is_noticed() -> None:
    scoring = Scoring()
    asked = (sighting(n / 4, route="/api/v1/login/params", account=f"n{n}") for n in range(100))
    assert any(scoring.see(one).action == "challenge" for one in asked)


def test_a_flood_of_sign_ins_is_noticed_though_no_point_is_seen() -> None:
    scoring = Scoring()
    flood = (sighting(n / 500, route=LOGIN, status=401) for n in range(500))
    assert any(scoring.see(one).action == "challenge" for one in flood)


def test_a_flood_of_connections_is_noticed() -> None:
    scoring = Scoring()
    flood = (sighting(n / 50, route="sio:connect", session=f"s{n}") for n in range(500))
    assert any(scoring.see(one).action == "challenge" for one in flood)


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
