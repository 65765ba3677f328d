"""Asking, accepting, talking: two share a room once both said so, and nobody else gets in or through."""

from peerseal.wire import messages as m
from support.meeting_world import World, code


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
