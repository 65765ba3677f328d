"""What a page of elsewhere makes its visitor's browser send ends nobody's session and blocks nobody."""

import contextlib
import json
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from peerseal.server.guard.lured import is_lured
from peerseal.wire import accounts as a
from support.live_server import LiveServer
from support.strangers import RIGHT, Said, Stranger

HOST = "peerseal.example:8080"
BROWSER = {"User-Agent": "Mozilla/5.0", "Accept-Language": "en"}
BAITS = ("/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/", "/xmlrpc.php", "/.aws/x")


def lured(headers: dict[str, str], method: str = "GET", listed: tuple[str, ...] = ()) -> bool:
    given = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    pairs = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    return is_lured({"type": "http", "method": method, "headers": pairs}, listed)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site", "referer": f"http://{HOST}/"},
        {"sec_fetch_site": "none"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://peerseal.example:8081"},
        {"referer": "http://peerseal.example:8081/page"},
        {"referer": "nonsense"},
        {"referer": "http://[evil"},
        {"user_agent": "Mozilla/5.0", "accept_language": "en"},  # a page may keep to itself that it asked
        {"authorization": "Basic YTpi", "sec_fetch_site": "cross-site"},  # http://a:b@…
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_a_page_of_elsewhere_can_cause_it(method: str, headers: dict[str, str]) -> None:
    assert lured(headers, method)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"user_agent": "curl/8"},
        {"sec_fetch_site": "same-origin"},
        {"referer": f"http://{HOST}/"},
        {"origin": f"http://{HOST}"},
        {"origin": "http://evil.example", "authorization": "Bearer x"},
        {"origin": "http://evil.example", "x_csrf_token": "x"},
        {"origin": "http://evil.example", "content_type": "application/json"},
        {"sec_fetch_site": "cross-site", "content_type": "Application/JSON"},
        {"sec_fetch_site": "cross-site", "content_type": " application/json ; charset=utf-8"},
        {"sec_fetch_site": "cross-site", "content_type": "application/x-anything"},
        {"sec_fetch_site": "cross-site", "authorization": "bearer x"},
    ],
)
def test_a_page_of_elsewhere_cannot_cause_it(headers: dict[str, str]) -> None:
    assert not lured(headers)


def test_a_second_header_makes_no_disguise() -> None:
    two = [(b"content-type", b"application/json"), (b"content-type", b"text/plain")]
    for kinds in (two, two[::-1]):
        pairs = [(b"host", HOST.encode()), (b"sec-fetch-site", b"cross-site"), *kinds]
        assert not is_lured({"type": "http", "method": "POST", "headers": pairs}, ())


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "Text/Plain;charset=UTF-8", ""]
)
def test_forms_of_elsewhere_need_no_leave(kind: str) -> None:
    assert lured({"sec_fetch_site": "cross-site", "content_type": kind}, "POST")


def test_methods_that_need_leave_are_not_caused_by_a_page_of_elsewhere() -> None:
    assert not lured({"origin": "http://evil.example"}, "PUT")
    assert not lured({"sec_fetch_site": "cross-site"}, "DELETE")


def test_an_origin_the_operator_listed_is_no_page_of_elsewhere() -> None:
    assert not lured({"origin": "https://files.example"}, listed=("https://files.example",))
    assert not lured({"referer": "https://files.example/a/b"}, listed=("https://files.example",))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with LiveServer({"guard": "enforce", "data": str(tmp_path / "data")}) as running:
        yield running


