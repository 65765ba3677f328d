"""The STUN and TURN servers the operator has set, with a TURN credential for each who asks (docs/wire.md §1.6).

The credential is what coturn calls `use-auth-secret`: good for an hour, and nothing in it says whose it is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

from peerseal.errors import UsageError
from peerseal.server.config import ServerConfig
from peerseal.wire.limits import ICE_CREDENTIAL_SECONDS, ICE_URLS_MAX
from peerseal.wire.messages import IceServer


class IceServers:
    """Called once for each asker. `now` is the time of day in seconds: the TURN server compares it with its own."""

    def __init__(
        self,
        config: ServerConfig,
        now: Callable[[], float] = time.time,
        randomness: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        """Raises UsageError for settings that do not go together."""
        if len(config.stun) + len(config.turn) > ICE_URLS_MAX:
            raise UsageError(f"PEERSEAL_STUN and PEERSEAL_TURN together name at most {ICE_URLS_MAX} servers")
        if bool(config.turn) != bool(config.turn_secret):
            raise UsageError(
                "PEERSEAL_TURN and PEERSEAL_TURN_SECRET go together",
                hint="The secret is what coturn calls static-auth-secret.",
            )
        self._stun = config.stun
        self._turn = config.turn
        self._secret = config.turn_secret.encode("utf-8", "surrogateescape")
        self._now = now
        self._randomness = randomness

    def __call__(self) -> tuple[IceServer, ...]:
        """Those without a credential, and those with one of the asker's own."""
        servers = []
        if self._stun:
            servers.append(IceServer(self._stun, None, None))
        if self._turn:
            username = f"{int(self._now()) + ICE_CREDENTIAL_SECONDS}:{self._randomness(4)}"
            # SHA-1 is what TURN servers compute here; an HMAC with it has no known weakness.
            code = hmac.new(self._secret, username.encode("ascii"), hashlib.sha1).digest()
            servers.append(IceServer(self._turn, username, base64.b64encode(code).decode("ascii")))
        return tuple(servers)
