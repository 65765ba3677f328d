"""People who stop half-way: the other side is told why, exits with a code of its own, and no debris stays."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from support.command_line import CommandLinePerson, ProgramPerson
from support.narrow_line import NarrowLine
from support.page import PagePerson
from support.page_engine import ENGINE, command, until
from support.payloads import Payload

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

CTRL_C = 130
TOLD = (5, 6, 10)
BROKE = 10
HUGE = 6 << 30
Make = Callable[[str], ProgramPerson]


def huge(folder: Path) -> Payload:
    """A file that is still moving whenever somebody leaves; it takes no room on the sender's disk."""
    folder.mkdir(parents=True)
    path = folder / "endless.bin"
    with path.open("wb") as file:
        os.truncate(file.fileno(), HUGE)
    return Payload((path,))


def moving(sender: ProgramPerson, receiver: ProgramPerson, to: str) -> None:
    """Bring two programs to the middle of a transfer."""
    receiver.wait_as(to)
    sender.ask(huge(sender.home / "files"), to)
    receiver.program.event("progress")
    sender.program.event("progress")


def keeps_nothing_at_the_server(person: ProgramPerson) -> ProgramPerson:
    """A sender that waits for its receiver instead of parking the rest."""
    person.env["PEERSEAL_STORE"] = "never"
    return person


def assert_told(person: ProgramPerson, within: float = 30) -> None:
    began = time.monotonic()
    assert person.program.exit_code(within) in TOLD, person.program.story()
    assert time.monotonic() - began < within
    person.program.error()


def assert_no_debris(person: ProgramPerson) -> None:
    assert list(person.into.rglob("*")) == []


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_ctrl_c_ends_both_sides_and_leaves_nothing_where_nothing_is_kept(who: str, person: Make) -> None:
    alice, bob = person("sdk"), person("sdk")
    moving(alice, bob, f"Leaving Bob {who}")
    leaver, other = (alice, bob) if who == "sender" else (bob, alice)
    leaver.program.press_ctrl_c()
    assert leaver.program.exit_code(15) == CTRL_C, leaver.program.story()
    assert_told(other, 10)
    assert_no_debris(alice)
    assert_no_debris(bob)


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_ctrl_c_at_a_command_line_keeps_what_has_arrived_and_says_how_to_go_on(
    who: str, person: Make
) -> None:
    alice, bob = keeps_nothing_at_the_server(person("command line")), person("command line")
    moving(alice, bob, f"Kept Bob {who}")
    leaver, other = (alice, bob) if who == "sender" else (bob, alice)
    leaver.program.press_ctrl_c()
    assert leaver.program.exit_code(15) == CTRL_C, leaver.program.story()
    assert "peerseal transfers resume" in str(leaver.program.seen("notice")[-1]["message"])
    assert other.program.exit_code(10) == BROKE, other.program.story()
    assert "peerseal transfers resume" in str(other.program.error()["hint"])
    assert any(file.stat().st_size for file in bob.into.rglob("endless.bin"))


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_a_killed_program_is_waited_for_by_the_other(who: str, person: Make) -> None:
    alice, bob = keeps_nothing_at_the_server(person("command line")), person("command line")
    moving(alice, bob, f"Killed Bob {who}")
    killed, other = (alice, bob) if who == "sender" else (bob, alice)
    killed.program.process.kill()
    other.program.event("gone", 10)
    other.program.press_ctrl_c()
    assert other.program.exit_code(15) == CTRL_C, other.program.story()


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_a_frozen_program_is_noticed_by_the_other_within_thirty_seconds(who: str, person: Make) -> None:
    alice, bob = keeps_nothing_at_the_server(person("command line")), person("command line")
    moving(alice, bob, f"Frozen Bob {who}")
    frozen, other = (alice, bob) if who == "sender" else (bob, alice)
    frozen.program.process.send_signal(19)
    other.program.event("gone", 35)


