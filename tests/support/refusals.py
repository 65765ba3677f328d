"""Saying in one line that something is refused, and with which code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from peerseal.errors import PeersealError


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Whatever stands in the block raises exactly this code."""
    with pytest.raises(PeersealError) as error:
        yield
    assert error.value.code == code


def refusal_of(call: Callable[..., object], *arguments: object) -> str:
    """The code with which a call refuses these arguments."""
    with pytest.raises(PeersealError) as error:
        call(*arguments)
    return error.value.code
