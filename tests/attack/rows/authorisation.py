"""Authorisation and concurrency: nobody does what the table does not list, and of two at once one wins."""

from __future__ import annotations

from typing import Final

from attack.rows.places import UPLOADS
from attack.rows.row import Row

_MAY: Final = "tests/server/test_authorisation.py::"
_RACES: Final = "tests/server/files/test_races.py::"

ROWS: Final = (
    Row(
        "Z1",
        "C",
        "every endpoint by everybody with every method",
        "nothing succeeds that the table does not list",
        (
            f"{_MAY}test_every_endpoint_has_a_row",
            f"{_MAY}test_nobody_succeeds_who_is_not_listed_and_refusals_change_nothing",
            f"{_MAY}test_everybody_who_is_listed_succeeds",
        ),
    ),
    Row(
        "Z2",
        "C",
        "reading somebody else's blobs, ranges, versions",
        "404, byte for byte as if they were not there",
        (
            f"{_MAY}test_what_is_somebody_elses_is_refused_as_if_it_had_never_been",
            f"{_MAY}test_chunks_go_only_to_and_from_whose_ticket_it_is",
        ),
    ),
    Row(
        "Z3",
        "C",
        "updating, deleting, sharing, extending what is somebody else's",
        "404, unchanged",
        (
            f"{_MAY}test_nobody_succeeds_who_is_not_listed_and_refusals_change_nothing",
            f"{UPLOADS}test_a_recipient_reads_and_changes_nothing",
        ),
    ),
    Row(
        "Z4",
        "H",
        "a recipient revoked in the middle of a download",
        "404 and dead tickets from then on; one chunk under way may end",
        (f"{_RACES}test_revoking_while_downloading_ends_it_for_one_and_not_for_others",),
    ),
    Row(
        "Z6",
        "H",
        "two changes on one state, or on none",
        "one succeeds; 412, 428",
        (
            f"{UPLOADS}test_the_first_of_two_uploads_of_a_version_wins",
            "tests/server/test_api.py::test_if_match_is_asked_for_and_read_strictly",
        ),
    ),
    Row(
        "Z8",
        "H",
        "a hundred uploads at once beyond the quota",
        "never a byte over: 507",
        ("tests/server/files/test_quota.py::test_a_hundred_uploads_at_once_never_exceed_by_a_byte",),
    ),
    Row(
        "Z9",
        "H",
        "a link for one download and fifty clients",
        "exactly one",
        (f"{_RACES}test_one_download_for_fifty_clients_is_exactly_one",),
    ),
    Row(
        "Z10",
        "H",
        "a link that has expired, or expires during a download",
        "404 from then on; what had begun may end",
        (
            f"{UPLOADS}test_expiry_is_a_boundary_and_the_server_caps_it",
            "tests/server/files/test_links.py::test_absent_wrong_revoked_expired_and_used_up_are_the_same",
        ),
    ),
    Row(
        "Z12",
        "M",
        "an account is deleted with files shared",
        "its tokens are dead, its blobs swept, others' untouched",
        (
            "tests/server/files/test_http.py::test_with_the_account_go_its_files_from_everybody",
            "tests/server/accounts/test_changes.py::test_a_deleted_account_leaves_nothing_and_its_name_is_free",
        ),
    ),
)
