"""What an upload that does not fit is told: how much it needs, and how much the account has left."""

from __future__ import annotations

import contextlib

from peerseal.client.api import Api
from peerseal.errors import PeersealError, Refused
from peerseal.wire.accounts import SignedIn
from peerseal.wire.limits import MIB


def no_room(api: Api, refused: PeersealError, needed: int) -> PeersealError:
    """`refused` (507 `quota`) with the numbers, if the server says them. `needed` in sealed bytes."""
    if refused.code != "quota":
        return refused
    with contextlib.suppress(PeersealError):
        said = api.ask(SignedIn, "me").account
        left = max(0, said.quota - said.used)
        return Refused(
            f"This needs {_mib(needed)}, and {_mib(left)} of your {_mib(said.quota)} on this server are left.",
            code=refused.code,
            hint=refused.hint,
        )
    return refused


def _mib(count: int) -> str:
    return f"{count / MIB:.1f} MiB" if count >= MIB else f"{count} bytes"
