"""Every byte string has exactly one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.errors import IntegrityFailed
from peerseal.wire.encoding import base64url_decode, base64url_encode, is_id


@given(st.binary(max_size=100))
def test_bytes_come_back(value: bytes) -> None:
    assert base64url_decode(base64url_encode(value), len(value)) == value


@pytest.mark.parametrize("text", ["AA==", "A", "AB", "AAB", "A A", "AA\n", "+/+/", "ÄÄ", "AAAAA"])
def test_other_spellings_are_malformed(text: str) -> None:
    with pytest.raises(IntegrityFailed) as refused:
        base64url_decode(text)
    assert refused.value.code == "malformed"


def test_another_length_is_malformed() -> None:
    with pytest.raises(IntegrityFailed):
        base64url_decode("AAAA", 4)


def test_an_id_is_32_lower_case_hex_digits() -> None:
    assert is_id("0123456789abcdef" * 2)
    assert not is_id("0123456789ABCDEF" * 2)
    assert not is_id("0123456789abcdef" * 2 + "\n")
    assert not is_id("0" * 31)
