"""The meeting's rules, played with a clock and links of our own."""

import json
import time

import pytest

from peerseal.wire import messages as m
from support.meeting_world import NOBODY, World, code

TOKEN = "A" * 22


def outcome(reply: m.Reply) -> str:
    """What became of a claim at once."""
    return "waits" if isinstance(reply, m.Requested) else code(reply)


@pytest.fixture
def world() -> World:
    return World()


# --- presence ---


def test_neighbours_appear_and_vanish_by_themselves(world: World) -> None:
    alice = world.person()
    assert alice.join("Alice").peers == ()
    bob = world.person()
    joined = bob.join("Bob")
    assert [peer.name for peer in joined.peers] == ["Alice"]
    world.tick(0.25)
    assert alice.heard() == [
        {
            "type": "presence",
            "joined": [
                {"id": bob.id, "tag": joined.you.tag, "name": "Bob", "role": "receiver", "account": None}
            ],
            "left": [],
        }
    ]
    assert bob.heard() == []
    bob.say(m.Leave())
    world.tick(0.25)
    assert alice.heard() == [{"type": "presence", "joined": [], "left": [bob.id]}]


def test_nobody_is_told_of_itself_nor_twice_within_a_batch(world: World) -> None:
    people = [world.person() for _ in range(5)]
    known = {person.id: {peer.id for peer in person.join(f"P{n}").peers} for n, person in enumerate(people)}
    world.tick()
    for person in people:
        for frame in person.heard("presence"):
            new = [peer["id"] for peer in frame["joined"]]
            assert not known[person.id] & set(new)
            known[person.id] |= set(new)
        assert known[person.id] == {other.id for other in people} - {person.id}


def test_who_is_not_listed_sees_and_is_not_seen(world: World) -> None:
    bob, sender = world.person(), world.person()
    bob.join("Bob")
    assert [peer.name for peer in sender.join("Alice", listed=False).peers] == ["Bob"]
    world.tick()
    assert bob.heard() == []
    assert code(bob.say(m.Connect(sender.id))) == "not_found"


def test_strangers_have_no_lobby_and_a_room_link_brings_them_together(world: World) -> None:
    one, two, three = world.person(NOBODY), world.person(NOBODY), world.person(NOBODY)
    assert one.join("One").lobby == NOBODY
    assert two.join("Two").peers == ()
    world.tick()
    assert one.heard() == []
    assert code(one.say(m.Connect(two.id))) == "not_found"
    four = world.person()
    assert three.join("Three", TOKEN).lobby == m.Lobby("room", None)
    assert [peer.name for peer in four.join("Four", TOKEN).peers] == ["Three"]
    assert world.person().join("Five").peers == ()


def test_who_came_and_left_within_one_batch_and_who_came_again(world: World) -> None:
    alice, bob = world.two()
    bob.say(m.Leave())
    bob.join("Robert")
    world.tick()
    (frame,) = alice.heard("presence")
    assert frame["left"] == []
    assert [peer["name"] for peer in frame["joined"]] == ["Robert"]


def test_a_lobby_of_many_long_names_fits_into_small_messages(world: World) -> None:
    people = [world.person() for _ in range(150)]
    for person in people:
        person.join("☃" * 200)
    late = world.person()
    seen = {peer.id for peer in late.join("late").peers}
    assert 0 < len(seen) < 150
    world.tick()
    for frame in late.heard("presence"):
        assert len(json.dumps(frame, ensure_ascii=False).encode()) < 65_536
        seen |= {peer["id"] for peer in frame["joined"]}
    assert seen == {person.id for person in people}


def test_who_comes_and_goes_a_hundred_times_within_a_batch_is_told_at_most_once(world: World) -> None:
    alice, bob = world.two()
    for _ in range(100):
        bob.say(m.Leave())
        bob.join("Bob")
    world.tick()
    (frame,) = alice.heard("presence")
    assert [peer["id"] for peer in frame["joined"]] == [bob.id]
    assert frame["left"] == []
    for _ in range(100):
        bob.say(m.Leave())
        bob.join("Bob")
    bob.say(m.Leave())
    world.tick()
    (frame,) = alice.heard("presence")
    assert (frame["joined"], frame["left"]) == ([], [bob.id])


def test_who_was_never_told_of_is_not_told_to_have_left(world: World) -> None:
    alice, _ = world.two()
    carol = world.person()
    for _ in range(100):
        carol.join("Carol")
        carol.say(m.Leave())
    world.tick()
    assert alice.heard("presence") == []


