"""How many claims and codes a minute: of each source, of all, and never at the cost of who has a code."""

from peerseal.wire import messages as m
from support.meeting_world import NOBODY, World, code

from .claiming import odd, outcome


def test_thirty_claims_a_minute_and_source(world: World) -> None:
    codes = []
    for number in range(40):
        guesser = world.person(NOBODY, f"2001:db8:1:2::{number:x}")
        guesser.join("x", listed=False)
        codes.append(outcome(guesser.say(m.Claim("123"))))
    assert codes == ["waits"] * 30 + ["rate_limited"] * 10
    elsewhere = world.person(NOBODY, "2001:db8:1:3::1")
    elsewhere.join("x", listed=False)
    assert outcome(elsewhere.say(m.Claim("123"))) == "waits"
    world.now += 61
    again = world.person(NOBODY, "2001:db8:1:2::1")
    again.join("x", listed=False)
    assert outcome(again.say(m.Claim("123"))) == "waits"


def test_six_hundred_claims_a_minute_in_all_beside_the_first_ones_of_each_network(world: World) -> None:
    codes = []
    for number in range(700):
        guesser = world.person(NOBODY, f"10.0.{number // 250}.{number % 250}")
        guesser.join("x", listed=False)
        codes.append(outcome(guesser.say(m.Claim("123"))))
    assert codes == ["waits"] * 690 + ["rate_limited"] * 10


def test_whoever_spends_the_claims_of_all_shuts_nobody_out_who_has_a_code(world: World) -> None:
    _, own = world.code()
    said = []
    for number in range(22):
        stranger = world.person(NOBODY, f"10.{number}.0.1")
        stranger.join("x", listed=False)
        for _ in range(30):
            said.append(outcome(stranger.say(m.Claim(own))))
            stranger.say(m.Leave())
            stranger.join("x", listed=False)
    assert said.count("waits") == 22 * 3 + 22 * 27
    world.now += 61
    said = []
    for number in range(25):
        stranger = world.person(NOBODY, f"10.{number}.0.1")
        stranger.join("x", listed=False)
        said += [outcome(stranger.say(m.Claim("123"))) for _ in range(30)]
    assert said.count("waits") == 25 * 3 + 600
    _, nameplate = world.code()
    for _ in range(3):
        right = world.person(NOBODY, "203.0.113.9")
        right.join("Bob", listed=False)
        assert outcome(right.say(m.Claim(nameplate))) == "waits"


def test_claims_of_a_code_of_ones_own_network_spend_nothing_of_all(world: World) -> None:
    sender = world.person(NOBODY, "2001:db8:7::1")
    sender.join("x", listed=False)
    sender.say(m.Allocate("5"))
    said = []
    for number in range(30):
        claimer = world.person(NOBODY, f"2001:db8:7:{number:x}::1")
        claimer.join("x", listed=False)
        for _ in range(30):
            said.append(outcome(claimer.say(m.Claim("5"))))
            claimer.say(m.Leave())
            claimer.join("x", listed=False)
    assert set(said) == {"waits"}
    elsewhere = world.person(NOBODY, "203.0.113.9")
    elsewhere.join("x", listed=False)
    assert {outcome(elsewhere.say(m.Claim("123"))) for _ in range(30)} == {"waits"}


def test_thirty_codes_a_minute_of_one_source_and_more_are_a_point(world: World) -> None:
    heard = odd(world)
    hog = world.person(NOBODY, "2001:db8::1")
    hog.join("x", listed=False)
    said = []
    for _ in range(32):
        said.append(hog.say(m.Allocate(None)))
        hog.say(m.Release())
    assert all(isinstance(reply, m.Allocated) for reply in said[:30])
    assert [code(reply) for reply in said[30:]] == ["rate_limited"] * 2
    assert heard == [("2001:db8::/64", "malformed", "allocate")] * 2
    other = world.person(NOBODY, "2001:db8::2")
    other.join("x", listed=False)
    assert code(other.say(m.Allocate("777"))) == "rate_limited"
    assert world.code("203.0.113.9")[1] == "31"
    world.now += 61
    assert isinstance(hog.say(m.Allocate(None)), m.Allocated)
