"""One row of the catalogue of attacks: what is tried, what happens instead, and the tests that prove it."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One attack. `severity`: C critical, H high, M medium. `open`: what of it is not covered, and why.

    A proof is `file::test`; of a TypeScript test the beginning of its title. A row without one says why.
    """

    id: str
    severity: str
    attack: str
    expected: str
    proofs: tuple[str, ...]
    open: str = ""
