"""Clears away what nobody may have any more: at start, every hour, and whatever a crash left behind.

Rows go first, each batch in a transaction of its own; blobs without rows after them. So a sweep that is killed
is finished by the next.
"""

from __future__ import annotations

from typing import Final

from peerseal.server.files.parts import Parts
from peerseal.server.files.wholes import Kind

#: After that no PUT from before a commit can still be under way.
_SETTLED_MS: Final = 2 * 900 * 1000


class Sweep:
    """One run of it, in whatever thread asks."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def run(self) -> None:
        """Clear away all of it."""
        kinds = list(self._parts.kinds.values())
        for kind in kinds:
            kind.clear()
        for kind in kinds:
            self._trim(kind)
        self.blobs_without_rows()
        self._parts.tickets.sweep()

    def blobs_without_rows(self) -> None:
        """Remove the groups that belong to nothing."""
        # Groups first: whatever comes into being meanwhile has its row already.
        groups = list(self._parts.storage.groups())
        with self._parts.database.reading() as session:
            kept = set().union(*(kind.groups(session) for kind in self._parts.kinds.values()))
        for group in groups:
            if group not in kept:
                self._parts.storage.delete_group(group)

    def _trim(self, kind: Kind) -> None:
        """Chunks beyond the end of what was open: stored just as the end was told."""
        with self._parts.database.reading() as session:
            found = kind.untrimmed(session)
        for whole in found:
            both = (whole.manifest, whole.content)
            wanted = {stream.blob(n) for stream in both for n in range(stream.chunks)}
            for name in self._parts.storage.sizes(whole.group).keys() - wanted:
                self._parts.storage.delete(f"{whole.group}/{name}")
        settled = self._parts.now() - _SETTLED_MS
        done = [whole.key.number for whole in found if (whole.committed or 0) <= settled]
        if done:
            with self._parts.database.writing() as session:
                kind.trimmed(session, done)
