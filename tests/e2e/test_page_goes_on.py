"""Pages that are cut off in the middle of a transfer: it goes on by itself, and what arrives is what was sent."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from support.narrow_line import NarrowLine
from support.page import PagePerson
from support.page_engine import ENGINE, command, state, until
from support.serving import free_port, serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

Browsers = tuple[BrowserContext, BrowserContext]
State = dict[str, Any]
SOON = 20_000
#: So long lasts what a test breaks off in the middle, however long the breaking takes: 40 MB at 2 MB a second.
BROKEN_OFF = 40_000_000
NARROW = 2_000_000
#: Chunks go to the server four at once, 8 MB each: so much, so fast, that some are there long before the last one is.
PARKED = 100_000_000
PARKING = 4 * NARROW
#: Collects every way that the transfers of a page were said to take.
WAYS = """
window.ways = new Set();
const Counted = window.Worker;
window.Worker = class extends Counted {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      if (data.type === "state") for (const { path } of data.state.transfers) window.ways.add(path);
    });
  }
};
"""


class Pages:
    """Pages in two browsers, over lines of their own: what one test keeps at those addresses is no other's."""

    def __init__(self, browsers: Browsers, server: str, folder: Path, stack: ExitStack) -> None:
        self._browsers = browsers
        self._server = server
        self._folder = folder
        self._stack = stack

    def line(
        self, rate: int | None = None, *, everything: bool = False, server: str | None = None
    ) -> NarrowLine:
        """A way to the server, narrow as `NarrowLine` has it, or wide."""
        line = self._stack.enter_context(
            NarrowLine(server or self._server, rate or NARROW, everything=everything)
        )
        if rate is None:
            line.widen()
        return line

    def alice(self, line: NarrowLine) -> PagePerson:
        """She sends."""
        return self.one("alice", line, 0)

    def bob(self, line: NarrowLine) -> PagePerson:
        """He receives; a second time, he is back."""
        return self.one("bob", line, 1)

    def both(self, line: NarrowLine) -> tuple[PagePerson, PagePerson]:
        """Over one line, so that it breaks for both."""
        return self.alice(line), self.bob(line)

    def one(self, name: str, line: NarrowLine, browser: int) -> PagePerson:
        person = PagePerson(self._browsers[browser], line.url, self._folder / name, script=ENGINE + WAYS)
        self._stack.callback(person.close)
        return person


@pytest.fixture
def pages(browsers: Browsers, server: str, tmp_path: Path) -> Iterator[Pages]:
    with ExitStack() as stack:
        yield Pages(browsers, server, tmp_path, stack)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """What a narrow line has time to be broken in."""
    return big_file(tmp_path)


def big_file(folder: Path, size: int = BROKEN_OFF) -> Path:
    """A file no two records of which are alike."""
    path = folder / "big.bin"
    with path.open("wb") as out:
        for at in range(0, size, 1_000_000):
            out.write(hashlib.sha256(str(at).encode()).digest() * 31_250)
    return path


def choose(person: PagePerson, button: str, path: Path) -> None:
    """Press what asks for files, and choose this one."""
    with person.page.expect_file_chooser() as chooser:
        person.button(button).click()
    chooser.value.set_files(path)


def begin(alice: PagePerson, bob: PagePerson, name: str, path: Path, *, until_moving: bool = True) -> None:
    """Both meet, and bytes move."""
    bob.wait_as(name)
    alice.join("Alice", "Sender")
    alice.connect(name)
    bob.accept_request()
    choose(alice, "Choose files", path)
    alice.button("Send").click()
    alice.compare_words()
    bob.accept_offer()
    if until_moving:
        moving(bob)


def moving(person: PagePerson) -> None:
    """Some of it is here, and not all."""
    bar = person.transfers().get_by_role("progressbar").first
    expect(bar).to_be_visible(timeout=SOON)
    expect(bar).to_have_attribute("aria-valuenow", re.compile(r"^([5-9]|[1-9]\d)"), timeout=SOON)


def choose_way(person: PagePerson, way: str) -> None:
    """The browser keeps it for this address: one that no other test has."""
    until(person, lambda now: now["connection"] == "online")
    command(person, "setRoute", way)
    until(person, lambda now: now["route"] == way)


def over_the_server(*people: PagePerson) -> None:
    """A direct path would go past the narrow line."""
    for person in people:
        choose_way(person, "relay")


def leave_on_server_once(alice: PagePerson, done: int) -> None:
    """The moment so much of it has arrived: a fast line would be through before anybody clicks."""
    alice.page.evaluate(
        """(done) => {
          const leave = ({ data }) => {
            const moving = data.type === "state" && data.state.transfers.find((one) => one.phase === "moving" && one.done >= done);
            if (!moving) return;
            window.engine.worker.removeEventListener("message", leave);
            window.engine.worker.postMessage({ type: "command", call: 900003, name: "leaveOnServer", args: [moving.id] });
          };
          window.engine.worker.addEventListener("message", leave);
        }""",
        done,
    )


