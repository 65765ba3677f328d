"""The guard from outside, at real servers that enforce: who is stopped, who is not, and how it ends."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from websockets.exceptions import ConnectionClosed

from peerseal.server.guard.events import broken_at
from peerseal.wire import accounts as a
from support.api_client import new_password
from support.live_server import LiveServer
from support.meeting_peer import MeetingPeer
from support.strangers import WRONG, Said, Stranger, solutions

ENFORCED = {"guard": "enforce"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with LiveServer({**ENFORCED, "data": str(tmp_path / "data")}) as running:
        yield running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def operator(server: LiveServer, data: Path) -> Stranger:
    asks = Stranger(server.port, "127.0.9.9")
    asks.headers["Authorization"] = "Operator " + (data / "operator.token").read_text().strip()
    return asks


def standing(asks: Stranger) -> list[dict[str, Any]]:
    said = asks.ask("GET", "/api/v1/operator/standing")
    assert said.status == 200, said
    found: list[dict[str, Any]] = said.json["standings"]
    return found


def until(condition: Callable[[], bool]) -> None:
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def scan(server: LiveServer, address: str, times: int = 2) -> list[Said]:
    """Ask for what only scanners ask for."""
    baits = ("/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/")
    return [Stranger(server.port, address).ask("GET", baits[n % len(baits)]) for n in range(times)]


def test_fifty_wrong_passwords_from_one_terminal_do_not_hinder_the_owner(
    server: LiveServer, data: Path
) -> None:
    owner = Stranger(server.port, "127.0.1.1", "the owner's browser")
    owner.register("zoe")
    assert owner.sign_in("zoe").status == 200
    guesser = Stranger(server.port, "127.0.1.2", "a terminal")
    statuses = [guesser.sign_in("zoe", WRONG).status for _ in range(50)]
    assert statuses[0] == 401
    assert statuses[-1] in (403, 429)
    assert set(statuses) <= {401, 403, 429}
    assert owner.sign_in("zoe").status == 200
    # Even from the guesser's own address: the device is known to this account.
    neighbour = Stranger(server.port, "127.0.1.2", "the owner's laptop")
    neighbour.headers["Peerseal-Device"] = owner.headers["Peerseal-Device"]
    assert neighbour.sign_in("zoe").status == 200
    asks = operator(server, data)
    shown = {one["label"]: one for one in standing(asks)}
    assert "127.0.1.2" in shown or "@zoe" in shown
    for one in sorted(shown.values(), key=lambda one: one["kind"] == "ip"):  # which frees its network, too
        why = asks.ask("GET", f"/api/v1/operator/standing/{one['id']}")
        assert why.status == 200
        assert why.json["standing"]["why"]
        undo = asks.ask("POST", f"/api/v1/operator/standing/{one['id']}/undo", {})
        assert undo.status == 204
    assert standing(asks) == []
    assert guesser.ask("GET", "/api/v1/files").status == 401


def test_a_stranger_is_challenged_and_a_pass_lets_them_on(server: LiveServer) -> None:
    scan(server, "127.0.2.1", 1)
    stranger = Stranger(server.port, "127.0.2.1")
    stopped = stranger.ask("GET", "/api/v1/links/" + "0" * 32)
    assert (stopped.status, stopped.code) == (429, "challenge")
    assert int(stopped.headers["retry-after"]) > 0
    asked = stranger.ask("GET", "/api/v1/challenge").json
    assert (asked["bits"], asked["count"], asked["needed"]) == (14, 16, True)
    paid = stranger.pay()
    assert paid.status == 201
    cookie = paid.headers["set-cookie"]
    assert cookie.startswith("peerseal_pass=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert stranger.ask("GET", "/api/v1/links/" + "0" * 32).status == 404
    # A pass is good for the address that paid.
    scan(server, "127.0.2.2", 1)
    thief = Stranger(server.port, "127.0.2.2")
    thief.headers["Peerseal-Pass"] = stranger.headers["Peerseal-Pass"]
    assert thief.ask("GET", "/api/v1/links/" + "1" * 32).code == "challenge"


def test_a_solution_counts_once_and_only_for_who_was_asked(server: LiveServer) -> None:
    asked = Stranger(server.port, "127.0.3.1")
    challenge = asked.ask("GET", "/api/v1/challenge").json
    solved = {"challenge": challenge["challenge"], "solutions": solutions(challenge)}
    other = Stranger(server.port, "127.0.3.2")
    assert other.ask("POST", "/api/v1/challenge", solved).code == "solution"
    wrong = {**solved, "solutions": [n + 1 for n in solved["solutions"]]}
    assert asked.ask("POST", "/api/v1/challenge", wrong).code == "solution"
    short = {**solved, "solutions": solved["solutions"][:-1]}
    assert asked.ask("POST", "/api/v1/challenge", short).code == "solution"
    assert asked.ask("POST", "/api/v1/challenge", solved).status == 201
    again = asked.ask("POST", "/api/v1/challenge", solved)
    assert (again.status, again.code) == (409, "spent")


def test_a_block_is_told_kindly_stops_no_session_and_can_be_undone(server: LiveServer, data: Path) -> None:
    owner = Stranger(server.port, "127.0.14.1")
    owner.register("yan")
    owner.with_token("yan")
    owner.address = "127.0.4.1"
    scanner = Stranger(server.port, "127.0.4.1", "a scanner")
    for bait in ("/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/", "/xmlrpc.php"):
        scanner.ask("GET", bait)
    blocked = scanner.ask("GET", "/api/v1/files")
    assert (blocked.status, blocked.code) == (403, "blocked")
    assert 0 < int(blocked.headers["retry-after"]) <= 600
    page = scanner.ask("GET", "/", headers={"Accept": "text/html"})
    assert page.status == 403
    assert page.headers["content-type"].startswith("text/html")
    assert b"Stopped for a while" in page.body
    assert "default-src 'none'" in page.headers["content-security-policy"]
    # An authenticated request is judged on its session, never on an address it shares with others.
    assert owner.ask("GET", "/api/v1/files").status == 200
    asks = operator(server, data)
    (one,) = [one for one in standing(asks) if one["kind"] == "ip"]
    assert (one["label"], one["action"]) == ("127.0.4.1", "block")
    # What was asked for, and what was answered: not what would have been, had it not been stopped.
    last = asks.ask("GET", f"/api/v1/operator/standing/{one['id']}").json["sightings"]
    seen = {sighting["path"]: sighting["status"] for sighting in last}
    assert set(seen) == {"/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/", "/xmlrpc.php"}
    assert (seen["/.env"], seen["/xmlrpc.php"]) == (404, 403)
    assert [other["kind"] for other in standing(asks) if other["id"] != one["id"]] == ["net"]
    assert asks.ask("POST", f"/api/v1/operator/standing/{one['id']}/undo", {}).status == 204
    assert standing(asks) == []  # its network is free with it: nobody else in it did anything
    assert asks.ask("POST", f"/api/v1/operator/standing/{one['id']}/undo", {}).status == 404
    assert scanner.ask("GET", "/api/v1/files").status == 401


def test_forwarded_headers_of_strangers_name_nobody(server: LiveServer, data: Path) -> None:
    for n in range(3):
        liar = Stranger(server.port, "127.0.5.1")
        liar.headers["X-Forwarded-For"] = f"198.51.100.{n}"
        liar.ask("GET", "/.env")
    labels = {one["label"] for one in standing(operator(server, data))}
    assert any("127.0.5.1" in label for label in labels)
    assert not any("198.51.100" in label for label in labels)


def test_many_addresses_that_try_many_names_cost_unknown_devices_a_challenge_and_known_ones_nothing(
    server: LiveServer,
) -> None:
    owner = Stranger(server.port, "127.0.6.250", "the owner's browser")
    owner.register("xil")
    assert owner.sign_in("xil").status == 200
    newcomer = Stranger(server.port, "127.0.7.1", "a new phone")
    for n in range(90):
        said = Stranger(server.port, f"127.0.{20 + n}.1", "a botnet").sign_in(f"nobody {n}", WRONG)
        if said.code == "challenge":
            break
    assert newcomer.sign_in("xil").code == "challenge"
    assert owner.sign_in("xil").status == 200
    assert newcomer.pay().status == 201
    assert newcomer.sign_in("xil").status == 200


def test_the_operators_addresses_open_only_for_operators(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with LiveServer({**ENFORCED, "data": str(data), "operators": "ann"}) as server:
        stranger = Stranger(server.port)
        stranger.register("ann")
        stranger.register("bob")
        nowhere = stranger.ask("GET", "/api/v1/operator/nothing")
        bob, ann = Stranger(server.port), Stranger(server.port)
        bob.with_token("bob")
        ann.with_token("ann")
        for path in ("overview", "standing", "events", "accounts"):
            for asks in (stranger, bob):
                said = asks.ask("GET", f"/api/v1/operator/{path}")
                assert (said.status, said.code) == (404, "not_found")
                assert said.headers.keys() == nowhere.headers.keys()
            assert ann.ask("GET", f"/api/v1/operator/{path}").status == 200
        assert bob.ask("PUT", "/api/v1/operator/mode", {"mode": "off"}).status == 404
        by_file = operator(server, data)
        link = by_file.ask("POST", "/api/v1/operator/page-links", {}).json["secret"]
        opened = stranger.ask("POST", "/api/v1/operator/session", {"secret": link})
        assert (opened.status, opened.json["by"]) == (201, "page")
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert stranger.ask("POST", "/api/v1/operator/session", {"secret": link}).status == 404
        page = {"Cookie": cookie.partition(";")[0]}
        assert stranger.ask("GET", "/api/v1/operator/overview", headers=page).status == 200
        mode = {"mode": "observe"}
        assert stranger.ask("PUT", "/api/v1/operator/mode", mode, page).code == "csrf"
        own = {**page, "Origin": server.url, "Host": server.url.partition("//")[2]}
        own["X-CSRF-Token"] = opened.json["csrf"]
        assert stranger.ask("PUT", "/api/v1/operator/mode", mode, own).status == 204
        assert ann.ask("GET", "/api/v1/operator/overview").json["mode"] == "observe"


def test_metrics_are_for_operators_and_the_networks_they_name(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with LiveServer({**ENFORCED, "data": str(data), "metrics": "127.0.8.0/24"}) as server:
        assert Stranger(server.port).ask("GET", "/metrics").code == "not_found"
        scan(server, "127.0.2.9", 1)
        for asks in (Stranger(server.port, "127.0.8.8"), operator(server, data)):
            said = asks.ask("GET", "/metrics")
            assert said.status == 200
            assert b'peerseal_guard_sightings_total{point="honeypot"} 1\n' in said.body
            assert b"peerseal_guard_mode 2\n" in said.body
            assert b'peerseal_requests_total{class="4xx"}' in said.body


def test_events_are_chained_and_name_nobody_even_over_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "data"
    settings = {**ENFORCED, "data": str(data)}
    with LiveServer(settings) as server:
        Stranger(server.port).register("william")
        for _ in range(20):
            Stranger(server.port, "127.0.2.3").sign_in("william", WRONG)
        scan(server, "127.0.2.3", 3)
    with LiveServer(settings) as server:
        scan(server, "127.0.2.4", 3)
    path = data / "guard.ndjson"
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    lines = text.splitlines()
    assert len(lines) >= 3
    assert broken_at(lines) is None
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert "william" not in text
    assert "127.0." not in text
    assert broken_at([lines[0], *lines[2:]]) == 1
    assert broken_at([lines[0].replace('"status":', '"Status":'), *lines[1:]]) == 0


def test_a_restart_keeps_blocks_and_allow_list_and_forgets_scores(tmp_path: Path) -> None:
    data = tmp_path / "data"
    settings = {**ENFORCED, "data": str(data), "guard_allow": "127.0.3.0/24"}
    with LiveServer(settings) as server:
        asks = operator(server, data)
        assert asks.ask("POST", "/api/v1/operator/allow", {"what": "127.0.2.7"}).status == 201
        assert asks.ask("POST", "/api/v1/operator/allow", {"what": "no network"}).status == 422
        scan(server, "127.0.2.5", 4)  # blocked
        scan(server, "127.0.2.6", 1)  # challenged
        for allowed in ("127.0.2.7", "127.0.3.7"):
            scan(server, allowed, 4)
            assert Stranger(server.port, allowed).ask("GET", "/api/v1/files").status == 401
        listed = asks.ask("GET", "/api/v1/operator/allow").json["allowed"]
        assert [(one["what"], one["setting"]) for one in listed] == [
            ("127.0.3.0/24", True),
            ("127.0.2.7/32", False),
        ]
        refused = asks.ask("DELETE", f"/api/v1/operator/allow/{listed[0]['id']}")
        assert refused.status == 409
        until((data / "guard.json").exists)
    assert (data / "guard.json").stat().st_mode & 0o777 == 0o600
    with LiveServer(settings) as server:
        again = Stranger(server.port, "127.0.2.5", "a program")
        assert again.ask("GET", "/api/v1/files").code in ("blocked", "challenge")
        assert Stranger(server.port, "127.0.2.6").ask("GET", "/api/v1/files").status == 401
        scan(server, "127.0.2.7", 4)
        assert Stranger(server.port, "127.0.2.7").ask("GET", "/api/v1/files").status == 401


def test_observing_notes_and_stops_nobody(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with LiveServer({"guard": "observe", "data": str(data)}) as server:
        assert [said.status for said in scan(server, "127.0.2.8", 6)] == [404] * 6
        asks = operator(server, data)
        assert [one["action"] for one in standing(asks) if one["kind"] == "ip"] == ["block"]
        shown = asks.ask("GET", "/api/v1/operator/events?limit=1").json
        assert shown["events"][0]["label"] == "127.0.2.8"
        assert shown["next"] is not None


def test_waiting_for_a_park_that_is_not_there_yet_is_no_sign_of_anything(tmp_path: Path) -> None:
    with LiveServer({**ENFORCED, "data": str(tmp_path / "data")}) as server:
        waits = Stranger(server.port, "127.0.11.1")
        token = {"token": "A" * 43}
        for n in range(60):
            said = waits.ask("POST", f"/api/v1/parked/{n % 3:032x}", token)
            assert (said.status, said.code) == (404, "not_found")
        assert standing(operator(server, tmp_path / "data")) == []
        # Who asks for ever others, and faster than anybody who waits, is.
        seeks = Stranger(server.port, "127.0.11.2")
        codes = [seeks.ask("POST", f"/api/v1/parked/{n:032x}", token).code for n in range(150)]
        assert codes[119] == "not_found"
        assert codes[-1] == "challenge"


def test_guessing_at_invitations_is_guessing_at_codes(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with LiveServer({**ENFORCED, "data": str(data), "registration": "invite"}) as server:
        guesser = Stranger(server.port, "127.0.12.1")
        made = cast(
            "dict[str, object]", a.REGISTER.write(a.Register("eve", bytes(1520), new_password(b"a" * 32)))
        )
        codes = [
            guesser.ask("POST", "/api/v1/register", {**made, "invite": f"{n:020}"}).code for n in range(8)
        ]
        assert codes[0] == "invite"
        assert codes[-1] == "challenge"
        (one,) = [one for one in standing(operator(server, data)) if one["kind"] == "ip"]
        assert one["why"] == "wrong codes or tokens"
        # One that is mistyped the same way again and again is no guess.
        person = Stranger(server.port, "127.0.13.1")
        wanted = {**made, "invite": "0" * 20}
        assert {person.ask("POST", "/api/v1/register", wanted).code for _ in range(8)} == {"invite"}


def test_a_scanner_that_goes_on_without_paying_is_blocked(tmp_path: Path) -> None:
    with LiveServer({**ENFORCED, "data": str(tmp_path / "data")}) as server:
        scan(server, "127.0.15.1", 1)
        scanner = Stranger(server.port, "127.0.15.1")
        said = [scanner.ask("GET", "/api/v1/links/" + "0" * 32).code for _ in range(300)]
        assert said[0] == "challenge"
        assert said[-1] == "blocked"
        metrics = operator(server, tmp_path / "data").ask("GET", "/metrics").body
        assert b"peerseal_guard_breaker 0\n" in metrics


LINK = "/api/v1/links/" + "0" * 32


def block(server: LiveServer, address: str) -> Stranger:
    scanner = Stranger(server.port, address)
    for bait in ("/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/", "/xmlrpc.php"):
        scanner.ask("GET", bait)
    assert scanner.ask("GET", LINK).code == "blocked"
    return scanner


def test_a_device_of_ones_own_counts_for_nothing_but_ones_own_sign_in(server: LiveServer, data: Path) -> None:
    mine = Stranger(server.port, "127.0.16.1", "another program")
    mine.register("eve")
    mine.register("ann")
    assert mine.sign_in("eve").status == 200
    scanner = block(server, "127.0.16.2")
    scanner.headers["Peerseal-Device"] = mine.headers["Peerseal-Device"]
    for path in (LINK, "/api/v1/files", "/s/" + "0" * 32, "/api/v1/openapi.json", "/.env"):
        assert scanner.ask("GET", path).code == "blocked", path
    # The page to sign in with, and the sign-in itself, of its own account alone.
    assert scanner.ask("GET", "/sw.js").code == "not_found"  # this server was started without the page
    for name, status in (("eve", 200), ("ann", 429), ("nobody", 429)):
        assert scanner.ask("POST", "/api/v1/login/params", {"name": name}).status == status, name
    assert scanner.sign_in("ann", WRONG).code in ("blocked", "challenge")
    assert scanner.sign_in("eve").status == 200
    # Who tries others with it has it for nothing in the end.
    assert {scanner.sign_in("ann", WRONG).code for _ in range(20)} <= {"blocked", "challenge"}
    assert scanner.sign_in("eve").code in ("blocked", "challenge")


def test_the_device_of_a_suspended_account_counts_for_nothing(server: LiveServer, data: Path) -> None:
    mine = Stranger(server.port, "127.0.17.1", "another program")
    mine.register("eve")
    assert mine.sign_in("eve").status == 200
    scanner = block(server, "127.0.17.2")
    scanner.headers["Peerseal-Device"] = mine.headers["Peerseal-Device"]
    suspended = operator(server, data).ask(
        "PUT", "/api/v1/operator/accounts/eve", {"quota": None, "suspended": True}
    )
    assert suspended.status == 200, suspended
    assert scanner.ask("GET", "/sw.js").code == "blocked"
    assert scanner.ask("POST", "/api/v1/login/params", {"name": "eve"}).code in ("blocked", "challenge")
    assert scanner.sign_in("eve").code == "blocked"


def test_credentials_made_up_are_seen_and_one_that_is_stale_is_not_for_ever(
    server: LiveServer, data: Path
) -> None:
    stale = Stranger(server.port, "127.0.18.1")
    stale.headers["Authorization"] = "Bearer " + "A" * 43
    assert {stale.ask("GET", "/api/v1/files").code for _ in range(200)} == {"not_signed_in"}
    flood = Stranger(server.port, "127.0.19.1")
    codes = []
    for n in range(120):
        flood.headers["Authorization"] = "Bearer " + f"{n:043}"
        codes.append(flood.ask("GET", "/api/v1/files").code)
    assert codes[0] == "not_signed_in"
    assert "challenge" in codes
    (one,) = [one for one in standing(operator(server, data)) if one["kind"] == "ip"]
    assert one["why"] == "session secrets that are nobody's"


def test_the_description_of_the_api_is_sent_once_and_asking_for_it_all_the_time_is_seen(
    server: LiveServer, data: Path
) -> None:
    reader = Stranger(server.port, "127.0.21.1")
    first = reader.ask("GET", "/api/v1/openapi.json")
    again = reader.ask("GET", "/api/v1/openapi.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert "max-age" in first.headers["cache-control"]
    assert first.json["openapi"] == "3.1.0"
    codes = [reader.ask("GET", "/api/v1/openapi.json").status for _ in range(160)]
    assert codes[40] == 200
    assert codes[-1] == 429


def test_a_program_that_says_no_name_shuts_out_itself_and_no_other_at_its_address(
    server: LiveServer,
) -> None:
    nameless = Stranger(server.port, "127.0.31.1")
    del nameless.headers["User-Agent"]
    for bait in ("/.env", "/.git/config", "/wp-login.php"):
        nameless.ask("GET", bait)
    assert nameless.ask("GET", "/api/v1/login").code == "blocked"
    neighbour = Stranger(server.port, "127.0.31.1", "Mozilla/5.0")
    assert neighbour.ask("GET", "/").status == 200
    assert neighbour.ask("POST", "/api/v1/meet", {}).code == "challenge"
    assert neighbour.pay().status == 201
    assert neighbour.ask("POST", "/api/v1/meet", {}).status == 201


def test_what_breaks_the_rules_of_http_shuts_out_no_program_at_its_address(server: LiveServer) -> None:
    for _ in range(40):
        with socket.create_connection(("127.0.0.1", server.port), 10, ("127.0.31.2", 0)) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
            while sock.recv(4096):
                pass
    nameless = Stranger(server.port, "127.0.31.2")
    del nameless.headers["User-Agent"]
    assert nameless.ask("POST", "/api/v1/meet", {}).code == "blocked"
    assert (
        Stranger(server.port, "127.0.31.2", "Mozilla/5.0").ask("POST", "/api/v1/meet", {}).code == "challenge"
    )


def test_who_bears_the_name_of_a_scanners_browser_is_not_shut_out_with_it(server: LiveServer) -> None:
    common = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141"
    for address, told in (("127.0.31.3", {}), ("127.0.31.4", {"Accept-Language": "en"})):
        scanner = Stranger(server.port, address, common)
        for bait in ("/.env", "/.git/config", "/wp-login.php"):
            scanner.ask("GET", bait)
        for n in range(12):
            wanted = a.LOGIN.write(a.Login(f"name{n}", WRONG, "token", "a test"))
            scanner.ask("POST", "/api/v1/login", wanted, told)
        # What shows nothing of a browser but its name is a program.
        assert Stranger(server.port, address, common).ask("GET", LINK).code in ("blocked", "challenge")
        for more in ({"Accept-Language": "de"}, {"Sec-Fetch-Site": "same-origin"}):
            guest = Stranger(server.port, address, common)
            guest.headers |= more
            assert guest.ask("GET", "/api/v1/info").status == 200
            assert guest.ask("GET", LINK).code == "challenge"
            assert guest.ask("GET", "/api/v1/challenge").json["needed"]
            assert guest.sign_in("ann").code == "challenge"
            assert guest.pay().status == 201
            assert guest.ask("GET", LINK).code == "not_found"
            assert guest.sign_in("ann").code == "login_failed"


def test_a_block_reaches_who_is_on_a_connection_of_the_meeting_already(server: LiveServer) -> None:
    with MeetingPeer(server.port, "Eve", {"User-Agent": "a scanner"}) as eve:
        for bait in ("/.env", "/.git/config", "/wp-login.php", "/phpmyadmin/", "/xmlrpc.php"):
            Stranger(server.port, "127.0.0.1", "a scanner").ask("GET", bait)
        assert Stranger(server.port, "127.0.0.1", "a scanner").ask("GET", LINK).code == "blocked"
        said = eve.ask("claim", nameplate="7")
        assert (said["ok"], said["code"]) == (False, "blocked")
        with pytest.raises(ConnectionClosed):
            eve.ask("ping")
