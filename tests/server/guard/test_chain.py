"""Events that were cut off or changed while the server was away are told, and no number is given twice."""

import json
import logging
from pathlib import Path

import pytest

from peerseal.server.guard.chain import check
from peerseal.server.guard.events import EARLIER_NAME, FILE_NAME, EventLog
from peerseal.server.guard.guard import Guard


def guard(folder: Path) -> Guard:
    return Guard(folder, lambda: 1_000_000, lambda: 1000.0)


def ran(folder: Path, events: int) -> None:
    running = guard(folder)
    for n in range(events):
        running.note("damaged", "file", f"{n}", "one of its pieces is missing")
    running.log.settle()
    running.close()


def lines(folder: Path) -> list[str]:
    return (folder / FILE_NAME).read_text().splitlines(keepends=True)


def test_events_that_are_whole_go_on_over_restarts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        ran(tmp_path, 2)
    assert check(tmp_path) == (6, 6, None)
    assert not caplog.records


@pytest.mark.parametrize("left", [0, 1, 2])
def test_events_cut_off_at_the_end_are_told_at_the_start_and_their_numbers_are_not_given_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, left: int
) -> None:
    ran(tmp_path, 3)
    (tmp_path / FILE_NAME).write_text("".join(lines(tmp_path)[:left]))
    gone = "event 3 is gone" if left == 2 else f"events {left + 1} to 3 are gone"
    assert check(tmp_path).wrong == gone
    with caplog.at_level(logging.WARNING):
        ran(tmp_path, 1)
    assert gone in caplog.text
    cut, after = (json.loads(line) for line in lines(tmp_path)[left:])
    assert (cut["seq"], cut["point"], after["seq"]) == (4, "cut", 5)
    assert check(tmp_path).wrong == (f"event {left} is not followed by {left + 1}" if left else None)


def test_events_cut_off_at_the_beginning_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ran(tmp_path, 5)
    whole = lines(tmp_path)
    (tmp_path / FILE_NAME).write_text("".join(whole[3:]))
    assert check(tmp_path).wrong == "events 1 to 3 are gone"
    with caplog.at_level(logging.WARNING):
        ran(tmp_path, 0)
    assert "events 1 to 3 are gone" in caplog.text
    # Without what the server kept it is seen, too.
    (tmp_path / "guard.json").unlink()
    assert check(tmp_path).wrong == "events 1 to 3 are gone"


def test_events_that_went_with_an_old_file_are_not_missed(tmp_path: Path) -> None:
    log = EventLog(tmp_path, most=1500)
    for n in range(12):
        log.add({"ts": n, "point": "x", "action": "log", "subject": {"kind": "ip", "key": f"{n}"}})
        log.settle()
    log.close()
    ran(tmp_path, 1)
    there = check(tmp_path)
    assert (there.wrong, there.last) == (None, 13)
    assert there.read < 13
    earlier = (tmp_path / EARLIER_NAME).read_text().splitlines(keepends=True)
    (tmp_path / EARLIER_NAME).write_text("".join(earlier[1:]))
    assert "gone" in str(check(tmp_path).wrong)


def test_a_field_that_stands_twice_is_told(tmp_path: Path) -> None:
    ran(tmp_path, 2)
    first, second = lines(tmp_path)
    (tmp_path / FILE_NAME).write_text(first + second.replace('{"v":1', '{"why":"nothing","v":1'))
    assert check(tmp_path).wrong == "event 2 was changed"


def test_a_damaged_list_of_exceptions_keeps_no_server_from_starting(tmp_path: Path) -> None:
    ran(tmp_path, 1)
    kept = json.loads((tmp_path / "guard.json").read_text())
    kept["allowed"] = {"nonsense": 1, "192.0.2.0/24": 5, "@": 3, "0.0.0.0/0": 2, "198.51.100.1/32": "x"}
    (tmp_path / "guard.json").write_text(json.dumps(kept))
    again = guard(tmp_path)
    assert again.allowed() == {"192.0.2.0/24": 5}
    again.close()


def test_the_last_event_written_anew_is_told(tmp_path: Path) -> None:
    ran(tmp_path, 2)
    kept = (tmp_path / "guard.json").read_bytes()
    (tmp_path / FILE_NAME).unlink()
    (tmp_path / "guard.json").unlink()
    ran(tmp_path, 2)
    (tmp_path / "guard.json").write_bytes(kept)
    assert check(tmp_path).wrong == "event 2 is another one than was written"
    assert lines(tmp_path)
    ran(tmp_path, 0)
    assert json.loads(lines(tmp_path)[-1])["point"] == "cut"


def test_a_changed_event_and_one_missing_in_the_middle_are_told(tmp_path: Path) -> None:
    ran(tmp_path, 4)
    whole = lines(tmp_path)
    (tmp_path / FILE_NAME).write_text("".join([*whole[:1], *whole[2:]]))
    assert check(tmp_path).wrong == "event 1 is not followed by 2"
    (tmp_path / FILE_NAME).write_text("".join([whole[0].replace("missing", "there"), *whole[1:]]))
    assert check(tmp_path).wrong == "event 1 was changed"
    (tmp_path / FILE_NAME).write_text("".join([*whole[:2], "{}\n", *whole[2:]]))
    assert check(tmp_path).wrong == "what follows event 2 is none"


def test_a_server_that_was_killed_before_it_marked_its_last_events_is_nothing(tmp_path: Path) -> None:
    ran(tmp_path, 2)
    kept = (tmp_path / "guard.json").read_bytes()
    ran(tmp_path, 2)
    (tmp_path / "guard.json").write_bytes(kept)
    (tmp_path / FILE_NAME).rename(tmp_path / EARLIER_NAME)
    assert check(tmp_path) == (4, 4, None)
    ran(tmp_path, 1)
    assert check(tmp_path) == (5, 5, None)
