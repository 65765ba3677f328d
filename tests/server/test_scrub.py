"""Chunks that changed or went by themselves are found without a key, each told once, and nothing else suffers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.server.accounts.asking import Signed
from peerseal.server.damage import Damage
from peerseal.server.scrub import Scrub
from peerseal.wire import stored as wire
from support.stored_files import Desk, new_file, new_version


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "data") as made:
        yield made


@pytest.fixture
def ada(desk: Desk) -> Signed:
    return desk.person("ada")


def scrub(desk: Desk, told: list[Damage] | None = None, **settings: object) -> Scrub:
    found = (told if told is not None else []).append
    return Scrub(desk.database, desk.storage, pace=None, found=found, now=lambda: 7, **settings)  # type: ignore[arg-type]


def stored(desk: Desk, ada: Signed, chunks: int = 3) -> tuple[wire.NewFile, Path]:
    wanted = new_file(version=new_version(content=chunks * 16 * 64))
    desk.stored(ada, wanted)
    (folder,) = (path for path in (desk.home / "blobs").iterdir() if path.name[0] != "." and path not in SEEN)
    SEEN.add(folder)
    return wanted, folder


SEEN: set[Path] = set()


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_nothing_is_wrong_with_what_was_just_stored(desk: Desk, ada: Signed) -> None:
    stored(desk, ada)
    looked = scrub(desk)
    looked.run()
    report = looked.report()
    assert (report.passes, report.chunks, report.last, report.damaged) == (1, 4, 7, ())
    assert report.bytes == sum(desk.storage.sizes(next(iter(desk.storage.groups()))).values())


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [(flip, "content"), (Path.unlink, "missing"), (lambda path: path.write_bytes(b"short"), "length")],
)
def test_a_damaged_chunk_is_named_once_and_forgotten_when_it_is_whole_again(
    desk: Desk, ada: Signed, spoil: object, fault: str
) -> None:
    stored(desk, ada)
    wanted, folder = stored(desk, ada)
    before = (folder / "c1").read_bytes()
    assert callable(spoil)
    spoil(folder / "c1")
    told: list[Damage] = []
    looked = scrub(desk, told)
    looked.run()
    looked.run()
    assert [(one.kind, one.id, one.version, one.chunk, one.fault) for one in told] == [
        ("file", wanted.id, 1, "c1", fault)
    ]
    assert looked.report().damaged == tuple(told)
    (folder / "c1").write_bytes(before)
    looked.run()
    assert looked.report().damaged == ()


def test_lengths_alone_are_looked_at_without_reading(desk: Desk, ada: Signed) -> None:
    _, folder = stored(desk, ada)
    flip(folder / "c0")
    (folder / "c2").unlink()
    looked = scrub(desk, contents=False)
    looked.run()
    assert [(one.chunk, one.fault) for one in looked.report().damaged] == [("c2", "missing")]
    assert looked.report().bytes == 0


def test_a_chunk_without_a_sum_gets_one_unless_nothing_may_change(desk: Desk, ada: Signed) -> None:
    _, folder = stored(desk, ada)
    sums = desk.storage.sums(folder.name)
    (folder / ".sums").unlink()
    scrub(desk, notes=False).run()
    assert desk.storage.sums(folder.name) == {}
    scrub(desk).run()
    assert desk.storage.sums(folder.name) == sums
    flip(folder / "m0")
    looked = scrub(desk)
    looked.run()
    assert [one.chunk for one in looked.report().damaged] == ["m0"]


def test_half_a_line_of_sums_is_none(desk: Desk, ada: Signed) -> None:
    _, folder = stored(desk, ada)
    text = (folder / ".sums").read_bytes()
    (folder / ".sums").write_bytes(text[:-5])
    assert len(desk.storage.sums(folder.name)) == 3
    looked = scrub(desk)
    looked.run()
    assert looked.report().damaged == ()
    assert len(desk.storage.sums(folder.name)) >= 3


def test_what_is_still_arriving_is_nobodys_damage(desk: Desk, ada: Signed) -> None:
    desk.uploads.new_file(ada, new_file())
    looked = scrub(desk)
    looked.run()
    assert looked.report().damaged == ()


def test_what_is_deleted_meanwhile_is_no_damage(desk: Desk, ada: Signed) -> None:
    wanted, folder = stored(desk, ada)
    looked = scrub(desk)
    sizes = desk.storage.sizes

    def gone(group: str) -> dict[str, int]:
        desk.sharing.delete_file(ada, wanted.id)
        desk.cleaned()
        return sizes(group)

    desk.storage.sizes = gone  # type: ignore[method-assign]
    looked.run()
    assert not folder.exists()
    assert looked.report().damaged == ()


def test_a_folder_that_is_away_is_no_damage_either(desk: Desk, ada: Signed) -> None:
    stored(desk, ada)
    (desk.home / "blobs").rename(desk.home / "elsewhere")
    looked = scrub(desk)
    with pytest.raises(OSError):
        looked.run()
    assert looked.report().damaged == ()
    (desk.home / "elsewhere").rename(desk.home / "blobs")


def test_beginning_anywhere_everything_is_looked_at_once(desk: Desk, ada: Signed) -> None:
    for _ in range(5):
        stored(desk, ada, 1)
    for _ in range(10):
        looked = scrub(desk)
        looked.run(anywhere=True)
        assert looked.report().chunks == 10


def test_it_runs_by_itself_and_ends_at_once(desk: Desk, ada: Signed) -> None:
    _, folder = stored(desk, ada)
    flip(folder / "c0")
    told: list[Damage] = []
    looked = Scrub(desk.database, desk.storage, pace=200_000, found=told.append)
    looked.start(first=0, rest=0)
    end = time.monotonic() + 20
    while not told:
        assert time.monotonic() < end
        time.sleep(0.01)
    looked.close()
    assert looked._thread is not None
    assert not looked._thread.is_alive()
