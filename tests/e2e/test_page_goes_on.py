"""Pages that are cut off in the middle of a transfer: it goes on by itself, and what arrives is what was sent."""

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from support.narrow_line import NarrowLine
from support.page import PagePerson
from support.page_engine import ENGINE, command, state, until
from support.serving import free_port, serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

Browsers = tuple[BrowserContext, BrowserContext]
SOON = 20_000
BIG = 400_000_000
#: So long lasts what a test breaks off in the middle, however long the breaking takes: 40 MB at 2 MB a second.
BROKEN_OFF = 40_000_000
NARROW = 2_000_000
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


@pytest.fixture
def browsers(fresh_browsers: Browsers) -> Browsers:
    """What one test breaks off is no other's to go on with."""
    return fresh_browsers


def big_file(folder: Path, size: int = BIG) -> Path:
    """A file no two records of which are alike."""
    path = folder / "big.bin"
    with path.open("wb") as out:
        for at in range(0, size, 1_000_000):
            out.write(hashlib.sha256(str(at).encode()).digest() * 31_250)
    return path


def choose(person: PagePerson, *paths: Path) -> None:
    with person.page.expect_file_chooser() as chooser:
        person.button("Choose files").click()
    chooser.value.set_files(list(paths))


def choose_again(person: PagePerson, path: Path) -> None:
    """Go on with what was sent in part: the page kept no copy."""
    with person.page.expect_file_chooser() as chooser:
        person.button("Resume").click()
    chooser.value.set_files(path)


def begin(alice: PagePerson, bob: PagePerson, name: str, path: Path, *, until_moving: bool = True) -> None:
    """Both meet, and bytes move."""
    bob.wait_as(name)
    alice.join("Alice", "Sender")
    alice.connect(name)
    bob.accept_request()
    choose(alice, path)
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


def digest(page: Page, path: Path) -> str:
    del page
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def arrived_whole(bob: PagePerson, sent: Path) -> None:
    bob.arrived()
    for _ in range(100):
        if bob.downloads:
            break
        bob.page.wait_for_timeout(100)
    assert [one.suggested_filename for one in bob.downloads] == ["big.bin"]
    assert digest(bob.page, Path(bob.downloads[0].path())) == digest(bob.page, sent)


def test_a_server_that_is_killed_and_comes_back_costs_a_transfer_a_moment(
    browsers: Browsers, tmp_path: Path
) -> None:
    port = free_port()
    with serving(tmp_path / "server", port=port, env={"PEERSEAL_DRAIN": "0"}) as server:
        alice = PagePerson(browsers[0], server, tmp_path / "alice")
        bob = PagePerson(browsers[1], server, tmp_path / "bob")
        path = big_file(tmp_path)
        begin(alice, bob, "Patient Bob", path)
    with serving(tmp_path / "server", port=port):
        arrived_whole(bob, path)
        alice.sent()
        for person in (alice, bob):
            expect(person.button("Disconnect")).to_be_visible()  # they are connected all the while
        for person in (alice, bob):
            person.close()


