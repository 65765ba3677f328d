"""The engine on this machine's disk: whose its folders are, and a disk that is full."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from peerseal.errors import LocalFileFailed, Refused
from peerseal.server.storage.local_disk import LocalDisk


def test_folders_are_their_owners_alone(tmp_path: Path) -> None:
    storage = LocalDisk(tmp_path / "deep" / "blobs")
    writer = storage.create("group/c0")
    writer.finish()
    folders = [path for path in (tmp_path / "deep" / "blobs").rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "deep" / "blobs", *folders]} == {0o700}
    assert stat.S_IMODE((tmp_path / "deep/blobs/group/c0").stat().st_mode) == 0o600


@pytest.mark.parametrize("call", ["writev", "fsync", "link"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_refuses_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: int
) -> None:
    storage = LocalDisk(tmp_path)
    before = storage.create("group/before")
    before.write([b"kept"])
    before.finish()

    def full(*_: object, **__: object) -> int:
        raise OSError(error, os.strerror(error))

    writer = storage.create("group/c0")
    monkeypatch.setattr(os, call, full)
    with pytest.raises(Refused) as refused:  # noqa: PT012 - which of the two it is depends on the call
        writer.write([b"too much"])
        writer.finish()
    monkeypatch.undo()
    assert refused.value.code == "disk_full"
    assert storage.read("group/before", 0, 10) == b"kept"
    assert storage.sizes("group") == {"before": 4}
    assert list((tmp_path / ".parts").iterdir()) == []


def test_bytes_are_durable_before_their_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    fsync, link = os.fsync, os.link

    def sync(file: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "bytes")
        fsync(file)

    def place(part: Path, target: Path) -> None:
        link(part, target)
        order.append("name")

    storage = LocalDisk(tmp_path)
    storage.create("group/c0").finish()
    writer = storage.create("group/c1")
    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "link", place)
    writer.finish()
    assert order == ["bytes", "name", "folder"]


_DIE_AT = """
import os, sys
from pathlib import Path
from peerseal.server.storage.local_disk import LocalDisk

root, left = Path(sys.argv[1]), int(sys.argv[2])

def counted(call):
    def counting(*arguments, **named):
        global left
        if left == 0:
            os.kill(os.getpid(), 9)
        left -= 1
        return call(*arguments, **named)
    return counting

for name in ("open", "writev", "fsync", "link", "mkdir", "unlink", "close"):
    setattr(os, name, counted(getattr(os, name)))
storage = LocalDisk(root)
writer = storage.create("group/c0")
writer.write([b"first ", b"half, "])
writer.write([b"second half"])
writer.finish()
sys.exit(0)
"""


def test_killed_before_any_system_call_a_blob_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    seen: list[dict[str, int]] = []
    for step in range(100):
        root = tmp_path / str(step)
        died = subprocess.run([sys.executable, "-c", _DIE_AT, root, str(step)], check=False).returncode
        storage = LocalDisk(root)
        storage.sweep()
        assert list((root / ".parts").iterdir()) == []
        seen.append(storage.sizes("group"))
        if seen[-1]:
            assert storage.read("group/c0", 0, 100) == b"first half, second half"
        if died == 0:
            break
    assert {} in seen
    assert seen[-1] == {"c0": 23}
    assert len(seen) > 8


def test_a_place_that_is_no_folder_is_said_kindly(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file")
    with pytest.raises(LocalFileFailed) as refused:
        LocalDisk(tmp_path / "blobs")
    assert refused.value.code == "storage_unusable"
