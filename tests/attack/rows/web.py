"""The web: other sites, hostile names and hostile requests do nothing in the page or at the server."""

from __future__ import annotations

from typing import Final

from attack.rows.places import CARRIERS, HTTP, PEERS
from attack.rows.row import Row

_SESSIONS: Final = "tests/server/accounts/test_sessions.py::"

ROWS: Final = (
    Row(
        "W1",
        "C",
        "markup, scripts, templates in names of people, files, texts",
        "text everywhere; the policy has nothing to block",
        (
            f"{PEERS}test_markup_in_names_is_shown_as_text",
            f"{PEERS}test_markup_in_file_names_and_texts_is_shown_as_text",
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
            f"{CARRIERS}test_a_foreign_page_is_refused_at_the_handshake",
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
            f"{HTTP}test_every_answer_has_the_fixed_headers_and_errors_one_shape",
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
        (f"{HTTP}test_caching", "tests/attack/test_headers.py::test_every_answer_has_exactly_these_headers"),
    ),
)
