"""Which local name each entry of one transfer gets: two wire names that map onto one get different ones."""

from __future__ import annotations

from peerseal.files.names import local_components, numbered


class Places:
    """Local names already given out."""

    def __init__(self) -> None:
        self._folders: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
        self._taken: dict[tuple[str, ...], dict[str, str]] = {(): {}}

    def tops(self) -> list[str]:
        """The names of the top-level items so far."""
        return list(self._taken[()].values())

    def place(self, wire_path: str, *, folder: bool, unhide: bool) -> tuple[str, ...]:
        """The components for the next entry; with `unhide`, hidden names get `_` in front."""
        wire = tuple(wire_path.split("/"))
        wanted = local_components(wire_path, unhide=unhide)
        parent: tuple[str, ...] = ()
        for depth in range(1, len(wire)):
            parent = self._folder(wire[:depth], wanted[depth - 1], parent)
        if folder:
            return self._folder(wire, wanted[-1], parent)
        return (*parent, self._free(parent, wanted[-1], folder=False))

    def _folder(self, wire: tuple[str, ...], wanted: str, parent: tuple[str, ...]) -> tuple[str, ...]:
        if (known := self._folders.get(wire)) is None:
            known = (*parent, self._free(parent, wanted, folder=True))
            self._folders[wire] = known
            self._taken[known] = {}
        return known

    def _free(self, parent: tuple[str, ...], wanted: str, *, folder: bool) -> str:
        taken = self._taken[parent]
        number = 0
        # Folded, since a disk may take `A` and `a` for one name.
        while (name := numbered(wanted, number, folder=folder)).casefold() in taken:
            number += 1
        taken[name.casefold()] = name
        return name
