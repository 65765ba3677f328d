"""Cards, contact books and link secrets: each opens where it belongs and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.file_key import FileKey
from peerseal.crypto.primitives import sha256
from peerseal.crypto.sealed import (
    NO_BOOK,
    open_book,
    open_card,
    open_link_secret,
    seal_book,
    seal_card,
    seal_link_secret,
)
from peerseal.wire.limits import BOOK_PLAINTEXT_MAX_BYTES
from support.people_with_keys import person
from support.refusals import refused

KEY, ID, LINK = FileKey(b"f" * 32), b"i" * 16, b"l" * 16
CARD = seal_card(KEY, ID, 1, b"{}")
FIRST = seal_book(person("ada"), 1, NO_BOOK, b"{}")
SECRET = seal_link_secret(person("ada"), b"s" * 32, b"m" * 32, LINK, ID)


@given(st.binary(min_size=1, max_size=3000))
def test_a_card_comes_back_padded_to_256(plaintext: bytes) -> None:
    opened = open_card(KEY, ID, 7, seal_card(KEY, ID, 7, plaintext))
    assert opened == plaintext + b" " * (-len(plaintext) % 256)


@pytest.mark.parametrize(
    ("key", "file_id", "version"),
    [(FileKey(bytes(32)), ID, 1), (KEY, bytes(16), 1), (KEY, ID, 2)],
)
def test_a_card_of_another_key_file_or_version_does_not_open(
    key: FileKey, file_id: bytes, version: int
) -> None:
    with refused("not_authentic"):
        open_card(key, file_id, version, CARD)


@pytest.mark.parametrize("length", [0, 27, 28, 29, 283, 285, 4092, 5000])
def test_a_card_of_another_length_is_malformed(length: int) -> None:
    card = CARD.ljust(5120, b"\0")[:length]
    with refused("not_authentic" if (length - 28) % 256 == 0 and 28 < length <= 4096 else "malformed"):
        open_card(KEY, ID, 1, card)


def test_a_card_too_long_is_not_made() -> None:
    with refused("limit"):
        seal_card(KEY, ID, 1, b"x" * 4096)


def test_a_book_says_which_it_is_and_what_came_before() -> None:
    second = seal_book(person("ada"), 2, sha256(FIRST), b"[" + b"x" * 2000)
    opened = open_book(person("ada"), second)
    assert (opened.counter, opened.previous, opened.hash) == (2, sha256(FIRST), sha256(second))
    assert opened.plaintext.rstrip(b" ") == b"[" + b"x" * 2000
    assert len(opened.plaintext) == 2048


def test_a_book_opens_for_its_owner_only() -> None:
    with refused("not_authentic"):
        open_book(person("bob"), FIRST)


@given(st.integers(41, len(FIRST) - 1))
def test_a_changed_book_does_not_open(at: int) -> None:
    changed = bytearray(FIRST)
    changed[at] ^= 1
    with refused("not_authentic"):
        open_book(person("ada"), bytes(changed))


def test_a_book_cannot_be_given_another_place() -> None:
    second = seal_book(person("ada"), 2, sha256(FIRST), b"{}")
    with refused("not_authentic"):
        open_book(person("ada"), second[:8] + b"\3" + second[9:])
    with refused("not_authentic"):
        open_book(person("ada"), second[:9] + b"x" * 32 + second[41:])


@pytest.mark.parametrize(
    "book",
    [
        *(b"", FIRST[:40], FIRST[:-1], FIRST + b"\0", b"\2" + FIRST[1:]),
        pytest.param(FIRST[:8] + b"\0" + FIRST[9:], id="counter 0"),
        pytest.param(FIRST[:8] + b"\2" + FIRST[9:], id="counter 2 after nothing"),
        pytest.param(FIRST[:9] + b"x" * 32 + FIRST[41:], id="counter 1 after something"),
    ],
)
def test_another_form_of_a_book_is_malformed(book: bytes) -> None:
    with refused("malformed"):
        open_book(person("ada"), book)


def test_a_book_that_is_full_is_not_sealed() -> None:
    with refused("limit"):
        seal_book(person("ada"), 1, NO_BOOK, bytes(BOOK_PLAINTEXT_MAX_BYTES + 1))


def test_a_link_secret_comes_back_to_its_owner() -> None:
    assert open_link_secret(person("ada"), SECRET, LINK, ID) == (b"s" * 32, b"m" * 32)
    assert len(SECRET) == 92


@pytest.mark.parametrize(
    ("who", "link", "file_id"), [("bob", LINK, ID), ("ada", bytes(16), ID), ("ada", LINK, bytes(16))]
)
def test_a_link_secret_opens_for_nothing_else(who: str, link: bytes, file_id: bytes) -> None:
    with refused("not_authentic"):
        open_link_secret(person(who), SECRET, link, file_id)


@pytest.mark.parametrize("length", [0, 91, 93])
def test_a_link_secret_of_another_length_is_malformed(length: int) -> None:
    with refused("malformed"):
        open_link_secret(person("ada"), bytes(length), LINK, ID)
