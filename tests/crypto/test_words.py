"""The word list is the published one, and check words are its entries."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.words import WORDS, check_words


def test_the_list_is_the_published_one() -> None:
    listed = "".join(f"{word}\n" for word in WORDS).encode()
    assert hashlib.sha256(listed).hexdigest() == (
        "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"
    )


def test_four_letters_tell_two_words_apart() -> None:
    assert len({word[:4] for word in WORDS}) == len(WORDS) == 2048


@given(st.lists(st.integers(0, 2047), min_size=4, max_size=4), st.integers(0, 2**20 - 1))
def test_44_bits_give_four_words_and_the_rest_is_ignored(indices: list[int], rest: int) -> None:
    bits = 0
    for index in indices:
        bits = bits << 11 | index
    derived = (bits << 20 | rest).to_bytes(8, "big")
    assert check_words(derived) == tuple(WORDS[index] for index in indices)
