"""Accounts: passwords are not guessed, and their owners are never kept out."""

from __future__ import annotations

from typing import Final

from attack.rows.row import Row

_THROTTLE: Final = "tests/server/accounts/test_throttle.py::"
_SIGN_IN: Final = "tests/server/accounts/test_sign_in.py::"

ROWS: Final = (
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