def test_who_does_not_read_is_told_of_newcomers_once_it_does(world: World) -> None:
    alice, bob = world.two()
    alice.backlog = 200_000
    people = [world.person() for _ in range(3)]
    for person in people:
        person.join("Newcomer")
    world.tick()
    assert alice.heard("presence") == []
    assert len(bob.heard("presence")[0]["joined"]) == 3
    people[0].say(m.Leave())
    world.tick()
    assert alice.heard("presence") == []
    alice.backlog = 0
    world.tick()
    (frame,) = alice.heard("presence")
    assert [peer["id"] for peer in frame["joined"]] == [people[1].id, people[2].id]


def test_a_lobby_of_long_names_is_told_in_small_batches(world: World) -> None:
    for _ in range(300):
        world.person(heartbeat=False).join("\U0001f600" * 200, TOKEN)
        if len(world.meeting) % 50 == 0:
            world.tick(0.25)
    first = next(iter(world.people))
    first.say(m.Leave())
    late = world.person(heartbeat=False)
    known = {peer.id for peer in late.join("late", TOKEN).peers}
    for _ in range(8):
        world.tick(0.25)
        frames = late.heard("presence")
        assert sum(len(json.dumps(frame, ensure_ascii=False).encode()) for frame in frames) < 90_000
        known |= {peer["id"] for frame in frames for peer in frame["joined"]}
        assert late.id not in known
    assert len(known) == 299


def test_a_lobby_is_full_at_2000(world: World) -> None:
    for _ in range(2000):
        world.person().join("x", TOKEN)
    assert code(world.person().say(m.Join("sender", "x", TOKEN, listed=True))) == "lobby_full"


# --- asking, accepting, talking ---


def test_accept_makes_a_room_of_two_who_then_talk(world: World) -> None:
    alice, bob = world.two()
    request = alice.say(m.Connect(bob.id))
    assert isinstance(request, m.Requested)
    (asked,) = bob.heard()
    assert asked["type"] == "request"
    assert asked["from"] == {
        "id": alice.id,
        "tag": alice.connection.tag,
        "name": "Alice",
        "role": "receiver",
        "account": None,
    }
    accepted = bob.say(m.Answer(request.request, accept=True))
    assert isinstance(accepted, m.Accepted)
    (room,) = alice.heard()
    assert (room["room"], room["request"], room["mode"]) == (accepted.room, request.request, "words")
    bob.heard()
    assert alice.say(m.Signal(accepted.room, b"hello")) == m.Done()
    assert bob.heard() == [{"type": "signal", "room": accepted.room, "body": "aGVsbG8"}]


def test_nothing_but_the_request_reaches_who_did_not_accept(world: World) -> None:
    alice, bob = world.two()
    request = alice.say(m.Connect(bob.id))
    assert isinstance(request, m.Requested)
    bob.heard()
    guesses = (bob.id, alice.id, request.request, "0" * 32)
    for room in guesses[:2]:
        assert code(alice.say(m.Signal(room, b"x"))) == "not_connected"
        assert code(alice.say(m.AskTicket(room, bytes(8), "send"))) == "not_connected"
        assert code(alice.say(m.Close(room))) == "not_connected"
    assert code(alice.say(m.Answer(request.request, accept=True))) == "not_found"
    assert bob.heard() == []


def test_after_decline_cancel_or_leaving_nothing_is_left_to_accept(world: World) -> None:
    alice, bob = world.two()
    for end, told in ((m.Answer, "declined"), (m.Cancel, "cancelled")):
        request = alice.say(m.Connect(bob.id))
        assert isinstance(request, m.Requested)
        bob.heard()
        if end is m.Answer:
            bob.say(m.Answer(request.request, accept=False))
            assert alice.heard() == [{"type": "request_ended", "request": request.request, "code": told}]
        else:
            alice.say(m.Cancel(request.request))
            assert bob.heard() == [{"type": "request_ended", "request": request.request, "code": told}]
        assert code(bob.say(m.Answer(request.request, accept=True))) == "not_found"
    request = alice.say(m.Connect(bob.id))
    assert isinstance(request, m.Requested)
    bob.heard()
    world.meeting.depart(alice.connection)
    assert bob.heard()[0]["code"] == "left"
    assert code(bob.say(m.Answer(request.request, accept=True))) == "not_found"


