"""Who is signed in on a connection: by cookie, by token, by neither; and what ends with a session."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from peerseal.server.accounts.asking import COOKIE
from support.carriers import page
from support.live_server import LiveServer
from support.storing import Storer

JOIN = {"role": "receiver", "name": "Somebody", "room": None, "listed": True}
PROOF = "YWFh" * 10 + "YWE"  # base64url of 32 times "a", which is what `Storer` signs in with


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with LiveServer() as live:
        yield live


@pytest.fixture(scope="module")
def registered(server: LiveServer) -> Iterator[Storer]:
    person = Storer.sign_up(server.port, "Bob Ó Súilleabháin")
    yield person
    person.close()


@pytest.fixture
def bob(registered: Storer) -> Iterator[Storer]:
    """On a connection of its own: the server closes one that is long unused."""
    person = registered.again()
    yield person
    registered.token = person.token
    person.close()


def token_of(person: Storer) -> str:
    """A new session of the same person."""
    body = {"name": person.name, "auth": PROOF, "keep": "token", "label": "another device"}
    status, said = person.raw(
        "POST", "/api/v1/login", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    assert status == 200, said
    return str(json.loads(said)["token"])


def cookie_of(person: Storer) -> tuple[str, str]:
    """A page's session of the same person: its cookie and CSRF value."""
    link = http.client.HTTPConnection("127.0.0.1", person.port, timeout=30)
    body = {"name": person.name, "auth": PROOF, "keep": "cookie", "label": "a page"}
    origin = f"http://127.0.0.1:{person.port}"
    link.request(
        "POST", "/api/v1/login", json.dumps(body), {"Content-Type": "application/json", "Origin": origin}
    )
    answer = link.getresponse()
    said = json.loads(answer.read())
    assert answer.status == 200, said
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    link.close()
    assert cookie.startswith(f"{COOKIE}=")
    return cookie, str(said["csrf"])


def meet(server: LiveServer, **headers: str) -> ClientConnection:
    url = f"ws://127.0.0.1:{server.port}/api/v1/meet"
    return connect(url, subprotocols=["peerseal.meet.1"], additional_headers=headers, proxy=None)  # type: ignore[list-item] # a NewType of str


def account_of(socket: ClientConnection) -> Any:
    """The account the server gives this connection."""
    socket.send(json.dumps({"type": "join", "ref": 1, **JOIN}))
    return json.loads(socket.recv(timeout=10))["you"]["account"]


