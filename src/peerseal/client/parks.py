"""Parks on the server, one call for each endpoint (docs/api.md §6): a sender's park, and what waits for a reader.

Whoever holds a token may ask; no account is needed. Every call raises what `Api.call` does.
"""

from __future__ import annotations

from typing import Final

from peerseal.client.api import Api
from peerseal.crypto_engine import ParkSecret, Secret, random_bytes, sha256
from peerseal.wire.limits import ID_BYTES, PARK_TOKEN_BYTES
from peerseal.wire.parks import (
    AddReader,
    NewPark,
    NewReader,
    Park,
    ParkClosing,
    Parked,
    ParkSizes,
    ParkToken,
)
from peerseal.wire.stored import StoreTicket
from peerseal.wire.value import Value


class ParkPass:
    """What a sender needs to come back to a park it made: its id (16 B) and the upload token (32 B)."""

    __slots__ = ("id", "token")

    def __init__(self, park_id: bytes, token: bytes) -> None:
        self.id: Final = park_id
        self.token: Final = Secret(token)

    @classmethod
    def new(cls) -> ParkPass:
        """A pass for a park that is still to be made."""
        return cls(random_bytes(ID_BYTES), random_bytes(PARK_TOKEN_BYTES))

    def __repr__(self) -> str:
        return "ParkPass(…)"


class ParkPlan(Value):
    """What a new park is to hold: sealed sizes of both whole streams, and the first chunk of each that will come.

    Exact sizes unless `open`; then what is reserved first.
    """

    record_size: int
    manifest_bytes: int
    content_bytes: int
    open: bool = False
    manifest_from: int = 0
    content_from: int = 0


class SenderPark:
    """A park as its sender works on it."""

    def __init__(self, api: Api, own: ParkPass) -> None:
        """Asks nothing yet."""
        self._api = api
        self.own: Final = own
        self._id = own.id.hex()

    def new(self, plan: ParkPlan, readers: list[NewReader]) -> StoreTicket:
        """`new_park`. Raises Refused (`quota`, `parking_closed`)."""
        wanted = NewPark(
            park=self._id,
            record_size=plan.record_size,
            manifest_bytes=plan.manifest_bytes,
            content_bytes=plan.content_bytes,
            open=plan.open,
            manifest_from=plan.manifest_from,
            content_from=plan.content_from,
            upload=sha256(self.own.token),
            readers=tuple(readers),
        )
        return self._api.ask(StoreTicket, "new_park", wanted)

    def ticket(self) -> StoreTicket:
        """`park_ticket`: another ticket for uploading."""
        return self._api.ask(StoreTicket, "park_ticket", self._token(), park=self._id)

    def add_reader(self, reader: NewReader) -> None:
        """`add_reader`."""
        self._api.call("add_reader", AddReader(self.own.token, reader), park=self._id)

    def closing(self, reader: bytes, closing: bytes) -> None:
        """`park_closing`: what the reader with this id gets."""
        self._api.call("park_closing", ParkClosing(self.own.token, reader.hex(), closing), park=self._id)

    def reserve(self, manifest_bytes: int, content_bytes: int) -> None:
        """`reserve_park`, for an open park that grows."""
        self._api.call(
            "reserve_park", ParkSizes(self.own.token, manifest_bytes, content_bytes), park=self._id
        )

    def commit(self, manifest_bytes: int, content_bytes: int) -> Park:
        """`commit_park`: everything is there. The same again is the same answer."""
        return self._api.ask(
            Park, "commit_park", ParkSizes(self.own.token, manifest_bytes, content_bytes), park=self._id
        )

    def look(self) -> Park:
        """`park`: how it stands. Raises NotFound once it is gone."""
        return self._api.ask(Park, "park", self._token(), park=self._id)

    def end(self) -> None:
        """`end_park`: gone at once."""
        self._api.call("end_park", self._token(), park=self._id)

    def _token(self) -> ParkToken:
        return ParkToken(self.own.token)


class ReaderPark:
    """A park as one of its readers sees it."""

    def __init__(self, api: Api, reader: bytes, token: bytes) -> None:
        """By reader id and token. Asks nothing yet."""
        self._api = api
        self._reader = reader.hex()
        self._token = ParkToken(token)

    @classmethod
    def of(cls, api: Api, secret: ParkSecret) -> ReaderPark:
        """By what the channel gave both sides."""
        return cls(api, secret.reader, secret.token)

    def look(self) -> Parked:
        """`parked`. Raises NotFound if nothing is parked for this reader (any more)."""
        return self._api.ask(Parked, "parked", self._token, reader=self._reader)

    def ticket(self) -> StoreTicket:
        """`parked_ticket`."""
        return self._api.ask(StoreTicket, "parked_ticket", self._token, reader=self._reader)

    def done(self) -> None:
        """`parked_done`: this reader holds all of it."""
        self._api.call("parked_done", self._token, reader=self._reader)


def reader_of(secret: ParkSecret) -> NewReader:
    """How a receiver is named to the server."""
    return NewReader(secret.reader.hex(), sha256(secret.token))
