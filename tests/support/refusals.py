"""Saying in one line that something is refused, and with which code."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from peerseal.errors import PeersealError


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Whatever stands in the block raises exactly this code."""
    with pytest.raises(PeersealError) as error:
        yield
    assert error.value.code == code
