"""Wrong passwords: who tries many names or many times is found; who forgets one, and their colleagues, are not."""

from peerseal.server.guard.detector import Scoring

from .seen import FILE, LOGIN, OFFICE, STRANGER, sighting, spray_of_colleagues, who, wrong_password


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


def test_who_tries_colleagues_names_with_the_program_all_use_is_found_after_nine() -> None:
    actions = spray_of_colleagues(Scoring(), 12)
    assert actions.index("challenge") == 8
    assert "challenge" not in spray_of_colleagues(Scoring(), 40, right=True)


def test_asking_about_many_names_is_noticed() -> None:
    scoring = Scoring()
    asked = (sighting(n / 4, route="/api/v1/login/params", account=f"n{n}") for n in range(100))
    assert any(scoring.see(one).action == "challenge" for one in asked)


def test_a_flood_of_sign_ins_is_noticed_though_no_point_is_seen() -> None:
    scoring = Scoring()
    flood = (sighting(n / 500, route=LOGIN, status=401) for n in range(500))
    assert any(scoring.see(one).action == "challenge" for one in flood)
