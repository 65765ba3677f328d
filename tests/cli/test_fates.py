"""What becomes of `peerseal send`: several receivers, people who are not there, a sender who leaves. Real programs."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.command_line import PEERSEAL
from support.live_server import LiveServer
from support.programs import Program
from support.shell import Shell

pytestmark = pytest.mark.e2e

MIB = 1024 * 1024
Start = Callable[..., Program]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Shell]]:
    """Alice, whose contacts are Bob and Carol; and three guests."""
    home = tmp_path_factory.mktemp("people")
    with LiveServer({"data": str(home / "server")}) as live:
        names = ("alice", "bob", "carol", "guest", "other", "third")
        people = {name: Shell(live.url, home, name) for name in names}
        for name in ("alice", "bob", "carol"):
            people[name].run("register", name, "--password-stdin", "-y", given="a password of eleven words\n")
        for name in ("bob", "carol"):
            people["alice"].run("exchange", "request", name)
            people[name].run("exchange", "accept", "alice")
        people["alice"].run("contacts")
        yield people


@pytest.fixture
def start(people: dict[str, Shell]) -> Iterator[Start]:
    """Begin a command of somebody's and leave it running; ended after the test."""
    started: list[Program] = []

    def begin(name: str, *words: str) -> Program:
        person = people[name]
        (person.folder / "in").mkdir(exist_ok=True)
        program = Program(
            ["sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", person.folder, PEERSEAL, *words, "--json"],
            person.folder / "log",
            person.environment,
        )
        started.append(program)
        return program

    yield begin
    for program in started:
        program.stop()


def new_file(person: Shell, name: str, size: int) -> bytes:
    content = os.urandom(size)
    (person.folder / name).write_bytes(content)
    return content


def arrived(person: Shell, name: str) -> bytes:
    return (person.folder / "in" / name).read_bytes()


def receive(start: Start, name: str, code: str) -> Program:
    return start(name, "receive", code, "-y", "-o", "in")


def listed(start: Start, name: str, *words: str) -> Program:
    program = start(name, "receive", "-y", "--unverified", "-o", "in", *words)
    program.event("ready")
    return program


def pause(program: Program) -> None:
    """As a closed lid: it does nothing from now on."""
    program.process.send_signal(signal.SIGSTOP)


def go_on(program: Program) -> None:
    program.process.send_signal(signal.SIGCONT)


def test_three_receivers_one_sleeps_one_dies_and_goes_on_later(
    people: dict[str, Shell], start: Start
) -> None:
    content = new_file(people["alice"], "film", 40 * MIB)
    sending = start("alice", "send", "film", "--receivers", "3")
    ready = sending.event("ready")
    code = str(ready["code"])
    assert ready["receivers"] == 3
    sleeper = receive(start, "guest", code)
    sleeper.event("path")
    pause(sleeper)
    dying = receive(start, "other", code)
    dying.event("path")
    dying.process.kill()
    quick = receive(start, "third", code)
    quick.succeed()
    assert arrived(people["third"], "film") == content
    assert isinstance(sending.event("parked")["expires"], int)
    go_on(sleeper)
    sleeper.succeed()
    assert arrived(people["guest"], "film") == content
    assert sending.process.poll() is None  # one has not said that it has everything
    people["other"].run("transfers", "resume")
    assert arrived(people["other"], "film") == content
    sending.succeed()
    assert len(sending.seen("peer")) == 3
    assert sending.seen("complete")


def test_to_standard_output_goes_only_what_is_proved(people: dict[str, Shell], start: Start) -> None:
    content = new_file(people["guest"], "poem", 100)
    (people["guest"].folder / "poem").write_bytes(content.hex().encode())
    sending = start("guest", "send", "poem", "--store", "always")
    code = str(sending.event("ready")["code"])
    assert people["other"].run("receive", code, "-y", "-o", "-") == content.hex()
    sending.succeed()


