"""A lying server: what it shows, swaps or keeps back is noticed before anybody trusts it."""

from __future__ import annotations

from typing import Final

from attack.rows.places import LIES
from attack.rows.row import Row

_PAGE: Final = "tests/e2e/test_page_hostile_files.py::"
_WEB: Final = "tests/cli/test_verify_web.py::"

ROWS: Final = (
    Row(
        "V1",
        "C",
        "somebody else's keys under a contact's name",
        "shown at first; for a known contact a hard stop, nothing sealed",
        (
            f"{LIES}test_other_keys_under_a_known_name_stop_everything_and_are_sealed_for_by_nobody",
            f"{LIES}test_keys_that_are_swapped_from_the_start_show_when_two_people_compare",
            f"{_PAGE}test_other_keys_under_a_known_name_are_a_hard_stop",
        ),
    ),
    Row(
        "V2",
        "C",
        "wrapped keys swapped between files or people",
        "none opens",
        (
            "tests/crypto/test_wrap.py::test_a_wrap_does_not_move_to_another_file_or_version",
            "tests/crypto/test_wrap.py::test_a_wrap_opens_for_nobody_but_its_recipient",
            f"{LIES}test_something_else_than_what_ada_stored_is_noticed",
        ),
    ),
    Row(
        "V3",
        "C",
        "names and contents swapped between files",
        "noticed",
        (
            f"{LIES}test_something_else_than_what_ada_stored_is_noticed",
            "tests/crypto/test_sealed.py::test_a_card_of_another_key_file_or_version_does_not_open",
        ),
    ),
    Row(
        "V4",
        "C",
        "a made-up file “from Ada”",
        "her signature is missing; shown as rejected",
        (
            f"{_PAGE}test_what_ada_did_not_leave_is_said_to_be_that_and_cannot_be_opened",
            f"{LIES}test_something_else_than_what_ada_stored_is_noticed",
        ),
    ),
    Row(
        "V5",
        "H",
        "an old version, a hidden one, another for each device",
        "`rolled_back`",
        (
            f"{LIES}test_an_old_version_and_a_history_with_a_gap_are_noticed",
            f"{LIES}test_two_devices_of_one_account_cannot_be_shown_different_files",
        ),
    ),
    Row(
        "V6",
        "H",
        "chunks left out, reordered, of another file",
        "refused, no file gets its name",
        (
            f"{LIES}test_without_its_end_a_file_never_gets_its_name",
            f"{_PAGE}test_parts_that_are_not_adas_end_the_download",
        ),
    ),
    Row(
        "V8",
        "H",
        "a redirect elsewhere or down to http; the fragment asked for",
        "no client follows a redirect; fragments never leave",
        (
            "tests/attack/test_redirects.py::test_no_client_follows_a_redirect_with_its_token",
            f"{LIES}test_another_server_at_the_address_gets_neither_token_nor_password",
            "tests/e2e/test_page_files.py::test_a_link_with_a_password_opens_for_a_guest_and_shows_its_key_nowhere",
        ),
    ),
    Row(
        "V9",
        "C",
        "the server changes the page's scripts",
        "`verify-web` names what differs, is missing, is extra, or has a weaker policy; the page builds reproducibly",
        (
            f"{_WEB}test_files_changed_removed_and_added_are_named",
            f"{_WEB}test_a_document_that_loads_more_is_told_with_what_it_loads",
            f"{_WEB}test_a_header_that_allows_more_is_told",
            "tests/test_page_build.py::test_another_folder_language_and_time_zone_build_the_same_bytes",
        ),
        "only for who runs it, then and there: a page that is another one for one visitor stays a limit "
        "(docs/threat-model.md); the command line has no such hole",
    ),
)
