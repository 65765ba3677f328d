"""The card: what it says is what the manifest says, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto_engine import FileKey, seal_card
from peerseal.protocol.card import Card, read_card
from support.refusals import refused

KEY, ID = FileKey(b"f" * 32), b"i" * 16
TITLES = st.text(st.characters(codec="utf-8"), max_size=255)
COUNTS = st.integers(0, 2**53 - 1)


@given(TITLES, COUNTS, st.none() | COUNTS, st.booleans())
def test_a_card_comes_back(title: str, files: int, size: int | None, text: bool) -> None:
    card = Card(title, files, size, text)
    sealed = card.seal(KEY, ID, 1)
    assert read_card(KEY, ID, 1, sealed) == card
    assert (len(sealed) - 28) % 256 == 0


@pytest.mark.parametrize(
    "plaintext",
    [
        *(b"", b"[]", b'{"title":"a","files":1,"bytes":1}', b'{"title":"a","files":1,"bytes":1,"text":1}'),
        *(
            b'{"title":"a","files":-1,"bytes":1,"text":true}',
            b'{"title":null,"files":1,"bytes":1,"text":true}',
        ),
        *(
            b'{"title":"a","files":1,"bytes":1,"text":true,"more":1}',
            b'{"title":"a","files":1.0,"bytes":1,"text":true}',
        ),
        b'{"title":"a","title":"b","files":1,"bytes":1,"text":true}',
        b'{"title":"' + b"a" * 256 + b'","files":1,"bytes":1,"text":true}',
    ],
)
def test_anything_else_is_malformed(plaintext: bytes) -> None:
    with refused("malformed"):
        read_card(KEY, ID, 1, seal_card(KEY, ID, 1, plaintext.ljust(256)))


def test_a_card_that_says_something_else_than_the_manifest_is_noticed() -> None:
    Card("a", 1, 5, False).check(1, 5, False)
    Card("a", 1, None, False).check(1, 5, False)
    for files, size, text in ((2, 5, False), (1, 6, False), (1, 5, True)):
        with refused("manifest_invalid"):
            Card("a", 1, 5, False).check(files, size, text)


def test_a_title_too_long_is_not_sealed() -> None:
    with refused("malformed"):
        Card("a" * 256, 1, 5, False).seal(KEY, ID, 1)
