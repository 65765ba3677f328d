"""Files stored for somebody else: every size at the edges of records and chunks, folders, names, texts, streams."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from peerseal.errors import NotFound, UsageError
from peerseal.files.bytes_source import from_text
from peerseal.files.stream_source import StreamSource
from peerseal.transfer.download import Target
from peerseal.transfer.shelf import find, shelf
from support.payloads import NAMES, tree_of

from .conftest import CHUNK, RECORD, Person

pytestmark = pytest.mark.e2e
EDGES = [0, 1, RECORD - 1, RECORD, RECORD + 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, 7 * CHUNK + 3]


@pytest.mark.parametrize("size", EDGES)
def test_a_file_of_any_size_arrives_as_it_was(ada: Person, bob: Person, tmp_path: Path, size: int) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(os.urandom(size))
    stored = ada.upload(file, to=("bob",))
    assert (bob.download(stored.id) / "a.bin").read_bytes() == file.read_bytes()
    assert (ada.download(stored.id) / "a.bin").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_stream_whose_end_is_not_known_arrives_whole(
    ada: Person, bob: Person, tmp_path: Path, size: int
) -> None:
    content = os.urandom(size)
    (tmp_path / "stream").write_bytes(content)
    with (tmp_path / "stream").open("rb") as stream:
        source = StreamSource(stream.fileno(), "stdin")
        stored = ada.desk.upload(lambda: source, [ada.contact("bob")])
    assert stored.bytes == size
    assert (bob.download(stored.id) / "stdin").read_bytes() == content


def test_a_folder_keeps_its_names_empty_files_and_empty_folders(
    ada: Person, bob: Person, tmp_path: Path
) -> None:
    root = tmp_path / "Ferien 假期"
    (root / "leer").mkdir(parents=True)
    for name in NAMES:
        (root / name).write_bytes(name.encode() * 40)
    (root / "nothing").touch()
    (root / "deep" / "er").mkdir(parents=True)
    (root / "deep" / "er" / "x").write_bytes(b"x" * CHUNK)
    into = bob.download(ada.upload(root, to=("bob",)).id)
    assert tree_of(into / root.name) == tree_of(root)
    assert (into / root.name / "leer").is_dir()


def test_a_text_is_shown_and_never_written(ada: Person, bob: Person) -> None:
    stored = ada.desk.upload(lambda: from_text("Grüße 👋\nsecond line", 1000), [ada.contact("bob")])
    assert stored.title == "Grüße 👋"
    bob.account.contacts.load()
    result = bob.desk.download(find(bob.reader, stored.id), Target(str(bob.folder)))
    assert result.text == "Grüße 👋\nsecond line"
    assert tree_of(bob.folder) == {}


def test_the_list_shows_what_the_owner_sealed_for_each_reader(
    ada: Person, bob: Person, tmp_path: Path
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(b"p" * 3000)
    stored = ada.upload(file, to=("bob",))
    own = next(item for item in shelf(ada.reader) if item.id == stored.id)
    theirs = next(item for item in shelf(bob.reader) if item.id == stored.id)
    assert (own.title, own.bytes, own.mine, own.recipients) == ("photo.jpg", 3000, True, ("bob",))
    assert (theirs.title, theirs.bytes, theirs.mine, theirs.owner) == ("photo.jpg", 3000, False, "ada")
    assert (theirs.verified, theirs.recipients) == (False, ())
    assert own.problem is None
    assert theirs.problem is None


def test_nothing_is_sealed_for_a_stranger(ada: Person, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    with pytest.raises(NotFound, match="eve is not in your contacts"):
        ada.upload(tmp_path / "a", to=("eve",))


def test_an_id_is_found_by_its_first_digits_and_never_by_too_few(ada: Person, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    stored = ada.upload(tmp_path / "a")
    assert find(ada.reader, stored.id[:12].upper()).id == stored.id
    for wrong in ("abc", "xyz12345", "0" * 33, ""):
        with pytest.raises(UsageError):
            find(ada.reader, wrong)
    other = ("0" if stored.id[0] != "0" else "1") * 12
    with pytest.raises(NotFound):
        find(ada.reader, other)


def test_a_file_goes_to_standard_output_whole(ada: Person, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(os.urandom(40 * CHUNK))
    stored = ada.upload(tmp_path / "a")
    with (tmp_path / "out").open("wb") as out:
        ada.desk.download(find(ada.reader, stored.id), Target(fd=out.fileno()))
    assert (tmp_path / "out").read_bytes() == (tmp_path / "a").read_bytes()
