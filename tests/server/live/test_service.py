"""What every connection keeps to, played with a clock and links of our own: join, stay alive, do not flood."""

from peerseal.wire import messages as m
from support.meeting_world import World, code


def test_nothing_works_before_join(world: World) -> None:
    stranger = world.person()
    for message in (m.Connect("0" * 32), m.Signal("0" * 32, b""), m.Allocate(None), m.Claim("1")):
        assert code(stranger.say(message)) == "not_joined"


def test_a_silent_peer_vanishes_within_30_seconds(world: World) -> None:
    alice, bob, room = world.room()
    for _ in range(26):
        alice.say(m.Ping())
        world.tick()
    assert bob.ended == ["vanished"]
    assert {"type": "room_closed", "room": room, "code": "vanished"} in alice.heard()
    assert alice.ended == []


def test_pings_come_every_10_seconds_where_the_carrier_has_none(world: World) -> None:
    ours, theirs = world.person(), world.person(heartbeat=False)
    ours.join()
    theirs.join()
    for _ in range(21):
        ours.say(m.Ping())
        world.tick()
    assert [frame["type"] for frame in ours.told].count("ping") == 2
    assert "ping" not in [frame["type"] for frame in theirs.told]


def test_who_does_not_join_within_10_seconds_is_cut(world: World) -> None:
    idle, joined = world.person(), world.person(heartbeat=False)
    joined.join()
    world.tick(11)
    assert idle.ended == ["not_joined"]
    assert joined.ended == []
    assert len(world.meeting) == 1


def test_ten_refusals_within_a_minute_end_the_connection(world: World) -> None:
    alice, bob = world.two()
    codes = [code(alice.say(m.Connect("0" * 32))) for _ in range(10)]
    assert codes == ["not_found"] * 9 + ["too_many_violations"]
    assert alice.ended == ["too_many_violations"]
    world.tick()
    assert bob.heard("presence")[0]["left"] == [alice.id]


def test_a_flood_of_messages_ends_the_connection(world: World) -> None:
    alice, _ = world.two()
    replies = [alice.say(m.Ping()) for _ in range(600)]
    assert alice.ended == ["too_many_violations"]
    assert replies[:500] == [m.Done()] * 500
