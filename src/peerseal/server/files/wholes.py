"""What chunks belong to, an upload of a file or a park, as the chunks and the sweep see both."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy.orm import Session

from peerseal.server.files.sizes import Stream, StreamName
from peerseal.server.files.tickets import Grant, WholeKey
from peerseal.server.guard.problems import HttpProblem


@dataclass(frozen=True, slots=True)
class Whole:
    """One of them, as it stood when it was looked for. Its chunks lie in `group`; times in ms.

    `open`: its end is not known yet. `touched`: about when its last chunk came.
    """

    key: WholeKey
    group: str
    manifest: Stream
    content: Stream
    open: bool
    touched: int
    committed: int | None

    def stream(self, name: StreamName) -> Stream:
        """The one of that name."""
        return self.manifest if name == "manifest" else self.content

    @property
    def room(self) -> int:
        """Sealed bytes of the chunks that come."""
        return self.manifest.room + self.content.room

    @property
    def space(self) -> int:
        """What those chunks take on a disk."""
        return self.manifest.space + self.content.space

    @property
    def listed(self) -> int:
        """How many chunks a listing of it may have."""
        return sum(max(0, stream.chunks - stream.first) for stream in (self.manifest, self.content))

    def resized(self, manifest_bytes: int, content_bytes: int) -> Whole:
        """The same with streams of these sizes."""
        manifest, content = (
            replace(self.manifest, size=manifest_bytes),
            replace(self.content, size=content_bytes),
        )
        return replace(self, manifest=manifest, content=content)

    def check(self) -> None:
        """Raises 422 for sizes that no streams can have."""
        for stream in (self.manifest, self.content):
            stream.check(open_=self.open)

    def check_reserving(self, wanted: Whole, there: Mapping[str, int]) -> None:
        """Whether it may be resized to `wanted`. Raises 409 `committed`, 422."""
        if self.committed is not None:
            raise HttpProblem(409, "committed")
        if not self.open or any(each.stored(there) > each.size for each in (wanted.manifest, wanted.content)):
            raise HttpProblem(422)
        wanted.check()

    def check_complete(self, wanted: Whole, there: Mapping[str, int]) -> None:
        """Whether it may end as `wanted`: every chunk is there. Raises 422, 409 `incomplete`."""
        exact = (wanted.manifest, wanted.content)
        if not self.open and exact != (self.manifest, self.content):
            raise HttpProblem(422)
        replace(wanted, open=False).check()
        if any(stream.missing(there) for stream in exact):
            raise HttpProblem(409, "incomplete")


class Kind(Protocol):
    """All that is of one kind."""

    def find(self, session: Session, number: int) -> Whole | None:
        """The one of this number; None if it has no chunks any more."""

    def allows(self, session: Session, grant: Grant, *, leased: bool) -> bool:
        """Whether the right behind a ticket still stands. Raises 401 `ticket` if nobody asks any more.

        `leased`: it had a lease before `session` began to read.
        """

    def coming(self, number: int, length: int) -> None:
        """A chunk of so many bytes is about to be written. Raises 507 `quota` or `disk_full`."""

    def not_come(self, number: int, length: int) -> None:
        """It took no room after all. Blocks for nothing."""

    def touch(self, session: Session, number: int) -> None:
        """A chunk of it came just now."""

    def groups(self, session: Session) -> set[str]:
        """Where its chunks lie in storage."""

    def untrimmed(self, session: Session) -> list[Whole]:
        """Those whose end was told while chunks beyond it may have been on their way."""

    def trimmed(self, session: Session, numbers: Collection[int]) -> None:
        """Nothing but their chunks can be there any more."""

    def clear(self) -> None:
        """Remove what nobody may have any more, in transactions of its own."""
