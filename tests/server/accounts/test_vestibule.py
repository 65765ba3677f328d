"""The vestibule: a flood of strangers fills only its own places."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import cast

import pytest

from peerseal.server.accounts.vestibule import OTHERS, STRANGERS, Vestibule
from peerseal.server.asgi_types import Scope
from peerseal.server.guard.devices import Devices
from peerseal.server.guard.passes import Passes
from peerseal.server.guard.problems import HttpProblem

KNOWN = "k" * 43


class OneKnown:
    """The part of `Devices` that is asked."""

    def known_anywhere(self, secret: str) -> bool:
        return secret == KNOWN


def scope(*headers: tuple[bytes, bytes]) -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/login",
        "headers": list(headers),
        "peerseal.source": "a",
    }


def vestibule(passes: Passes | None = None) -> Vestibule:
    return Vestibule(cast("Devices", OneKnown()), passes or Passes(lambda: 0))


@contextlib.asynccontextmanager
async def full(here: Vestibule) -> AsyncIterator[None]:
    """Strangers in all their places."""
    async with contextlib.AsyncExitStack() as inside:
        for _ in range(STRANGERS):
            await inside.enter_async_context(here.place(scope()))
        yield


async def refused(here: Vestibule, asks: Scope) -> bool:
    with contextlib.suppress(HttpProblem):
        async with here.place(asks):
            return False
    with pytest.raises(HttpProblem) as busy:
        await here.place(asks).__aenter__()
    return (busy.value.status, busy.value.code, busy.value.retry_after) == (503, "busy", 1)


def test_when_it_is_full_strangers_are_sent_away_and_get_in_later() -> None:
    async def run() -> None:
        here = vestibule()
        async with full(here):
            assert await refused(here, scope())
            assert await refused(here, scope((b"peerseal-device", b"s" * 43)))
            assert await refused(here, scope((b"peerseal-pass", b"made up")))
        assert not await refused(here, scope())

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["a known device", "a pass"])
def test_who_brings_what_strangers_have_not_gets_in_all_the_same(kind: str) -> None:
    async def run() -> None:
        passes = Passes(lambda: 0)
        line = (b"peerseal-device", KNOWN.encode())
        if kind == "a pass":
            line = (b"peerseal-pass", passes.grant("a").pass_.encode())
        here = vestibule(passes)
        async with full(here), contextlib.AsyncExitStack() as inside:
            for _ in range(OTHERS):
                await inside.enter_async_context(here.place(scope(line)))
            assert await refused(here, scope(line))

    asyncio.run(run())
