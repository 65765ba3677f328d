"""Two people hand something over through a real server: by code and by name."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

import peerseal
from peerseal.transfer.events import (
    Check,
    Complete,
    FileDone,
    Offer,
    Progress,
    Ready,
    Request,
)
from peerseal.transfer.events import (
    Path as PathEvent,
)
from peerseal.wire.limits import RECORD_SIZE

from .conftest import Doing

pytestmark = pytest.mark.e2e


def by_code(server: str, paths: list[Path], inbox: Path) -> tuple[Doing, Doing]:
    sender = Doing(peerseal.send, paths, server=server)
    receiver = Doing(peerseal.receive, sender.code(), into=inbox, server=server)
    return sender, receiver


def pattern(length: int) -> bytes:
    return (bytes(range(251)) * (length // 251 + 1))[:length]


@pytest.mark.parametrize(
    "length", [0, 1, RECORD_SIZE - 1, RECORD_SIZE, RECORD_SIZE + 1, 5 * RECORD_SIZE + 12_345]
)
def test_a_file_crosses_by_code_byte_for_byte(server: str, outbox: Path, inbox: Path, length: int) -> None:
    (outbox / "a.bin").write_bytes(pattern(length))
    sender, receiver = by_code(server, [outbox / "a.bin"], inbox)
    assert receiver.result().paths == (str(inbox / "a.bin"),)
    assert sender.result().bytes == length
    assert (inbox / "a.bin").read_bytes() == pattern(length)
    assert [path.name for path in inbox.iterdir()] == ["a.bin"]


def test_both_sides_tell_the_same_story(server: str, outbox: Path, inbox: Path) -> None:
    (outbox / "a.bin").write_bytes(pattern(3_000_000))
    sender, receiver = by_code(server, [outbox / "a.bin"], inbox)
    receiver.result()
    sender.result()
    for person in (sender, receiver):
        told = [event for event in person.events if isinstance(event, PathEvent | Complete)]
        assert [type(event) for event in told] == [PathEvent, Complete]
        last = [event for event in person.events if isinstance(event, Progress)][-1]
        assert (last.done, last.total) == (3_000_000, 3_000_000)
    offers = [event for event in receiver.events if isinstance(event, Offer)]
    assert [file.path for file in offers[0].files] == ["a.bin"]
    assert [event.path for event in receiver.events if isinstance(event, FileDone)] == [str(inbox / "a.bin")]


def test_a_folder_of_many_languages_arrives_name_for_name(server: str, outbox: Path, inbox: Path) -> None:
    top = outbox / "папка"
    names = ["文件.txt", "ملف.txt", "👩‍💻🎉.png", unicodedata.normalize("NFD", "café.txt"), "café.txt"]
    for number in range(60):
        folder = top / f"{number % 7}" / names[number % 5]
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            (folder / f"{number} {name}").write_bytes(pattern(number * 37))
    (top / "empty" / "deeper").mkdir(parents=True)
    sender, receiver = by_code(server, [top], inbox)
    assert receiver.result().files == 300
    assert sender.result().files == 300
    arrived = {path.relative_to(inbox): path.is_dir() or path.read_bytes() for path in inbox.rglob("*")}
    sent = {path.relative_to(outbox): path.is_dir() or path.read_bytes() for path in outbox.rglob("*")}
    assert arrived == sent


def test_by_name_both_see_the_same_words(server: str, outbox: Path, inbox: Path) -> None:
    (outbox / "a.txt").write_bytes(b"hello")
    receiver = Doing(peerseal.receive, name="Bob", into=inbox, server=server, unverified=True)
    receiver.wait_for(Ready)
    sender = Doing(peerseal.send, outbox / "a.txt", to="Bob", name="Alice", server=server, unverified=True)
    assert receiver.wait_for(Request).name == "Alice"
    assert sender.wait_for(Check).words == receiver.wait_for(Check).words
    assert receiver.result().peer == "Alice"
    assert sender.result().peer == "Bob"
    assert not sender.result().verified
    assert (inbox / "a.txt").read_bytes() == b"hello"


def test_nothing_is_offered_while_nobody_has_compared_the_words(
    server: str, outbox: Path, inbox: Path
) -> None:
    (outbox / "a.txt").write_bytes(b"hello")
    receiver = Doing(peerseal.receive, name="Carol", into=inbox, server=server, unverified=True)
    receiver.wait_for(Ready)
    sender = Doing(peerseal.send, outbox / "a.txt", to="Carol", server=server)
    assert (sender.error().exit_code, sender.error().code) == (4, "not_verified")
    assert receiver.error().exit_code == 4
    assert not any(isinstance(event, Offer) for event in receiver.events)


def test_other_words_stop_both_sides(server: str, outbox: Path, inbox: Path) -> None:
    (outbox / "a.txt").write_bytes(b"hello")
    receiver = Doing(peerseal.receive, name="Dave", into=inbox, server=server, unverified=True)
    receiver.wait_for(Ready)
    sender = Doing(peerseal.send, outbox / "a.txt", to="Dave", server=server, words="a b c d")
    assert (sender.error().exit_code, sender.error().code) == (4, "words_differ")
    assert (receiver.error().exit_code, receiver.error().code) == (4, "words_differ")


def test_a_function_compares_the_words_which_are_new_each_time(
    server: str, outbox: Path, inbox: Path
) -> None:
    (outbox / "a.txt").write_bytes(b"hello")
    receiver = Doing(peerseal.receive, name="Fay", into=inbox, server=server, unverified=True)
    receiver.wait_for(Ready)

    def same(words: tuple[str, ...]) -> bool:
        return bool(words == receiver.wait_for(Check).words)

    sender = Doing(peerseal.send, outbox / "a.txt", to="Fay", server=server, words=same)
    assert sender.result().verified
    receiver.result()


def test_two_of_a_name_are_a_choice_to_make(server: str, outbox: Path, inbox: Path) -> None:
    (outbox / "a.txt").write_bytes(b"hello")
    twins = [
        Doing(peerseal.receive, name="Eve", into=inbox, server=server, unverified=True) for _ in range(2)
    ]
    tags = [twin.wait_for(Ready).tag for twin in twins]
    error = Doing(peerseal.send, outbox / "a.txt", to="Eve", server=server, unverified=True).error()
    assert (error.exit_code, error.code) == (2, "ambiguous_name")
    assert all(f"Eve#{tag}" in error.message for tag in tags)
    sender = Doing(peerseal.send, outbox / "a.txt", to=f"Eve#{tags[0]}", server=server, unverified=True)
    sender.result()
    assert twins[0].result().peer
    twins[1].cancel.cancel()
    assert twins[1].error().code == "cancelled"


def test_a_name_is_found_in_other_letters_unless_several_are(server: str, outbox: Path, inbox: Path) -> None:
    (outbox / "a.txt").write_bytes(b"hello")
    listed = {
        name: Doing(peerseal.receive, name=name, into=inbox, server=server, unverified=True)
        for name in ("Gus", "GUS", "Hal")
    }
    for person in listed.values():
        person.wait_for(Ready)

    def send(to: str) -> Doing:
        return Doing(peerseal.send, outbox / "a.txt", to=to, server=server, unverified=True)

    assert send("gus").error().code == "ambiguous_name"
    for wanted, found in (("hal", "Hal"), ("GUS", "GUS"), ("gus", "Gus")):
        assert send(wanted).result().peer == found
        listed[found].result()


def test_a_wrong_code_ends_both_sides_and_closes_the_code(server: str, outbox: Path, inbox: Path) -> None:
    (outbox / "a.txt").write_bytes(b"hello")
    sender = Doing(peerseal.send, outbox / "a.txt", server=server)
    code = sender.code()
    wrong = code.partition("-")[0] + "-wrong-guess"
    receiver = Doing(peerseal.receive, wrong, into=inbox, server=server)
    assert (receiver.error().exit_code, receiver.error().code) == (4, "wrong_code")
    assert (sender.error().exit_code, sender.error().code) == (4, "wrong_code")
    late = Doing(peerseal.receive, code, into=inbox, server=server)
    assert (late.error().exit_code, late.error().code) == (9, "not_found")
    assert list(inbox.iterdir()) == []


def test_a_code_works_once(server: str, outbox: Path, inbox: Path) -> None:
    (outbox / "a.txt").write_bytes(b"hello")
    sender = Doing(peerseal.send, outbox / "a.txt", server=server)
    code = sender.code()
    Doing(peerseal.receive, code, into=inbox, server=server).result()
    sender.result()
    assert Doing(peerseal.receive, code, into=inbox, server=server).error().exit_code == 9


def test_a_declined_offer_is_told(server: str, outbox: Path, inbox: Path) -> None:
    (outbox / "a.txt").write_bytes(b"hello")
    sender = Doing(peerseal.send, outbox / "a.txt", server=server)
    receiver = Doing(peerseal.receive, sender.code(), into=inbox, server=server, accept=False)
    assert receiver.error().exit_code == 5
    assert sender.error().exit_code == 5
    assert list(inbox.iterdir()) == []


def test_a_text_crosses(server: str, inbox: Path) -> None:
    sender = Doing(peerseal.send, text="grüße \u202e 🎉\n", server=server)
    receiver = Doing(peerseal.receive, sender.code(), into=inbox, server=server)
    assert receiver.result().text == "grüße \u202e 🎉\n"
    sender.result()
    assert list(inbox.iterdir()) == []


def test_cancelling_one_side_ends_both_and_leaves_nothing(server: str, outbox: Path, inbox: Path) -> None:
    with (outbox / "big").open("wb") as file:
        file.truncate(2_000_000_000)
    sender, receiver = by_code(server, [outbox / "big"], inbox)
    receiver.wait_for(Progress)
    receiver.cancel.cancel()
    assert receiver.error().code == "cancelled"
    assert sender.error().exit_code == 5
    assert list(inbox.iterdir()) == []


def test_a_source_that_changes_is_told_to_the_receiver(server: str, outbox: Path, inbox: Path) -> None:
    with (outbox / "big").open("wb") as file:
        file.truncate(600_000_000)
    sender, receiver = by_code(server, [outbox / "big"], inbox)
    receiver.wait_for(Progress)
    with (outbox / "big").open("ab") as file:
        file.truncate(1_000)
    assert (sender.error().exit_code, sender.error().code) == (8, "source_changed")
    assert (receiver.error().exit_code, receiver.error().code) == (10, "source_changed")
    assert list(inbox.iterdir()) == []
