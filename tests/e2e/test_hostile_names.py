"""A sender with the right keys and hostile names and sizes: a typed error, nothing outside, nothing under a final name."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from peerseal.protocol.control import Ack, Cancel, PreviewEntry
from support.command_line import CommandLinePerson
from support.hostile_sender import Entry, HostileSender, Trick
from support.page import PagePerson
from support.payloads import tree_of

pytestmark = pytest.mark.e2e

LEAVING = (
    b"../escaped",
    b"a/../../escaped",
    b"..\\escaped",
    b"%2e%2e/escaped",
    b"/etc/escaped",
    b"C:\\escaped",
    b"C:escaped",
    b"\\\\server\\share",
    b"//escaped",
    b"~/.ssh/authorized_keys",
    b"a//escaped",
    b"./escaped",
    b"nul\x00l",
    b"line\nbreak",
    b"\x1b[2Jescape",
    "c1\u0085".encode(),
    b"\xff\xfe",
    b"",
    b"x" * 256,
    b"a/" * 64 + b"a",
)


@pytest.fixture
def mallory(server: str) -> Iterator[HostileSender]:
    sender = HostileSender(server)
    yield sender
    sender.close()


@pytest.fixture
def bob(person: Callable[[str], CommandLinePerson]) -> CommandLinePerson:
    one = person("command line")
    one.wait_as("Bob")
    return one


def play(mallory: HostileSender, trick: Trick) -> None:
    mallory.ask("Bob")
    mallory.agree()
    mallory.offer(trick)
    assert mallory.accepted()
    mallory.deliver(trick)


def assert_refused(bob: CommandLinePerson, code: str, exit_code: int = 7) -> None:
    assert bob.program.exit_code(30) == exit_code, bob.program.story()
    assert bob.program.error()["code"] == code
    assert everything_in(bob.into) == []
    assert "escaped" not in {path.name for path in bob.home.parent.rglob("*")}


def everything_in(folder: Path) -> list[Path]:
    """Files, folders and links; a part that was left is debris too."""
    return list(folder.rglob("*"))


@pytest.mark.parametrize("name", LEAVING, ids=ascii)
def test_a_name_that_leaves_the_folder_is_refused_and_nothing_is_written(
    name: bytes, mallory: HostileSender, bob: CommandLinePerson
) -> None:
    play(mallory, Trick((Entry(name, b"evil"),)))
    assert_refused(bob, "unsafe_name")
    told = mallory.told(Cancel)
    assert isinstance(told, Cancel)
    assert told.code == "unsafe_name"


GOOD = Entry(b"good.txt", b"harmless")
LIES = {
    "the same path twice": (Trick((GOOD, GOOD)), "manifest_invalid"),
    "a file as a folder of another": (Trick((Entry(b"a", b"x"), Entry(b"a/b", b"y"))), "manifest_invalid"),
    "a kind that does not exist": (Trick((Entry(b"link", b"/etc/passwd", kind=9),)), "manifest_invalid"),
    "more files than offered": (Trick((GOOD, Entry(b"more", b"x")), files=1), "manifest_invalid"),
    "more bytes than offered": (Trick((GOOD,), total=3), "manifest_invalid"),
    "less content than the sizes say": (Trick((Entry(b"a", b"x", size=100),), total=100), "manifest_invalid"),
    "a size near 2^64": (Trick((Entry(b"a", b"x", size=2**63),)), "manifest_invalid"),
    "another preview": (
        Trick((GOOD,), preview=(PreviewEntry("holiday.jpg", 8, "file"),)),
        "manifest_invalid",
    ),
    "a flipped bit": (Trick((GOOD,), flip=True), "not_authentic"),
    "bytes after the end": (Trick((GOOD,), extra=b"more"), "malformed"),
    "content before the manifest": (Trick((GOOD,), order=("content", "manifest")), "out_of_order"),
}
#: Where a stream ends too early; by itself that is only a break, after which more may come.
ENDS = {
    "inside a record": Trick((GOOD,), cut=-5),
    "before the last record": Trick((GOOD,), cut=-(16 + 28 + 8)),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_stream_that_does_not_hold_is_refused_and_nothing_is_kept(
    lie: str, mallory: HostileSender, bob: CommandLinePerson
) -> None:
    trick, code = LIES[lie]
    play(mallory, trick)
    assert_refused(bob, code)


@pytest.mark.parametrize("end", ENDS)
def test_a_stream_that_ends_too_early_is_waited_for_and_nothing_of_it_is_taken_for_whole(
    end: str, mallory: HostileSender, bob: CommandLinePerson
) -> None:
    play(mallory, ENDS[end])
    mallory.told(Ack)
    with pytest.raises(subprocess.TimeoutExpired):
        bob.program.exit_code(2)
    assert not (bob.into / "good.txt").exists()
    bob.program.press_ctrl_c()
    assert bob.program.exit_code(15) == 130, bob.program.story()
    assert everything_in(bob.into) == []


def test_a_link_in_the_way_is_not_followed(mallory: HostileSender, bob: CommandLinePerson) -> None:
    outside = bob.home / "outside"
    outside.mkdir()
    (bob.into / "docs").symlink_to(outside)
    play(mallory, Trick((Entry(b"docs/secret.txt", b"x"),)))
    bob.program.succeed()
    assert list(outside.iterdir()) == []
    assert (bob.into / "docs (1)" / "secret.txt").read_bytes() == b"x"


def test_an_existing_file_keeps_its_content(mallory: HostileSender, bob: CommandLinePerson) -> None:
    (bob.into / "good.txt").write_bytes(b"mine")
    play(mallory, Trick((GOOD,)))
    bob.program.succeed()
    assert (bob.into / "good.txt").read_bytes() == b"mine"
    assert (bob.into / "good (1).txt").read_bytes() == b"harmless"


def test_names_that_fool_a_reader_or_a_system_are_kept_under_harmless_ones(
    mallory: HostileSender, bob: CommandLinePerson
) -> None:
    names = ("CON", "nul.txt", "ab:c", "what?", "end. ", ".bashrc", "\u202egpj.exe")
    play(mallory, Trick(tuple(Entry(name.encode(), b"x") for name in names)))
    bob.program.succeed()
    kept = set(tree_of(bob.into))
    assert kept == {"_CON", "_nul.txt", "ab_c", "what_", "end__", "_.bashrc", "_gpj.exe"}
    assert b"\xe2\x80\xae" not in bob.program.log.read_bytes()


@pytest.mark.browser
@pytest.mark.parametrize("name", LEAVING[:6] + LEAVING[12:15], ids=ascii)
def test_the_page_downloads_nothing_under_a_name_that_leaves_the_folder(
    name: bytes, mallory: HostileSender, person: Callable[[str], PagePerson]
) -> None:
    page = person("page")
    page.wait_as("Bob")
    mallory.ask("Bob")
    page.let_in()
    mallory.agree()
    trick = Trick((Entry(name, b"evil"),))
    mallory.offer(trick)
    page.accept_offer()
    assert mallory.accepted()
    mallory.deliver(trick)
    told = mallory.told(Cancel)
    assert isinstance(told, Cancel)
    assert told.code == "unsafe_name"
    page.page.wait_for_timeout(300)
    assert page.downloads == []


@pytest.mark.browser
@pytest.mark.parametrize("lie", ["a flipped bit", *ENDS])
def test_the_page_downloads_nothing_of_a_stream_that_does_not_hold(
    lie: str, mallory: HostileSender, person: Callable[[str], PagePerson]
) -> None:
    trick = ENDS[lie] if lie in ENDS else LIES[lie][0]
    page = person("page")
    page.wait_as("Bob")
    mallory.ask("Bob")
    page.let_in()
    mallory.agree()
    mallory.offer(trick)
    page.accept_offer()
    assert mallory.accepted()
    mallory.deliver(trick)
    told = mallory.told(Ack if lie in ENDS else Cancel)
    assert not isinstance(told, Cancel) or told.code == LIES[lie][1]
    page.page.wait_for_timeout(300)
    assert page.downloads == []
