"""HKDF as RFC 5869 has it, with our info; secrets stay quiet."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.file_key import FileKey, RecordKey
from peerseal.crypto.kdf import PseudoRandomKey, Secret, SharedSecret, derive, expand, extract, lp, u64


def test_extract_is_that_of_rfc_5869_case_1() -> None:
    key = extract(b"\x0b" * 22, bytes(range(13)))
    assert key.hex() == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"


def test_an_empty_salt_is_32_zero_bytes() -> None:
    assert extract(b"\x0b" * 22, b"") == extract(b"\x0b" * 22, bytes(32))


def test_parts_stand_behind_their_length() -> None:
    assert lp() == b""
    assert lp(b"ab", b"") == b"\0\0\0\2ab\0\0\0\0"
    assert u64(258) == b"\0\0\0\0\0\0\1\2"


@given(st.lists(st.binary(max_size=8), max_size=4), st.lists(st.binary(max_size=8), max_size=4))
def test_two_lists_of_parts_never_look_alike(one: list[bytes], other: list[bytes]) -> None:
    assert (lp(*one) == lp(*other)) is (one == other)


@given(st.integers(1, 8160))
def test_a_shorter_output_is_the_beginning_of_a_longer(length: int) -> None:
    longest = expand(PseudoRandomKey(bytes(32)), "x", b"", 8160)
    assert expand(PseudoRandomKey(bytes(32)), "x", b"", length) == longest[:length]


def test_the_info_is_label_and_context() -> None:
    info = b"\0\0\0\x16peerseal/1 key-initiat" + b"\0\0\0\1c"
    expected = hmac.digest(bytes(32), info + b"\1", "sha256")
    assert expand(PseudoRandomKey(bytes(32)), "key-initiat", b"c", 32) == expected


def test_every_input_changes_the_key() -> None:
    keys = {
        derive(b"a", b"b", "c", b"d", 32),
        derive(b"A", b"b", "c", b"d", 32),
        derive(b"a", b"B", "c", b"d", 32),
        derive(b"a", b"b", "C", b"d", 32),
        derive(b"a", b"b", "c", b"D", 32),
    }
    assert len(keys) == 5


@pytest.mark.parametrize("length", [0, 8161])
def test_lengths_hkdf_cannot_give_are_a_mistake(length: int) -> None:
    with pytest.raises(ValueError, match="8160"):
        expand(PseudoRandomKey(), "x", b"", length)


@pytest.mark.parametrize("kind", [Secret, SharedSecret, PseudoRandomKey, RecordKey, FileKey])
def test_secrets_show_only_their_type(kind: type[Secret]) -> None:
    secret = kind(b"hunter2!" * 4)
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", f"{[secret]}"):
        assert "hunter2" not in shown
        assert kind.__name__ in shown
