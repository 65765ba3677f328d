"""Denial of service: whoever asks for too much ends, and others notice nothing."""

from __future__ import annotations

from typing import Final

from attack.rows.places import CARRIERS, HTTP, OVER_HTTP, UPLOADS
from attack.rows.row import Row

ROWS: Final = (
    Row(
        "D1",
        "H",
        "slow heads, slow bodies, slow readers",
        "cut within 15 s; others notice nothing",
        (
            f"{HTTP}test_a_request_that_never_ends_its_head_is_cut_within_15_seconds",
            f"{OVER_HTTP}test_bodies_that_drip_hold_nobody_up",
            "tests/attack/test_floods.py::test_a_slow_head_is_cut_and_others_notice_nothing",
            "tests/faults/test_descriptors.py::test_with_few_descriptors_and_many_connections_others_are_answered_and_it_recovers",
        ),
        "2 000 of them at 1 024 descriptors: `python -m bench.soak slow`",
    ),
    Row(
        "D2",
        "H",
        "a receiver that does not read",
        "at most 1 MiB a stream; the sender is paused, not dropped",
        (
            "tests/server/relay/test_ends.py::test_a_stalled_receiver_stops_the_sender_and_the_server_stays_small",
            "tests/server/relay/test_ends.py::test_a_stalled_http_receiver_stops_the_sender",
        ),
        "many at once: `python -m bench.soak stalled`",
    ),
    Row(
        "D3",
        "H",
        "thousands of sockets from one address; handshakes that go no further",
        "a cap for each address; who does not join is cut after 10 s",
        (
            f"{HTTP}test_an_address_may_hold_only_so_many_sockets",
            "tests/server/live/test_service.py::test_who_does_not_join_within_10_seconds_is_cut",
            f"{CARRIERS}test_a_session_that_never_connects_is_cut_after_10_seconds",
        ),
    ),
    Row(
        "D4",
        "H",
        "20 000 messages a second, a frame of 60 MiB, a million fragments, pings, compressed zeros",
        "the connection ends; memory stays",
        (
            "tests/attack/test_floods.py::test_a_flood_ends_its_connection_and_takes_no_memory",
            f"{CARRIERS}test_a_message_in_countless_fragments_ends_a_websocket",
            f"{CARRIERS}test_frames_over_the_limit_end_a_websocket",
        ),
        "at full size: `python -m bench.soak floods`",
    ),
    Row(
        "D7",
        "H",
        "lists of 100 000 files, deep pages",
        "pages of at most 200 that look at their own rows only",
        ("tests/server/files/test_listing.py::test_a_page_among_very_many_files_looks_at_its_own_rows_only",),
        "timed by `python -m bench.soak listing`",
    ),
    Row(
        "D8",
        "M",
        "ten thousand uploads that never end",
        "429 from the 51st on",
        (
            f"{UPLOADS}test_so_many_uploads_may_be_under_way_and_no_more",
            "tests/attack/test_model.py::test_files_versions_shares_links_and_parks_are_what_the_model_says",
        ),
    ),
    Row(
        "D10",
        "M",
        "a million made-up keys at the detector",
        "at most 50 000 subjects and 64 MiB; blocks that stand stay",
        (
            "tests/server/guard/detector/test_scores.py::test_however_many_addresses_come_they_end_no_block_and_fill_no_memory",
            "tests/server/guard/detector/test_scores.py::test_fifty_thousand_subjects_fit_into_64_mib",
        ),
        "measured by `python -m bench.soak spoofed_keys`",
    ),
    Row(
        "D11",
        "H",
        "one address asks a listed person again and again, on as many connections as it likes",
        "others get in: a full door makes place; who is declined five times in a minute pauses, later with points",
        (
            "tests/server/live/test_request_shares.py::test_at_a_full_door_the_newest_of_the_network_with_most_makes_place_and_both_are_told",
            "tests/server/live/test_request_shares.py::test_who_is_declined_again_and_again_pauses_and_their_other_requests_end",
            "tests/server/live/test_request_shares.py::test_a_class_behind_one_address_may_ask_its_teacher_all_at_once_and_others_still_get_in",
        ),
    ),
    Row(
        "D12",
        "M",
        "hundreds of accounts ask one person for their keys",
        "others can ask: the oldest of the network with most makes place; unanswered ones end after 30 days",
        (
            "tests/server/exchange/test_service.py::test_one_network_keeps_nobody_from_asking_its_oldest_request_makes_place",
            "tests/server/exchange/test_service.py::test_a_request_nobody_answers_for_a_month_is_over",
        ),
    ),
    Row(
        "D13",
        "M",
        "hundreds of files of a stranger in somebody's list",
        "20 at a time: 409; one line of the list, and one word takes them away",
        (
            "tests/server/files/test_senders.py::test_a_stranger_leaves_a_few_files_and_others_go_on",
            "tests/server/files/test_senders.py::test_who_is_refused_leaves_nothing_what_they_left_is_gone_and_can_be_taken_again",
            "tests/cli/test_strangers_files.py::test_what_strangers_left_is_a_line_and_blocking_takes_it_away",
        ),
    ),
    Row(
        "D14",
        "M",
        "thousands of tiny files or versions under a small quota",
        "they count for what they take: 507",
        (
            "tests/server/files/test_quota.py::test_many_small_ones_count_for_no_less_than_they_take",
            "tests/server/files/test_quota.py::test_what_a_version_kept_comes_back_and_what_its_heads_take_does_not",
        ),
    ),
)
