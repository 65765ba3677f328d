"""Meeting, discovery, live: nobody takes part without being let in, and what breaks goes on."""

from __future__ import annotations

from typing import Final

from attack.rows.places import CARRIERS, OVER_HTTP, PEERS
from attack.rows.row import Row

ROWS: Final = (
    Row(
        "R1",
        "C",
        "a message for somebody who did not accept",
        "`not_connected`; they hear nothing",
        (
            f"{PEERS}test_a_signal_before_accept_reaches_nobody",
            "tests/server/live/test_requests.py::test_nothing_but_the_request_reaches_who_did_not_accept",
        ),
    ),
    Row(
        "R2",
        "C",
        "sending after decline, disconnection or the end of the room",
        "the same",
        (
            f"{PEERS}test_a_signal_after_decline_reaches_nobody",
            f"{PEERS}test_nothing_passes_after_a_room_was_closed",
        ),
    ),
    Row(
        "R3",
        "C",
        "a third client in a room of two",
        "gets nothing in or out; the two are told",
        (f"{PEERS}test_a_third_peer_gets_nothing_in_or_out_of_a_room",),
    ),
    Row(
        "R4",
        "H",
        "guessing ids of people, rooms, files",
        "128 bits, one answer for absent and foreign, and the guesser is stopped",
        (
            "tests/attack/test_guessing.py::test_guessed_ids_find_nothing_and_stop_the_guesser",
            f"{CARRIERS}test_sessions_are_found_by_their_secret_only",
        ),
    ),
    Row(
        "R5",
        "H",
        "guessing short codes",
        "one try for each code, seen by both; 30 a minute for each source, 600 in all",
        (
            "tests/cli/test_fates.py::test_a_wrong_code_keeps_others_out_and_is_said_once_of_those_who_got_it",
            "tests/server/live/test_claim_budgets.py::test_thirty_claims_a_minute_and_source",
            "tests/server/live/test_claim_budgets.py::test_six_hundred_claims_a_minute_in_all_beside_the_first_ones_of_each_network",
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
            f"{OVER_HTTP}test_a_made_up_forwarding_header_gives_no_new_budget",
        ),
    ),
    Row(
        "R7",
        "H",
        "strangers behind one proxy or carrier-grade NAT",
        "do not see each other; they meet by link or code",
        (
            f"{CARRIERS}test_strangers_behind_one_proxy_do_not_see_each_other",
            "tests/server/live/test_discovery.py::test_carrier_grade_nat_is_never_local_even_on_an_own_interface",
        ),
    ),
    Row(
        "R9",
        "H",
        "identities written into a message",
        "refused; the server says who speaks",
        (f"{PEERS}test_identities_in_a_payload_are_refused",),
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