def test_a_request_nobody_answers_ends_after_60_seconds(world: World) -> None:
    alice, bob = world.two()
    alice.connection.heartbeat = bob.connection.heartbeat = False
    alice.say(m.Connect(bob.id))
    world.tick(59)
    assert alice.heard() == []
    world.tick(2)
    assert alice.heard()[0]["code"] == "timed_out"
    assert bob.heard()[-1]["code"] == "timed_out"


def test_five_requests_may_wait_and_one_to_each(world: World) -> None:
    alice, bob = world.two()
    assert isinstance(alice.say(m.Connect(bob.id)), m.Requested)
    assert code(alice.say(m.Connect(bob.id))) == "too_many_requests"
    for _ in range(4):
        other = world.person()
        other.join()
        assert isinstance(alice.say(m.Connect(other.id)), m.Requested)
    sixth = world.person()
    sixth.join()
    assert code(alice.say(m.Connect(sixth.id))) == "too_many_requests"


def test_twenty_requests_may_wait_at_one_door(world: World) -> None:
    door = world.person()
    door.join("Door")
    for _ in range(20):
        knocker = world.person()
        knocker.join()
        assert isinstance(knocker.say(m.Connect(door.id)), m.Requested)
    last = world.person()
    last.join()
    assert code(last.say(m.Connect(door.id))) == "too_many_requests"


def test_who_is_in_a_room_is_off_the_list_and_others_requests_end_busy(world: World) -> None:
    alice, bob = world.two()
    carol = world.person()
    carol.join("Carol")
    late = carol.say(m.Connect(bob.id))
    request = alice.say(m.Connect(bob.id))
    assert isinstance(request, m.Requested)
    assert isinstance(late, m.Requested)
    bob.say(m.Answer(request.request, accept=True))
    assert {"type": "request_ended", "request": late.request, "code": "busy"} in carol.heard()
    world.tick()
    (frame,) = carol.heard("presence")
    assert set(frame["left"]) == {alice.id, bob.id}
    assert code(carol.say(m.Connect(bob.id))) == "not_found"
    assert code(alice.say(m.Connect(carol.id))) == "busy"


def test_a_third_party_is_refused_and_the_members_are_told(world: World) -> None:
    alice, bob, room = world.room()
    carol = world.person()
    carol.join("Carol")
    for message in (m.Signal(room, b"x"), m.AskTicket(room, bytes(8), "receive"), m.Close(room)):
        assert code(carol.say(message)) == "not_connected"
        notice = {"type": "notice", "room": room, "code": "third_party"}
        assert alice.heard("notice", "signal") == [notice]
        assert bob.heard("notice", "signal") == [notice]
    assert carol.heard("signal", "room", "notice") == []


def test_closing_cuts_streams_and_nothing_reaches_the_other_any_more(world: World) -> None:
    alice, bob, room = world.room()
    ticket = alice.say(m.AskTicket(room, bytes(8), "send"))
    assert isinstance(ticket, m.Ticket)
    assert ticket.expires == 60
    assert alice.say(m.Close(room)) == m.Done()
    assert bob.heard() == [{"type": "room_closed", "room": room, "code": "closed"}]
    assert world.switchboard.open(ticket.ticket) is None
    assert code(alice.say(m.Signal(room, b"x"))) == "room_closed"
    assert bob.say(m.Close(room)) == m.Done()
    assert alice.heard("room_closed", "signal") == []


def test_a_page_joins_again_after_its_room_closed(world: World) -> None:
    alice, bob, room = world.room()
    assert code(alice.say(m.Join("sender", "Alice", None, listed=True))) == "already_joined"
    alice.say(m.Close(room))
    alice.join("Alice")
    bob.join("Bob")
    assert code(bob.say(m.Join("sender", "Bob", None, listed=True))) == "already_joined"
    assert isinstance(alice.say(m.Connect(bob.id)), m.Requested)


def test_nothing_works_before_join(world: World) -> None:
    stranger = world.person()
    for message in (m.Connect("0" * 32), m.Signal("0" * 32, b""), m.Allocate(None), m.Claim("1")):
        assert code(stranger.say(message)) == "not_joined"


# --- silence and violations ---


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


# --- codes ---


