"""An account strangers guess at, at a real server: whoever pays may try a few times, so its owner gets in."""

from pathlib import Path

from support.live_server import LiveServer
from support.strangers import WRONG, Stranger


def test_an_owner_with_a_new_device_pays_and_gets_in_and_a_pass_is_good_for_three_tries(
    tmp_path: Path,
) -> None:
    with LiveServer({"guard": "enforce", "data": str(tmp_path / "data")}) as server:
        Stranger(server.port, "127.1.0.1").register("zoe")
        told = {Stranger(server.port, f"127.2.{n}.1").sign_in("zoe", WRONG).code for n in range(14)}
        assert told == {"login_failed", "challenge"}
        guesser = Stranger(server.port, "127.4.0.1")
        assert guesser.pay().status == 201
        guesses = [guesser.sign_in("zoe", WRONG).code for _ in range(4)]
        assert guesses == ["login_failed"] * 3 + ["challenge"]
        owner = Stranger(server.port, "127.3.0.1", "a new laptop")
        assert owner.sign_in("zoe").code == "challenge"
        assert owner.pay().status == 201
        assert owner.sign_in("zoe").status == 200


def test_each_pass_that_went_to_three_wrong_passwords_makes_the_next_dearer_and_one_bought_ahead_too(
    tmp_path: Path,
) -> None:
    with LiveServer({"guard": "enforce", "data": str(tmp_path / "data")}) as server:
        Stranger(server.port, "127.1.0.1").register("zoe")
        for n in range(14):
            Stranger(server.port, f"127.2.{n}.1").sign_in("zoe", WRONG)
        guesser = Stranger(server.port, "127.4.0.1")
        asked = []
        for _ in range(2):
            asked.append(guesser.ask("GET", "/api/v1/challenge").json["bits"])
            assert guesser.pay().status == 201
            assert [guesser.sign_in("zoe", WRONG).code for _ in range(3)] == ["login_failed"] * 3
        asked.append(guesser.ask("GET", "/api/v1/challenge").json["bits"])
        assert asked == [14, 16, 18]
        hoarder = Stranger(server.port, "127.5.0.1")
        for _ in range(4):
            assert hoarder.pay().status == 201
        assert hoarder.ask("GET", "/api/v1/challenge").json["bits"] == 15
        assert Stranger(server.port, "127.6.0.1").ask("GET", "/api/v1/challenge").json["bits"] == 14
