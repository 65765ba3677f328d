"""What `peerseal doctor` says where the server itself stops this address: that, and nothing about proxies."""

from __future__ import annotations

import time
from typing import Final, Literal

from peerseal.client.http import Response
from peerseal.errors import IntegrityFailed
from peerseal.wire.strict_json import loads_object

_DONE: Final = {"blocked": "blocks", "challenge": "challenges", "wait": "holds up"}
_GOES_ON: Final = "Commands compute for a moment and then go on by themselves.\n"
_FIX: Final = (
    "It ends by itself. If it is wrong, ask the person who runs the server: `peerseal guard list` there\n"
    "says why, `peerseal guard undo ADDRESS` ends it. Then run this again for everything else."
)


def stopped(response: Response, now: float) -> tuple[Literal["limited", "broken"], str, str] | None:
    """State, message and fix if `response` is the refusal of docs/guard.md §2; None for any other. `now` in seconds."""
    try:
        code = str(loads_object(response.body).get("code"))
    except IntegrityFailed:
        return None
    done = _DONE.get(code)
    if done is None or response.status not in (403, 429):
        return None
    seconds = response.headers.get("retry-after", "")
    until = f"until {_clock(now + int(seconds))}" if seconds.isdecimal() else "for a while"
    message = f"The server {done} this address {until}: much that came from it looked like an attack."
    return ("broken", message, _FIX) if code == "blocked" else ("limited", message, _GOES_ON + _FIX)


def _clock(seconds: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(seconds))
