"""Files of tests that rows of several chapters name, as the beginning of a proof: `file::`."""

from __future__ import annotations

from typing import Final

NAMES: Final = "tests/e2e/test_hostile_names.py::"
LIES: Final = "tests/e2e/test_lies_about_stored_files.py::"
PEERS: Final = "tests/e2e/test_hostile_peers.py::"
HTTP: Final = "tests/server/guard/test_hostile_http.py::"
UPLOADS: Final = "tests/server/files/test_uploads.py::"
CARRIERS: Final = "tests/server/live/test_carriers.py::"
OVER_HTTP: Final = "tests/server/accounts/test_over_http.py::"
DATABASE: Final = "tests/server/test_database.py::"
