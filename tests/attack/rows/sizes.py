"""Sizes and streams: no length that lies is believed, and nothing half is kept."""

from __future__ import annotations

from typing import Final

from attack.rows.places import HTTP, NAMES, UPLOADS
from attack.rows.row import Row

_CHUNKS: Final = "tests/server/files/test_chunks.py::"

ROWS: Final = (
    Row(
        "S1",
        "H",
        "a Content-Length too large, too small, absent, negative, twice, beside chunked coding",
        "400 or 411, the connection closed, no row and no file",
        (
            f"{HTTP}test_hostile_requests_are_refused",
            f"{_CHUNKS}test_a_body_of_another_length_than_it_said",
            "tests/attack/test_lengths.py::test_a_length_that_lies_stores_nothing",
        ),
    ),
    Row(
        "S2",
        "H",
        "a commit whose chunks do not add up",
        "409; the file stays invisible",
        (f"{UPLOADS}test_a_commit_without_every_chunk_is_incomplete_and_stays_invisible",),
    ),
    Row(
        "S3",
        "M",
        "0 bytes, 1 byte, around a chunk, 4 GiB + 1, 2^53",
        "what fits comes back whole; what does not is refused before a byte is sent",
        (
            "tests/attack/test_lengths.py::test_every_edge_of_a_size_comes_back_or_is_refused_first",
            "tests/server/files/test_quota.py::test_the_last_byte_fits_and_one_more_does_not",
        ),
    ),
    Row(
        "S5",
        "H",
        "archives that unpack to more than they say, nested, a million entries",
        "nothing is compressed; files and bytes beyond the accepted offer end the transfer",
        (
            f"{NAMES}test_a_stream_that_does_not_hold_is_refused_and_nothing_is_kept",
            "tests/protocol/test_manifest.py::test_files_beyond_the_offered_count_are_refused_as_they_come",
            "tests/protocol/test_manifest.py::test_folders_have_a_limit_of_their_own_however_they_are_asked_for",
        ),
    ),
    Row(
        "S6",
        "H",
        "the same chunk again, the same or different",
        "200, or 409; the first bytes stay",
        (f"{_CHUNKS}test_the_same_bytes_again_are_fine_and_others_never_replace_them",),
    ),
    Row(
        "S8",
        "M",
        "commit twice, after deletion, before the last chunk",
        "the same again, 404, 409",
        (
            f"{UPLOADS}test_a_commit_again_is_the_same_and_another_is_refused",
            f"{UPLOADS}test_a_commit_without_every_chunk_is_incomplete_and_stays_invisible",
            "tests/attack/test_model.py::test_files_versions_shares_links_and_parks_are_what_the_model_says",
        ),
    ),
    Row(
        "S10",
        "M",
        "an upload left half-way",
        "its space comes back, its chunks go",
        (
            "tests/server/files/test_sweep.py::test_an_upload_without_a_chunk_for_a_day_is_abandoned",
            f"{UPLOADS}test_abandoning_frees_everything_at_once",
        ),
    ),
    Row(
        "S11",
        "H",
        "a million chunks of a byte",
        "422: all but the last chunk are full; rows are bounded",
        (
            f"{_CHUNKS}test_a_chunk_of_another_length_is_refused",
            "tests/server/files/test_sizes.py::test_tiny_records_make_no_endless_listing",
        ),
    ),
)