def test_a_claim_makes_a_room_with_the_allocator(world: World) -> None:
    sender, nameplate = world.code()
    receiver = world.person(NOBODY)
    receiver.join("Bob", listed=False)
    claimed = receiver.say(m.Claim(nameplate))
    assert isinstance(claimed, m.Requested)
    (theirs,) = receiver.heard()
    (ours,) = sender.heard()
    assert theirs["room"] == ours["room"]
    assert (theirs["mode"], theirs["request"], ours["request"]) == ("code", claimed.request, None)


def test_claims_wait_in_line_and_each_gets_its_own_room(world: World) -> None:
    sender, nameplate = world.code()
    first, second = world.person(NOBODY), world.person(NOBODY)
    first.join("1", listed=False)
    second.join("2", listed=False)
    first.say(m.Claim(nameplate))
    second.say(m.Claim(nameplate))
    (room,) = first.heard()
    assert second.heard() == []
    sender.heard()
    assert isinstance(room["room"], str)
    first.say(m.Close(room["room"]))
    (next_room,) = second.heard()
    assert next_room["room"] != room["room"]
    assert [frame["type"] for frame in sender.heard()] == ["room_closed", "room"]


def test_release_ends_waiting_claims_and_the_nameplate(world: World) -> None:
    sender, nameplate = world.code()
    first, second = world.person(NOBODY), world.person(NOBODY)
    first.join("1", listed=False)
    second.join("2", listed=False)
    first.say(m.Claim(nameplate))
    waiting = second.say(m.Claim(nameplate))
    assert isinstance(waiting, m.Requested)
    sender.heard()
    assert sender.say(m.Release()) == m.Done()
    assert sender.heard() == [{"type": "code_closed", "code": "released"}]
    assert second.heard() == [{"type": "request_ended", "request": waiting.request, "code": "not_found"}]
    assert code(second.say(m.Claim(nameplate))) == "not_found"


def test_a_withdrawn_or_vanished_claim_gets_no_room(world: World) -> None:
    sender, nameplate = world.code()
    people = [world.person(NOBODY) for _ in range(4)]
    for person in people:
        person.join("x", listed=False)
    requests = [person.say(m.Claim(nameplate)) for person in people]
    assert isinstance(requests[1], m.Requested)
    people[1].say(m.Cancel(requests[1].request))
    world.meeting.depart(people[2].connection)
    (room,) = people[0].heard()
    assert isinstance(room["room"], str)
    people[0].say(m.Close(room["room"]))
    assert people[1].heard("room") == []
    assert [frame["type"] for frame in people[3].heard()] == ["room"]
    assert sender.connection.room == people[3].connection.room


def test_a_nameplate_lives_an_hour_or_as_long_as_its_owner(world: World) -> None:
    sender, nameplate = world.code()
    sender.connection.heartbeat = False
    world.tick(3599)
    assert sender.heard() == []
    world.tick(1)
    assert sender.heard() == [{"type": "code_closed", "code": "expired"}]
    again = sender.say(m.Allocate(nameplate))
    assert again == m.Allocated(nameplate)
    world.meeting.depart(sender.connection)
    other = world.person(NOBODY)
    other.join("x", listed=False)
    assert code(other.say(m.Claim(nameplate))) == "not_found"


def test_nameplates_are_the_smallest_free_or_the_wanted_one(world: World) -> None:
    (one, first), (_, second) = world.code(), world.code()
    assert (first, second) == ("1", "2")
    assert code(one.say(m.Allocate(None))) == "already_allocated"
    other = world.person(NOBODY)
    other.join("x", listed=False)
    assert code(other.say(m.Allocate("2"))) == "nameplate_taken"
    assert other.say(m.Allocate("77")) == m.Allocated("77")
    one.say(m.Release())
    last = world.person(NOBODY)
    last.join("x", listed=False)
    assert last.say(m.Allocate(None)) == m.Allocated("3")
    world.tick(601)
    later = world.person(NOBODY)
    later.join("x", listed=False)
    assert later.say(m.Allocate(None)) == m.Allocated("1")


def test_a_claim_waits_a_little_for_its_nameplate(world: World) -> None:
    early, sender = world.person(NOBODY), world.person(NOBODY)
    early.join("1", listed=False)
    sender.join("2", listed=False)
    request = early.say(m.Claim("77"))
    assert isinstance(request, m.Requested)
    world.tick(2)
    assert early.heard() == []
    sender.say(m.Allocate("77"))
    (room,) = early.heard()
    assert (room["type"], room["request"]) == ("room", request.request)


