"""The catalogue of attacks: what must not work, what is expected instead, and the tests that prove it.

A proof is `file::test`; of a TypeScript test the beginning of its title. A row without one says why. `make attack`
writes the table into docs/reliability.md; `test_catalogue.py` checks that every proof exists and the page is current.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Row(NamedTuple):
    """One attack. `severity`: C critical, H high, M medium. `open`: what of it is not covered, and why."""

    id: str
    severity: str
    attack: str
    expected: str
    proofs: tuple[str, ...]
    open: str = ""


_NAMES: Final = "tests/e2e/test_hostile_names.py::"
_LIES: Final = "tests/e2e/test_lies_about_stored_files.py::"
_PEERS: Final = "tests/e2e/test_hostile_peers.py::"
_SERVER: Final = "tests/e2e/test_hostile_server.py::"
_PAGE: Final = "tests/e2e/test_page_hostile_files.py::"
_HTTP: Final = "tests/server/guard/test_hostile_http.py::"
_MAY: Final = "tests/server/test_authorisation.py::"
_CHUNKS: Final = "tests/server/files/test_chunks.py::"
_UPLOADS: Final = "tests/server/files/test_uploads.py::"
_RACES: Final = "tests/server/files/test_races.py::"
_CARRIERS: Final = "tests/server/live/test_carriers.py::"
_SESSIONS: Final = "tests/server/accounts/test_sessions.py::"
_THROTTLE: Final = "tests/server/accounts/test_throttle.py::"
_SIGN_IN: Final = "tests/server/accounts/test_sign_in.py::"
_OVER_HTTP: Final = "tests/server/accounts/test_over_http.py::"
_DATABASE: Final = "tests/server/test_database.py::"
_DISK: Final = "tests/server/storage/test_local_disk.py::"
_WEB: Final = "tests/cli/test_verify_web.py::"
_LEAVING: Final = f"{_NAMES}test_a_name_that_leaves_the_folder_is_refused_and_nothing_is_written"
_VECTORS: Final = ("tests/test_vectors.py::test_vector", "web/tests/vectors.test.ts::")

NAMES: Final = (
    Row(
        "N1",
        "C",
        "a name that climbs: `../x`, `a/../../x`, `..\\x`, `%2e%2e/`",
        "`unsafe_name`, nothing written anywhere",
        (_LEAVING, f"{_NAMES}test_the_page_downloads_nothing_under_a_name_that_leaves_the_folder"),
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
            f"{_NAMES}test_a_stream_that_does_not_hold_is_refused_and_nothing_is_kept",
            f"{_NAMES}test_a_link_in_the_way_is_not_followed",
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
            f"{_NAMES}test_names_that_fool_a_reader_or_a_system_are_kept_under_harmless_ones",
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
            f"{_NAMES}test_an_existing_file_keeps_its_content",
            "tests/e2e/test_saving_into_folders.py::test_a_chosen_file_is_replaced_whole_or_not_at_all",
        ),
    ),
    Row(
        "N11",
        "H",
        "hidden files, set-uid, devices, pipes, extended attributes",
        "no such entries; modes are this user's; hidden names lose their dot unless asked for",
        (
            f"{_NAMES}test_names_that_fool_a_reader_or_a_system_are_kept_under_harmless_ones",
            "tests/files/test_names.py::test_a_hidden_name_is_shown_when_nobody_was_asked",
            f"{_NAMES}test_a_stream_that_does_not_hold_is_refused_and_nothing_is_kept",
        ),
    ),
)

SIZES: Final = (
    Row(
        "S1",
        "H",
        "a Content-Length too large, too small, absent, negative, twice, beside chunked coding",
        "400 or 411, the connection closed, no row and no file",
        (
            f"{_HTTP}test_hostile_requests_are_refused",
            f"{_CHUNKS}test_a_body_of_another_length_than_it_said",
            "tests/attack/test_lengths.py::test_a_length_that_lies_stores_nothing",
        ),
    ),
    Row(
        "S2",
        "H",
        "a commit whose chunks do not add up",
        "409; the file stays invisible",
        (f"{_UPLOADS}test_a_commit_without_every_chunk_is_incomplete_and_stays_invisible",),
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
            f"{_NAMES}test_a_stream_that_does_not_hold_is_refused_and_nothing_is_kept",
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
            f"{_UPLOADS}test_a_commit_again_is_the_same_and_another_is_refused",
            f"{_UPLOADS}test_a_commit_without_every_chunk_is_incomplete_and_stays_invisible",
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
            f"{_UPLOADS}test_abandoning_frees_everything_at_once",
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

CRYPTOGRAPHY: Final = (
    Row(
        "C1",
        "C",
        "every single bit of a file turned",
        "refused, nothing released from there on",
        (
            "tests/transfer/test_stream_vectors.py::test_every_single_bit_turned_is_refused_and_nothing_wrong_is_placed",
            "web/tests/crypto/record.test.ts::every single flipped bit of a file is refused",
        ),
    ),
    Row(
        "C2",
        "C",
        "a file cut at any byte",
        "`truncated`",
        (
            "tests/transfer/test_stream_vectors.py::test_a_stream_cut_at_any_byte_is_truncated",
            "web/tests/crypto/record.test.ts::an end before the final record is a truncation",
        ),
    ),
    Row(
        "C3",
        "C",
        "records swapped, dropped, repeated, of another file or reader",
        "refused",
        (
            *_VECTORS,
            "tests/protocol/test_channel.py::test_replayed_dropped_and_swapped_messages_are_out_of_order",
            "web/tests/crypto/record.test.ts::a record of another stream, file or version",
        ),
    ),
    Row(
        "C4",
        "C",
        "a whole earlier transfer played again",
        "worth nothing: keys belong to one handshake",
        (
            "tests/protocol/test_handshake.py::test_a_handshake_recorded_earlier_is_worth_nothing",
            "tests/transfer/test_replayed_paths.py::test_a_recorded_path_played_into_the_resumed_transfer_puts_nothing_in_place",
        ),
    ),
    Row("C5", "C", "an empty last record, two of them, bytes behind it, a missing tag", "refused", _VECTORS),
    Row(
        "C6",
        "C",
        "a nonce used twice: going on, trying again, two tabs, 2^32 records",
        "no counter repeats; a hard stop before the limit",
        (
            "tests/protocol/test_channel.py::test_nothing_is_sealed_or_opened_after_two_to_the_32",
            "tests/crypto/test_marks.py::test_a_record_sealed_again_after_a_break_has_another_iv_and_opens_in_its_place",
            "web/tests/crypto/record.test.ts::no IV is used twice",
        ),
    ),
    Row(
        "C7",
        "C",
        "a public value of group 14 that is none: 0, 1, p−1, p, outside the subgroup, another length",
        "`bad_peer_key`, no key made",
        (
            "tests/crypto/test_dh14.py::test_a_value_outside_the_group_is_refused",
            "tests/protocol/test_handshake.py::test_bad_group_14_values_are_refused_on_both_sides",
            *_VECTORS,
        ),
    ),
    Row(
        "C8",
        "C",
        "X25519 of low order or not canonical; ML-KEM of a wrong length or out of range",
        "refused in both languages",
        (
            "tests/crypto/test_primitives.py::test_x25519_low_order_points_are_refused",
            "tests/crypto/test_primitives.py::test_ml_kem_keys_with_a_coefficient_over_the_modulus_are_refused",
            "web/tests/crypto/primitives.test.ts::an X25519 value that is no canonical number",
            *_VECTORS,
        ),
    ),
    Row(
        "C10",
        "C",
        "somebody in the middle swaps keys",
        "other words on each side; no byte of a file before they are compared",
        (
            f"{_SERVER}test_somebody_in_the_middle_gives_the_two_sides_different_words",
            f"{_SERVER}test_expected_words_that_differ_stop_the_sender_before_anything_is_offered",
            f"{_SERVER}test_pages_behind_somebody_in_the_middle_show_different_words_and_send_nothing",
        ),
    ),
    Row(
        "C11",
        "C",
        "grinding keys until the words agree",
        "committed before they are revealed: one try in 2^44",
        (
            "tests/protocol/test_handshake.py::test_another_nonce_than_was_committed_to_is_refused",
            f"{_SERVER}test_somebody_in_the_middle_of_a_code_burns_it_for_both",
        ),
    ),
    Row(
        "C13",
        "H",
        "password parameters of the server: none, ruinous, tiny",
        "bounds of the client; refused before the password is used",
        (
            "tests/crypto/test_password.py::test_weak_or_ruinous_parameters_are_refused_before_the_password_is_used",
            "tests/client/test_account.py::test_weak_parameters_are_refused_before_the_password_is_used",
        ),
    ),
    Row(
        "C15",
        "H",
        "the cases of Project Wycheproof, by our own wrappers",
        "every verdict agrees",
        _VECTORS,
        "the project's own vectors hold one failure each for every format, many after Wycheproof's classes; its files "
        "themselves are not shipped and no test reads them",
    ),
    Row(
        "C16",
        "M",
        "Python to TypeScript and back, random sizes",
        "byte for byte",
        (
            "tests/interop/test_python_and_typescript.py::",
            "tests/e2e/test_nine_pairs.py::test_by_name_everything_arrives_byte_for_byte",
        ),
    ),
    Row(
        "C17",
        "M",
        "secrets in arguments, environment, addresses, history, logs",
        "only standard input, files and fragments; the page removes a fragment it read",
        (
            "tests/e2e/test_canary.py::test_nothing_that_people_keep_to_themselves_reaches_the_server",
            "tests/server/test_run.py::test_the_log_names_no_ticket_name_token_or_code",
            "tests/e2e/test_page_files.py::test_a_link_with_a_password_opens_for_a_guest_and_shows_its_key_nowhere",
        ),
    ),
    Row(
        "C18",
        "M",
        "any bytes at every decoder",
        "a typed error; no crash, no hang",
        (
            "tests/fuzz/test_targets.py::test_no_seed_and_no_mutation_of_one_raises_anything_untyped",
            "web/tests/wire/api.test.ts::whatever comes, a shape gives what it says",
            "web/tests/protocol/hostile_bytes.test.ts::handshakes and channels refuse it all",
        ),
        "coverage-guided runs are `make fuzz`, bounded in time; 10^7 inputs a decoder are a matter of FUZZ_SECONDS",
    ),
)

LYING_SERVERS: Final = (
    Row(
        "V1",
        "C",
        "somebody else's keys under a contact's name",
        "shown at first; for a known contact a hard stop, nothing sealed",
        (
            f"{_LIES}test_other_keys_under_a_known_name_stop_everything_and_are_sealed_for_by_nobody",
            f"{_LIES}test_keys_that_are_swapped_from_the_start_show_when_two_people_compare",
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
            f"{_LIES}test_something_else_than_what_ada_stored_is_noticed",
        ),
    ),
    Row(
        "V3",
        "C",
        "names and contents swapped between files",
        "noticed",
        (
            f"{_LIES}test_something_else_than_what_ada_stored_is_noticed",
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
            f"{_LIES}test_something_else_than_what_ada_stored_is_noticed",
        ),
    ),
    Row(
        "V5",
        "H",
        "an old version, a hidden one, another for each device",
        "`rolled_back`",
        (
            f"{_LIES}test_an_old_version_and_a_history_with_a_gap_are_noticed",
            f"{_LIES}test_two_devices_of_one_account_cannot_be_shown_different_files",
        ),
    ),
    Row(
        "V6",
        "H",
        "chunks left out, reordered, of another file",
        "refused, no file gets its name",
        (
            f"{_LIES}test_without_its_end_a_file_never_gets_its_name",
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
            f"{_LIES}test_another_server_at_the_address_gets_neither_token_nor_password",
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

MEETING: Final = (
    Row(
        "R1",
        "C",
        "a message for somebody who did not accept",
        "`not_connected`; they hear nothing",
        (
            f"{_PEERS}test_a_signal_before_accept_reaches_nobody",
            "tests/server/live/test_service.py::test_nothing_but_the_request_reaches_who_did_not_accept",
        ),
    ),
    Row(
        "R2",
        "C",
        "sending after decline, disconnection or the end of the room",
        "the same",
        (
            f"{_PEERS}test_a_signal_after_decline_reaches_nobody",
            f"{_PEERS}test_nothing_passes_after_a_room_was_closed",
        ),
    ),
    Row(
        "R3",
        "C",
        "a third client in a room of two",
        "gets nothing in or out; the two are told",
        (f"{_PEERS}test_a_third_peer_gets_nothing_in_or_out_of_a_room",),
    ),
    Row(
        "R4",
        "H",
        "guessing ids of people, rooms, files",
        "128 bits, one answer for absent and foreign, and the guesser is stopped",
        (
            "tests/attack/test_guessing.py::test_guessed_ids_find_nothing_and_stop_the_guesser",
            f"{_CARRIERS}test_sessions_are_found_by_their_secret_only",
        ),
    ),
    Row(
        "R5",
        "H",
        "guessing short codes",
        "one try for each code, seen by both; 30 a minute for each source, 600 in all",
        (
            "tests/cli/test_fates.py::test_a_wrong_code_keeps_others_out_and_is_said_once_of_those_who_got_it",
            "tests/server/live/test_service.py::test_thirty_claims_a_minute_and_source",
            "tests/server/live/test_service.py::test_six_hundred_claims_a_minute_in_all",
        ),
    ),
    Row(
        "R6",
        "C",
        "a made-up X-Forwarded-For, Forwarded, X-Real-IP",
        "ignored unless from a trusted proxy: no other network's list, no new budget",
        (
            "tests/attack/test_forwarding.py::test_a_made_up_address_moves_nobody_into_another_lobby",
            "tests/server/live/test_discovery.py::test_a_forged_chain_from_an_untrusted_address_changes_nothing",
            f"{_OVER_HTTP}test_a_made_up_forwarding_header_gives_no_new_budget",
        ),
    ),
    Row(
        "R7",
        "H",
        "strangers behind one proxy or carrier-grade NAT",
        "do not see each other; they meet by link or code",
        (
            f"{_CARRIERS}test_strangers_behind_one_proxy_do_not_see_each_other",
            "tests/server/live/test_discovery.py::test_carrier_grade_nat_is_never_local_even_on_an_own_interface",
        ),
    ),
    Row(
        "R9",
        "H",
        "identities written into a message",
        "refused; the server says who speaks",
        (f"{_PEERS}test_identities_in_a_payload_are_refused",),
    ),
    Row(
        "R12",
        "H",
        "connections cut anywhere, again and again",
        "goes on, byte for byte, hardly anything sent twice",
        (
            "tests/net/test_cuts.py::test_ten_resets_at_random_places",
            "tests/transfer/test_breaks.py::test_wherever_a_path_is_cut_the_bytes_are_the_same",
            "tests/e2e/test_page_and_command_line_go_on.py::test_relay_connections_cut_again_and_again_while_a_page_sends",
        ),
    ),
    Row(
        "R13",
        "H",
        "the direct path dies half-way",
        "the relay goes on; no nonce repeats",
        (
            "tests/transfer/test_lanes.py::test_a_direct_path_that_breaks_falls_back_to_the_relay",
            "tests/net/test_cuts.py::test_a_direct_path_that_falls_silent_is_left_for_the_relay",
        ),
    ),
    Row(
        "R14",
        "M",
        "coming back with somebody else's session or an old token",
        "refused",
        (
            "tests/server/live/test_coming_back.py::test_somebody_who_does_not_know_the_bytes_changes_nothing",
            "tests/server/live/test_signed_in.py::test_a_token_that_does_not_hold_is_401",
        ),
    ),
    Row(
        "R15",
        "M",
        "somebody vanishes without a word",
        "the other is told within 30 s; the server forgets them",
        (
            "tests/server/live/test_service.py::test_a_silent_peer_vanishes_within_30_seconds",
            "tests/net/test_vanishing.py::test_a_command_line_learns_that_the_other_one_vanished",
        ),
    ),
)

WEB: Final = (
    Row(
        "W1",
        "C",
        "markup, scripts, templates in names of people, files, texts",
        "text everywhere; the policy has nothing to block",
        (
            f"{_PEERS}test_markup_in_names_is_shown_as_text",
            f"{_PEERS}test_markup_in_file_names_and_texts_is_shown_as_text",
            "tests/e2e/test_page_accessibility.py::test_hostile_names_are_only_text",
            "tests/e2e/test_page_accessibility.py::test_the_strict_policy_blocks_nothing",
            "tests/server/operator/test_reports.py::test_what_is_said_cannot_hurt_a_page_or_a_terminal",
        ),
    ),
    Row(
        "W2",
        "C",
        "HTML or SVG as a stored file, opened at its address",
        "sealed bytes behind a ticket in a header, `application/octet-stream`, nosniff: no address shows them",
        ("tests/attack/test_headers.py::test_a_stored_page_is_bytes_for_every_browser",),
    ),
    Row(
        "W3",
        "C",
        "requests of another site that change something",
        "403 `csrf` or `origin` at every endpoint, nothing changed",
        (
            "tests/attack/test_cross_site.py::test_no_endpoint_is_changed_by_another_site",
            f"{_SESSIONS}test_changing_with_a_cookie_needs_a_right_origin",
            f"{_SESSIONS}test_a_form_of_another_site_signs_nobody_in",
        ),
    ),
    Row(
        "W4",
        "H",
        "a WebSocket of a foreign page: another origin, `null`, a lookalike host",
        "403 at the handshake; without an Origin no cookie counts",
        (
            f"{_CARRIERS}test_a_foreign_page_is_refused_at_the_handshake",
            "tests/server/live/test_signed_in.py::test_without_an_origin_no_cookie_counts",
            "tests/attack/test_cross_site.py::test_no_socket_opens_for_a_foreign_page",
        ),
    ),
    Row(
        "W5",
        "H",
        "a session id from before sign-in",
        "another one at sign-in, sign-out and a new password",
        (
            f"{_SESSIONS}test_an_identifier_from_before_sign_in_is_not_taken_over",
            f"{_SESSIONS}test_signing_in_again_takes_another_secret_and_ends_the_old_session",
        ),
    ),
    Row(
        "W6",
        "H",
        "cookies that scripts or other sites could use",
        "HttpOnly, SameSite, Path=/; under TLS Secure and `__Host-`",
        (
            f"{_SESSIONS}test_the_cookie_is_out_of_reach_of_scripts_and_other_sites",
            f"{_SESSIONS}test_under_tls_the_cookie_is_bound_to_this_host_and_to_tls",
        ),
    ),
    Row(
        "W7",
        "H",
        "a changed, made-up or expired session; one played again after sign-out",
        "401; the server ended it",
        (
            f"{_SESSIONS}test_a_changed_secret_opens_nothing",
            f"{_SESSIONS}test_signing_out_ends_the_session_on_the_server",
            f"{_SESSIONS}test_a_session_ends_after_30_days_unused_and_not_before",
        ),
    ),
    Row(
        "W9",
        "H",
        "the page in somebody's frame",
        "`frame-ancestors 'none'`",
        ("tests/attack/test_headers.py::test_every_answer_has_exactly_these_headers",),
    ),
    Row(
        "W10",
        "H",
        "an answer without its headers, errors included",
        "the exact set everywhere; no `unsafe-*`, no other host",
        (
            "tests/attack/test_headers.py::test_every_answer_has_exactly_these_headers",
            f"{_HTTP}test_every_answer_has_the_fixed_headers_and_errors_one_shape",
        ),
    ),
    Row(
        "W11",
        "M",
        "a preflight of any origin",
        "no Access-Control header anywhere",
        ("tests/attack/test_headers.py::test_no_other_origin_is_ever_allowed",),
    ),
    Row(
        "W12",
        "M",
        "the back button, a shared cache",
        "`no-store` on everything but the page's own files",
        (f"{_HTTP}test_caching", "tests/attack/test_headers.py::test_every_answer_has_exactly_these_headers"),
    ),
)

ACCOUNTS: Final = (
    Row(
        "A1",
        "H",
        "finding out who has an account",
        "the same status, headers, body and effort",
        (
            f"{_SIGN_IN}test_a_wrong_name_and_a_wrong_proof_are_the_same",
            f"{_SIGN_IN}test_a_name_that_is_taken_is_answered_like_one_that_is_free",
            "tests/attack/test_guessing.py::test_names_that_are_there_and_names_that_are_not_are_answered_alike",
        ),
    ),
    Row(
        "A3",
        "H",
        "guessing one password from one address",
        "stopped after some ten; the owner's known device signs in meanwhile",
        (
            "tests/attack/test_guessing.py::test_who_guesses_a_password_is_stopped_and_the_owner_is_not",
            "tests/e2e/test_operator_page.py::test_the_owner_signs_in_while_a_stranger_guesses_and_the_operator_undoes_it",
        ),
    ),
    Row(
        "A4",
        "H",
        "the same from a thousand addresses, made-up and real",
        "the account's strangers wait; made-up headers count for nothing; the owner is not held up",
        (
            "tests/attack/test_guessing.py::test_guessing_from_many_networks_stops_strangers_and_not_the_owner",
            f"{_THROTTLE}test_a_hundred_failures_from_everywhere_stop_strangers_but_not_the_owner",
        ),
    ),
    Row(
        "A5",
        "H",
        "stolen lists: many addresses, many names",
        "the whole site asks unknown devices to pay; people with devices notice nothing",
        ("tests/attack/test_guessing.py::test_a_stolen_list_makes_every_unknown_device_pay",),
    ),
    Row(
        "A6",
        "H",
        "500 sign-ins a second",
        "refused fast; honest ones go on",
        (f"{_THROTTLE}test_known_devices_have_places_of_their_own_and_every_second_turn",),
        "measured by `python -m bench.soak sign_ins`",
    ),
    Row(
        "A8",
        "M",
        "accounts by the thousand",
        "a budget for each network; registration by invite or closed",
        (
            f"{_THROTTLE}test_registrations_have_a_budget_for_each_network",
            f"{_SIGN_IN}test_closed_registration",
            "tests/server/operator/test_invites.py::test_without_a_right_one_nobody_gets_in",
        ),
    ),
    Row(
        "A9",
        "H",
        "a stolen session changes password or keys",
        "needs the password; other sessions end",
        (
            "tests/server/accounts/test_changes.py::test_a_stolen_session_alone_changes_nothing",
            "tests/server/accounts/test_changes.py::test_a_password_change_ends_other_sessions_and_renews_this_one",
            "tests/server/accounts/test_changes.py::test_guessing_the_password_with_a_stolen_session_is_braked",
        ),
    ),
)

AUTHORISATION: Final = (
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
            f"{_UPLOADS}test_a_recipient_reads_and_changes_nothing",
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
            f"{_UPLOADS}test_the_first_of_two_uploads_of_a_version_wins",
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
            f"{_UPLOADS}test_expiry_is_a_boundary_and_the_server_caps_it",
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

FLOODS: Final = (
    Row(
        "D1",
        "H",
        "slow heads, slow bodies, slow readers",
        "cut within 15 s; others notice nothing",
        (
            f"{_HTTP}test_a_request_that_never_ends_its_head_is_cut_within_15_seconds",
            f"{_OVER_HTTP}test_bodies_that_drip_hold_nobody_up",
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
            f"{_HTTP}test_an_address_may_hold_only_so_many_sockets",
            "tests/server/live/test_service.py::test_who_does_not_join_within_10_seconds_is_cut",
            f"{_CARRIERS}test_a_session_that_never_connects_is_cut_after_10_seconds",
        ),
    ),
    Row(
        "D4",
        "H",
        "20 000 messages a second, a frame of 60 MiB, a million fragments, pings, compressed zeros",
        "the connection ends; memory stays",
        (
            "tests/attack/test_floods.py::test_a_flood_ends_its_connection_and_takes_no_memory",
            f"{_CARRIERS}test_a_message_in_countless_fragments_ends_a_websocket",
            f"{_CARRIERS}test_frames_over_the_limit_end_a_websocket",
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
            f"{_UPLOADS}test_so_many_uploads_may_be_under_way_and_no_more",
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

FAULTS: Final = (
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
        "a thousand: `python -m bench.soak kills`",
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
            f"{_DATABASE}test_a_full_disk_is_said_and_nothing_is_lost",
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
            f"{_DATABASE}test_a_database_another_process_holds_is_busy_for_writers_and_open_to_readers",
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
            f"{_LIES}test_something_else_than_what_ada_stored_is_noticed",
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

OPERATING: Final = (
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
            f"{_DATABASE}test_a_half_done_migration_leaves_the_database_as_it_was",
            f"{_DATABASE}test_a_newer_database_is_refused_and_left_alone",
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
            f"{_OVER_HTTP}test_the_log_names_nobody_and_no_secret",
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

GROUPS: Final[tuple[tuple[str, tuple[Row, ...]], ...]] = (
    ("Names and paths", NAMES),
    ("Sizes and streams", SIZES),
    ("Records and keys", CRYPTOGRAPHY),
    ("A lying server", LYING_SERVERS),
    ("Meeting, discovery, live", MEETING),
    ("The web", WEB),
    ("Accounts", ACCOUNTS),
    ("Authorisation and concurrency", AUTHORISATION),
    ("Denial of service", FLOODS),
    ("Faults", FAULTS),
    ("Operation and privacy", OPERATING),
)
ROWS: Final = tuple(row for _, rows in GROUPS for row in rows)
