"""Which sign an answer is, and why a name is bad."""

import pytest

from peerseal.server.guard.points import point_of, reason_of


@pytest.mark.parametrize(
    ("path", "raw", "reason"),
    [
        ("/s/Icon\r", b"/s/Icon%0D", "control"),
        ("/s/a\x07b", b"/s/a%07b", "control"),
        ("/s/a\x00b", b"/s/a%00b", "traversal"),
        ("/s/../etc", b"/s/..%2fetc", "traversal"),
        ("/s/..\\x\r", b"/s/..%5cx%0D", "traversal"),
    ],
)
def test_a_control_character_is_told_from_a_way_out_of_a_folder(path: str, raw: bytes, reason: str) -> None:
    assert point_of(404, "", "*", path, raw) == "bad_name"
    assert reason_of(path, raw) == reason
