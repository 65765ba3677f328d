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
)
