"""The challenge as a command line pays it: unseen, and once more if it became dearer meanwhile."""

from collections.abc import Mapping

import pytest

from peerseal.client.challenge import CHALLENGE_PATH, earn_pass
from peerseal.client.http import Response
from peerseal.client.settings import parse_server
from peerseal.errors import PeersealError

SERVER = parse_server("http://localhost:5000")
ASKED = Response(200, {}, b'{"challenge":"abc","bits":4,"count":3,"expires":1,"needed":true}')
PASS = Response(201, {}, b'{"pass":"a-pass","expires":2}')
SPENT = Response(409, {}, b'{"code":"spent","title":"No.","status":409,"request_id":"x"}')


class Line:
    """A server that gives these answers in turn."""

    def __init__(self, *answers: Response) -> None:
        self.left = list(answers)
        self.heard: list[str] = []

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Response:
        assert (path, bool(headers), body is None) == (CHALLENGE_PATH, True, method == "GET")
        self.heard.append(method)
        return self.left.pop(0)


def test_a_solved_challenge_earns_a_pass() -> None:
    line = Line(ASKED, PASS)
    assert earn_pass(SERVER, line) == {"Peerseal-Pass": "a-pass"}
    assert line.heard == ["GET", "POST"]


def test_what_others_made_too_cheap_meanwhile_is_asked_for_once_more_and_no_further_time() -> None:
    line = Line(ASKED, SPENT, ASKED, PASS)
    assert earn_pass(SERVER, line) == {"Peerseal-Pass": "a-pass"}
    assert line.heard == ["GET", "POST"] * 2
    with pytest.raises(PeersealError):
        earn_pass(SERVER, Line(ASKED, SPENT, ASKED, SPENT))
