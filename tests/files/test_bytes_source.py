"""A text as something to send."""

from __future__ import annotations

import pytest

from peerseal.errors import UsageError
from peerseal.files.bytes_source import from_text
from peerseal.files.source import NO_STAMP

from .drained import drain


def test_a_text_over_the_limit_is_a_usage_error() -> None:
    assert drain(from_text("grüße", 100)) == "grüße".encode()
    with pytest.raises(UsageError):
        from_text("x" * 101, 100)


def test_a_text_goes_back_and_has_no_stamp() -> None:
    source = from_text("hello", 10)
    assert drain(source, 2) == b"hello"
    source.seek(2)
    assert drain(source, 2) == b"llo"
    assert source.stamp() == NO_STAMP
