"""The file of events: chained over files and restarts, and a bad disk never hurts a request."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from peerseal.server.guard.events import EARLIER_NAME, FILE_NAME, EventLog, broken_at


def event(n: int) -> dict[str, Any]:
    return {"ts": n, "why": f"number {n}"}


def lines(folder: Path, *names: str) -> list[str]:
    return [line for name in names for line in (folder / name).read_text().splitlines()]


def written(folder: Path, count: int, start: int = 0, most: int = 2_000) -> EventLog:
    log = EventLog(folder, most)
    for n in range(start, start + count):
        log.add(event(n))
    log.settle()
    return log


def test_a_full_file_becomes_the_earlier_one_and_the_chain_goes_on(tmp_path: Path) -> None:
    written(tmp_path, 20).close()
    assert (tmp_path / FILE_NAME).stat().st_size <= 2_000
    assert (tmp_path / EARLIER_NAME).stat().st_size <= 2_000
    kept = lines(tmp_path, EARLIER_NAME, FILE_NAME)
    assert broken_at(kept) is None
    numbers = [json.loads(line)["seq"] for line in kept]
    assert numbers == list(range(21 - len(numbers), 21))
    for name in (FILE_NAME, EARLIER_NAME):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_restart_goes_on_with_the_chain_and_remembers_both_files(tmp_path: Path) -> None:
    written(tmp_path, 8).close()
    log = written(tmp_path, 3, 8)
    both = lines(tmp_path, EARLIER_NAME, FILE_NAME)
    assert broken_at(both) is None
    latest = [line["seq"] for line in log.latest(None, 100)]
    assert latest == [json.loads(line)["seq"] for line in reversed(both)]
    assert [line["seq"] for line in log.latest(10, 2)] == [9, 8]
    log.close()


def test_a_restart_right_after_the_file_was_full_goes_on_with_the_chain(tmp_path: Path) -> None:
    written(tmp_path, 8).close()
    last = json.loads(lines(tmp_path, FILE_NAME)[-1])
    (tmp_path / FILE_NAME).rename(tmp_path / EARLIER_NAME)
    written(tmp_path, 1).close()
    (first,) = lines(tmp_path, FILE_NAME)
    assert json.loads(first)["prev"] == last["hash"]
    assert json.loads(first)["seq"] == last["seq"] + 1


def test_half_a_line_is_cut_off_at_the_start(tmp_path: Path) -> None:
    written(tmp_path, 2).close()
    with (tmp_path / FILE_NAME).open("a") as file:
        file.write('{"v":1,"ts"')
    written(tmp_path, 1, 2).close()
    assert broken_at(lines(tmp_path, FILE_NAME)) is None
    assert len(lines(tmp_path, FILE_NAME)) == 3


@pytest.mark.parametrize("change", ["drop", "edit", "swap"])
def test_whoever_changes_the_file_breaks_the_chain_also_between_the_files(
    tmp_path: Path, change: str
) -> None:
    written(tmp_path, 20).close()
    earlier, now = lines(tmp_path, EARLIER_NAME), lines(tmp_path, FILE_NAME)
    if change == "drop":
        changed = [*earlier[:-1], *now]
    elif change == "edit":
        changed = [*earlier, now[0].replace("number", "Number"), *now[1:]]
    else:
        changed = [*earlier[:-1], now[0], earlier[-1], *now[1:]]
    assert broken_at(changed) == len(earlier) - (0 if change == "edit" else 1)


def test_a_file_that_cannot_be_written_costs_events_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    log = written(tmp_path, 5, most=2**20)
    assert log.lost == 5
    assert log.latest(None, 10) == []
    (tmp_path / FILE_NAME).rmdir()
    log.add(event(5))
    log.settle()
    assert log.lost == 5
    assert [json.loads(line)["seq"] for line in lines(tmp_path, FILE_NAME)] == [1]
    log.close()


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = written(tmp_path, 2)
    write = os.write

    def full(file: int, octets: bytes) -> int:
        if len(octets) < 20:
            raise OSError(errno.ENOSPC, "full")
        return write(file, octets[: len(octets) - 10])

    monkeypatch.setattr(os, "write", full)
    log.add(event(2))
    log.settle()
    monkeypatch.undo()
    assert log.lost == 1
    log.add(event(3))
    log.settle()
    assert broken_at(lines(tmp_path, FILE_NAME)) is None
    assert [json.loads(line)["ts"] for line in lines(tmp_path, FILE_NAME)] == [0, 1, 3]
    log.close()


def test_more_events_than_a_disk_can_take_are_counted_and_nobody_waits(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.close()
    for n in range(2_100):
        log.add(event(n))
    assert log.lost == 100
