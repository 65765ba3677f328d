"""Parks for tests of the server: a plan with its tokens and chunks, and somebody who carries it out by HTTP."""

from __future__ import annotations

import hashlib
import os
import secrets

from peerseal.server.files.sizes import streams_of
from peerseal.wire import parks as wire
from support.stored_files import RECORD, sealed
from support.storing import Storer

Chunks = dict[tuple[str, int], bytes]


class Plan:
    """A park that may be made: `wanted` says it, `token` is its sender's, `readers` are ids and their tokens.

    `content` and `manifest` are plain bytes, `first` the first chunks of manifest and content that come.
    """

    def __init__(
        self,
        content: int = 100,
        manifest: int = 50,
        *,
        first: tuple[int, int] = (0, 0),
        open_: bool = False,
        readers: int = 1,
        record_size: int = RECORD,
    ) -> None:
        self.token = os.urandom(32)
        self.readers = {secrets.token_hex(16): os.urandom(32) for _ in range(readers)}
        self.wanted = wire.NewPark(
            secrets.token_hex(16),
            record_size,
            sealed(manifest, min(record_size, 65_536)),
            sealed(content, record_size),
            open_,
            *first,
            hashed(self.token),
            tuple(wire.NewReader(name, hashed(token)) for name, token in self.readers.items()),
        )

    @property
    def id(self) -> str:
        """The park's."""
        return self.wanted.park

    @property
    def proof(self) -> wire.ParkToken:
        """The sender's."""
        return wire.ParkToken(self.token)

    @property
    def reader(self) -> str:
        """The first one's id."""
        return next(iter(self.readers))

    def reading(self, reader: str = "") -> wire.ParkToken:
        """A reader's proof."""
        return wire.ParkToken(self.readers[reader or self.reader])

    def sizes(self, manifest_bytes: int | None = None, content_bytes: int | None = None) -> wire.ParkSizes:
        """New sizes; those that were announced where none are given."""
        return wire.ParkSizes(
            self.token,
            self.wanted.manifest_bytes if manifest_bytes is None else manifest_bytes,
            self.wanted.content_bytes if content_bytes is None else content_bytes,
        )

    def one_more(self) -> wire.AddReader:
        """A further reader."""
        name, token = secrets.token_hex(16), os.urandom(32)
        self.readers[name] = token
        return wire.AddReader(self.token, wire.NewReader(name, hashed(token)))

    def chunks(self) -> Chunks:
        """All that come, as random bytes."""
        wanted = self.wanted
        first = (wanted.manifest_from, wanted.content_from)
        both = streams_of(wanted.record_size, wanted.manifest_bytes, wanted.content_bytes, first)
        return {
            (stream.name, n): os.urandom(stream.length(n))
            for stream in both
            for n in range(stream.first, stream.chunks)
        }


def park(person: Storer, plan: Plan, *, commit: bool = True) -> Chunks:
    """Make it and fill it; what is in it."""
    ticket = person.expect("new_park", plan.wanted)["ticket"]
    chunks = plan.chunks()
    for place, content in chunks.items():
        assert person.put(ticket, *place, content) == 201
    if commit:
        person.expect("commit_park", plan.sizes(), park=plan.id)
    return chunks


def fetched(person: Storer, plan: Plan, chunks: Chunks, reader: str = "") -> bool:
    """Whether a reader is given exactly these."""
    reader = reader or plan.reader
    ticket = person.expect("parked_ticket", plan.reading(reader), reader=reader)["ticket"]
    return all(person.get(ticket, *place) == (200, content) for place, content in chunks.items())


def hashed(token: bytes) -> bytes:
    """What the server is told of a token."""
    return hashlib.sha256(token).digest()
