"""What is damaged is remembered until it is whole or gone, over a restart too, and told once for each file."""

from __future__ import annotations

from pathlib import Path

import pytest

from peerseal.server.damage import FILE_NAME, REMEMBERED, Damage, Ledger


class Told:
    """What operators hear, and a clock that goes on by one."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str, str, str]] = []
        self.time = 0

    def __call__(self, point: str, kind: str, key: str, why: str) -> None:
        self.said.append((point, kind, key, why))

    def now(self) -> int:
        self.time += 1
        return self.time

    def ledger(self, folder: Path | None = None) -> Ledger:
        return Ledger(folder, self.now, self)


@pytest.fixture
def told() -> Told:
    return Told()


def chunk(name: str = "c0", group: str = "a" * 32) -> Damage:
    return Damage("file", "f" * 32, 2, group, name, "missing")


def test_a_file_is_told_once_however_many_of_its_chunks_are_damaged_and_once_when_it_is_whole(
    told: Told,
) -> None:
    ledger = told.ledger()
    assert [ledger.note(chunk(name)) for name in ("c0", "c1", "c0")] == [True, True, False]
    assert [one.since for one in ledger.all()] == [1, 2]
    ledger.mend("a" * 32, "c0")
    assert told.said == [
        ("damaged", "file", "f" * 32, "version 2 of a stored file is damaged: a chunk is missing")
    ]
    ledger.mend("a" * 32, "c1")
    ledger.mend("a" * 32, "c1")
    assert told.said[1:] == [("whole", "file", "f" * 32, "version 2 of a stored file is whole again")]


def test_another_fault_of_the_same_chunk_is_news_since_the_same_moment(told: Told) -> None:
    ledger = told.ledger()
    ledger.note(chunk())
    assert ledger.note(Damage("file", "f" * 32, 2, "a" * 32, "c0", "length"))
    (found,) = ledger.all()
    assert (found.damage.fault, found.since) == ("length", 1)
    assert len(told.said) == 1


def test_what_is_deleted_is_forgotten_without_a_word(told: Told) -> None:
    ledger = told.ledger()
    ledger.note(chunk())
    ledger.forget({"a" * 32})
    assert ledger.all() == ()
    assert [point for point, *_ in told.said] == ["damaged"]


def test_a_restart_remembers_it_and_tells_nobody_again(told: Told, tmp_path: Path) -> None:
    ledger = told.ledger(tmp_path)
    ledger.note(chunk())
    ledger.passed()
    ledger.save()
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    again = told.ledger(tmp_path)
    assert (again.all(), again.last, again.more) == (ledger.all(), 2, False)
    assert not again.note(chunk())
    assert len(told.said) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"v": 2}', '{"v": 1, "found": [{"since": 1}]}', "[" * 9999])
def test_a_file_that_is_none_counts_as_nothing_known(told: Told, tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    assert told.ledger(tmp_path).all() == ()


def test_a_disk_that_takes_nothing_is_asked_again(told: Told, tmp_path: Path) -> None:
    ledger = told.ledger(tmp_path / "away")
    ledger.note(chunk())
    ledger.save()
    (tmp_path / "away").mkdir()
    ledger.save()
    assert told.ledger(tmp_path / "away").all() == ledger.all()


def test_beyond_so_many_it_says_that_there_is_more_until_a_look_finds_less(told: Told) -> None:
    ledger = told.ledger()
    for n in range(REMEMBERED + 1):
        ledger.note(chunk(f"c{n}"))
    assert (len(ledger.all()), ledger.more) == (REMEMBERED, True)
    ledger.passed()
    assert ledger.more
    ledger.passed()
    assert not ledger.more