def test_two_people_by_their_names(people: dict[str, Shell], start: Start) -> None:
    content = new_file(people["guest"], "letter", 3 * MIB)
    one, other = listed(start, "other", "--as", "Otto"), listed(start, "third", "--as", "Tilda")
    sending = start("guest", "send", "letter", "--to", "Otto", "--to", "Tilda", "--unverified")
    for program, name in ((one, "other"), (other, "third")):
        program.succeed()
        assert arrived(people[name], "letter") == content
    sending.succeed()
    assert sorted(str(event["name"]) for event in sending.seen("peer")) == ["Otto", "Tilda"]


def test_the_sender_may_leave_once_it_is_told_so(people: dict[str, Shell], start: Start) -> None:
    content = new_file(people["guest"], "note", 20 * MIB)
    sending = start("guest", "send", "note", "--store", "always")
    receiving = receive(start, "other", str(sending.event("ready")["code"]))
    receiving.event("path")
    pause(receiving)
    sending.event("parked")
    sending.press_ctrl_c()
    sending.succeed()
    go_on(receiving)
    receiving.succeed()
    assert arrived(people["other"], "note") == content


def test_a_sender_who_leaves_before_that_leaves_nothing(people: dict[str, Shell], start: Start) -> None:
    new_file(people["guest"], "early", 1000)
    sending = start("guest", "send", "early", "--store", "always")
    code = str(sending.event("ready")["code"])
    sending.press_ctrl_c()
    assert sending.exit_code() == 130
    people["other"].run("receive", code, "-y", "-o", "in", code=9)


def test_a_contact_who_is_there_gets_it_live(people: dict[str, Shell], start: Start) -> None:
    content = new_file(people["alice"], "live", 100_000)
    receiving = listed(start, "bob")
    people["alice"].run("send", "live", "--to", "bob", "--unverified")
    receiving.succeed()
    assert arrived(people["bob"], "live") == content
    assert receiving.event("complete")["kind"] != "store"


def test_for_a_contact_who_is_not_there_it_is_stored(people: dict[str, Shell]) -> None:
    alice, bob = people["alice"], people["bob"]
    content = new_file(alice, "later", 100_000)
    stored = alice.run("send", "later", "--to", "bob", "--unverified").strip()
    assert len(stored) == 32
    assert "bob is not here. Storing it for them on the server, sealed…" in alice.said
    assert "You may leave" in alice.said
    bob.run("download", stored, "-o", "in")
    assert arrived(bob, "later") == content


def test_nothing_is_stored_for_keys_nobody_compared(people: dict[str, Shell]) -> None:
    alice = people["alice"]
    new_file(alice, "unchecked", 1000)
    alice.run("send", "unchecked", "--to", "bob", "-y", "--store", "always", code=4)
    assert "Nobody has compared safety numbers with bob" in alice.said


def test_nothing_is_said_to_be_stored_before_it_is_known_that_it_may_be(people: dict[str, Shell]) -> None:
    alice = people["alice"]
    new_file(alice, "pinned", 1000)
    alice.run("send", "pinned", "--to", "bob", code=4)
    assert "Nobody has compared safety numbers with bob" in alice.said
    assert "on the server" not in alice.said


def test_a_guest_who_can_store_nothing_for_somebody_is_told_at_once(people: dict[str, Shell]) -> None:
    guest, alice = people["guest"], people["alice"]
    for person, hint in ((guest, "code"), (alice, "exchange request Nobody")):
        new_file(person, "absent", 1000)
        person.run("send", "absent", "--to", "Nobody", "--store", "always", code=6)
        assert "Nobody is not here" in person.said
        assert hint in person.said
    link = alice.run("send", "absent", "--to", "Nobody", "--store", "always", "-y").strip()
    assert "/s/" in link


def test_a_guest_whose_time_is_over_is_told_what_else_there_is(people: dict[str, Shell]) -> None:
    guest = people["guest"]
    new_file(guest, "absent", 1000)
    guest.run("send", "absent", "--to", "Nobody", "--timeout", "0.5", code=6)
    assert "Without --to you get a code" in guest.said


