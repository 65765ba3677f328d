"""What a manifest may list, and which entries may stand together: one place for its writer and its reader."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from peerseal.errors import IntegrityFailed
from peerseal.protocol.control import Kind, PreviewEntry
from peerseal.protocol.paths import check_path
from peerseal.wire.limits import ENTRIES_MAX, FOLDERS_MAX, INTEGER_MAX, MEDIA_TYPE_MAX_BYTES


class Entry(NamedTuple):
    """One file, directory or text. `size` in bytes, None while it is to be given later.

    `modified` in milliseconds since 1970 UTC, 0 if not told. A text has the path ``""``.
    """

    kind: Kind
    path: str
    size: int | None
    modified: int = 0
    executable: bool = False
    media_type: str = ""

    @property
    def preview(self) -> PreviewEntry:
        """This entry as an offer shows it."""
        return PreviewEntry(self.path, self.size, self.kind)


class Rules:
    """Every entry so far; adding one that may not stand beside them raises `manifest_invalid`.

    One that needs too many folders raises `limit`. `most_files`: as many files and texts may come, None for no bound
    but the format's.
    """

    def __init__(self, open: bool, most_files: int | None = None) -> None:  # noqa: A002 - the format's own word
        self.open: Final = open
        self._most_files: Final = ENTRIES_MAX if most_files is None else most_files
        #: Files and texts; distinct folders, be they entries of their own or parents of any entry.
        self.files = self.folders = 0
        self.entries: Final[list[Entry]] = []
        self.sum = 0
        #: Number of the entry whose size is still to come.
        self.later: int | None = None
        #: Content bytes that came so far, and how many of them stand before the entry given later.
        self.placed = 0
        self._before_later = 0
        self._given_later: int | None = None
        # Digests: a deep path has many parents, and a hostile manifest may hold a million deep paths.
        self._paths: Final[set[bytes]] = set()
        self._files: Final[set[bytes]] = set()
        self._parents: Final[set[bytes]] = set()
        # The folder of the entry before: the next one mostly lies there too.
        self._folder: str | None = None
        self._in_folder = blake2b(digest_size=16)

    def add(self, entry: Entry) -> None:
        if len(self.entries) >= ENTRIES_MAX:
            raise invalid("too many entries")
        if self.entries and "text" in (entry.kind, self.entries[0].kind):
            raise invalid("a text beside another entry")
        self.files += entry.kind != "directory"
        if self.files > self._most_files:
            raise invalid("more files than were offered")
        if entry.kind == "text":
            if entry.path or entry.modified or entry.executable:
                raise invalid("a text has no path, time or mode")
        else:
            self._add_path(entry)
        media_type = entry.media_type
        if media_type and (
            len(media_type) > MEDIA_TYPE_MAX_BYTES or not all(" " <= char <= "~" for char in media_type)
        ):
            raise invalid("a media type that is none")
        if not 0 <= entry.modified <= INTEGER_MAX:
            raise invalid("a time out of range")
        if entry.size is None:
            self._leave_open()
        else:
            self._add_size(entry.size)
        self.entries.append(entry)

    def place(self, count: int) -> None:
        self.placed += count
        if self.later is None and self.placed > self.sum:
            raise invalid("content that belongs to no entry")

    def preview(self, count: int) -> tuple[PreviewEntry, ...]:
        """The first entries as they were written: a size given later shows as such."""
        shown = [entry.preview for entry in self.entries[:count]]
        if self._given_later is not None and self._given_later < count:
            shown[self._given_later] = shown[self._given_later]._replace(size=None)
        return tuple(shown)

    def give_size(self, number: int, size: int) -> None:
        if self.later is None or number != self.later:
            raise invalid("a size for an entry that has one")
        if size < self.placed - self._before_later:
            raise invalid("a size below what was placed")
        self._add_size(size)
        self.entries[number] = self.entries[number]._replace(size=size)
        self.later = None

    def _leave_open(self) -> None:
        if not self.open or self._given_later is not None:
            raise invalid("a size given later where none may be")
        self.later = self._given_later = len(self.entries)
        self._before_later = self.sum

    def _add_size(self, size: int) -> None:
        self.sum += size
        if not 0 <= size <= INTEGER_MAX or self.sum > INTEGER_MAX:
            raise invalid("a size or sum out of range")

    def _add_path(self, entry: Entry) -> None:
        components = check_path(entry.path)
        name = components[-1]
        parents = self._enter(entry.path[: len(entry.path) - len(name)], components)
        state = self._in_folder.copy()
        state.update(name.encode() + b"/")
        path = state.digest()
        if path in self._paths:
            raise invalid("a path that appears twice")
        if entry.kind == "directory":
            if entry.size != 0 or entry.executable or entry.media_type:
                raise invalid("a directory has no size, mode or media type")
        elif path in self._parents:
            raise invalid("a path that is file and folder")
        else:
            self._files.add(path)
        # Folders with an entry of their own stand in `_paths`, the others in `_parents` alone.
        if entry.kind == "directory" and path not in self._parents:
            self._add_folder()
        self._paths.add(path)
        for parent in reversed(parents):
            if parent in self._parents:
                break  # its own parents were counted then
            self._parents.add(parent)
            if parent not in self._paths:
                self._add_folder()

    def _enter(self, folder: str, components: Sequence[str]) -> Sequence[bytes]:
        """Go to the folder of the next entry; digests of it and those above it, none if the entry before lay there too."""
        if folder == self._folder:
            return ()  # they are parents by now, so none of them can have become a file
        self._in_folder, parents = _prefix_digests(components[:-1])
        if not self._files.isdisjoint(parents):
            raise invalid("a path that appears twice")
        self._folder = folder
        return parents

    def _add_folder(self) -> None:
        # A few bytes of manifest can ask for a folder on the receiver's disk, so folders have a bound of their own.
        self.folders += 1
        if self.folders > FOLDERS_MAX:
            raise IntegrityFailed(
                f"More than {FOLDERS_MAX:,} folders are too many for one transfer.", code="limit"
            )


def _prefix_digests(folders: Sequence[str]) -> tuple[blake2b, list[bytes]]:
    """The state after all of them, and one digest for the first component, the first two, …, all."""
    state, digests = blake2b(digest_size=16), []
    for folder in folders:
        state.update(folder.encode() + b"/")
        digests.append(state.digest())
    return state, digests


def invalid(why: str) -> IntegrityFailed:
    """The error for a manifest that breaks a rule."""
    return IntegrityFailed(f"the manifest does not hold: {why}", code="manifest_invalid")
