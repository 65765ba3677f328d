"""A server that does more than carry: both sides end with a typed error, and nothing has a final name."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from support.command_line import CommandLinePerson
from support.page import PagePerson
from support.payloads import one_file, tree_of
from support.serving import hostile

pytestmark = pytest.mark.e2e

INTEGRITY = 7
VERIFICATION = 4
BROKE = 10


@pytest.fixture
def attacked_by(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Starts a hostile server; its address."""
    with ExitStack() as stack:
        yield lambda attack: stack.enter_context(hostile(tmp_path / "server", attack))


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Callable[[str], tuple[CommandLinePerson, CommandLinePerson]]]:
    """Two people at command lines."""
    people: list[CommandLinePerson] = []

    def make(server: str) -> tuple[CommandLinePerson, CommandLinePerson]:
        people.extend(CommandLinePerson(server, tmp_path / name) for name in ("alice", "bob"))
        return people[0], people[1]

    yield make
    for one in people:
        one.close()


def test_somebody_in_the_middle_gives_the_two_sides_different_words(
    attacked_by: Callable[[str], str], two: Callable[[str], tuple[CommandLinePerson, CommandLinePerson]]
) -> None:
    alice, bob = two(attacked_by("middle"))
    bob.wait_as("Bob")
    alice.ask(one_file(alice.home / "files"), "Bob")
    assert len(alice.words()) == len(bob.words()) == 4
    assert alice.words() != bob.words()


def test_expected_words_that_differ_stop_the_sender_before_anything_is_offered(
    attacked_by: Callable[[str], str], two: Callable[[str], tuple[CommandLinePerson, CommandLinePerson]]
) -> None:
    alice, bob = two(attacked_by("middle"))
    bob.wait_as("Bob")
    payload = one_file(alice.home / "files")
    alice.start("send", payload, to="Bob", words="abandon ability able about")
    assert alice.program.exit_code(30) == VERIFICATION, alice.program.story()
    assert bob.program.exit_code(40) != 0
    assert bob.program.seen("offer") == []
    assert tree_of(bob.into) == {}


def test_somebody_in_the_middle_of_a_code_burns_it_for_both(
    attacked_by: Callable[[str], str], two: Callable[[str], tuple[CommandLinePerson, CommandLinePerson]]
) -> None:
    alice, bob = two(attacked_by("guess"))
    bob.use_code(alice.show_code(one_file(alice.home / "files")))
    for one in (alice, bob):
        assert one.program.exit_code(30) == VERIFICATION, one.program.story()
        assert one.program.error()["code"] == "wrong_code"
        assert one.program.seen("offer") == []
    assert tree_of(bob.into) == {}


@pytest.mark.parametrize("message", ["1", "2", "3", "4", "5", "control"])
def test_a_changed_message_ends_the_meeting(
    message: str,
    attacked_by: Callable[[str], str],
    two: Callable[[str], tuple[CommandLinePerson, CommandLinePerson]],
) -> None:
    alice, bob = two(attacked_by(f"flip {message}"))
    bob.wait_as("Bob")
    alice.ask(one_file(alice.home / "files"), "Bob")
    told = [alice.program.exit_code(40)]
    assert alice.program.error()["exit"] == told[0] != 0
    agreed = message in ("5", "control")  # for Bob, who sends the fifth
    if agreed:
        told.append(bob.program.exit_code(40))
        assert bob.program.error()["exit"] == told[1] != 0
    else:  # a stranger who got no further than the handshake does not end Bob's wait
        bob.program.event("notice", 40)
        assert bob.program.process.poll() is None
    assert not bob.program.seen("offer")
    assert not agreed or set(told) & {VERIFICATION, INTEGRITY}, told
    assert list(bob.into.rglob("*")) == []


@pytest.mark.parametrize("attack", ["flip", "swap", "double"])
def test_a_changed_stream_is_refused_and_both_sides_know(
    attack: str,
    attacked_by: Callable[[str], str],
    two: Callable[[str], tuple[CommandLinePerson, CommandLinePerson]],
) -> None:
    alice, bob = two(attacked_by(f"{attack} record"))
    bob.use_code(alice.show_code(one_file(alice.home / "files")))
    assert bob.program.exit_code(40) == INTEGRITY, bob.program.story()
    assert alice.program.exit_code(40) == INTEGRITY, alice.program.story()
    assert bob.program.error()["code"] in ("not_authentic", "truncated", "malformed", "out_of_order")
    assert list(bob.into.rglob("*")) == []


def test_a_stream_that_is_cut_each_time_it_gets_so_far_is_given_up_by_both_sides(
    attacked_by: Callable[[str], str], two: Callable[[str], tuple[CommandLinePerson, CommandLinePerson]]
) -> None:
    alice, bob = two(attacked_by("cut record"))
    bob.use_code(alice.show_code(one_file(alice.home / "files")))
    for one in (bob, alice):
        assert one.program.exit_code(40) == BROKE, one.program.story()
        assert one.program.error()["code"] == "stream_cut"
    assert list(bob.into.rglob("*")) == []


@pytest.mark.browser
def test_pages_behind_somebody_in_the_middle_show_different_words_and_send_nothing(
    attacked_by: Callable[[str], str], browsers: tuple[BrowserContext, BrowserContext], tmp_path: Path
) -> None:
    server = attacked_by("middle")
    alice, bob = (PagePerson(one, server, tmp_path / str(n)) for n, one in enumerate(browsers))
    payload = one_file(tmp_path / "files")
    bob.wait_as("Bob")
    alice.ask(payload, "Bob")
    bob.accept_request()
    assert alice.words() != bob.words()
    alice.choose(payload)
    alice.button("Send").click()
    alice.button("They differ", alice.dialog("Check the words")).click()
    bob.page.get_by_text("differ").or_(bob.page.get_by_text("ended")).first.wait_for()
    assert bob.dialog("Incoming ").count() == 0
    assert bob.downloads == []
    for one in (alice, bob):
        one.close()


@pytest.mark.browser
@pytest.mark.parametrize("attack", ["flip", "swap", "double"])
def test_the_page_refuses_a_changed_stream_and_downloads_nothing(
    attack: str,
    attacked_by: Callable[[str], str],
    browsers: tuple[BrowserContext, BrowserContext],
    tmp_path: Path,
) -> None:
    server = attacked_by(f"{attack} record")
    alice, bob = (PagePerson(one, server, tmp_path / str(n)) for n, one in enumerate(browsers))
    bob.use_code(alice.show_code(one_file(tmp_path / "files")))
    alice.hand_over()
    bob.accept_offer()
    bob.failed()
    alice.failed()
    assert bob.downloads == []
    for one in (alice, bob):
        one.close()
