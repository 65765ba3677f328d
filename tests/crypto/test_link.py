"""Links: the fragment, the keys behind it, and the file key under those."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.file_key import FileKey
from peerseal.crypto.link import (
    LinkSecret,
    keys_of_m,
    link_fragment,
    link_keys,
    new_link_secret,
    parse_fragment,
    unwrap_for_link,
    wrap_for_link,
)
from support.people_with_keys import person
from support.refusals import refused

KEY, ID, LINK, SECRET = FileKey(b"f" * 32), b"i" * 16, b"l" * 16, LinkSecret(b"s" * 32)
ADA = person("ada").fingerprint
KEYS = link_keys(SECRET, None, LINK)
WRAP = wrap_for_link(KEY, KEYS.wrap_key, ADA, ID, 1)


@given(st.binary(min_size=48, max_size=48))
def test_a_fragment_comes_back_from_its_64_characters(both: bytes) -> None:
    fragment = link_fragment(LinkSecret(both[:32]), both[32:])
    assert len(fragment.text) == 64
    assert parse_fragment(fragment.text) == fragment


@pytest.mark.parametrize("text", ["", "A" * 63, "A" * 65, "A" * 63 + "=", "#" + "A" * 63, "A" * 63 + "/"])
def test_another_fragment_is_malformed(text: str) -> None:
    with refused("malformed"):
        parse_fragment(text)


def test_a_fragment_knows_whose_file_it_is() -> None:
    fragment = link_fragment(SECRET, ADA)
    fragment.check_owner(person("ada").bundle)
    with refused("unknown_owner"):
        fragment.check_owner(person("bob").bundle)


def test_nothing_secret_is_shown() -> None:
    fragment = link_fragment(new_link_secret(), ADA)
    assert fragment.secret.hex() not in repr(fragment)
    assert KEYS.token.hex() not in repr(KEYS)


def test_keys_depend_on_secret_password_and_link() -> None:
    made = [
        KEYS,
        link_keys(SECRET, "pässword", LINK),
        link_keys(SECRET, "password", LINK),
        link_keys(new_link_secret(), None, LINK),
        link_keys(SECRET, None, bytes(16)),
    ]
    assert len({part for keys in made for part in keys}) == 3 * len(made)
    assert link_keys(SECRET, "pa\u0308ssword", LINK) == made[1]
    assert link_keys(SECRET, "", LINK) == KEYS


def test_the_owner_gets_the_keys_from_m_alone() -> None:
    assert keys_of_m(KEYS.m) == KEYS


def test_the_file_key_comes_back() -> None:
    assert unwrap_for_link(WRAP, KEYS.wrap_key, ADA, ID, 1) == KEY
    assert len(WRAP) == 60


@pytest.mark.parametrize(
    ("key", "owner", "file_id", "version"),
    [
        (KEYS.token, ADA, ID, 1),
        (KEYS.wrap_key, person("bob").fingerprint, ID, 1),
        (KEYS.wrap_key, ADA, bytes(16), 1),
        (KEYS.wrap_key, ADA, ID, 2),
    ],
    ids=["another key", "another owner", "another file", "another version"],
)
def test_a_wrap_does_not_move(key: bytes, owner: bytes, file_id: bytes, version: int) -> None:
    with refused("not_authentic"):
        unwrap_for_link(WRAP, key, owner, file_id, version)


@pytest.mark.parametrize("length", [0, 59, 61])
def test_another_length_is_malformed(length: int) -> None:
    with refused("malformed"):
        unwrap_for_link(bytes(length), KEYS.wrap_key, ADA, ID, 1)
    with refused("malformed"):
        LinkSecret(bytes(length))
    with refused("malformed"):
        link_keys(SECRET, None, bytes(length))
