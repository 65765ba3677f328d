"""What `.ci/try` gives a second try: a test that failed beside others and passes alone, and nothing that is broken."""

import subprocess
import sys
from pathlib import Path

import pytest

TRY = Path(__file__).parents[1] / ".ci/try"
AGAIN = "Once more, alone"
#: Fails until it has failed once.
UNLUCKY = """
def test_unlucky():
    been = Path(__file__).with_name("been")
    if not been.exists():
        been.touch()
        raise AssertionError("the machine was busy")
"""
BROKEN = """
def test_broken():
    assert not "broken"
"""
BROKEN_AFTERWARDS = """
@pytest.fixture
def it():
    yield
    raise AssertionError("left behind")

def test_leaves_something_behind(it):
    pass
"""
WHOLE = """
def test_whole():
    pass
"""


def tried(folder: Path, *tests: str) -> tuple[int, str]:
    """Exit code and output of a try of these tests, in a folder of their own."""
    (folder / "pytest.ini").touch()
    (folder / ".venv").symlink_to(sys.prefix)
    source = "\n".join(["from pathlib import Path", "import pytest", *tests])
    (folder / "test_some.py").write_text(source, encoding="utf-8")
    done = subprocess.run(
        [TRY, "1", "test_some.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout


def test_what_passes_is_not_tried_again(tmp_path: Path) -> None:
    code, said = tried(tmp_path, WHOLE)
    assert code == 0, said
    assert AGAIN not in said


def test_what_passes_alone_passes_and_both_tries_are_shown(tmp_path: Path) -> None:
    code, said = tried(tmp_path, WHOLE, UNLUCKY)
    assert code == 0, said
    first, _, second = said.partition(AGAIN)
    assert "the machine was busy" in first
    assert "1 passed" in second


@pytest.mark.parametrize("broken", [BROKEN, BROKEN_AFTERWARDS])
def test_what_is_broken_fails_however_many_others_were_only_unlucky(tmp_path: Path, broken: str) -> None:
    code, said = tried(tmp_path, UNLUCKY, broken)
    assert code == 1, said
    _, _, second = said.partition(AGAIN)
    assert "1 failed" in second or "1 error" in second


def test_what_cannot_even_be_read_fails(tmp_path: Path) -> None:
    code, said = tried(tmp_path, WHOLE, "import nothing_of_that_name")
    assert code != 0, said
    assert "nothing_of_that_name" in said
