"""Operation and privacy: what a server keeps comes back, and tells strangers nothing."""

from __future__ import annotations

from typing import Final

from attack.rows.places import DATABASE, OVER_HTTP
from attack.rows.row import Row

ROWS: Final = (
    Row(
        "O1",
        "C",
        "backup under load, restore into an empty folder",
        "every acknowledged file byte for byte",
        (
            "tests/server/backup/test_backup.py::test_what_was_stored_comes_back_on_an_empty_folder",
            "tests/server/backup/test_backup.py::test_what_is_arriving_is_in_it_as_far_as_it_came",
            "tests/server/backup/test_backup.py::test_a_damaged_backup_is_refused_and_leaves_the_folder_empty",
        ),
    ),
    Row(
        "O2",
        "C",
        "a migration killed half-way; an older client",
        "as it was; the older client works or is told",
        (
            f"{DATABASE}test_a_half_done_migration_leaves_the_database_as_it_was",
            f"{DATABASE}test_a_newer_database_is_refused_and_left_alone",
        ),
    ),
    Row(
        "O3",
        "H",
        "looking for secrets in everything the server keeps",
        "no plaintext, name, key, code or password",
        (
            "tests/e2e/test_canary.py::test_nothing_that_people_keep_to_themselves_reaches_the_server",
            "tests/e2e/test_canary.py::test_a_secret_that_does_get_there_is_found",
            f"{OVER_HTTP}test_the_log_names_nobody_and_no_secret",
        ),
    ),
    Row("O5", "M", "a container without root, capabilities, network", "works", (), "no image is made yet"),
    Row(
        "O6",
        "M",
        "debugger, metrics, operator's pages, dot-files without the right to them",
        "404; no start with a weak secret",
        (
            "tests/attack/test_closed_doors.py::test_strangers_find_nothing_behind_these_addresses",
            "tests/attack/test_closed_doors.py::test_to_strangers_the_operators_addresses_do_not_exist",
            "tests/attack/test_closed_doors.py::test_it_does_not_start_with_a_weak_secret",
        ),
    ),
)
