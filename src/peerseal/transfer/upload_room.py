"""Room on the server for a stream of unknown length: reserved ahead while it grows, exactly at its end."""

from __future__ import annotations

from typing import Final

from peerseal.client.api import Api
from peerseal.errors import Refused
from peerseal.transfer.no_room import no_room
from peerseal.wire.limits import MIB
from peerseal.wire.stored import Reserve

_AHEAD_BYTES: Final = 64 * MIB


class Room:
    """What is reserved for one upload: `manifest_bytes`, and of its content `reserved` bytes so far (both sealed)."""

    def __init__(self, api: Api, upload: str, manifest_bytes: int, reserved: int) -> None:
        self._api = api
        self._upload = upload
        self._manifest_bytes = manifest_bytes
        self._reserved = reserved

    def make(self, sealed: int, exact: bool) -> None:
        """Room for `sealed` bytes of content; `exact`: it ends there. Raises Refused (`quota`) with the numbers."""
        if exact and sealed != self._reserved:
            self._reserve(sealed)
        elif sealed > self._reserved:
            try:
                self._reserve(sealed + max(_AHEAD_BYTES, sealed // 4))
            except Refused as refused:
                if refused.code != "quota":
                    raise
                try:
                    self._reserve(sealed)  # perhaps just this much is left
                except Refused as full:
                    raise no_room(self._api, full, sealed) from None

    def _reserve(self, size: int) -> None:
        self._api.call("reserve", Reserve(self._manifest_bytes, size), upload=self._upload)
        self._reserved = size
