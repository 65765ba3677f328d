"""Behind nginx: with nothing but proxy_pass everything works over plain requests, with Upgrade over the fast paths."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.command_line import CommandLinePerson
from support.network import Lab, Place
from support.nginx import PLAIN, documented, nginx
from support.page import PagePerson, as_downloaded
from support.payloads import Payload, assorted, one_file
from support.people import hand_over_by_code
from support.serving import healthy_at, serving

pytestmark = [pytest.mark.net, pytest.mark.timeout(240)]

OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"
Page = Callable[[Place, str], PagePerson]
Program = Callable[[Place, str], CommandLinePerson]


def url(place: Place) -> str:
    return f"http://{place.gateway}"


@pytest.fixture
def plain(network: Lab, tmp_path: Path) -> Iterator[None]:
    """The server on loopback, behind an nginx that knows nothing of it but its port."""
    assert shutil.which("nginx") is not None, "nginx is not installed"
    place = network.server
    origins = ",".join(url(one) for one in (network.near, network.far))
    with (
        serving(
            tmp_path / "server",
            prefix=place.prefix,
            port=5000,
            env={"PEERSEAL_ORIGINS": origins},
            ready=lambda: healthy_at(place, 5000),
        ),
        nginx(place, tmp_path / "nginx", PLAIN),
    ):
        yield


@pytest.fixture
def upgrading(network: Lab, tmp_path: Path) -> Iterator[None]:
    """The server behind an nginx that is configured as the operators' page says."""
    assert shutil.which("nginx") is not None, "nginx is not installed"
    place = network.server
    with (
        serving(
            tmp_path / "server",
            prefix=place.prefix,
            port=5000,
            env={"PEERSEAL_TRUSTED_PROXIES": "127.0.0.1"},
            ready=lambda: healthy_at(place, 5000),
        ),
        nginx(place, tmp_path / "nginx", documented(OPERATIONS)),
    ):
        yield


@pytest.fixture
def payloads(tmp_path: Path) -> list[Payload]:
    folder = tmp_path / "payloads"
    folder.mkdir()
    return [assorted(folder / "assorted"), one_file(folder / "big", "film.mkv", 20_000_000)]


def test_command_lines_meet_and_carry_through_a_plain_proxy(
    plain: None, network: Lab, program_at: Program, payloads: list[Payload]
) -> None:
    for payload in payloads:
        alice, bob = program_at(network.near, url(network.near)), program_at(network.far, url(network.far))
        assert hand_over_by_code(alice, bob, payload) == payload.tree
        assert {event["detail"] for event in alice.program.seen("path")} == {"http"}


@pytest.mark.browser
def test_pages_meet_and_carry_through_a_plain_proxy(
    plain: None, network: Lab, page_at: Page, payloads: list[Payload]
) -> None:
    alice, bob = page_at(network.near, url(network.near)), page_at(network.far, url(network.far))
    assert hand_over_by_code(alice, bob, payloads[0]) == as_downloaded(payloads[0].tree)
    alice.choose(payloads[1])
    alice.button("Send").click()
    bob.accept_offer()
    bob.page.get_by_text("film.mkv").first.wait_for()
    alice.page.get_by_text("film.mkv is with").first.wait_for()
    assert bob.downloaded() == payloads[1].tree


@pytest.mark.browser
def test_a_command_line_sends_to_a_page_through_a_plain_proxy(
    plain: None, network: Lab, page_at: Page, program_at: Program, payloads: list[Payload]
) -> None:
    alice, bob = program_at(network.near, url(network.near)), page_at(network.far, url(network.far))
    assert hand_over_by_code(alice, bob, payloads[1]) == payloads[1].tree


@pytest.mark.browser
def test_a_page_sends_to_a_command_line_through_a_plain_proxy(
    plain: None, network: Lab, page_at: Page, program_at: Program, payloads: list[Payload]
) -> None:
    alice, bob = page_at(network.near, url(network.near)), program_at(network.far, url(network.far))
    assert hand_over_by_code(alice, bob, payloads[0]) == payloads[0].tree


@pytest.mark.browser
def test_the_documented_proxy_lets_the_fast_paths_through(
    upgrading: None, network: Lab, page_at: Page, program_at: Program, payloads: list[Payload]
) -> None:
    alice, bob = program_at(network.near, url(network.near)), program_at(network.far, url(network.far))
    assert hand_over_by_code(alice, bob, payloads[1]) == payloads[1].tree
    assert {event["detail"] for event in alice.program.seen("path")} == {"pipe"}
    page, carol = page_at(network.near, url(network.near)), program_at(network.far, url(network.far))
    sockets: list[str] = []
    page.page.on("websocket", lambda socket: sockets.append(socket.url))
    assert hand_over_by_code(page, carol, payloads[0]) == payloads[0].tree
    assert {event["detail"] for event in carol.program.seen("path")} == {"pipe"}


@pytest.mark.parametrize("proxy", ["plain", "upgrading"])
@pytest.mark.parametrize(
    "header",
    [
        {},
        {"X-Forwarded-For": "127.0.0.1"},
        {"X-Forwarded-For": "10.77.1.2, 127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"CF-Connecting-IP": "127.0.0.1"},
        {"X-Real-IP": "127.0.0.1"},
    ],
    ids=str,
)
def test_strangers_behind_one_proxy_do_not_see_each_other(
    proxy: str,
    header: dict[str, str],
    network: Lab,
    program_at: Program,
    request: pytest.FixtureRequest,
) -> None:
    request.getfixturevalue(proxy)
    network.near.come_from_afar(network.server, "192.168.77.2")
    network.far.come_from_afar(network.server, "192.168.77.3")
    listed = program_at(network.far, url(network.far))
    listed.wait_as("Bob")
    assert listed.program.event("ready")["lobby"] == "none"
    joined = ask_lobby(network.near, url(network.near), header)
    assert joined == "none 0"


ASK = """
import json, sys
import http.client, urllib.parse
url, headers = sys.argv[1], json.loads(sys.argv[2])
place = urllib.parse.urlsplit(url)
def call(path, body, more={}):
    link = http.client.HTTPConnection(place.hostname, place.port or 80, timeout=30)
    link.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers, **more})
    return json.load(link.getresponse())
session = call("/api/v1/meet", {})["session"]
join = {"type": "join", "ref": 1, "role": "sender", "name": "Spy", "room": None, "listed": True}
answer = call("/api/v1/meet/exchange", {"messages": [join], "after": 0, "wait": 5}, {"Authorization": "Meet " + session})
reply = next(one for one in answer["messages"] if one["type"] == "reply")
print(reply["lobby"]["kind"], len(reply["peers"]))
"""


def ask_lobby(place: Place, address: str, header: dict[str, str]) -> str:
    """Join from a place with these headers, over plain requests; the lobby's kind and how many are in it."""
    argv = [*place.prefix, sys.executable, "-c", ASK, address, json.dumps(header)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
