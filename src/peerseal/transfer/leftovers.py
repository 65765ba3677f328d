"""What earlier processes left unfinished: found by the start of its id, given up here and at the server."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final

from peerseal.errors import NotFound, PeersealError, UsageError
from peerseal.files.part import remove_part
from peerseal.transfer.about import About
from peerseal.transfer.journal import Journal
from peerseal.transfer.journals import Listed, all_journals, remove

SHORT_ID: Final = 4
_ENOUGH: Final = 8


def short_id(listed: Listed, among: list[Listed]) -> str:
    """The first digits of an id that no other in the list begins with, at least 4."""
    length = SHORT_ID
    while length < _ENOUGH and sum(one.id.startswith(listed.id[:length]) for one in among) > 1:
        length += 1
    return listed.id[:length]


def find(home: str, prefix: str) -> Listed:
    """The one whose id begins so. Raises NotFound, UsageError if there are several."""
    wanted = prefix.strip().lower()
    found = [one for one in all_journals(home) if wanted and one.id.startswith(wanted)]
    if not found:
        raise NotFound(
            f"No unfinished transfer has an id that begins with {prefix!r}.",
            code="no_transfer",
            hint="`peerseal transfers list` shows those there are.",
        )
    if len(found) > 1:
        raise UsageError(
            f"Several unfinished transfers have an id that begins with {prefix!r}.",
            hint="Write more of its digits.",
        )
    return found[0]


def discard(home: str, listed: Listed, tell_server: Callable[[About], None]) -> None:
    """Give it up: its journal and part folder go; the server hears of it if it can be told (`tell_server`).

    Raises Refused (`busy`) if it is running, LocalFileFailed.
    """
    if listed.about is None:
        remove(home, listed.id)
        return
    with Journal.open(home, listed.id) as journal:
        about = journal.about
        with contextlib.suppress(PeersealError):
            tell_server(about)
        if about.put is not None:
            remove_part(about.put.folder, about.put.part)
        journal.discard()


def end_park(about: About) -> None:
    """Take back what a sender parked; let go of what is parked for a receiver. Raises PeersealError."""
    live, parked = about.live, about.parked
    if live is None and parked is None:
        return
    from peerseal.client.api import Api
    from peerseal.client.parks import ParkPass, ReaderPark, SenderPark
    from peerseal.client.settings import parse_server
    from peerseal.crypto_engine import ParkSecret

    api = Api(parse_server(about.server))
    try:
        if parked is not None:
            SenderPark(api, ParkPass(parked.park, bytes(parked.token))).end()
        elif live is not None and about.kind == "receive" and live.park is not None:
            ReaderPark.of(api, ParkSecret(bytes(live.park), about.id, about.version)).done()
    finally:
        api.close()