def images(visitor: Stranger, times: int, **headers: str) -> list[Said]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [
        visitor.ask("GET", f"{BAITS[n % len(BAITS)]}?{n}", headers={**BROWSER, **named}) for n in range(times)
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Referer": "http://evil.example/"},
        {},
        # A name of elsewhere that was made to lead here.
        {"Host": "evil.example:80", "Sec_Fetch_Site": "same-origin", "Referer": "http://evil.example:80/"},
        {"Host": "evil.example", "Sec_Fetch_Site": "same-origin", "X-CSRF-Token": "x"},
    ],
    ids=str,
)
def test_images_of_a_foreign_page_block_nobody(server: LiveServer, headers: dict[str, str]) -> None:
    visitor = Stranger(server.port, "127.0.31.1")
    images(visitor, 100, **headers)
    page = visitor.ask("GET", "/", headers={**BROWSER, "Accept": "text/html"})
    assert page.status == 200
    # At most they pay.
    stopped = visitor.ask("GET", "/api/v1/files", headers=BROWSER)
    assert stopped.code in ("challenge", "not_signed_in")
    assert visitor.pay().status == 201
    assert visitor.ask("GET", "/api/v1/files", headers=BROWSER).code == "not_signed_in"
    # A scanner is blocked for the same.
    scanner = Stranger(server.port, "127.0.32.1")
    for bait in BAITS:
        scanner.ask("GET", bait)
    assert scanner.ask("GET", "/api/v1/files").code == "blocked"


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), b"HTTP/1.1 400"),
        (b"\x00\x03\x00\x1c\x21\x12\xa4\x42" + bytes(40), b"HTTP/1.1 400"),
        (b"GET /x?" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 431"),
    ],
    ids=["https to a port without it", "turn: of WebRTC", "an address far too long"],
)
def test_what_no_parser_reads_and_a_page_can_cause_blocks_nobody(
    server: LiveServer, first: bytes, answer: bytes
) -> None:
    visitor = Stranger(server.port, "127.0.38.1")
    for _ in range(60):
        with socket.create_connection(
            ("127.0.0.1", server.port), 10, source_address=(visitor.address, 0)
        ) as line:
            with contextlib.suppress(ConnectionError):
                line.sendall(first)
            with contextlib.suppress(ConnectionError):
                assert line.recv(100).startswith((answer, b""))
    stopped = visitor.ask("GET", "/api/v1/files", headers=BROWSER)
    assert stopped.code in ("challenge", "not_signed_in")
    if first.startswith(b"\x16"):
        assert stopped.code == "not_signed_in"  # somebody typed https://
    # What no browser sends is another matter.
    other = Stranger(server.port, "127.0.39.1")
    del other.headers["User-Agent"]
    for _ in range(40):
        with socket.create_connection(
            ("127.0.0.1", server.port), 10, source_address=(other.address, 0)
        ) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
            line.recv(100)
    assert other.ask("GET", "/api/v1/files").code == "blocked"


def test_a_browser_that_was_lured_is_not_taken_for_the_scanner_beside_it(server: LiveServer) -> None:
    visitor = Stranger(server.port, "127.0.43.1")
    images(visitor, 3, Sec_Fetch_Site="cross-site")
    scanner = Stranger(server.port, "127.0.43.1", "a scanner")
    for bait in BAITS:
        scanner.ask("GET", bait)
    assert scanner.ask("GET", "/api/v1/files").code == "blocked"
    assert visitor.ask("GET", "/", headers={**BROWSER, "Accept": "text/html"}).status == 200
    assert visitor.ask("GET", "/api/v1/files", headers=BROWSER).code == "challenge"


def test_an_operators_page_left_open_by_who_signed_out_is_held_against_nobody(server: LiveServer) -> None:
    who = Stranger(server.port, "127.0.41.1")
    own = {**BROWSER, "Sec-Fetch-Site": "same-origin"}
    for _ in range(20):
        for what in ("overview", "standing", "damage"):
            assert who.ask("GET", f"/api/v1/operator/{what}", headers=own).status == 404
    assert who.ask("GET", "/api/v1/files", headers=BROWSER).code == "not_signed_in"
    # A program that looks for them is told from it.
    program = Stranger(server.port, "127.0.42.1")
    for n in range(40):
        program.ask("GET", f"/api/v1/operator/standing/{n:032x}")
    assert program.ask("GET", "/api/v1/files").code in {"challenge", "blocked"}


@pytest.mark.parametrize("kind", ["application/json", "Application/json", "application/json;x"])
def test_who_guesses_in_the_clothes_of_a_lured_browser_is_found_as_anybody(
    server: LiveServer, kind: str
) -> None:
    disguise = {**BROWSER, "Sec-Fetch-Site": "cross-site", "Content-Type": kind}
    codes = []
    for n in range(12):
        guesser = Stranger(server.port, "127.0.44.1")
        wanted = a.LOGIN.write(a.Login(f"name{n}", b"x" * 32, "token", "a test"))
        codes.append(guesser.ask("POST", "/api/v1/login", wanted, disguise).code)
    assert codes[0] == "login_failed"
    assert codes[-1] in ("challenge", "blocked")
    links = []
    for n in range(12):
        seeker = Stranger(server.port, "127.0.45.1")
        wrong = {"token": f"{n:043}"}
        links.append(seeker.ask("POST", f"/api/v1/links/{n:032x}/open", wrong, disguise).code)
    assert links[-1] in ("challenge", "blocked")


