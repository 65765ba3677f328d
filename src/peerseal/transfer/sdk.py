"""The Python SDK: `peerseal.send` and `peerseal.receive`, plain functions that block until it is done.

They may be called on any thread, raise `PeersealError`, print nothing and read no environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from peerseal.client.settings import DEFAULT_SERVER, ServerUrl, parse_link, parse_server
from peerseal.errors import UsageError
from peerseal.files.bytes_source import TEXT_MAX_BYTES, from_text
from peerseal.files.scan import look, scan
from peerseal.files.source import Source
from peerseal.transfer import receive as receiving
from peerseal.transfer import send as sending
from peerseal.transfer.arrival import ReceiveResult
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.events import Event, Offer
from peerseal.transfer.lanes import Wanted
from peerseal.transfer.person import Settled, Words

if TYPE_CHECKING:
    from peerseal.transfer.account import Account
    from peerseal.transfer.live_account import LiveAccount

PathLike = str | os.PathLike[str]
DEFAULT_NAME = "Python"


def send(
    paths: PathLike | Iterable[PathLike] = (),
    *,
    to: str | None = None,
    code: str | None = None,
    text: str | None = None,
    server: str | None = None,
    name: str | None = None,
    account: Account | None = None,
    words: Words | None = None,
    unverified: bool = False,
    room: str | None = None,
    on_event: Callable[[Event], None] | None = None,
    timeout: float | None = None,
    cancel: Cancel | None = None,
    ways: Wanted = "any",
) -> sending.SendResult:
    """Send files and folders, or a text, to one receiver.

    With `to` the receiver of that name in the list is asked, and `words` or `unverified=True` decide whether
    anything is sent: the check words are new on every connection, so `words` is a function that gets this side's
    four and says whether the other person sees the same. Without `to` a code is made, or the given one used, and
    told by a `Ready` event. With `account` (signed in, see `sign_in`) a contact of that name is meant first, and a
    verified one needs no words; who shows other keys is a hard stop (`key_changed`). `timeout` in seconds is how long to wait for somebody.
    `ways`: `direct` or `relay` carries nothing on another path.
    """
    several = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if bool(several) is (text is not None):
        raise UsageError("Give paths or a text, one of the two.")
    look([os.fspath(path) for path in several])
    if to is not None and code is not None:
        raise UsageError("Give a name or a code, not both.")

    def open_source() -> Source:
        if text is not None:
            return from_text(text, TEXT_MAX_BYTES)
        return scan([os.fspath(path) for path in several])

    live = _live(account)
    wish = sending.SendWish(
        server=_server(server, account),
        name=name or (DEFAULT_NAME if live is None else live.name),
        account=live,
        open_source=open_source,
        to=to,
        code=code,
        room=room,
        unverified=unverified,
        timeout=timeout,
        paths=ways,
    )
    return sending.send(
        wish, Settled(words=words, unverified=unverified), on_event or _ignore, cancel or Cancel()
    )


def receive(
    code: str | None = None,
    *,
    name: str | None = None,
    into: PathLike = ".",
    accept: bool | Callable[[Offer], bool] = True,
    server: str | None = None,
    account: Account | None = None,
    words: Words | None = None,
    unverified: bool = False,
    room: str | None = None,
    on_event: Callable[[Event], None] | None = None,
    timeout: float | None = None,
    cancel: Cancel | None = None,
    ways: Wanted = "any",
) -> ReceiveResult:
    """Receive one transfer into the folder `into`: by code or link, or listed as `name` until somebody asks.

    `accept` says whether to take an offer: True, or a function that looks at it. Hidden names get `_` in front
    unless a function looked. With `account` you are listed under its name, and contacts are recognised by their keys.
    """
    if not (isinstance(accept, bool) or callable(accept)):
        raise UsageError("accept is True, False or a function that looks at the offer.")
    link = None if code is None else parse_link(code)
    if link is not None and link.kind == "stored":
        raise UsageError("This is the link of a stored file.", hint="peerseal.receive_link downloads it.")
    if link is not None:
        server, code = str(link.server), link.value if link.kind == "code" else None
        room = link.value if link.kind == "room" else room
    live = _live(account)
    wish = receiving.ReceiveWish(
        server=_server(server, account),
        name=name or (DEFAULT_NAME if live is None else live.name),
        account=live,
        code=code,
        room=room,
        target=os.fspath(into),
        asked=callable(accept),
        timeout=timeout,
        paths=ways,
    )
    person = Settled(accept=accept, words=words, unverified=unverified)
    return receiving.receive(wish, person, on_event or _ignore, cancel or Cancel())


def _server(server: str | None, account: Account | None) -> ServerUrl:
    """Where to meet: with an account at its own server. Raises UsageError if another is named."""
    if account is None:
        return parse_server(server or DEFAULT_SERVER)
    if server is not None and parse_server(server) != account.open.server:
        raise UsageError(f"The account is at {account.open.server}, not at {server}.")
    return account.open.server


def _live(account: Account | None) -> LiveAccount | None:
    if account is None:
        return None
    from peerseal.transfer.live_account import LiveAccount

    live = LiveAccount(account.open)
    live.refresh()
    return live


def _ignore(event: Event) -> None:
    """Nobody listens."""
