"""What a ticket still opens, asked of the database for every chunk: memory may be a moment behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from peerseal.errors import NotFound
from peerseal.server.files.parts import Parts
from peerseal.server.files.sizes import Stream, StreamName
from peerseal.server.files.tickets import Grant
from peerseal.server.files.wholes import Whole
from peerseal.server.guard.problems import HttpProblem

#: So exact is when the last chunk came: a write for every chunk would be too many.
TOUCH_MS: Final = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Place:
    """Chunk `n` of a stream, where it lies in storage, and what may come of it."""

    whole: Whole
    stream: Stream
    n: int

    @property
    def chunk(self) -> str:
        """Its name within the group."""
        return self.stream.blob(self.n)

    @property
    def name(self) -> str:
        """Its name in storage."""
        return f"{self.whole.group}/{self.chunk}"

    @property
    def may_come(self) -> bool:
        """Whether it is worth waiting for."""
        if self.whole.committed is not None or self.n < self.stream.first:
            return False
        return self.whole.open or self.n < self.stream.chunks

    @property
    def must_be_there(self) -> bool:
        """Whether it was acknowledged for sure: if storage has it not, storage has lost it."""
        return self.whole.committed is not None and self.stream.first <= self.n < self.stream.chunks


class Rights:
    """Looks up places."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def place(self, grant: Grant, name: StreamName, n: int) -> Place:
        """Where the chunk lies, if the ticket still opens it. Raises NotFound, 401 `ticket`."""
        kind = self._parts.kinds[grant.whole.kind]
        # Before the database is read: what is read does not show a lease that another request takes meanwhile.
        leased = grant.leased
        with self._parts.database.reading() as session:
            whole = kind.find(session, grant.whole.number)
            if whole is None or not kind.allows(session, grant, leased=leased):
                raise NotFound
        return Place(whole, whole.stream(name), n)

    def coming(self, place: Place, length: int) -> None:
        """So many bytes are about to be written there. Raises 507 if there is no room for them."""
        self._parts.kinds[place.whole.key.kind].coming(place.whole.key.number, length)

    def not_come(self, place: Place, length: int) -> None:
        """They were not, after all."""
        self._parts.kinds[place.whole.key.kind].not_come(place.whole.key.number, length)

    def stored(self, place: Place) -> None:
        """A chunk has just been written there. Takes it back if nobody wants it any more.

        Raises NotFound if the upload is gone, 409 `committed` if it was closed without this chunk.
        """
        kind, number = self._parts.kinds[place.whole.key.kind], place.whole.key.number
        with self._parts.database.reading() as session:
            whole = kind.find(session, number)
        if whole is None:
            self._parts.storage.delete(place.name)
            raise NotFound
        if whole.committed is not None and place.n >= whole.stream(place.stream.name).chunks:
            self._parts.storage.delete(place.name)
            raise HttpProblem(409, "committed")
        if whole.touched < self._parts.now() - TOUCH_MS:
            with self._parts.database.writing() as session:
                kind.touch(session, number)
