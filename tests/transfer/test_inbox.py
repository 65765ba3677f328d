"""What a meeting brings waits in its order, and no more of it than an honest server would send."""

from __future__ import annotations

from peerseal.transfer.inbox import Inbox
from peerseal.wire.limits import REQUESTS_IN_MAX
from peerseal.wire.messages import Peer, Presence, Request, RequestEnded, ServerMessage


def peer(number: int, name: str = "Mallory") -> Peer:
    return Peer(f"{number:032x}", "aaaa", name, "sender", None)


def asks(number: int) -> Request:
    return Request(f"{number:032x}", peer(number))


def everything(inbox: Inbox) -> list[ServerMessage]:
    taken = []
    while (message := inbox.take()) is not None:
        taken.append(message)
    return taken


def test_a_flood_of_requests_leaves_as_many_as_an_honest_server_allows() -> None:
    inbox = Inbox()
    for number in range(1000):
        inbox.put(asks(number))
    assert everything(inbox) == [asks(number) for number in range(REQUESTS_IN_MAX)]


def test_a_flood_of_anything_else_is_bounded_too() -> None:
    inbox = Inbox()
    for number in range(5000):
        inbox.put(RequestEnded(asks(number).request, "cancelled"))
    assert len(everything(inbox)) == 1000


def test_a_request_taken_back_before_its_turn_is_not_asked_about() -> None:
    inbox = Inbox()
    for message in (asks(1), asks(2), RequestEnded(asks(1).request, "cancelled")):
        inbox.put(message)
    assert everything(inbox) == [asks(2)]


def test_the_end_of_an_own_request_is_seen_before_it_is_taken() -> None:
    inbox = Inbox()
    inbox.put(RequestEnded("own", "declined"))
    assert inbox.ended("own")
    assert not inbox.ended("another")
    assert everything(inbox) == [RequestEnded("own", "declined")]


def test_presence_that_came_before_the_list_of_who_is_there_is_the_newer() -> None:
    inbox = Inbox()
    inbox.put(Presence((peer(1, "Robert"),), ()))
    inbox.found((peer(1, "Bob"), peer(2)))
    assert [one.name for one in inbox.there("sender")] == ["Robert", "Mallory"]
    inbox.put(Presence((), (peer(1).id,)))
    assert inbox.there("sender") == [peer(2)]
    assert inbox.there("receiver") == []
    assert inbox.take() is None
