"""Every way in which a policy can allow more than ours is found, and a stricter one is none of them."""

from __future__ import annotations

import pytest

from peerseal.cli.page_policy import weaker
from peerseal.server.guard.headers import content_security_policy

OURS = content_security_policy("files.example")


@pytest.mark.parametrize(
    "theirs",
    [
        OURS,
        OURS.upper().replace("'SELF'", "'self'"),
        content_security_policy("files.example", secure=True),
        OURS + "; upgrade-insecure-requests; frame-src 'none'; script-src-elem 'self'",
        OURS + "; script-src *",  # the first of a name counts
        f"default-src *, {OURS}",
        OURS.replace("worker-src 'self'; ", ""),  # falls back to script-src
    ],
)
def test_as_strict_or_stricter_is_fine(theirs: str) -> None:
    assert weaker(theirs, OURS) == ()


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        (None, "no content security policy"),
        ("", "no content security policy"),
        (" , ", "no content security policy"),
        (OURS.replace("script-src 'self'", "script-src 'self' https://evil.example"), "https://evil.example"),
        (OURS.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'"), "'unsafe-inline'"),
        (OURS.replace("default-src 'none'", "default-src *"), "default-src *"),
        (OURS.replace("connect-src 'self'", "connect-src 'self' wss://evil.example"), "wss://evil.example"),
        (OURS.replace("ws://files.example", "ws://files.example.evil"), "ws://files.example.evil"),
        (OURS.replace("; frame-ancestors 'none'", ""), "lacks frame-ancestors"),
        (OURS.replace("; base-uri 'none'", ""), "lacks base-uri"),
        (OURS.replace("; require-trusted-types-for 'script'", ""), "lacks require-trusted-types-for"),
        (OURS.replace("; trusted-types ", "; trusted-types evil "), "trusted-types evil"),
        (OURS + "; script-src-elem https://evil.example", "script-src-elem https://evil.example"),
        (OURS + "; frame-src https://evil.example", "frame-src https://evil.example"),
        (OURS + "; report-uri https://evil.example", "report-uri"),
        (f"default-src *, {OURS.replace('; base-uri ' + chr(39) + 'none' + chr(39), '')}", "lacks base-uri"),
    ],
)
def test_what_allows_more_is_named(theirs: str | None, said: str) -> None:
    assert [excess for excess in weaker(theirs, OURS) if said in excess]


@pytest.mark.parametrize("blank", ["\xa0", "\x85", "\x1c", "\x0b"])
def test_only_what_browsers_take_for_white_space_parts_a_policy(blank: str) -> None:
    told = " ".join(weaker("; ".join(part.replace(" ", blank, 1) for part in OURS.split("; ")), OURS))
    assert "default-src" in told
    assert "script-src" in told


def test_tabs_and_line_ends_part_a_policy_as_blanks_do() -> None:
    assert weaker(OURS.replace(" ", "\t").replace("\t'self'", "\x0c 'self'"), OURS) == ()


@pytest.mark.parametrize(
    "theirs",
    [
        OURS + "; x-\xe9 y",
        OURS.replace("worker-src", "wor\u212aer-src"),  # the Kelvin sign, whose small letter is a k
        f"{OURS}, default-src\xa0'none'",
    ],
)
def test_a_policy_that_is_not_ascii_is_told(theirs: str) -> None:
    assert "not ASCII" in weaker(theirs, OURS)[0]
