"""Looks into the database: whoever floods one address holds nobody up who comes from another."""

import asyncio
import threading

from peerseal.server.guard.looking import AT_ONCE, WAITING, WAITING_OF_ONE, Looking
from peerseal.server.guard.problems import HttpProblem


def test_a_flood_from_one_address_leaves_places_for_others_and_they_have_their_turn() -> None:
    async def flooded() -> None:
        looking, done, gate = Looking(), [], threading.Event()

        def ask(who: str) -> bool:
            gate.wait(20)
            done.append(who)
            return True

        flood = [asyncio.ensure_future(looking.look("flood", lambda: ask("flood"))) for _ in range(500)]
        await asyncio.sleep(0)
        person = asyncio.ensure_future(looking.look("person", lambda: ask("person")))
        await asyncio.sleep(0)
        gate.set()
        assert await person is True
        found = await asyncio.gather(*flood)
        assert found.count(True) == AT_ONCE + WAITING_OF_ONE
        # In turn: before most of those that came long before.
        assert done.index("person") <= 2 * AT_ONCE

    asyncio.run(flooded())


def test_when_all_places_are_taken_the_address_with_most_gives_one_up() -> None:
    async def crowded() -> None:
        looking, gate = Looking(), threading.Event()

        def ask() -> bool:
            return gate.wait(20)

        flood = [
            asyncio.ensure_future(looking.look(f"flood {n // 16}", ask)) for n in range(AT_ONCE + WAITING)
        ]
        await asyncio.sleep(0)
        person = asyncio.ensure_future(looking.look("person", ask))
        await asyncio.sleep(0)
        gate.set()
        assert await person is True
        found = await asyncio.gather(*flood)
        assert found.count(None) == 1

    asyncio.run(crowded())


def test_who_goes_away_and_who_gets_no_answer_give_their_places_back() -> None:
    async def cancelled() -> None:
        looking, gate = Looking(), threading.Event()

        def busy() -> bool:
            gate.wait(20)
            raise HttpProblem(503, "busy")

        asking = [asyncio.ensure_future(looking.look("one", busy)) for _ in range(AT_ONCE + 4)]
        await asyncio.sleep(0)
        for one in asking[AT_ONCE:]:
            one.cancel()
        gate.set()
        said = await asyncio.gather(*asking, return_exceptions=True)
        assert said[:AT_ONCE] == [None] * AT_ONCE
        assert all(isinstance(one, asyncio.CancelledError) for one in said[AT_ONCE:])
        for _ in range(AT_ONCE + 1):
            assert await looking.look("two", lambda: 7) == 7

    asyncio.run(cancelled())
