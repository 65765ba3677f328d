"""24 words: every root comes back, nothing else is taken for one."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.identity import Root
from peerseal.crypto.mnemonic import root_of, words_of
from peerseal.errors import UsageError
from support.refusals import refused

ROOTS = st.binary(min_size=32, max_size=32).map(Root)
ZERO = ["abandon"] * 23 + ["art"]


@pytest.mark.parametrize(
    ("root", "first", "last"),
    [("00" * 32, "abandon", "art"), ("7f" * 32, "legal", "title"), ("ff" * 32, "zoo", "vote")],
)
def test_published_bip_39_vectors(root: str, first: str, last: str) -> None:
    words = words_of(Root(bytes.fromhex(root)))
    assert (len(words), words[0], words[-1]) == (24, first, last)


@given(ROOTS)
def test_a_root_comes_back_from_its_words(root: Root) -> None:
    assert root_of(" ".join(words_of(root))) == root


@given(ROOTS)
def test_case_white_space_and_wide_letters_do_not_matter(root: Root) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in words_of(root)[0].upper())
    assert root_of(f"\n {wide}\u3000" + "\t\r\n".join(words_of(root)[1:]).title() + "\u00a0 ") == root


def test_words_in_another_order_are_refused_but_once_in_256() -> None:
    words = list(words_of(Root(bytes(range(32)))))
    taken = 0
    for place in range(23):
        words[place], words[place + 1] = words[place + 1], words[place]
        with suppress(UsageError):
            assert words_of(root_of(" ".join(words))) == tuple(words)
            taken += 1
    assert taken < 5


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([], id="nothing"),
        pytest.param(ZERO[:-1], id="23"),
        pytest.param([*ZERO, "art"], id="25"),
        pytest.param(["abandon"] * 24, id="wrong checksum"),
        pytest.param([*ZERO[:-1], "arts"], id="not in the list"),
        pytest.param([*ZERO[:-1], "a\u200drt"], id="a joiner inside"),
        pytest.param(["abandon-abandon", *ZERO[1:]], id="hyphen"),
        pytest.param(["abandon\u2028abandon", *ZERO[2:]], id="a line separator is no white space"),
        pytest.param(["abandon", "abandon", "abandon", "about"] * 3, id="12 words"),
    ],
)
def test_anything_else_is_refused(words: list[str]) -> None:
    with refused("words_malformed"):
        root_of(" ".join(words))
