"""The part folder: locked while its process lives, removed once that is gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from peerseal.files.folder_sink import FolderSink
from peerseal.protocol.entries import Entry

_RECEIVER = """
import sys
from peerseal.files.folder_sink import FolderSink
from peerseal.protocol.entries import Entry
sink = FolderSink(sys.argv[1])
sink.expect(Entry(path="deep/er/a.txt", kind="file", size=10))
sink.write(memoryview(b"12345"))
print("open", flush=True)
sys.stdin.read()
"""


def receive_into(folder: Path) -> None:
    sink = FolderSink(str(folder))
    sink.expect(Entry(path="b.txt", kind="file", size=2))
    sink.write(memoryview(b"ok"))
    sink.finish()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_process_left_goes_with_the_next_transfer_and_a_living_one_keeps_its_own(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _RECEIVER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        (part,) = tmp_path.iterdir()
        receive_into(tmp_path)
        assert (part / "deep" / "er" / "a.txt").read_bytes() == b"12345"
        other.kill()
    receive_into(tmp_path)
    assert names_in(tmp_path) == ["b (1).txt", "b.txt"]


def test_only_our_own_folders_of_that_very_name_are_removed(tmp_path: Path) -> None:
    kept = [".peerseal-abc.part", ".peerseal-0123456789AB.part", "peerseal-0123456789ab.part"]
    for name in kept:
        (tmp_path / name).mkdir(mode=0o700)
    (tmp_path / ".peerseal-000000000000.part").write_bytes(b"a file")
    (tmp_path / ".peerseal-111111111111.part").mkdir()
    (tmp_path / ".peerseal-111111111111.part").chmod(0o755)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / ".peerseal-222222222222.part").symlink_to("elsewhere")
    before = names_in(tmp_path)
    receive_into(tmp_path)
    assert names_in(tmp_path) == sorted([*before, "b.txt"])


def test_a_link_inside_what_is_removed_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "dear").mkdir()
    (tmp_path / "dear" / "photo").write_bytes(b"x")
    inbox = tmp_path / "in"
    (inbox / ".peerseal-0123456789ab.part").mkdir(mode=0o700, parents=True)
    (inbox / ".peerseal-0123456789ab.part" / "link").symlink_to(tmp_path / "dear")
    receive_into(inbox)
    assert [path.name for path in inbox.iterdir()] == ["b.txt"]
    assert (tmp_path / "dear" / "photo").read_bytes() == b"x"
