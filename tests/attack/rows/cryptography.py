"""Records and keys: what was changed does not open, and no key is made with somebody in the middle."""

from __future__ import annotations

from typing import Final

from attack.rows.row import Row

_SERVER: Final = "tests/e2e/test_hostile_server.py::"
_VECTORS: Final = ("tests/test_vectors.py::test_vector", "web/tests/vectors.test.ts::")

ROWS: Final = (
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
        (
            "tests/crypto/test_wycheproof.py::test_every_verdict_agrees",
            "web/tests/crypto/wycheproof.test.ts::every verdict of",
            "tests/e2e/test_vectors_in_chromium.py::test_every_verdict_of_wycheproof_agrees_in_chromium",
        ),
        "not run: 1 595 cases of key formats nothing here reads (ASN.1, PEM, JSON, expanded ML-KEM keys); Python's "
        "ML-KEM draws its own randomness, so the exact bytes of 133 encapsulations are TypeScript's alone to show",
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