def test_who_waits_for_others_is_told_who_has_come_and_who_has_everything(
    people: dict[str, Shell], start: Start
) -> None:
    new_file(people["alice"], "early bird", 100_000)
    sending = start("alice", "send", "early bird", "--receivers", "3")
    code = str(sending.event("ready")["code"])
    receive(start, "other", code).succeed()

    def said(words: str) -> Callable[[dict[str, object]], bool]:
        return lambda event: event.get("event") == "notice" and words in str(event["message"])

    sending.until(said("1 has come, 2 more may."))
    sending.until(said("has everything."))
    sleeper = receive(start, "third", code)
    sleeper.event("offer")
    sending.until(said("2 have come, 1 more may."))
    sleeper.succeed()
    sending.press_ctrl_c()
    assert sending.exit_code() == 130


def test_a_wrong_code_keeps_others_out_and_is_said_once_of_those_who_got_it(
    people: dict[str, Shell], start: Start
) -> None:
    content = new_file(people["alice"], "for two", 100_000)
    sending = start("alice", "send", "for two", "--receivers", "2")
    code = str(sending.event("ready")["code"])
    receiving = receive(start, "other", code)
    receiving.succeed()
    assert arrived(people["other"], "for two") == content
    nameplate = code.partition("-")[0]
    people["third"].run("receive", f"{nameplate}-zebra-zebra", "-y", code=4)
    assert "one try" not in people["third"].said
    assert sending.exit_code() == 4
    told = [str(event.get("message")) for event in sending.events]
    assert sum("wrong code" in words for words in told) == 1
    assert sending.events[-1]["event"] == "error"
    assert "Not everybody got it, only" in str(sending.error()["message"])
    assert not sending.seen("complete")


def test_one_contact_is_there_and_one_is_not(people: dict[str, Shell], start: Start) -> None:
    content = new_file(people["alice"], "both", 100_000)
    receiving = listed(start, "bob")
    told = people["alice"].result("send", "both", "--to", "carol", "--to", "bob", "--unverified")
    receiving.succeed()
    assert arrived(people["bob"], "both") == content
    assert told["recipients"] == ["carol"]
    people["carol"].run("download", str(told["id"]), "-o", "in")
    assert arrived(people["carol"], "both") == content


def test_for_who_is_no_contact_and_not_there_a_link_is_offered(people: dict[str, Shell]) -> None:
    alice = people["alice"]
    content = new_file(alice, "linked", 1000)
    alice.run("send", "linked", "--to", "Nobody", "--timeout", "0.5", code=6)
    assert "-y makes a link instead" in alice.said
    link = alice.run("send", "linked", "--to", "Nobody", "-y").strip()
    people["guest"].run("receive", link, "-y", "-o", "in")
    assert arrived(people["guest"], "linked") == content


def test_never_stored_is_waited_for(people: dict[str, Shell]) -> None:
    alice = people["alice"]
    new_file(alice, "never", 1000)
    alice.run("send", "never", "--to", "bob", "--store", "never", "--timeout", "0.5", code=6)
    assert alice.run("files").count("never") == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--store", "sometimes"),
        ("--receivers", "0"),
        ("--receivers", "64"),
        ("--receivers", "2", "--to", "Bob"),
        ("--receivers", "2", "--store", "never"),
        ("--to", "Bob", "--to", "Carol", "--store", "never"),
        ("--to", "Bob", "--to", "Carol", "--words", "a b c d"),
        ("--direct-only", "--receivers", "2"),
        ("--direct-only", "--store", "always"),
    ],
)
def test_what_does_not_go_together_is_said_at_once(people: dict[str, Shell], words: tuple[str, ...]) -> None:
    guest = people["guest"]
    new_file(guest, "x", 10)
    guest.run("send", "x", *words, code=2)


@pytest.mark.parametrize("words", [("--receivers", "2"), ("--store", "always"), ("--to", "A", "--to", "B")])
def test_a_server_that_parks_nothing_says_so_before_there_is_a_code(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    with LiveServer({"parking": "off"}) as live:
        sender = Shell(live.url, tmp_path, "sender")
        new_file(sender, "x", 10)
        assert sender.run("send", "x", *words, code=11) == ""
        assert "parks nothing" in sender.said