def test_between_two_pages_records_go_straight_once_a_direct_path_stands(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    for context in browsers:
        context.add_init_script(ENGINE + WAYS)
    with NarrowLine(server, 2 * NARROW) as line:  # a direct path is faster than this
        alice = PagePerson(browsers[0], line.url, tmp_path / "alice")
        bob = PagePerson(browsers[1], line.url, tmp_path / "bob")
        path = big_file(tmp_path, 2 * BROKEN_OFF)
        begin(alice, bob, "Near Bob", path, until_moving=False)
        arrived_whole(bob, path)
        alice.sent()
        for person in (alice, bob):
            assert "direct" in person.page.evaluate("() => [...window.ways]")
        for person in (alice, bob):
            person.close()


def test_a_receiver_who_takes_direct_paths_only_takes_nothing_else(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    for context in browsers:
        context.add_init_script(ENGINE + WAYS)
    with NarrowLine(server, NARROW) as line:
        alice = PagePerson(browsers[0], server, tmp_path / "alice")
        bob = PagePerson(browsers[1], line.url, tmp_path / "bob")
        choose_way(bob, "direct")
        path = big_file(tmp_path, BROKEN_OFF)
        begin(alice, bob, "Direct Bob", path, until_moving=False)
        arrived_whole(bob, path)
        alice.sent()
        assert set(bob.page.evaluate("() => [...window.ways]")) <= {None, "direct"}
        for person in (alice, bob):
            person.close()


def test_where_there_is_no_direct_path_a_receiver_who_takes_no_other_refuses_and_both_are_told(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    for context in browsers:
        context.add_init_script(ENGINE)
    with NarrowLine(server, NARROW) as line:
        alice = PagePerson(browsers[0], line.url, tmp_path / "alice")
        bob = PagePerson(browsers[1], line.url, tmp_path / "bob")
        choose_way(alice, "relay")
        choose_way(bob, "direct")
        begin(alice, bob, "Refusing Bob", big_file(tmp_path, 1_000_000), until_moving=False)
        arrived = until(bob, lambda now: now["transfers"][-1]["phase"] in {"failed", "done"})
        sent = until(alice, lambda now: now["transfers"][-1]["phase"] in {"failed", "done"})
        assert arrived["transfers"][-1]["problem"]["code"] == "no_direct_path"
        assert sent["transfers"][-1]["problem"]["code"] == "their_way"
        assert bob.downloads == []
        for person in (alice, bob):
            person.close()


def test_a_receiver_who_reloads_goes_on_from_what_is_there(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    for context in browsers:
        context.add_init_script(ENGINE)
    with NarrowLine(server, NARROW) as line:
        alice = PagePerson(browsers[0], line.url, tmp_path / "alice")
        bob = PagePerson(browsers[1], line.url, tmp_path / "bob")
        over_the_server(alice, bob)
        path = big_file(tmp_path, BROKEN_OFF)
        begin(alice, bob, "Reloading Bob", path)
        bob.page.reload()
        line.widen()
        left = until(bob, lambda now: bool(now["interrupted"]))["interrupted"][0]
        assert (left["kind"], left["title"], left["peer"], left["needsFiles"]) == (
            "receive",
            "big.bin",
            "Alice",
            False,
        )
        assert 0 < left["done"] < BROKEN_OFF
        expect(bob.page.get_by_text(re.compile(r"^Resume “big\.bin” at \d+\s%\?$"))).to_be_visible()
        bob.button("Resume").click()
        now = until(bob, lambda now: any(one["phase"] == "done" for one in now["transfers"]))
        assert now["transfers"][0]["resumedFrom"] >= left["done"] > 0
        assert now["interrupted"] == []
        arrived_whole(bob, path)
        alice.sent()
        for person in (alice, bob):
            person.close()


def test_a_sender_whose_receiver_left_parks_the_rest_and_may_go(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    for context in browsers:
        context.add_init_script(ENGINE)
    with NarrowLine(server, NARROW) as line:
        alice = PagePerson(browsers[0], line.url, tmp_path / "alice")
        bob = PagePerson(browsers[1], line.url, tmp_path / "bob")
        over_the_server(alice, bob)
        path = big_file(tmp_path, BROKEN_OFF)
        begin(alice, bob, "Leaving Bob", path)
        bob.close()
        now = until(alice, lambda now: now["transfers"][-1]["phase"] == "parked", seconds=60)
        assert now["transfers"][-1]["expires"] > 0
        assert now["transfers"][-1]["path"] == "store"
        alice.close()
        back = PagePerson(browsers[1], line.url, tmp_path / "bob")
        until(back, lambda now: bool(now["interrupted"]))
        back.button("Resume").click()
        until(back, lambda now: any(one["phase"] == "done" for one in now["transfers"]))
        arrived_whole(back, path)
        back.close()


def test_a_receiver_who_comes_back_while_the_rest_still_goes_to_the_server_takes_what_is_there(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    for context in browsers:
        context.add_init_script(ENGINE)
    with NarrowLine(server, 4 * NARROW, everything=True) as line:
        alice = PagePerson(browsers[0], line.url, tmp_path / "alice")
        bob = PagePerson(browsers[1], server, tmp_path / "bob")
        over_the_server(alice)
        path = big_file(tmp_path, 3 * BROKEN_OFF)
        begin(alice, bob, "Early Bob", path)
        bob.close()
        until(alice, lambda now: now["transfers"][-1]["phase"] == "parking", seconds=60)
        back = PagePerson(browsers[1], server, tmp_path / "bob")
        until(back, lambda now: bool(now["interrupted"]))
        back.button("Resume").click()
        now = until(back, lambda now: any(one["path"] == "store" for one in now["transfers"]))
        until(back, lambda later: later["transfers"][-1]["done"] > now["transfers"][-1]["done"])
        assert state(alice)["transfers"][-1]["phase"] == "parking"
        line.widen()
        arrived_whole(back, path)
        until(alice, lambda now: now["transfers"][-1]["phase"] == "done")
        for person in (alice, back):
            person.close()


def test_several_use_one_code_and_each_gets_it_while_the_sender_may_go(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    for context in browsers:
        context.add_init_script(ENGINE)
    alice = PagePerson(browsers[0], server, tmp_path / "alice")
    until(alice, lambda now: now["connection"] == "online")
    command(alice, "showCode", 2, "Alice", 2)
    code = until(alice, lambda now: now["code"] is not None)["code"]
    assert (code["receivers"], code["used"]) == (2, 0)
    bob = PagePerson(browsers[1], server, tmp_path / "bob")
    carol = PagePerson(browsers[0], server, tmp_path / "carol")
    for person, name in ((bob, "Bob"), (carol, "Carol")):
        until(person, lambda now: now["connection"] == "online")
        command(person, "useCode", code["code"], name)
    until(alice, lambda now: now["link"] is not None and now["link"]["phase"] == "connected")
    alice.page.evaluate(
        """() => window.engine.worker.postMessage({ type: "command", call: 900001, name: "send",
             args: ["all", [{ path: "notes.bin", file: new File([new Uint8Array(9_000_000).fill(7)], "notes.bin") }]] })"""
    )
    for person in (bob, carol):
        asked = until(person, lambda now: any(one["phase"] == "asked" for one in now["transfers"]))
        command(person, "answerOffer", asked["transfers"][-1]["id"], True, None)
    now = until(alice, lambda now: now["transfers"][-1]["phase"] in {"parked", "done"})
    assert now["transfers"][-1]["receivers"]["of"] == 2
    for person in (bob, carol):
        until(person, lambda now: now["transfers"][-1]["phase"] == "done")
    last = until(alice, lambda now: now["transfers"][-1]["phase"] == "done")["transfers"][-1]
    assert last["receivers"] == {"done": 2, "of": 2}
    for person in (alice, bob, carol):
        person.close()


def test_a_sender_who_reloads_chooses_the_same_files_and_it_goes_on(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    browsers[0].add_init_script(ENGINE)
    alice = PagePerson(browsers[0], server, tmp_path / "alice")
    bob = PagePerson(browsers[1], server, tmp_path / "bob")
    path = big_file(tmp_path)
    begin(alice, bob, "Waiting Bob", path, until_moving=False)
    until(alice, lambda now: any(0 < one["done"] < BIG for one in now["transfers"]))
    alice.page.reload()
    left = until(alice, lambda now: bool(now["interrupted"]))["interrupted"][0]
    assert (left["kind"], left["needsFiles"]) == ("send", True)
    choose_again(alice, path)
    arrived_whole(bob, path)
    now = until(alice, lambda now: any(one["phase"] == "done" for one in now["transfers"]))
    assert now["transfers"][-1]["resumedFrom"] > 0
    for person in (alice, bob):
        person.close()


def test_what_is_left_on_the_server_is_taken_from_there_while_both_are_here(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    for context in browsers:
        context.add_init_script(ENGINE)
    alice = PagePerson(browsers[0], server, tmp_path / "alice")
    bob = PagePerson(browsers[1], server, tmp_path / "bob")
    path = big_file(tmp_path, 100_000_000)
    leave_on_server_once(alice, 0)
    begin(alice, bob, "Slow Bob", path, until_moving=False)
    arrived_whole(bob, path)
    until(alice, lambda now: now["transfers"][-1]["phase"] == "done")
    assert until(bob, lambda now: bool(now["transfers"]))["transfers"][-1]["path"] == "store"
    for person in (alice, bob):
        person.close()


def test_a_sender_who_reloads_while_the_rest_goes_to_the_server_goes_on(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    for context in browsers:
        context.add_init_script(ENGINE)
    alice = PagePerson(browsers[0], server, tmp_path / "alice")
    bob = PagePerson(browsers[1], server, tmp_path / "bob")
    path = big_file(tmp_path)
    leave_on_server_once(alice, 20_000_000)
    begin(alice, bob, "Parked Bob", path, until_moving=False)
    until(alice, lambda now: now["transfers"][-1]["phase"] == "parking")
    alice.page.wait_for_timeout(300)
    alice.page.reload()
    left = until(alice, lambda now: bool(now["interrupted"]))["interrupted"][0]
    assert left["done"] < BIG
    until(bob, lambda now: now["transfers"][-1]["path"] == "store")  # it takes what is there already
    choose_again(alice, path)
    arrived_whole(bob, path)
    until(alice, lambda now: any(one["phase"] == "done" for one in now["transfers"]))
    for person in (alice, bob):
        person.close()


def test_a_receiver_who_is_here_takes_the_rest_from_the_server_while_it_still_goes_there(
    browsers: Browsers, server: str, tmp_path: Path
) -> None:
    for context in browsers:
        context.add_init_script(ENGINE)
    alice = PagePerson(browsers[0], server, tmp_path / "alice")
    bob = PagePerson(browsers[1], server, tmp_path / "bob")
    path = big_file(tmp_path, 150_000_000)
    leave_on_server_once(alice, 10_000_000)
    begin(alice, bob, "Present Bob", path, until_moving=False)
    now = until(bob, lambda now: now["transfers"][-1]["path"] == "store")["transfers"][-1]
    assert now["phase"] == "moving"
    assert state(alice)["transfers"][-1]["phase"] == "parking"
    expect(bob.transfers().get_by_text("stored", exact=True)).to_be_visible(timeout=SOON)
    until(bob, lambda later: later["transfers"][-1]["done"] > now["done"])
    arrived_whole(bob, path)
    until(alice, lambda now: now["transfers"][-1]["phase"] == "done")
    for person in (alice, bob):
        person.close()
