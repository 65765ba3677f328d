"""Nobody keeps others from somebody's door: shares of who asks, and a pause for who will not hear a no."""

from peerseal.wire import messages as m
from support.meeting_world import Person, World, code

from .claiming import odd

LISTED = m.Lobby("everyone", None)


def somebody(world: World, address: str, account: str | None = None) -> Person:
    person = world.person(LISTED, address, heartbeat=False)
    person.connection.account = account
    person.join("x")
    return person


def asks(person: Person, door: Person) -> str:
    reply = person.say(m.Connect(door.id))
    return reply.request if isinstance(reply, m.Requested) else code(reply)


def says_no(door: Person, request: str) -> None:
    assert door.say(m.Answer(request, accept=False)) == m.Done()


def test_a_class_behind_one_address_may_ask_its_teacher_all_at_once_and_others_still_get_in(
    world: World,
) -> None:
    teacher = somebody(world, "203.0.113.9")
    said = [asks(somebody(world, "198.51.100.7"), teacher) for _ in range(31)]
    assert said.count("too_many_requests") == 1
    assert len(set(said[:30])) == 30
    for n in range(10):
        assert asks(somebody(world, f"192.0.{n}.1"), teacher) != "too_many_requests"
    accepted = teacher.say(m.Answer(said[0], accept=True))
    assert isinstance(accepted, m.Accepted)


def test_at_a_full_door_the_newest_of_the_network_with_most_makes_place_and_both_are_told(
    world: World,
) -> None:
    door = somebody(world, "203.0.113.9")
    strangers = [somebody(world, f"198.51.{n % 2}.{n}") for n in range(40)]
    requests = [asks(one, door) for one in strangers]
    door.heard()
    right = somebody(world, "192.0.2.7")
    request = asks(right, door)
    (gone,) = strangers[39].heard("request_ended") + strangers[38].heard("request_ended")
    assert (gone["code"], gone["request"] in requests[38:]) == ("busy", True)
    assert [(one["type"], one["request"]) for one in door.heard("request", "request_ended")] == [
        ("request_ended", gone["request"]),
        ("request", request),
    ]
    assert isinstance(door.say(m.Answer(request, accept=True)), m.Accepted)


def test_an_account_has_a_share_of_its_own_also_where_guests_of_its_address_fill_theirs(world: World) -> None:
    door = somebody(world, "203.0.113.9")
    guests = [somebody(world, "198.51.100.7") for _ in range(30)]
    for guest in guests:
        asks(guest, door)
    assert asks(somebody(world, "198.51.100.7"), door) == "too_many_requests"
    assert asks(somebody(world, "198.51.100.7", "alice"), door) != "too_many_requests"
    assert guests[-1].heard("request_ended")[0]["code"] == "busy"
    for n in range(2):
        assert asks(somebody(world, f"192.0.{n}.1", "alice"), door) != "too_many_requests"
    assert asks(somebody(world, "192.0.9.1", "alice"), door) == "too_many_requests"


def test_who_is_declined_again_and_again_pauses_and_their_other_requests_end(world: World) -> None:
    door = somebody(world, "203.0.113.9")
    strangers = [somebody(world, "198.51.100.7") for _ in range(12)]
    requests = [asks(one, door) for one in strangers]
    right = asks(somebody(world, "192.0.2.7"), door)
    for request in requests[:4]:
        says_no(door, request)
    assert strangers[11].heard("request_ended") == []
    says_no(door, requests[4])
    assert [one.heard("request_ended")[0]["code"] for one in strangers] == ["declined"] * 12
    assert {one["request"] for one in door.heard("request_ended")} == set(requests[5:])
    assert asks(strangers[0], door) == "too_many_requests"
    assert isinstance(door.say(m.Answer(right, accept=True)), m.Accepted)


def test_each_pause_within_an_hour_is_longer_and_from_the_third_on_a_point(world: World) -> None:
    heard = odd(world)
    door = somebody(world, "203.0.113.9")
    for points, length in enumerate((60, 120, 240), start=-1):
        for _ in range(5):
            says_no(door, asks(somebody(world, "198.51.100.7"), door))
        assert heard.count(("198.51.100.7", "not_accepted", "connect_request")) == max(0, points)
        world.now += length - 1
        assert asks(somebody(world, "198.51.100.7"), door) == "too_many_requests"
        world.now += 2
    assert asks(somebody(world, "198.51.100.7"), door) != "too_many_requests"


def test_a_teacher_who_says_no_to_some_of_a_class_punishes_nobody(world: World) -> None:
    heard = odd(world)
    teacher = somebody(world, "203.0.113.9")
    for _ in range(3):
        for _ in range(4):
            says_no(teacher, asks(somebody(world, "198.51.100.7"), teacher))
        world.now += 61
    assert asks(somebody(world, "198.51.100.7"), teacher) != "too_many_requests"
    assert heard == []
