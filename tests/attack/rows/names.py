"""Names and paths: a received name leaves no folder, follows no link and fools nobody."""

from __future__ import annotations

from typing import Final

from attack.rows.places import NAMES
from attack.rows.row import Row

_LEAVING: Final = f"{NAMES}test_a_name_that_leaves_the_folder_is_refused_and_nothing_is_written"

ROWS: Final = (
    Row(
        "N1",
        "C",
        "a name that climbs: `../x`, `a/../../x`, `..\\x`, `%2e%2e/`",
        "`unsafe_name`, nothing written anywhere",
        (_LEAVING, f"{NAMES}test_the_page_downloads_nothing_under_a_name_that_leaves_the_folder"),
    ),
    Row(
        "N2",
        "C",
        "an absolute name: `/etc/x`, `C:\\x`, `\\\\server\\x`, `//x`, `~/.ssh/authorized_keys`",
        "the same",
        (_LEAVING, "tests/protocol/test_paths.py::test_unsafe_paths_are_refused_without_repeating_them"),
    ),
    Row(
        "N3",
        "C",
        "a link in a folder and a file through it; a link where the file shall go, or above it",
        "no such kind of entry; what a link points to stays untouched",
        (
            f"{NAMES}test_a_stream_that_does_not_hold_is_refused_and_nothing_is_kept",
            f"{NAMES}test_a_link_in_the_way_is_not_followed",
        ),
    ),
    Row(
        "N5",
        "H",
        "NUL, line feed, escape sequences, C1 in a name",
        "refused, or shown escaped; no raw byte reaches a terminal",
        (
            _LEAVING,
            "tests/files/test_names.py::test_nothing_visible_controls_a_terminal",
            "tests/cli/test_lookalike.py::test_what_is_said_controls_no_terminal",
        ),
    ),
    Row(
        "N6",
        "H",
        '`CON`, `nul.txt`, trailing dot or blank, `a:b`, `<>"|?*`',
        "the same harmless name on every system",
        (
            f"{NAMES}test_names_that_fool_a_reader_or_a_system_are_kept_under_harmless_ones",
            "tests/files/test_names.py::test_a_wire_path_has_one_place_on_every_system",
            "web/tests/files/names.test.ts::never gives a component that points elsewhere",
        ),
    ),
    Row(
        "N7",
        "H",
        "text direction, zero width, lookalike letters",
        "made visible; the true extension is seen",
        (
            "tests/files/test_names.py::test_what_could_mislead_is_made_visible",
            "tests/cli/test_lookalike.py::test_a_name_that_may_mislead_is_pointed_out",
            "tests/e2e/test_page_account_states.py::test_names_do_not_pass_for_contacts",
        ),
    ),
    Row(
        "N10",
        "H",
        "the target exists",
        "it stays; the new one is ` (1)`, whole or not at all",
        (
            f"{NAMES}test_an_existing_file_keeps_its_content",
            "tests/e2e/test_saving_into_folders.py::test_a_chosen_file_is_replaced_whole_or_not_at_all",
        ),
    ),
    Row(
        "N11",
        "H",
        "hidden files, set-uid, devices, pipes, extended attributes",
        "no such entries; modes are this user's; hidden names lose their dot unless asked for",
        (
            f"{NAMES}test_names_that_fool_a_reader_or_a_system_are_kept_under_harmless_ones",
            "tests/files/test_names.py::test_a_hidden_name_is_shown_when_nobody_was_asked",
            f"{NAMES}test_a_stream_that_does_not_hold_is_refused_and_nothing_is_kept",
        ),
    ),
)