def test_ctrl_c_while_waiting_for_somebody_leaves_nothing(person: Make) -> None:
    bob = person("command line")
    bob.wait_as("Waiting Bob")
    bob.program.press_ctrl_c()
    assert bob.program.exit_code(10) == CTRL_C
    assert_no_debris(bob)


def test_ctrl_c_at_an_open_code_closes_it(person: Make) -> None:
    alice, bob = person("command line"), person("command line")
    code = alice.show_code(huge(alice.home / "files"))
    alice.program.press_ctrl_c()
    assert alice.program.exit_code(10) == CTRL_C
    bob.use_code(code)
    assert bob.program.exit_code(15) == 9, bob.program.story()


@pytest.mark.browser
def test_a_closed_tab_of_the_sender_is_noticed_and_what_has_arrived_is_kept(
    person: Callable[[str], PagePerson],
) -> None:
    alice, bob = person("page"), person("command line")
    assert isinstance(bob, CommandLinePerson)
    bob.wait_as("Tab Bob")
    alice.ask(huge(alice.home / "files"), "Tab Bob")
    bob.accept_request()
    alice.hand_over()
    bob.program.event("progress")
    alice.close()
    bob.program.event("gone", 10)
    bob.program.press_ctrl_c()
    assert bob.program.exit_code(15) == CTRL_C, bob.program.story()
    assert any(bob.into.rglob("endless.bin"))


@pytest.mark.browser
def test_a_closed_tab_of_the_receiver_is_noticed_and_downloads_nothing(
    person: Callable[[str], PagePerson],
) -> None:
    alice, bob = person("command line"), person("page")
    assert isinstance(alice, CommandLinePerson)
    keeps_nothing_at_the_server(alice)
    bob.wait_as("Tab Bob")
    alice.ask(huge(alice.home / "files"), "Tab Bob")
    bob.accept_request()
    bob.accept_offer()
    alice.program.event("progress")
    bob.close()
    alice.program.event("gone", 10)
    assert bob.downloads == []


@pytest.mark.browser
def test_what_a_closed_tab_had_received_waits_for_its_person_and_is_gone_when_discarded(
    person: Callable[[str], PagePerson],
    browsers: tuple[BrowserContext, BrowserContext],
    server: str,
    tmp_path: Path,
) -> None:
    alice = person("command line")
    assert isinstance(alice, CommandLinePerson)
    with NarrowLine(server, 2_000_000) as line:  # what watches a browser must keep up with it
        bob = PagePerson(browsers[0], line.url, tmp_path / "bob")
        _what_is_discarded_is_gone(alice, bob)
        bob.close()


def _what_is_discarded_is_gone(alice: CommandLinePerson, bob: PagePerson) -> None:
    bob.page.add_init_script(ENGINE)
    bob.page.reload()
    bob.wait_as("Swept Bob")
    alice.ask(huge(alice.home / "files"), "Swept Bob")
    bob.accept_request()
    bob.accept_offer()
    until(bob, lambda now: any(one["done"] > 0 for one in now["transfers"]))
    bob.page.reload()
    left = until(bob, lambda now: bool(now["interrupted"]))["interrupted"][0]
    command(bob, "discard", left["id"])
    until(bob, lambda now: not now["interrupted"])
    held = """async () => {
      const root = await navigator.storage.getDirectory();
      let n = 0;
      for await (const _ of (await root.getDirectoryHandle("transfers")).keys()) n++;
      return n;
    }"""
    assert bob.page.evaluate(held) == 0


@pytest.mark.browser
def test_cancel_at_the_page_tells_the_command_line_and_leaves_nothing(
    person: Callable[[str], PagePerson],
) -> None:
    alice, bob = person("page"), person("command line")
    assert isinstance(bob, CommandLinePerson)
    bob.wait_as("Cancelled Bob")
    alice.ask(huge(alice.home / "files"), "Cancelled Bob")
    bob.accept_request()
    alice.hand_over()
    bob.program.event("progress")
    alice.button("Cancel", alice.transfers()).first.click()
    assert_told(bob, 10)
    assert_no_debris(bob)
