"""At http://LAN-address:5000 there is no WebCrypto, no OPFS, no service worker: the page says so and works."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.command_line import CommandLinePerson
from support.network import Lab, Place
from support.page import PagePerson, as_downloaded
from support.payloads import Payload, assorted, message, one_file
from support.people import hand_over_by_code, hand_over_by_name
from support.serving import healthy_at, serving

pytestmark = [pytest.mark.net, pytest.mark.browser, pytest.mark.timeout(240)]

Page = Callable[[Place, str], PagePerson]
Program = Callable[[Place, str], CommandLinePerson]


@pytest.fixture
def server(network: Lab, tmp_path: Path) -> Iterator[None]:
    place = network.server
    with serving(
        tmp_path / "server",
        prefix=place.prefix,
        host="0.0.0.0",
        port=5000,
        ready=lambda: healthy_at(place, 5000),
    ):
        yield


def url(place: Place) -> str:
    return f"http://{place.gateway}:5000"


@pytest.fixture
def near(server: None, network: Lab, page_at: Page) -> PagePerson:
    return page_at(network.near, url(network.near))


@pytest.fixture
def far(server: None, network: Lab, page_at: Page) -> PagePerson:
    return page_at(network.far, url(network.far))


def test_the_page_says_that_it_stands_on_plain_http(near: PagePerson) -> None:
    assert near.page.evaluate("isSecureContext") is False
    assert near.page.evaluate("crypto.subtle === undefined") is True
    assert near.page.evaluate("navigator.storage === undefined") is True
    expect(near.page.get_by_text("plain http").first).to_be_visible()


def payloads(folder: Path) -> dict[str, Payload]:
    folder.mkdir()
    return {
        "assorted files": assorted(folder / "assorted"),
        "20 MB": one_file(folder / "big", "film.mkv", 20_000_000),
        "a text": message(),
    }


def test_two_pages_hand_over_files_in_both_directions(
    near: PagePerson, far: PagePerson, tmp_path: Path
) -> None:
    things = payloads(tmp_path / "payloads")
    files = things["assorted files"]
    assert hand_over_by_name(near, far, files, "Bob far away") == as_downloaded(files.tree)
    film = things["20 MB"]
    near.choose(film)
    near.button("Send").click()
    far.accept_offer()
    far.arrived()
    far.page.wait_for_timeout(500)
    assert far.downloaded() == film.tree
    near.sent()
    far.button("Send something back").click()
    far.choose(film)
    far.button("Send").click()
    far.compare_words()
    near.accept_offer()
    assert near.received() == film.tree
    far.sent()
    assert near.complaints == []
    assert far.complaints == []


@pytest.mark.parametrize("what", ["assorted files", "20 MB", "a text"])
def test_command_line_to_page(
    what: str, far: PagePerson, network: Lab, program_at: Program, tmp_path: Path
) -> None:
    payload = payloads(tmp_path / "payloads")[what]
    alice = program_at(network.near, url(network.near))
    arrived = hand_over_by_name(alice, far, payload, "Bob")
    assert arrived == (payload.text or as_downloaded(payload.tree))


@pytest.mark.parametrize("what", ["assorted files", "20 MB", "a text"])
def test_page_to_command_line(
    what: str, far: PagePerson, network: Lab, program_at: Program, tmp_path: Path
) -> None:
    payload = payloads(tmp_path / "payloads")[what]
    bob = program_at(network.near, url(network.near))
    arrived = hand_over_by_code(far, bob, payload)
    assert arrived == (payload.text or payload.tree)
