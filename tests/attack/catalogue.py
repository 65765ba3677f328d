"""The catalogue of attacks: its chapters, one file of `rows/` each, in the order of docs/reliability.md.

`make attack` writes it there; `test_catalogue.py` checks that every proof exists and the page is current.
"""

from __future__ import annotations

from typing import Final

from attack.rows import (
    accounts,
    authorisation,
    cryptography,
    faults,
    floods,
    lying_servers,
    meeting,
    names,
    operating,
    sizes,
    web,
)
from attack.rows.row import Row

CHAPTERS: Final[tuple[tuple[str, tuple[Row, ...]], ...]] = (
    ("Names and paths", names.ROWS),
    ("Sizes and streams", sizes.ROWS),
    ("Records and keys", cryptography.ROWS),
    ("A lying server", lying_servers.ROWS),
    ("Meeting, discovery, live", meeting.ROWS),
    ("The web", web.ROWS),
    ("Accounts", accounts.ROWS),
    ("Authorisation and concurrency", authorisation.ROWS),
    ("Denial of service", floods.ROWS),
    ("Faults", faults.ROWS),
    ("Operation and privacy", operating.ROWS),
)
ROWS: Final = tuple(row for _, rows in CHAPTERS for row in rows)
