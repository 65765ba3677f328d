"""JSON that means different things to different programs is refused the same way at every door, and hurts nothing."""

import http.client
import json

import pytest
from websockets.sync.client import connect

from support.live_server import LiveServer
from support.meeting_peer import MeetingPeer

pytestmark = pytest.mark.e2e

#: What stands where a name belongs.
HOSTILE = {
    "not a number": "NaN",
    "infinite": "-Infinity",
    "a fraction": "1.0",
    "an exponent": "1e3",
    "more than 2⁵³": "9007199254740993",
    "a million digits": "9" * 20_000,
    "half a character": '"\\ud800"',
    "two halves the wrong way round": '"\\udc00\\ud800"',
    "a name twice": '"x", "name": "y"',
    "a field too many": '"x", "surplus": null',
    "very deep": "[" * 500 + "]" * 500,
    "too deep for Python": "[" * 20_000,
    "a control character": '"\x01"',
    "a comment": '"x" /* */',
    "single quotes": "'x'",
    "nothing": "",
}
TEXTS = pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())


def post(server: LiveServer, path: str, body: bytes) -> tuple[int, str]:
    link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    link.request("POST", path, body, {"Content-Type": "application/json"})
    answer = link.getresponse()
    said = json.loads(answer.read())
    link.close()
    return answer.status, said["code"]


@TEXTS
def test_the_api_refuses_it(server: LiveServer, value: str) -> None:
    assert post(server, "/api/v1/login/params", f'{{"name": {value}}}'.encode()) == (400, "malformed")


@TEXTS
def test_meeting_by_requests_refuses_it(server: LiveServer, value: str) -> None:
    assert post(server, "/api/v1/meet", f'{{"name": {value}}}'.encode()) == (400, "malformed")


@pytest.mark.parametrize("body", [b"\xff", b'"\xed\xa0\x80"', b"\xef\xbb\xbf{}", b"\x00", b"{}\x00", b"{}{}"])
def test_bytes_that_are_no_text_are_none_either(server: LiveServer, body: bytes) -> None:
    for path in ("/api/v1/login/params", "/api/v1/meet"):
        assert post(server, path, body) == (400, "malformed")


@TEXTS
def test_meeting_by_websocket_refuses_it(server: LiveServer, value: str) -> None:
    with MeetingPeer(server.port) as peer:
        peer.socket.send(
            f'{{"type":"join","ref":7,"role":"sender","room":null,"listed":true,"name":{value}}}'
        )
        said = json.loads(peer.socket.recv(5))
        assert (said["ok"], said["code"]) == (False, "malformed")
        assert peer.ask("join", role="sender", room=None, listed=True, name="Ann")["ok"]


@TEXTS
def test_meeting_by_socket_io_refuses_it(server: LiveServer, value: str) -> None:
    url = f"ws://127.0.0.1:{server.port}/socket.io/?EIO=4&transport=websocket"
    with connect(url, proxy=None) as page:
        assert str(page.recv(5)).startswith("0{")
        page.send("40")
        assert str(page.recv(5)).startswith("40{")
        page.send(f'421["join",{{"role":"sender","room":null,"listed":true,"name":{value}}}]')
        page.send('422["join",{"role":"sender","room":null,"listed":true,"name":"Ann"}]')
        answers = [str(page.recv(5))]
        while not answers[-1].startswith("432"):
            answers.append(str(page.recv(5)))
        assert json.loads(answers[-1][3:])[0]["ok"] is True
        # What is no JSON at all has no number to answer under.
        refused = [json.loads(text[3:])[0] for text in answers if text.startswith("431")]
        assert [one["code"] for one in refused] in ([], ["malformed"])
