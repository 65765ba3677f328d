"""Who is signed in on a connection of the meeting: looked up as it comes, and never on the event loop (docs/wire.md §1)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from peerseal.server.accounts.asking import Asking, Signed
from peerseal.server.guard.origin import header_values
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.live.connection import Connection
from peerseal.server.live.service import Meeting


class Callers:
    """Finds the account behind a connection's credential. `identify` reads the database."""

    def __init__(self, identify: Callable[[Asking], Signed | None]) -> None:
        self._identify = identify

    async def of_program(self, asking: Asking) -> Signed | None:
        """Who brings this bearer token; None without one. Raises HttpProblem 401 for one that does not hold.

        Cookies do not count: programs have none, and pages come by Socket.IO.
        """
        if not any(
            line.lower().startswith("bearer") for line in header_values(asking.headers, b"authorization")
        ):
            return None
        signed = await self._look(asking)
        if signed is None:
            raise HttpProblem(401, "not_signed_in")
        return signed

    async def of_page(self, asking: Asking) -> Signed | None:
        """Whose cookie came along from a page of this server; None for nobody's."""
        if not header_values(asking.headers, b"cookie"):
            return None
        return await self._look(asking)

    async def look_again(self, meeting: Meeting, connection: Connection, asking: Asking) -> None:
        """A session that ended while its connection came to be ended nothing yet: do it now."""
        if connection.session is not None and await self._look(asking) is None:
            meeting.sign_out(connection)

    async def _look(self, asking: Asking) -> Signed | None:
        return await asyncio.to_thread(self._identify, asking)
