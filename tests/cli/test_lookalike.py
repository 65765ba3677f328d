"""What the command line says of names that may not be whose they seem."""

import pytest

from peerseal.cli.lookalike import warning

KNOWN = ("alice", "bob")


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("b\u043eb", "letters that only look like bob, who is among your contacts"),
        ("a1ice", "letters that only look like alice"),
        ("c\u0430rl", "mixes Latin and Cyrillic letters"),
        ("c\u03b1rl", "mixes Latin and Greek letters"),
    ],
)
def test_a_name_that_may_mislead_is_pointed_out(name: str, part: str) -> None:
    said = warning(name, KNOWN)
    assert said is not None
    assert said.startswith(f"Look twice at {name}: this name ")
    assert part in said


@pytest.mark.parametrize("name", ["bob", "Bob", "carl", "\u0430\u043d\u043d\u0430", "\u6797"])
def test_nothing_is_said_of_any_other(name: str) -> None:
    assert warning(name, KNOWN) is None


def test_what_is_said_controls_no_terminal() -> None:
    assert "\x1b" not in (warning("\x1b[31mb\u043eb", KNOWN) or "")