def post(server: LiveServer, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    link = http.client.HTTPConnection("localhost", server.port, timeout=30)
    lines = {"Content-Type": "application/json", **headers}
    link.request("POST", path, json.dumps(body), lines)
    answer = link.getresponse()
    text = answer.read()
    link.close()
    return answer.status, json.loads(text) if text else None


def page_account(server: LiveServer, transports: list[str], **headers: str) -> Any:
    """The account of a page that connects with these headers."""
    with page(server, transports, headers) as one:
        return one.ask("join", **JOIN)["you"]["account"]


# --- programs ---


def test_a_token_signs_in_on_the_websocket_under_the_registered_name(server: LiveServer, bob: Storer) -> None:
    with meet(server, Authorization=f"Bearer {bob.token}") as socket:
        assert account_of(socket) == bob.name


def test_others_are_told_the_account(server: LiveServer, bob: Storer) -> None:
    with meet(server) as guest, meet(server, Authorization=f"Bearer {bob.token}") as socket:
        assert account_of(guest) is None
        account_of(socket)
        told = json.loads(guest.recv(timeout=10))
        assert told["type"] == "presence"
        assert [peer["account"] for peer in told["joined"]] == [bob.name]


def test_a_client_cannot_name_its_own_account(server: LiveServer) -> None:
    with meet(server) as socket:
        socket.send(json.dumps({"type": "join", "ref": 1, **JOIN, "account": "bob"}))
        assert json.loads(socket.recv(timeout=10))["code"] == "malformed"


def test_a_token_signs_in_over_http(server: LiveServer, bob: Storer) -> None:
    status, said = post(server, "/api/v1/meet", {}, Authorization=f"Bearer {bob.token}")
    assert status == 201
    join = {"messages": [{"type": "join", "ref": 1, **JOIN}], "after": 0, "wait": 0}
    status, answer = post(server, "/api/v1/meet/exchange", join, Authorization=f"Meet {said['session']}")
    assert status == 200
    assert answer["messages"][0]["you"]["account"] == bob.name


@pytest.mark.parametrize("credential", ["Bearer wrong", "Bearer ", "bearer\t", "Bearer " + "x" * 500])
def test_a_token_that_does_not_hold_is_401(server: LiveServer, credential: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        meet(server, Authorization=credential)
    assert refused.value.response.status_code == 401
    status, problem = post(server, "/api/v1/meet", {}, Authorization=credential)
    assert (status, problem["code"]) == (401, "not_signed_in")


def test_a_cookie_does_not_count_where_programs_meet(server: LiveServer, bob: Storer) -> None:
    cookie, _ = cookie_of(bob)
    with meet(server, Cookie=cookie, Origin=f"http://127.0.0.1:{server.port}") as socket:
        assert account_of(socket) is None


# --- pages ---


@pytest.mark.parametrize("transports", [["websocket"], ["polling", "websocket"]])
def test_a_page_is_signed_in_by_its_cookie(server: LiveServer, bob: Storer, transports: list[str]) -> None:
    cookie, _ = cookie_of(bob)
    assert page_account(server, transports, Cookie=cookie, Origin=server.url) == bob.name


def test_a_page_that_polls_tells_its_origin_only_when_it_sends(server: LiveServer, bob: Storer) -> None:
    cookie, _ = cookie_of(bob)
    link = http.client.HTTPConnection("localhost", server.port, timeout=30)

    def poll(method: str, sid: str, packet: str | None = None) -> str:
        # As browsers do: no Origin with what only fetches from the page's own server.
        headers = {"Cookie": cookie, **({"Origin": server.url} if method == "POST" else {})}
        link.request(method, f"/socket.io/?EIO=4&transport=polling{sid}", packet, headers)
        return link.getresponse().read().decode()

    sid = "&sid=" + json.loads(poll("GET", "")[1:])["sid"]
    assert poll("POST", sid, "40") == "OK"
    assert poll("GET", sid).startswith("40")
    assert poll("POST", sid, "421" + json.dumps(["join", JOIN])) == "OK"
    assert json.loads(poll("GET", sid).removeprefix("431"))[0]["you"]["account"] == bob.name
    link.close()


def test_without_an_origin_no_cookie_counts(server: LiveServer, bob: Storer) -> None:
    cookie, _ = cookie_of(bob)
    assert page_account(server, ["websocket"], Cookie=cookie) is None


def test_a_cookie_that_does_not_hold_is_nobodys(server: LiveServer) -> None:
    assert page_account(server, ["websocket"], Cookie=f"{COOKIE}=wrong", Origin=server.url) is None


def test_a_cookie_from_a_page_of_elsewhere_opens_nothing(server: LiveServer, bob: Storer) -> None:
    cookie, _ = cookie_of(bob)
    url = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    with pytest.raises(InvalidStatus) as refused:
        connect(url, additional_headers={"Cookie": cookie, "Origin": "http://elsewhere.example"}, proxy=None)
    assert refused.value.response.status_code == 403


# --- the end of a session ---


def closed_with(socket: ClientConnection) -> tuple[int, str]:
    """Code and reason with which the server closes, after what it still says."""
    with pytest.raises(ConnectionClosed) as closed:
        _listen(socket)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


def _listen(socket: ClientConnection) -> None:
    for _ in range(100):
        socket.recv(timeout=10)


def sign_out(person: Storer, token: str) -> int:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    return person.raw("POST", "/api/v1/logout", b"{}", headers)[0]


def change_password(person: Storer, token: str) -> int:
    password = {
        "auth": PROOF,
        "salt": "c3Nz" * 5 + "cw",
        "memory": 65_536,
        "passes": 3,
        "lanes": 1,
        "vault": None,
    }
    body = json.dumps({"auth": PROOF, "password": password}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {person.token}"}
    del token  # the one that asks stays
    status, said = person.raw("POST", "/api/v1/account/password", body, headers)
    person.token = json.loads(said)["token"]
    return status


def end_session(person: Storer, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    rows = json.loads(person.raw("GET", "/api/v1/sessions", None, headers)[1])["sessions"]
    (current,) = [row["id"] for row in rows if row["current"]]
    headers = {"Authorization": f"Bearer {person.token}"}
    return person.raw("DELETE", f"/api/v1/sessions/{current}", None, headers)[0]


@pytest.mark.parametrize("end", [sign_out, end_session, change_password])
def test_a_session_that_ends_takes_its_connections_with_it(
    server: LiveServer, bob: Storer, end: Callable[[Storer, str], int]
) -> None:
    token = token_of(bob)
    with (
        meet(server, Authorization=f"Bearer {token}") as ended,
        meet(server, Authorization=f"Bearer {bob.token}") as kept,
        meet(server) as guest,
    ):
        for socket in (ended, kept, guest):
            account_of(socket)
        status, said = post(server, "/api/v1/meet", {}, Authorization=f"Bearer {token}")
        assert status == 201
        assert end(bob, token) in (200, 204)
        assert closed_with(ended) == (1008, "session_ended")
        over_http = {"messages": [], "after": 0, "wait": 0}
        session = f"Meet {said['session']}"
        assert post(server, "/api/v1/meet/exchange", over_http, Authorization=session)[0] == 404
        for socket in (kept, guest):
            socket.send(json.dumps({"type": "ping", "ref": 9}))
            assert any(json.loads(socket.recv(timeout=10)).get("ref") == 9 for _ in range(20))


def test_an_account_that_is_deleted_leaves_the_meeting_and_its_room(server: LiveServer) -> None:
    gone = Storer.sign_up(server.port)
    with meet(server, Authorization=f"Bearer {gone.token}") as socket, meet(server) as guest:
        account_of(guest)
        account_of(socket)
        there = json.loads(guest.recv(timeout=10))["joined"][0]["id"]
        body = json.dumps({"auth": PROOF}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {gone.token}"}
        assert gone.raw("DELETE", "/api/v1/account", body, headers)[0] == 204
        assert closed_with(socket)[1] == "session_ended"
        told = [json.loads(guest.recv(timeout=10)) for _ in range(1)]
        assert told[0]["left"] == [there]
    gone.close()


def test_a_page_that_signed_out_is_disconnected(server: LiveServer, bob: Storer) -> None:
    cookie, csrf = cookie_of(bob)
    origin = server.url
    with page(server, ["websocket"], {"Cookie": cookie, "Origin": origin}) as one:
        assert one.ask("join", **JOIN)["you"]["account"] == bob.name
        status, _ = post(server, "/api/v1/logout", {}, Cookie=cookie, Origin=origin, **{"X-CSRF-Token": csrf})
        assert status == 204
        one.wait("disconnect")
