"""A page and a command line that are cut off in the middle of a transfer: it goes on by itself, and the bytes are the same."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from support.command_line import CommandLinePerson
from support.cutting import page_reaches
from support.cutting_proxy import CuttingProxy
from support.narrow_line import NarrowLine
from support.page import PagePerson
from support.payloads import Payload, big
from support.serving import end, free_port, healthy, launch

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

Browsers = tuple[BrowserContext, BrowserContext]
Programs = Callable[[str, Path], CommandLinePerson]
MB = 1_000_000
CUTS = (15 * MB, 22 * MB, 4 * MB)
"""How much of each relay connection passes before it is cut; the one after these is left alone."""


class Server:
    """A server that may be killed and started again on the same folder."""

    def __init__(self, home: Path) -> None:
        self._home, self._port = home, free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        self._process = launch(self._home, port=self._port, ready=lambda: healthy(self.url))

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(5)

    def kill_and_start(self) -> None:
        self.kill()
        self.start()

    def stop(self) -> None:
        end(self._process)


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path / "server")
    yield one
    one.stop()


@pytest.fixture
def programs() -> Iterator[Programs]:
    """Makes people at command lines; what they run ends with the test, however that ends."""
    with ExitStack() as stack:

        def at_a_command_line(server: str, home: Path) -> CommandLinePerson:
            person = CommandLinePerson(server, home)
            stack.callback(person.close)
            return person

        yield at_a_command_line


def from_page(alice: PagePerson, bob: CommandLinePerson, payload: Payload, name: str) -> None:
    """The page begins to send to the command line."""
    bob.wait_as(name)
    alice.ask(payload, name)
    alice.hand_over()
    bob.program.event("progress", 60)


def to_page(alice: CommandLinePerson, bob: PagePerson, payload: Payload, name: str) -> None:
    """The command line begins to send to the page."""
    bob.wait_as(name)
    alice.ask(payload, name)
    bob.accept_request()
    bob.accept_offer()
    alice.program.event("progress", 60)


def test_a_server_killed_while_a_page_sends_to_a_command_line(
    killed: Server, browsers: Browsers, programs: Programs, tmp_path: Path
) -> None:
    alice, bob = (
        PagePerson(browsers[0], killed.url, tmp_path / "alice"),
        programs(killed.url, tmp_path / "bob"),
    )
    payload = big(tmp_path / "files", 100 * MB)
    from_page(alice, bob, payload, "Steady Bob")
    killed.kill_and_start()
    assert bob.received() == payload.tree
    alice.sent()
    alice.close()


def test_a_server_killed_while_a_command_line_sends_to_a_page(
    killed: Server, browsers: Browsers, programs: Programs, tmp_path: Path
) -> None:
    # The line is narrow until the server is gone: some of it is there by then, whatever the machine does beside, and some not.
    with NarrowLine(killed.url, 10 * MB) as line:
        alice, bob = (
            programs(line.url, tmp_path / "alice"),
            PagePerson(browsers[1], killed.url, tmp_path / "bob"),
        )
        payload = big(tmp_path / "files", 100 * MB)
        to_page(alice, bob, payload, "Steady Bob")
        page_reaches(bob, 5)
        killed.kill()
        line.widen()
        killed.start()
        assert bob.received() == payload.tree
        expect(bob.transfers().get_by_text("went on from")).to_be_visible()
        alice.sent()
    bob.close()


@pytest.mark.parametrize("cut_off", ["page", "command line"])
def test_relay_connections_cut_again_and_again_while_a_page_sends(
    cut_off: str, server: str, browsers: Browsers, programs: Programs, tmp_path: Path
) -> None:
    with CuttingProxy(server, lambda number: CUTS[number] if number < len(CUTS) else None) as way:
        of = {"page": server, "command line": server, cut_off: way.url}
        alice, bob = (
            PagePerson(browsers[0], of["page"], tmp_path / "alice"),
            programs(of["command line"], tmp_path / "bob"),
        )
        payload = big(tmp_path / "files", 64 * MB)
        from_page(alice, bob, payload, f"Bob behind {cut_off}")
        assert bob.received() == payload.tree
        alice.sent()
        assert way.cuts == len(CUTS)
        alice.close()


@pytest.mark.parametrize("cut_off", ["page", "command line"])
def test_relay_connections_cut_again_and_again_while_a_page_receives(
    cut_off: str, server: str, browsers: Browsers, programs: Programs, tmp_path: Path
) -> None:
    with CuttingProxy(server, lambda number: CUTS[number] if number < len(CUTS) else None) as way:
        of = {"page": server, "command line": server, cut_off: way.url}
        alice, bob = (
            programs(of["command line"], tmp_path / "alice"),
            PagePerson(browsers[1], of["page"], tmp_path / "bob"),
        )
        payload = big(tmp_path / "files", 64 * MB)
        to_page(alice, bob, payload, f"Bob behind {cut_off}")
        assert bob.received() == payload.tree
        alice.sent()
        assert way.cuts == len(CUTS)
        bob.close()
