"""Which local name each entry of one transfer gets: two wire names that map onto one get different ones."""

from __future__ import annotations

from typing import Final

from peerseal.files.names import local_component, local_components, numbered

_NOTED_MAX: Final = 20


class Places:
    """Local names already given out."""

    def __init__(self) -> None:
        self._folders: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
        #: The folder of the entry before: on the wire, and here.
        self._last: tuple[str, tuple[str, ...]] = ("", ())
        self._taken: dict[tuple[str, ...], dict[str, str]] = {(): {}}
        #: What is called otherwise here: path on the wire and local path, the first of them; and how many there are.
        self.renamed: list[tuple[str, str]] = []
        self.renamed_count = 0
        #: The next number to try, by folder and the first name with as many digits (long names are cut to fit them).
        self._next: dict[tuple[tuple[str, ...], str], int] = {}

    def tops(self) -> list[str]:
        """The names of the top-level items so far."""
        return list(self._taken[()].values())

    def place(self, wire_path: str, *, folder: bool, unhide: bool) -> tuple[str, ...]:
        """The components for the next entry; with `unhide`, hidden names get `_` in front."""
        above, _, name = wire_path.rpartition("/")
        if above and above == self._last[0]:  # most entries lie beside the one before
            parent, wanted = self._last[1], local_component(name)
        else:
            parent, wanted = self._parent(wire_path, unhide=unhide)
            self._last = (above, parent)
        if folder:
            return self._folder(tuple(wire_path.split("/")), wanted, parent)
        local = self._free(parent, wanted, folder=False)
        if local != name:
            self._note(wire_path, (*parent, local))
        return (*parent, local)

    def _parent(self, wire_path: str, *, unhide: bool) -> tuple[tuple[str, ...], str]:
        """The local folder of a path, and what its last component would be called there."""
        wire = tuple(wire_path.split("/"))
        wanted = local_components(wire_path, unhide=unhide)
        parent: tuple[str, ...] = ()
        for depth in range(1, len(wire)):
            parent = self._folder(wire[:depth], wanted[depth - 1], parent)
        return parent, wanted[-1]

    def _folder(self, wire: tuple[str, ...], wanted: str, parent: tuple[str, ...]) -> tuple[str, ...]:
        if (known := self._folders.get(wire)) is None:
            known = (*parent, self._free(parent, wanted, folder=True))
            self._folders[wire] = known
            self._taken[known] = {}
            if known[-1] != wire[-1]:
                self._note("/".join(wire), known)
        return known

    def _note(self, wire_path: str, local: tuple[str, ...]) -> None:
        self.renamed_count += 1
        if len(self.renamed) < _NOTED_MAX:
            self.renamed.append((wire_path, "/".join(local)))

    def _free(self, parent: tuple[str, ...], wanted: str, *, folder: bool) -> str:
        taken = self._taken[parent]
        name = wanted
        # Folded, since a disk may take `A` and `a` for one name.
        if name.casefold() in taken:
            name = self._numbered(parent, wanted, folder=folder)
        taken[name.casefold()] = name
        return name

    def _numbered(self, parent: tuple[str, ...], wanted: str, *, folder: bool) -> str:
        """The first free number, found without trying again what was taken before: many names may fall together."""
        taken = self._taken[parent]
        first = 1
        while True:
            kind = (parent, numbered(wanted, first, folder=folder).casefold())
            for number in range(self._next.get(kind, first), first * 10):
                name = numbered(wanted, number, folder=folder)
                if name.casefold() not in taken:
                    self._next[kind] = number + 1
                    return name
            self._next[kind] = first * 10
            first *= 10