def last(person: PagePerson, phase: str, seconds: float = 30) -> State:
    """The last transfer, once it is so far."""
    return transfer(until(person, lambda now: transfer(now)["phase"] == phase, seconds))


def transfer(now: State) -> State:
    found: State = now["transfers"][-1] if now["transfers"] else {"phase": None, "path": None}
    return found


def interrupted(person: PagePerson) -> State:
    """What an earlier visit left unfinished, once the page lists it."""
    left: State = until(person, lambda now: bool(now["interrupted"]))["interrupted"][0]
    return left


def takes_what_is_there(bob: PagePerson) -> State:
    """More and more comes from the server's disk."""
    now = transfer(until(bob, lambda now: transfer(now)["path"] == "store"))
    until(bob, lambda later: transfer(later)["done"] > now["done"])
    return now


def arrived_whole(bob: PagePerson, sent: Path) -> None:
    last(bob, "done", seconds=60)
    bob.arrived()
    for _ in range(100):
        if bob.downloads:
            break
        bob.page.wait_for_timeout(100)
    assert [one.suggested_filename for one in bob.downloads] == ["big.bin"]
    assert digest(Path(bob.downloads[0].path())) == digest(sent)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_a_server_that_is_killed_and_comes_back_costs_a_transfer_a_moment(
    pages: Pages, path: Path, tmp_path: Path
) -> None:
    port = free_port()
    alone = {
        "PEERSEAL_DRAIN": "0",
        "PEERSEAL_PARKING": "off",
    }  # else it comes by the disk of one that is slow to start
    with serving(tmp_path / "server", port=port, env=alone) as server:
        line = pages.line(NARROW, server=server)
        alice, bob = pages.both(line)
        over_the_server(alice, bob)
        begin(alice, bob, "Patient Bob", path)
    line.widen()
    with serving(tmp_path / "server", port=port, env=alone):
        arrived_whole(bob, path)
        alice.sent()
        for person in (alice, bob):
            expect(person.button("Disconnect")).to_be_visible()  # they are connected all the while


def test_between_two_pages_records_go_straight_once_a_direct_path_stands(
    pages: Pages, tmp_path: Path
) -> None:
    alice, bob = pages.both(pages.line(2 * NARROW))  # a direct path is faster than this
    path = big_file(tmp_path, 2 * BROKEN_OFF)
    begin(alice, bob, "Near Bob", path, until_moving=False)
    arrived_whole(bob, path)
    alice.sent()
    for person in (alice, bob):
        assert "direct" in person.page.evaluate("() => [...window.ways]")


def test_a_receiver_who_takes_direct_paths_only_takes_nothing_else(pages: Pages, path: Path) -> None:
    alice, bob = pages.alice(pages.line()), pages.bob(pages.line(NARROW))
    choose_way(bob, "direct")
    begin(alice, bob, "Direct Bob", path, until_moving=False)
    arrived_whole(bob, path)
    alice.sent()
    assert set(bob.page.evaluate("() => [...window.ways]")) <= {None, "direct"}


def test_where_there_is_no_direct_path_a_receiver_who_takes_no_other_refuses_and_both_are_told(
    pages: Pages, tmp_path: Path
) -> None:
    alice, bob = pages.both(pages.line(NARROW))
    choose_way(alice, "relay")
    choose_way(bob, "direct")
    begin(alice, bob, "Refusing Bob", big_file(tmp_path, 1_000_000), until_moving=False)
    assert last(bob, "failed")["problem"]["code"] == "no_direct_path"
    assert last(alice, "failed")["problem"]["code"] == "their_way"
    assert bob.downloads == []


def test_a_receiver_who_reloads_goes_on_from_what_is_there(pages: Pages, path: Path) -> None:
    line = pages.line(NARROW)
    alice, bob = pages.both(line)
    over_the_server(alice, bob)
    begin(alice, bob, "Reloading Bob", path)
    bob.page.reload()
    line.widen()
    left = interrupted(bob)
    said = (left["kind"], left["title"], left["peer"], left["needsFiles"])
    assert said == ("receive", "big.bin", "Alice", False)
    assert 0 < left["done"] < BROKEN_OFF
    expect(bob.page.get_by_text(re.compile(r"^Resume “big\.bin” at \d+\s%\?$"))).to_be_visible()
    bob.button("Resume").click()
    assert last(bob, "done")["resumedFrom"] >= left["done"] > 0
    assert state(bob)["interrupted"] == []
    arrived_whole(bob, path)
    alice.sent()


def test_a_sender_whose_receiver_left_parks_the_rest_and_may_go(pages: Pages, path: Path) -> None:
    line = pages.line(NARROW)
    alice, bob = pages.both(line)
    over_the_server(alice, bob)
    begin(alice, bob, "Leaving Bob", path)
    bob.close()
    parked = last(alice, "parked", seconds=60)
    assert parked["expires"] > 0
    assert parked["path"] == "store"
    alice.close()
    back = pages.bob(line)
    interrupted(back)
    back.button("Resume").click()
    arrived_whole(back, path)


