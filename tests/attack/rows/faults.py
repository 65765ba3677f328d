"""Faults: nothing acknowledged is lost, whatever dies, fills up or rots."""

from __future__ import annotations

from typing import Final

from attack.rows.places import DATABASE, LIES
from attack.rows.row import Row

_DISK: Final = "tests/server/storage/test_local_disk.py::"

ROWS: Final = (
    Row(
        "F1",
        "C",
        "kill −9 at any instant of an upload, update, deletion, commit",
        "nothing acknowledged is lost; the rest is old or absent",
        (
            "tests/faults/test_kills.py::test_a_few_kills",
            "tests/faults/test_kills.py::test_many_kills",
            "tests/server/parking/test_races.py::test_a_server_killed_at_any_instant_has_what_it_acknowledged",
        ),
        "a thousand (`make test-kills`, 22 November, beside other load): 12 084 changes acknowledged, 0 lost, "
        "17 830 times a file found whole",
    ),
    Row(
        "F2",
        "C",
        "power cut: what was not synced is gone",
        "as F1",
        (
            f"{_DISK}test_bytes_are_durable_before_their_name_is",
            "tests/faults/test_order.py::test_nothing_is_acknowledged_before_it_is_durable",
        ),
        "the order of system calls is checked (sync, rename, sync the folder, commit, answer); no file system that drops "
        "unsynced bytes is mounted",
    ),
    Row(
        "F3",
        "C",
        "killed at each system call of an update",
        "wholly old or wholly new",
        (
            f"{_DISK}test_killed_before_any_system_call_a_blob_is_there_whole_or_not_at_all",
            "tests/faults/test_order.py::test_killed_at_each_call_of_an_update_readers_see_wholly_the_old_or_the_new",
        ),
    ),
    Row(
        "F4",
        "H",
        "the disk is full: data, database, log",
        "507, nothing half; downloads go on; it recovers by itself",
        (
            f"{_DISK}test_a_full_disk_refuses_and_leaves_nothing_behind",
            f"{DATABASE}test_a_full_disk_is_said_and_nothing_is_lost",
            "tests/faults/test_small_disk.py::test_a_full_data_folder_refuses_what_is_new_keeps_what_is_there_and_recovers",
            "tests/faults/test_small_disk.py::test_a_database_alone_on_a_full_disk_refuses_changes_only",
            "tests/faults/test_small_disk.py::test_a_full_disk_under_the_events_of_the_detector_changes_no_answer",
        ),
    ),
    Row(
        "F7",
        "H",
        "a locked, full or damaged database",
        "503 with Retry-After; a damaged one is not served",
        (
            f"{DATABASE}test_a_database_another_process_holds_is_busy_for_writers_and_open_to_readers",
            "tests/faults/test_away.py::test_a_database_that_another_process_holds_is_503_within_5_s_and_reading_goes_on",
            "tests/faults/test_away.py::test_a_database_with_a_damaged_page_is_refused_at_the_start",
        ),
    ),
    Row(
        "F8",
        "H",
        "rotten bits in a blob or a row",
        "the client refuses; the scrub names it; other files are fine",
        (
            "tests/server/test_scrub.py::test_a_damaged_chunk_is_named_once_and_forgotten_when_it_is_whole_again",
            "tests/transfer/test_stream_vectors.py::test_every_single_bit_turned_is_refused_and_nothing_wrong_is_placed",
            f"{LIES}test_something_else_than_what_ada_stored_is_noticed",
        ),
    ),
    Row("F9", "H", "Redis dies", "–", (), "there is no Redis in Peerseal yet"),
    Row(
        "F10",
        "H",
        "PostgreSQL dies",
        "–",
        (),
        "SQLite is the database that is tested; there is no PostgreSQL yet",
    ),
    Row("F11", "H", "S3 fails", "–", (), "blobs lie on a local disk; there is no S3 engine yet"),
    Row(
        "F12",
        "H",
        "nodes cannot reach each other",
        "–",
        (),
        "one process is one server; there are no nodes yet",
    ),
    Row(
        "F14",
        "H",
        "SIGTERM with transfers under way",
        "they may end for 8 s, clients go on afterwards, status 0",
        (
            "tests/server/test_run.py::test_a_running_transfer_may_end_after_sigterm_and_an_endless_one_is_cut",
            "tests/faults/test_stopping.py::test_a_stop_in_the_middle_of_fifty_chunks_ends_in_time_and_all_of_them_arrive_afterwards",
            "tests/server/test_stopping.py::test_clients_learn_of_the_stop_at_once_and_the_server_ends",
            "tests/e2e/test_page_goes_on.py::test_a_server_that_is_killed_and_comes_back_costs_a_transfer_a_moment",
        ),
    ),
    Row(
        "F15",
        "M",
        "no memory left, or killed for want of it",
        "refused for a while, right passwords are not wrong; starts again as F1",
        (
            "tests/faults/test_memory.py::test_without_memory_requests_are_refused_for_a_while_and_right_passwords_are_not_wrong",
            "tests/faults/test_kills.py::test_a_few_kills",
        ),
    ),
)
