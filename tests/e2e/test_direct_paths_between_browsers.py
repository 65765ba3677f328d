"""Straight from one Chromium to another: the page's own direct paths, and nothing else of the page."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from support.node import build_test_page
from support.page import chromium

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

MIB = 1024 * 1024
WAIT = 30.0
STREAM = "00112233445566{:02x}"
#: Browsers say a random name for an address of their own network; without it a test needs no multicast.
PLAIN_ADDRESSES = "--disable-features=WebRtcHideLocalIpsWithMdns"


#: Keeps what the page gives to the browser.
LISTENING = """
globalThis.described = [];
globalThis.added = [];
const { setRemoteDescription, addIceCandidate } = RTCPeerConnection.prototype;
RTCPeerConnection.prototype.setRemoteDescription = function (one) {
  described.push(one.sdp);
  return setRemoteDescription.call(this, one);
};
RTCPeerConnection.prototype.addIceCandidate = function (one) {
  added.push(one.candidate);
  return addIceCandidate.call(this, one);
};
"""


class QuietServer(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("direct") / "page"
    build_test_page(folder, "direct")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietServer, directory=str(folder)))
    serving = Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    serving.join(10)
    server.server_close()


@pytest.fixture(scope="module")
def browsers(playwright: Playwright) -> Iterator[tuple[Browser, Browser]]:
    one, other = launch(playwright, PLAIN_ADDRESSES), launch(playwright, PLAIN_ADDRESSES)
    yield one, other
    one.close()
    other.close()


def launch(playwright: Playwright, *flags: str) -> Browser:
    return playwright.chromium.launch(
        executable_path=chromium(), args=["--no-sandbox", *flags], headless=True
    )


class Side:
    """One side of a transfer, in a worker of a page of its own."""

    def __init__(self, browser: Browser, url: str, role: str, before: str = "") -> None:
        self.page: Page = browser.new_page()
        self.role = role
        if before:
            self.page.add_init_script(before)
        self.page.goto(url)
        self.page.wait_for_function("window.ask !== undefined", timeout=20_000)

    def ask(self, name: str, *args: object) -> Any:
        return self.page.evaluate("([name, args]) => window.ask(name, ...args)", [name, args])

    def begin(self) -> None:
        self.ask("begin", self.role, [])
        self.start("ready")

    def start(self, name: str, *args: object) -> None:
        """As `ask`, but `ended` tells its answer."""
        self.page.evaluate(
            """([name, args]) => {
                (window.answers ??= {})[name] = null;
                window.ask(name, ...args).then((answer) => { window.answers[name] = { answer }; });
            }""",
            [name, args],
        )

    def ended(self, name: str) -> dict[str, Any] | None:
        """`{"answer": …}` once there is one."""
        ended: dict[str, Any] | None = self.page.evaluate("(name) => window.answers[name]", name)
        return ended


class Two:
    """Sender and receiver, and the test that carries what they say to each other."""

    def __init__(self, sender: Side, receiver: Side) -> None:
        self.sender, self.receiver = sender, receiver
        self.said: list[Any] = []

    def carry(self) -> None:
        for one, other in ((self.sender, self.receiver), (self.receiver, self.sender)):
            if said := one.ask("said"):
                self.said += said
                other.ask("hear", said)

    def until(self, holds: Callable[[], object], seconds: float = WAIT) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not happen in time"
            self.carry()
            time.sleep(0.02)

    def outcome(self, side: Side, name: str) -> Any:
        self.until(lambda: side.ended(name))
        ended = side.ended(name)
        assert ended is not None
        return ended["answer"]

    def connect(self) -> None:
        self.receiver.begin()
        self.sender.begin()
        assert self.outcome(self.sender, "ready") is None
        assert self.outcome(self.receiver, "ready") is None

    def close(self) -> None:
        self.sender.page.close()
        self.receiver.page.close()


@pytest.fixture
def two(browsers: tuple[Browser, Browser], page_url: str) -> Iterator[Two]:
    one, other = browsers
    both = Two(Side(one, page_url, "sends"), Side(other, page_url, "receives"))
    both.connect()
    yield both
    both.close()


def sockets() -> int:
    """UDP sockets of the browsers below this process, but those that look for names."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
    own = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in own} - own:
        own |= more
    held = {link for pid in own - {os.getpid()} for link in links(pid)}
    lines = [
        line.split()
        for name in ("udp", "udp6")
        for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    return sum(f"socket:[{line[9]}]" in held and not line[1].endswith(":14E9") for line in lines)


def links(pid: int) -> Iterator[str]:
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            yield str(link.readlink())
    except OSError:
        return


def test_what_one_sends_the_other_gets(two: Two) -> None:
    for number, size in enumerate((8 * MIB, 16 * 1024, 0)):
        stream = STREAM.format(number)
        two.sender.start("send", stream, size, False)
        two.receiver.start("receive", stream, 0)
        sent, got = two.outcome(two.sender, "send"), two.outcome(two.receiver, "receive")
        assert got == {"hash": sent["hash"], "bytes": size}
        assert sent["detail"] == "webrtc"


def test_each_says_one_description_and_few_addresses(two: Two) -> None:
    descriptions = [said["fields"] for said in two.said if said["type"] == "description"]
    assert [(said["role"], said["setup"]) for said in descriptions] == [
        ("offer", "actpass"),
        ("answer", "active"),
    ]
    candidates = [one for said in two.said if said["type"] == "ice" for one in said["candidates"]]
    assert 2 <= len(candidates) <= 32
    assert len(two.said) <= 6
    assert all(one["kind"] == "host" and one["host"] not in ("127.0.0.1", "::1") for one in candidates)


def test_a_slow_reader_gets_everything(two: Two) -> None:
    stream, size = STREAM.format(0), 48 * MIB
    two.sender.start("send", stream, size, True)
    two.receiver.start("receive", stream, 20)

    def acknowledge() -> object:
        two.sender.ask("acked", two.receiver.ask("read"))
        return two.receiver.ended("receive")

    two.until(acknowledge)
    assert two.outcome(two.receiver, "receive") == {
        "hash": two.outcome(two.sender, "send")["hash"],
        "bytes": size,
    }


def test_a_sender_that_does_not_care_for_its_reader_is_cut(two: Two) -> None:
    stream = STREAM.format(0)
    two.sender.start("send", stream, 400 * MIB, False)
    two.receiver.start("receive", stream, 600_000)
    assert two.outcome(two.sender, "send") == {"error": "interrupted"}
    assert two.sender.ask("sent") < 64 * MIB


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_when_one_aborts_the_other_hears_of_it(two: Two, who: str) -> None:
    stream = STREAM.format(0)
    two.sender.start("send", stream, 400 * MIB, False)
    two.receiver.start("receive", stream, 0)
    two.until(lambda: two.receiver.ask("read") > MIB)
    getattr(two, who).ask("abort")
    assert two.outcome(two.sender, "send") == {"error": "interrupted"}
    assert two.outcome(two.receiver, "receive") == {"error": "interrupted"}
    # The connection stands: the next path goes over it.
    two.sender.start("send", STREAM.format(1), MIB, False)
    two.receiver.start("receive", STREAM.format(1), 0)
    assert two.outcome(two.receiver, "receive")["hash"] == two.outcome(two.sender, "send")["hash"]


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_closing_ends_it_for_both_and_leaves_no_socket(
    browsers: tuple[Browser, Browser], page_url: str, who: str
) -> None:
    before = sockets()
    one, other = browsers
    two = Two(Side(one, page_url, "sends"), Side(other, page_url, "receives"))
    two.connect()
    assert sockets() > before
    two.sender.start("send", STREAM.format(0), 400 * MIB, False)
    two.receiver.start("receive", STREAM.format(0), 0)
    two.until(lambda: two.receiver.ask("read") > MIB)
    getattr(two, who).ask("close")
    assert two.outcome(two.sender, "send") == {"error": "interrupted"}
    assert two.outcome(two.receiver, "receive") == {"error": "interrupted"}
    left = two.receiver if who == "sender" else two.sender
    assert left.ask("ready") == {"error": "interrupted"}
    two.until(lambda: sockets() == before, 5)
    two.close()


def test_a_receiver_that_begins_anew_finds_its_sender(two: Two) -> None:
    two.receiver.ask("close")
    two.receiver.begin()
    assert two.outcome(two.receiver, "ready") is None
    assert two.sender.ask("ready") is None
    two.sender.start("send", STREAM.format(0), MIB, False)
    two.receiver.start("receive", STREAM.format(0), 0)
    assert two.outcome(two.receiver, "receive")["hash"] == two.outcome(two.sender, "send")["hash"]


def test_browsers_that_hide_their_addresses_find_each_other_too(
    playwright: Playwright, page_url: str
) -> None:
    one, other = launch(playwright), launch(playwright)
    two = Two(Side(one, page_url, "sends"), Side(other, page_url, "receives"))
    two.connect()
    two.sender.start("send", STREAM.format(0), MIB, False)
    two.receiver.start("receive", STREAM.format(0), 0)
    assert two.outcome(two.receiver, "receive")["hash"] == two.outcome(two.sender, "send")["hash"]
    assert all(
        candidate["host"].endswith(".local")
        for said in two.said
        if said["type"] == "ice"
        for candidate in said["candidates"]
    )
    one.close()
    other.close()


def test_what_a_hostile_peer_says_is_capped_and_never_reaches_the_browser_as_text(
    browsers: tuple[Browser, Browser], page_url: str
) -> None:
    side = Side(browsers[0], page_url, "sends", LISTENING)
    side.begin()
    offer = {"role": "offer", "ufrag": "CcdX", "pwd": "p" * 22, "setup": "actpass", "fingerprint": "00" * 32}
    evil = "CcdX\r\na=candidate:1 1 udp 1 192.0.2.66 7777 typ host"
    for wrong in (
        {"ufrag": evil},
        {"pwd": "p" * 22 + "\r\na=x"},
        {"setup": "actpass\r\na=x"},
        {"fingerprint": "00" * 31},
    ):
        side.ask("hear", [{"type": "description", "fields": offer | wrong}])
    side.ask("hear", [{"type": "description", "fields": offer}])
    hosts = [
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.251",
        "ff02::fb",
        "::ffff:127.0.0.1",
        evil,
    ]
    nowhere = [{"host": host, "port": 7777, "kind": "host", "priority": 1} for host in hosts]
    low = {"host": "192.0.2.66", "port": 22, "kind": "host", "priority": 1}
    scan = [
        {"host": f"2001:DB8::{number:x}", "port": 7777, "kind": "srflx", "priority": 2**32 - 1}
        for number in range(1, 129)
    ]
    side.ask("hear", [{"type": "ice", "candidates": [*nowhere, low, *scan[:8]]}])
    side.ask("hear", [{"type": "ice", "candidates": scan[8:]}])
    side.page.wait_for_function("window.added.length >= 16", timeout=WAIT * 1000)
    side.page.wait_for_timeout(300)
    assert side.page.evaluate("window.added") == [
        f"candidate:{number} 1 udp 2147483647 2001:db8:0:0:0:0:0:{number:x} 7777 typ srflx raddr 0.0.0.0 rport 9"
        for number in range(1, 17)
    ]
    (described,) = side.page.evaluate("window.described")
    assert "candidate" not in described
    assert described.count("\r\n") == 15
    side.page.close()


def test_a_browser_without_webrtc_says_so_at_once(browsers: tuple[Browser, Browser], page_url: str) -> None:
    side = Side(browsers[0], page_url, "receives", "delete globalThis.RTCPeerConnection")
    began = time.monotonic()
    side.begin()
    assert side.ask("ready") == {"error": "interrupted"}
    assert time.monotonic() - began < WAIT / 2
    assert side.ask("said") == []
    side.page.close()