def test_a_receiver_who_comes_back_while_the_rest_still_goes_to_the_server_takes_what_is_there(
    pages: Pages, tmp_path: Path
) -> None:
    narrow, wide = pages.line(PARKING, everything=True), pages.line()
    alice, bob = pages.alice(narrow), pages.bob(wide)
    over_the_server(alice)
    path = big_file(tmp_path, PARKED)
    begin(alice, bob, "Early Bob", path)
    bob.close()
    last(alice, "reconnecting")
    command(alice, "leaveOnServer", transfer(state(alice))["id"])  # or after ten seconds, by itself
    last(alice, "parking")
    back = pages.bob(wide)
    interrupted(back)
    back.button("Resume").click()
    takes_what_is_there(back)
    assert transfer(state(alice))["phase"] == "parking"
    narrow.widen()
    arrived_whole(back, path)
    last(alice, "done")


def test_several_use_one_code_and_each_gets_it_while_the_sender_may_go(pages: Pages) -> None:
    alice = pages.alice(pages.line())
    until(alice, lambda now: now["connection"] == "online")
    command(alice, "showCode", 2, "Alice", 2)
    code = until(alice, lambda now: now["code"] is not None)["code"]
    assert (code["receivers"], code["used"]) == (2, 0)
    bob, carol = pages.bob(pages.line()), pages.one("carol", pages.line(), 0)
    for person, name in ((bob, "Bob"), (carol, "Carol")):
        until(person, lambda now: now["connection"] == "online")
        command(person, "useCode", code["code"], name)
    until(alice, lambda now: now["link"] is not None and now["link"]["phase"] == "connected")
    alice.page.evaluate(
        """() => window.engine.worker.postMessage({ type: "command", call: 900001, name: "send",
             args: ["all", [{ path: "notes.bin", file: new File([new Uint8Array(9_000_000).fill(7)], "notes.bin") }]] })"""
    )
    for person in (bob, carol):
        command(person, "answerOffer", last(person, "asked")["id"], True, None)
    now = until(alice, lambda now: transfer(now)["phase"] in {"parked", "done"})
    assert transfer(now)["receivers"]["of"] == 2
    for person in (bob, carol):
        last(person, "done")
    assert last(alice, "done")["receivers"] == {"done": 2, "of": 2}


def test_a_sender_who_reloads_chooses_the_same_files_and_it_goes_on(pages: Pages, path: Path) -> None:
    line = pages.line(NARROW)
    alice, bob = pages.both(line)
    over_the_server(alice, bob)
    begin(alice, bob, "Waiting Bob", path)
    alice.page.reload()
    line.widen()
    left = interrupted(alice)
    assert (left["kind"], left["needsFiles"]) == ("send", True)
    choose(alice, "Resume", path)
    arrived_whole(bob, path)
    assert last(alice, "done")["resumedFrom"] > 0


def test_what_is_left_on_the_server_is_taken_from_there_while_both_are_here(pages: Pages, path: Path) -> None:
    alice, bob = pages.both(pages.line(NARROW))
    over_the_server(alice, bob)
    leave_on_server_once(alice, 0)
    begin(alice, bob, "Slow Bob", path, until_moving=False)
    arrived_whole(bob, path)
    last(alice, "done")
    assert transfer(state(bob))["path"] == "store"


def test_a_sender_who_reloads_while_the_rest_goes_to_the_server_goes_on(pages: Pages, tmp_path: Path) -> None:
    line = pages.line(PARKING, everything=True)
    alice, bob = pages.alice(line), pages.bob(pages.line())
    over_the_server(alice)
    path = big_file(tmp_path, PARKED)
    leave_on_server_once(alice, 10_000_000)
    begin(alice, bob, "Parked Bob", path, until_moving=False)
    takes_what_is_there(bob)
    assert transfer(state(alice))["phase"] == "parking"
    alice.page.reload()
    line.widen()
    assert interrupted(alice)["done"] < PARKED
    choose(alice, "Resume", path)
    arrived_whole(bob, path)
    last(alice, "done")


def test_a_receiver_who_is_here_takes_the_rest_from_the_server_while_it_still_goes_there(
    pages: Pages, tmp_path: Path
) -> None:
    line = pages.line(PARKING, everything=True)
    alice, bob = pages.alice(line), pages.bob(pages.line())
    over_the_server(alice)
    path = big_file(tmp_path, PARKED)
    leave_on_server_once(alice, 10_000_000)
    begin(alice, bob, "Present Bob", path, until_moving=False)
    assert takes_what_is_there(bob)["phase"] == "moving"
    assert transfer(state(alice))["phase"] == "parking"
    expect(bob.transfers().get_by_text("stored", exact=True)).to_be_visible(timeout=SOON)
    line.widen()
    arrived_whole(bob, path)
    last(alice, "done")
