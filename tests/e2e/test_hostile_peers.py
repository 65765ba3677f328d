"""Peers who were not let in: whatever they say, the people in the lobby and in rooms hear nothing of it."""

from collections.abc import Callable, Iterator
from secrets import token_hex

import pytest

from support.command_line import CommandLinePerson
from support.page import PagePerson
from support.payloads import one_file
from support.people import hand_over_by_name
from support.raw_peer import RawPeer, encoded

pytestmark = pytest.mark.e2e


@pytest.fixture
def mallory(server: str) -> Iterator[RawPeer]:
    with RawPeer(server) as peer:
        yield peer


@pytest.fixture
def alice(server: str) -> Iterator[RawPeer]:
    with RawPeer(server) as peer:
        yield peer


@pytest.fixture
def bob(server: str) -> Iterator[RawPeer]:
    with RawPeer(server) as peer:
        yield peer


def in_a_room(asker: RawPeer, asked: RawPeer) -> str:
    """Two raw peers connect; their room."""
    name = f"Bob {token_hex(4)}"
    asked.join(name, "receiver")
    joined = asker.join("Alice")
    asker.call("connect", to=asker.peer_called(name, joined))
    request = asked.hear("request")
    assert asked.call("answer", request=request["request"], accept=True)["ok"] is True
    asked.hear("room")
    return str(asker.hear("room")["room"])


def test_a_signal_before_accept_reaches_nobody(mallory: RawPeer, bob: RawPeer) -> None:
    name = f"Bob {token_hex(4)}"
    bob.join(name, "receiver")
    joined = mallory.join("Mallory")
    target = mallory.peer_called(name, joined)
    request = mallory.call("connect", to=target)["request"]
    bob.hear("request")
    for room in (target, request, token_hex(16)):
        assert mallory.call("signal", room=room, body=encoded(b"hello"))["code"] == "not_connected"
        reply = mallory.call("ticket", room=room, stream=encoded(b"8 bytes!"), end="send")
        assert reply["code"] == "not_connected"
    assert bob.hears_nothing_of("signal", "room", "request")


def test_a_signal_after_decline_reaches_nobody(mallory: RawPeer, bob: RawPeer) -> None:
    name = f"Bob {token_hex(4)}"
    bob.join(name, "receiver")
    joined = mallory.join("Mallory")
    request = mallory.call("connect", to=mallory.peer_called(name, joined))["request"]
    bob.hear("request")
    assert bob.call("answer", request=request, accept=False)["ok"] is True
    assert mallory.hear("request_ended")["code"] == "declined"
    assert mallory.call("signal", room=request, body=encoded(b"hello"))["code"] == "not_connected"
    assert bob.hears_nothing_of("signal", "room")


def test_nothing_passes_after_a_room_was_closed(alice: RawPeer, bob: RawPeer) -> None:
    room = in_a_room(alice, bob)
    assert bob.call("close", room=room)["ok"] is True
    assert alice.hear("room_closed")["room"] == room
    assert alice.call("signal", room=room, body=encoded(b"late"))["code"] in ("room_closed", "not_connected")
    assert alice.call("ticket", room=room, stream=encoded(b"8 bytes!"), end="send")["ok"] is False
    assert bob.hears_nothing_of("signal")


def test_a_third_peer_gets_nothing_in_or_out_of_a_room(
    mallory: RawPeer, alice: RawPeer, bob: RawPeer
) -> None:
    mallory.join("Mallory")
    room = in_a_room(alice, bob)
    absent = token_hex(16)
    for attempt in ("signal", "close", "ticket"):
        fields = {
            "signal": {"body": encoded(b"let me in")},
            "close": {},
            "ticket": {"stream": encoded(b"8 bytes!"), "end": "receive"},
        }[attempt]
        reply = mallory.call(attempt, room=room, **fields)
        assert reply == mallory.call(attempt, room=absent, **fields)
        assert reply["code"] == "not_connected"
    assert alice.call("signal", room=room, body=encoded(b"for bob only"))["ok"] is True
    assert bob.hear("signal")["body"] == encoded(b"for bob only")
    assert mallory.hears_nothing_of("signal", "room")
    assert alice.hears_nothing_of("signal", "room_closed")


def test_identities_in_a_payload_are_refused(mallory: RawPeer, alice: RawPeer, bob: RawPeer) -> None:
    room = in_a_room(alice, bob)
    body = encoded(b"from somebody else")
    for field in ("from", "sid", "peer"):
        reply = alice.call("signal", room=room, body=body, **{field: token_hex(16)})
        assert reply["code"] == "malformed"
    assert bob.hears_nothing_of("signal")


def test_a_client_that_keeps_breaking_the_rules_is_put_out(mallory: RawPeer) -> None:
    mallory.join("Mallory")
    for _ in range(9):
        mallory.call("signal", room=token_hex(16), body=encoded(b"x"))
    with pytest.raises(Exception, match=r"too_many_violations|closed|1008"):  # noqa: PT012 - any of these calls
        for _ in range(5):
            mallory.call("signal", room=token_hex(16), body=encoded(b"x"))


def test_people_work_on_while_a_stranger_knocks_everywhere(
    server: str, person: Callable[[str], CommandLinePerson], tmp_path: object
) -> None:
    alice, bob = person("command line"), person("command line")
    payload = one_file(alice.home / "files")
    bob.wait_as("Knocked Bob")
    strangers = [RawPeer(server) for _ in range(3)]
    try:
        for number, stranger in enumerate(strangers):
            joined = stranger.join(f"Stranger {number}")
            target = stranger.peer_called("Knocked Bob", joined)
            for _ in range(4):
                stranger.call("signal", room=target, body=encoded(b"hello"))
    finally:
        for stranger in strangers:
            stranger.close()
    alice.ask(payload, "Knocked Bob")
    assert bob.received() == payload.tree
    alice.sent()
    assert [event["name"] for event in bob.program.seen("request")] == ["Alice"]


MARKUP = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "javascript:alert(1)",
    "{{7*7}}${7*7}",
    "<svg onload=alert(1)>",
)


@pytest.mark.browser
def test_markup_in_names_is_shown_as_text(
    server: str, person: Callable[[str], PagePerson], browsers: object
) -> None:
    page = person("page")
    own = f"{MARKUP[0]} Bob"
    page.join(own, "Receiver")
    peers = [RawPeer(server) for _ in MARKUP]
    try:
        for peer, name in zip(peers, MARKUP, strict=True):
            joined = peer.join(name)
            page.peers().get_by_text(name).first.wait_for()
            peer.call("connect", to=peer.peer_called(own, joined))
            page.dialog("Connection request").get_by_text(name).first.wait_for()
            page.button("Decline", page.dialog("Connection request")).click()
    finally:
        for peer in peers:
            peer.close()
    assert page.alerts == []
    assert page.complaints == []
    assert page.page.locator("img[src=x], svg[onload]").count() == 0


@pytest.mark.browser
def test_markup_in_file_names_and_texts_is_shown_as_text(person: Callable[[str], PagePerson]) -> None:
    alice, bob = person("page"), person("page")
    payload = one_file(alice.home / "files", "<img src=x onerror=alert(1)>.jpg", 1000)
    hand_over_by_name(alice, bob, payload, "Bob {{7*7}}")
    for one in (alice, bob):
        assert one.alerts == []
        assert one.complaints == []
        assert one.page.locator("img[src=x]").count() == 0
