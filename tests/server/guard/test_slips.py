"""Addresses that people in a browser get wrong cost them nothing; what scanners in a browser's clothes ask for does."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.server.guard.lured import is_slip
from support.live_server import LiveServer
from support.strangers import Stranger

BROWSER = {"User-Agent": "Mozilla/5.0", "Accept-Language": "en", "Accept": "text/html"}
LINK = "/s/0123456789abcdef0123456789abcdef"
#: Cut by a mailer, taken with what stood behind it, typed from paper, or guessed from the manual.
SLIPS = (
    LINK[:-3],
    LINK[:9],
    f"{LINK}.",
    f"{LINK})",
    f"{LINK}%3E",
    f"{LINK},%20thanks",
    f"{LINK}%0A",
    f"{LINK}%0D%0A",
    f"{LINK}%E2%80%A6",
    f"{LINK}%FF",
    f"{LINK}...",
    f"{LINK}/",
    LINK.upper(),
    f"/s{LINK}",
    f"/{LINK}",
    "/s//" + LINK[3:],
    "/s/",
    "/s",
    "/f/abc.",
    "/f/abc",
    "/files",
    "/Operator",
    "/operator/",
    "/metrics",
    "/login",
    "/%23code=7-harbor-velvet",
    "/7-harbor-velvet",
    "/api",
    "/api/v1",
    "/api/v1/",
    "/API/v1/health",
    "/api/v1/helth",
    "/api/v1/openapi.json/",
    "/health",
    "/http://192.168.1.10:5000/",
    "/index.html",
    "/home",
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with LiveServer({"guard": "enforce", "data": str(tmp_path / "data")}) as running:
        yield running


def is_let_in(who: Stranger) -> bool:
    return who.ask("GET", "/api/v1/files", headers=BROWSER).code == "not_signed_in"


@pytest.mark.parametrize("site", [None, "none", "cross-site", "same-origin"])
def test_eight_wrong_addresses_in_a_row_are_no_reason_to_challenge_a_person(
    server: LiveServer, site: str | None
) -> None:
    told = {} if site is None else {"Sec-Fetch-Site": site}
    for n, eight in enumerate(SLIPS[at : at + 8] for at in range(0, len(SLIPS), 8)):
        person = Stranger(server.port, f"127.{60 + n}.1.1")
        for path in eight:
            person.ask("GET", path, headers={**BROWSER, **told})
            person.ask("GET", path, headers={**BROWSER, **told})  # tried again
        assert is_let_in(person), eight


def test_a_scanner_in_a_browsers_clothes_is_found_at_once(server: LiveServer) -> None:
    baits = Stranger(server.port, "127.70.1.1")
    for path in ("/.env", "/wp-login.php"):
        baits.ask("GET", path, headers=BROWSER)
    assert not is_let_in(baits)
    probes = Stranger(server.port, "127.71.1.1")
    for path in ("/admin.php", "/backup.zip"):
        probes.ask("GET", path, headers=BROWSER)
    assert not is_let_in(probes)
    mixed = Stranger(server.port, "127.72.1.1")
    for path in ("/s/abc", "/files", "/.git/config"):
        mixed.ask("GET", path, headers=BROWSER)
    assert not is_let_in(mixed)


@pytest.mark.parametrize("path", ["/dir{n}", "/s/{n:031x}", "/api/v1/links/{n:032x}"])
def test_names_and_ids_tried_at_speed_are_found_whatever_the_headers(server: LiveServer, path: str) -> None:
    for number, headers in enumerate((BROWSER, {})):
        scanner = Stranger(server.port, f"127.{80 + number}.1.1")
        for n in range(12):
            scanner.ask("GET", path.format(n=n), headers=headers)
        assert scanner.ask("GET", "/api/v1/files", headers=headers).code in ("challenge", "blocked")


def test_a_page_of_elsewhere_that_makes_a_visitor_ask_for_what_is_not_there_blocks_nobody(
    server: LiveServer,
) -> None:
    visitor = Stranger(server.port, "127.90.1.1")
    for n in range(120):
        lured = {**BROWSER, "Sec-Fetch-Site": "cross-site"}
        visitor.ask("GET", f"/picture{n}", headers=lured)
    assert visitor.ask("GET", "/", headers=BROWSER).status in (200, 503)  # this server may have no page
    assert visitor.ask("GET", "/api/v1/files", headers=BROWSER).code == "challenge"
    assert visitor.pay().status == 201
    assert is_let_in(visitor)


@pytest.mark.parametrize(
    ("point", "path", "raw"),
    [
        ("honeypot", "/.env", b"/.env"),
        ("unknown_route", "/admin.php", b"/admin.php"),
        ("unknown_route", "/wp-json/x", b"/wp-json/x"),
        ("bad_name", "/s/../x", b"/s/..%2fx"),
        ("bad_name", "/.env\n", b"/.env%0a"),
        ("bad_name", "/s/a\0", b"/s/a%00"),
        ("malformed", "/s/x", b"/s/x"),
        ("csrf", "/s/x", b"/s/x"),
    ],
)
def test_nobody_slips_into_what_scanners_do(point: str, path: str, raw: bytes) -> None:
    assert not is_slip(point, path, raw)
