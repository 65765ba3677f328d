"""What a park was sealed with: its records have other marks than those that were sent before (protocol.md §15, §17).

A park begins with a whole chunk, so some of its records were sealed before; which of the two a receiver holds depends
on when it turned to the park. A later `have` shows which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peerseal.crypto_engine import MARK_BYTES, Marks, Stream

if TYPE_CHECKING:
    from peerseal.transfer.journal import Journal

_STREAMS: Final[tuple[Stream, Stream]] = ("manifest", "content")


class ParkedMarks:
    """The marks of a park from `first` on, of both streams; below, the receiver has what was sent before."""

    def __init__(self, own: Marks, manifest: int, content: int, journal: Journal | None = None) -> None:
        """`own`: of what was sent. `manifest` and `content`: records the receiver is known to hold."""
        self.first: Final[dict[Stream, int]] = {"manifest": manifest, "content": content}
        self._marks = Marks(_joined(own, "manifest", manifest), _joined(own, "content", content))
        self._journal = journal

    @classmethod
    def of(cls, journal: Journal, own: Marks) -> ParkedMarks | None:
        """What a former process sealed for a park; None if it made none."""
        slots = {stream: journal.parked(stream) for stream in _STREAMS}
        if not any(marks for _, marks in slots.values()):
            return None
        first = {
            stream: min(begin, own.count(stream)) if marks else own.count(stream)
            for stream, (begin, marks) in slots.items()
        }
        found = cls(own, first["manifest"], first["content"], journal)
        for stream, (_, marks) in slots.items():
            found._append(stream, marks)
        return found

    def count(self, stream: Stream) -> int:
        """How many records of the stream have a mark here, those before the park too."""
        return self._marks.count(stream)

    def put(self, stream: Stream, index: int, mark: memoryview) -> None:
        """Before a record leaves for the park. What the receiver holds already, it does not take from there."""
        if index < self.first[stream]:
            return
        self._marks.put(stream, index, mark)
        if self._journal is not None:
            self._journal.parked_mark(stream, index, mark)

    def settle(self, own: Marks, manifest: int, content: int, marks: bytes) -> Marks | None:
        """The marks of so many records whose hash is `marks`: from some record on they are the park's. None if none are."""
        if content > self.count("content") or manifest > self.count("manifest"):
            return None
        parked = _joined(self._marks, "content", content)
        lists = [
            _joined(of, "manifest", manifest) for of in (own, self._marks) if manifest <= of.count("manifest")
        ]
        latest = min(own.count("content"), content)
        sent = _joined(own, "content", latest)
        for head in lists:
            for since in range(latest, min(self.first["content"], latest) - 1, -1):
                tried = Marks(head, sent[: since * MARK_BYTES] + parked[since * MARK_BYTES :])
                if tried.hash(manifest, content) == marks:
                    return tried
        return None

    def _append(self, stream: Stream, marks: bytes) -> None:
        for at in range(0, len(marks), MARK_BYTES):
            self._marks.put(stream, self.first[stream] + at // MARK_BYTES, marks[at : at + MARK_BYTES])


def _joined(marks: Marks, stream: Stream, count: int) -> bytes:
    return b"".join(marks.get(stream, index) for index in range(count))