def test_a_foreign_page_cannot_make_its_visitor_a_flood(server: LiveServer) -> None:
    visitor = Stranger(server.port, "127.0.37.1")
    frame = {**BROWSER, "Sec-Fetch-Site": "cross-site"}
    assert {visitor.ask("GET", f"/s/{'0' * 32}", headers=frame).status for _ in range(300)} == {200}
    assert visitor.ask("GET", "/api/v1/files", headers=BROWSER).code == "not_signed_in"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_links_and_images_of_elsewhere_throw_nobody_out(server: LiveServer, site: str) -> None:
    person = Stranger(server.port, "127.0.33.1")
    person.register("zoe")
    host = {"Host": server.url.partition("//")[2]}
    person.headers["Cookie"] = session_cookie(server, "zoe")
    me = person.ask("GET", "/api/v1/me", headers={**BROWSER, **host, "Sec-Fetch-Site": "same-origin"})
    assert me.status == 200
    images(person, 40, Sec_Fetch_Site=site)
    assert person.ask("GET", "/api/v1/me", headers={**BROWSER, **host}).status == 200
    # What the session does by itself it answers for.
    images(person, 6, Sec_Fetch_Site="same-origin")
    assert person.ask("GET", "/api/v1/me", headers={**BROWSER, **host}).status != 200


def session_cookie(server: LiveServer, name: str) -> str:
    """As a page signs in."""
    link = HTTPConnection("127.0.0.1", server.port, timeout=30)
    own = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{server.port}"}
    link.request(
        "POST", "/api/v1/login", json.dumps(a.LOGIN.write(a.Login(name, RIGHT, "cookie", "a test"))), own
    )
    answer = link.getresponse()
    assert answer.status == 200
    cookies = [value for key, value in answer.getheaders() if key.lower() == "set-cookie"]
    link.close()
    return next(value.partition(";")[0] for value in cookies if value.startswith("peerseal_session="))


def test_only_a_session_that_is_there_passes_a_block(server: LiveServer) -> None:
    scanner = Stranger(server.port, "127.0.34.1")
    for bait in BAITS:
        scanner.ask("GET", bait)
    start = "/socket.io/?EIO=4&transport=polling"
    for query in ("", "&xsid=1", "&sid=1", "&sid=", "&asid=1&sid=2"):
        assert scanner.ask("GET", start + query).code in ("blocked", "challenge"), query
    peer = Stranger(server.port, "127.0.35.1")
    opened = peer.ask("GET", start)
    assert opened.status == 200
    sid = opened.body.decode().partition('"sid":"')[2].partition('"')[0]
    peer.address = "127.0.34.1"
    assert peer.ask("POST", f"{start}&sid={sid}", None, {"Content-Length": "0"}).code != "blocked"


def test_a_session_answers_for_its_first_request_too_after_a_restart(tmp_path: Path) -> None:
    settings = {"guard": "enforce", "data": str(tmp_path / "data")}
    person = Stranger(0, "127.0.36.1")
    with LiveServer(settings) as server:
        person.port = server.port
        person.register("zoe")
        person.with_token("zoe")
    with LiveServer(settings) as server:
        person.port = server.port
        person.ask("GET", "/.env")
        asks = Stranger(server.port, "127.0.9.9")
        asks.headers["Authorization"] = (
            "Operator " + (tmp_path / "data" / "operator.token").read_text().strip()
        )
        found = asks.ask("GET", "/api/v1/operator/standing").json["standings"]
        assert {one["kind"] for one in found} == {"session"}


def test_a_server_that_knows_its_names_answers_to_no_other_and_holds_it_against_nobody(
    tmp_path: Path,
) -> None:
    settings = {"guard": "enforce", "hosts": "files.example", "data": str(tmp_path / "data")}
    with LiveServer(settings) as server:
        visitor = Stranger(server.port, "127.0.40.1")
        for host in ("evil.example", f"evil.example:{server.port}"):
            lead = {**BROWSER, "Host": host, "Sec-Fetch-Site": "same-origin", "Origin": f"http://{host}"}
            told = {visitor.ask("POST", "/api/v1/login", {}, lead).status for _ in range(60)}
            assert told == {421}
            assert visitor.ask("GET", "/.env", headers=lead).code == "misdirected"
        for host in ("files.example", f"127.0.0.1:{server.port}", "localhost"):
            assert (
                visitor.ask("GET", "/api/v1/files", headers={**BROWSER, "Host": host}).code == "not_signed_in"
            )