def test_a_claim_of_no_nameplate_ends_after_three_seconds(world: World) -> None:
    early = world.person(NOBODY)
    early.join("1", listed=False)
    request = early.say(m.Claim("77"))
    assert isinstance(request, m.Requested)
    world.tick(2.9)
    assert early.heard() == []
    world.tick(1)
    assert early.heard() == [{"type": "request_ended", "request": request.request, "code": "not_found"}]
    late = world.person(NOBODY)
    late.join("2", listed=False)
    late.say(m.Allocate("77"))
    assert early.heard() == []


def test_a_withdrawn_early_claim_gets_no_room(world: World) -> None:
    early, sender = world.person(NOBODY), world.person(NOBODY)
    early.join("1", listed=False)
    sender.join("2", listed=False)
    request = early.say(m.Claim("77"))
    assert isinstance(request, m.Requested)
    assert early.say(m.Cancel(request.request)) == m.Done()
    sender.say(m.Allocate("77"))
    assert early.heard("room") == sender.heard("room") == []


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


def test_six_hundred_claims_a_minute_in_all(world: World) -> None:
    codes = []
    for number in range(700):
        guesser = world.person(NOBODY, f"10.0.{number // 250}.{number % 250}")
        guesser.join("x", listed=False)
        codes.append(outcome(guesser.say(m.Claim("123"))))
    assert codes == ["waits"] * 600 + ["rate_limited"] * 100


# --- many at once ---


def test_thousands_who_claim_and_ask_do_not_look_at_each_other(world: World) -> None:
    for _ in range(2000):
        world.code()
    door = world.person()
    door.join("Door", TOKEN)
    start = time.process_time()
    for number in range(2000):
        claimer = world.person(NOBODY, f"10.0.{number // 250}.{number % 250}")
        claimer.join("x", listed=False)
        claimer.say(m.Claim(str(number + 1)))
        claimer.say(m.Leave())
    assert time.process_time() - start < 2
    assert code(door.say(m.Connect("0" * 32))) == "not_found"


def test_the_smallest_number_is_picked_and_picked_again_after_its_rest(world: World) -> None:
    people = [world.code() for _ in range(4)]
    assert [nameplate for _, nameplate in people] == ["1", "2", "3", "4"]
    chosen = world.person(NOBODY)
    chosen.join("x", listed=False)
    assert isinstance(chosen.say(m.Allocate("5")), m.Allocated)
    for number in (2, 0):
        people[number][0].connection.heartbeat = False
        people[number][0].say(m.Release())
    chosen.connection.heartbeat = False
    chosen.say(m.Release())
    assert world.code()[1] == "6"
    world.tick(601)
    assert [world.code()[1] for _ in range(4)] == ["1", "3", "5", "7"]


def test_a_claim_withdrawn_early_or_in_the_queue_is_gone(world: World) -> None:
    sender, nameplate = world.code()
    first, second, early = world.person(NOBODY), world.person(NOBODY), world.person(NOBODY)
    for person in (first, second, early):
        person.join("x", listed=False)
    assert isinstance(first.say(m.Claim(nameplate)), m.Requested)
    waiting = second.say(m.Claim(nameplate))
    sooner = early.say(m.Claim("77"))
    assert isinstance(waiting, m.Requested)
    assert isinstance(sooner, m.Requested)
    assert code(first.say(m.Cancel(waiting.request))) == "not_found"
    assert second.say(m.Cancel(waiting.request)) == m.Done()
    assert early.say(m.Cancel(sooner.request)) == m.Done()
    assert code(second.say(m.Cancel(waiting.request))) == "not_found"
    first.say(m.Leave())
    assert [frame["type"] for frame in sender.heard()] == ["room", "room_closed"]
    world.tick(4)
    assert early.heard("request_ended") == []


def test_who_gives_the_right_code_is_heard_of_with_it_like_who_gives_a_wrong_one(world: World) -> None:
    heard: list[tuple[str, str | None, str, str]] = []
    world.meeting.on_oddity(
        lambda connection, point, event, room: heard.append((connection.id, point, event, room))
    )
    sender, nameplate = world.code()
    claimer = world.person(NOBODY)
    claimer.join("Bob", listed=False)
    claimer.say(m.Claim("999"))
    world.tick(10.0)
    assert heard == [(claimer.id, "code_wrong", "code_join", "999")]
    heard.clear()
    claimer.say(m.Claim(nameplate))
    assert heard == [(sender.id, None, "accept", ""), (claimer.id, None, "code_join", nameplate)]
