"""This user's folder: private, repaired if it is not, replaced whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from peerseal.client.home import home_folder, private_folder, read_private, remove_private, write_private
from peerseal.errors import LocalFileFailed


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_is_the_variable_or_the_platforms_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setattr("sys.platform", "linux")
    assert home_folder({"PEERSEAL_HOME": "/keys"}) == "/keys"
    assert home_folder({"XDG_CONFIG_HOME": "/etc/ada"}) == "/etc/ada/peerseal"
    assert home_folder({"XDG_CONFIG_HOME": "relative"}) == "/home/ada/.config/peerseal"
    assert home_folder({"PEERSEAL_HOME": ""}) == "/home/ada/.config/peerseal"
    monkeypatch.setattr("sys.platform", "darwin")
    assert home_folder({}) == "/home/ada/Library/Application Support/Peerseal"


def test_folders_and_files_are_for_this_user_alone(tmp_path: Path) -> None:
    folder, said = tmp_path / "a" / "b", list[str]()
    private_folder(str(folder), said.append)
    write_private(str(folder / "keys"), b"secret")
    assert (mode(folder), mode(folder / "keys")) == (0o700, 0o600)
    assert read_private(str(folder / "keys"), said.append) == b"secret"
    assert said == []
    assert [file.name for file in folder.iterdir()] == ["keys"]


def test_what_others_could_read_is_repaired_and_said(tmp_path: Path) -> None:
    folder, said = tmp_path / "open", list[str]()
    folder.mkdir(mode=0o755)
    (folder / "keys").write_bytes(b"secret")
    (folder / "keys").chmod(0o644)
    private_folder(str(folder), said.append)
    assert read_private(str(folder / "keys"), said.append) == b"secret"
    assert (mode(folder), mode(folder / "keys")) == (0o700, 0o600)
    assert len(said) == 2
    assert said[0] == f"Others on this computer could read {folder}. Now only you can."
    assert str(folder / "keys") in said[1]


def test_a_link_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"secret")
    (tmp_path / "keys").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LocalFileFailed) as caught:
        read_private(str(tmp_path / "keys"), print)
    assert caught.value.code == "home"
    write_private(str(tmp_path / "keys"), b"new")
    assert (tmp_path / "elsewhere").read_bytes() == b"secret"
    assert not (tmp_path / "keys").is_symlink()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "keys", 0o600)
    with pytest.raises(LocalFileFailed):
        read_private(str(tmp_path / "keys"), print)


def test_a_failed_write_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_private(str(tmp_path / "keys"), b"old")

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LocalFileFailed) as caught:
        write_private(str(tmp_path / "keys"), b"new")
    assert "No space left" in caught.value.message
    assert [file.name for file in tmp_path.iterdir()] == ["keys"]
    assert (tmp_path / "keys").read_bytes() == b"old"


def test_what_is_absent_reads_as_nothing_and_is_removed_without_a_word(tmp_path: Path) -> None:
    assert read_private(str(tmp_path / "keys"), print) is None
    remove_private(str(tmp_path / "keys"))
