"""Who may do what: every endpoint, every person, every method. What the table does not list must not succeed.

Refusals change nothing, and what is somebody else's is refused exactly as if it had never been.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from peerseal.wire import limits
from peerseal.wire.api import ENDPOINTS
from peerseal.wire.stored import Confirm, LinkToken
from support.cast import Cast, down
from support.live_server import LiveServer
from support.scene import GUESTS, ROLES, Role, Scene

pytestmark = pytest.mark.e2e

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NOBODY: Final[tuple[Role, ...]] = ()
EVERYBODY: Final = ROLES
SIGNED_IN: Final[tuple[Role, ...]] = ("stranger", "former", "recipient", "owner")
OPERATOR: Final[tuple[Role, ...]] = ("operator",)
READERS: Final[tuple[Role, ...]] = ("recipient", "owner")
OWNER: Final[tuple[Role, ...]] = ("owner",)
RECIPIENT: Final[tuple[Role, ...]] = ("recipient",)

#: Who succeeds, about the owner's things or, where the address names nothing, about their own. A row is an endpoint,
#: or an endpoint asked for in another way.
MAY: Final[dict[str, tuple[Role, ...]]] = {
    "register": EVERYBODY,
    "login_params": EVERYBODY,
    "login": EVERYBODY,
    "login: wrong": NOBODY,
    "logout": SIGNED_IN,
    "me": SIGNED_IN,
    "change_password": SIGNED_IN,
    "change_vault": SIGNED_IN,
    "change_identity": SIGNED_IN,
    "delete_account": SIGNED_IN,
    "recover_challenge": EVERYBODY,
    "recover": EVERYBODY,
    "recover: wrong": NOBODY,
    "sessions": SIGNED_IN,
    "end_session": OWNER,
    "user_key": SIGNED_IN,
    "book": SIGNED_IN,
    "store_book": SIGNED_IN,
    "exchanges": SIGNED_IN,
    "ask_exchange": SIGNED_IN,
    "accept_exchange": OWNER,  # the recipient asked, the owner was asked
    "decline_exchange": OWNER,
    "withdraw_exchange": RECIPIENT,
    "files": SIGNED_IN,
    "new_file": SIGNED_IN,
    "set_sender": SIGNED_IN,
    "file": READERS,
    "change_file": OWNER,
    "delete_file": OWNER,
    "versions": READERS,
    "new_version": OWNER,
    "delete_version": OWNER,
    "share": OWNER,
    "revoke": READERS,  # the recipient leaves
    "revoke: a fellow": OWNER,
    "new_link": OWNER,
    "revoke_link": OWNER,
    "upload": READERS,
    "store_ticket": READERS,
    "store_ticket: to write": OWNER,
    "reserve": OWNER,
    "commit": OWNER,
    "abandon": OWNER,
    "link": EVERYBODY,
    "open_link": EVERYBODY,  # who has the token
    "open_link: wrong": NOBODY,
    "link_ticket": EVERYBODY,
    "link_ticket: wrong": NOBODY,
    "confirm_link": EVERYBODY,  # who has the ticket
    "confirm_link: wrong": NOBODY,
    "new_park": EVERYBODY,
    "park_ticket": EVERYBODY,  # who has the park's token, and so on
    "park_ticket: wrong": NOBODY,
    "add_reader": EVERYBODY,
    "add_reader: wrong": NOBODY,
    "park_closing": EVERYBODY,
    "park_closing: wrong": NOBODY,
    "reserve_park": EVERYBODY,
    "reserve_park: wrong": NOBODY,
    "commit_park": EVERYBODY,
    "commit_park: wrong": NOBODY,
    "park": EVERYBODY,
    "park: wrong": NOBODY,
    "end_park": EVERYBODY,
    "end_park: a reader": NOBODY,
    "parked": EVERYBODY,  # who has a reader's token
    "parked: wrong": NOBODY,
    "parked: the sender": NOBODY,
    "parked_ticket": EVERYBODY,
    "parked_ticket: the sender": NOBODY,
    "parked_done": EVERYBODY,
    "parked_done: wrong": NOBODY,
    "challenge": EVERYBODY,
    "solve_challenge": EVERYBODY,  # who has solved it
    "solve_challenge: wrong": NOBODY,
    "report": EVERYBODY,
    "operator_page_link": OPERATOR,
    "operator_open_page": EVERYBODY,  # who has the link
    "operator_open_page: wrong": NOBODY,
    "operator_session": OPERATOR,
    "operator_close_page": OPERATOR,
    "operator_overview": OPERATOR,
    "operator_standings": OPERATOR,
    "operator_standing": OPERATOR,
    "operator_undo": OPERATOR,
    "operator_allowed": OPERATOR,
    "operator_allow": OPERATOR,
    "operator_disallow": OPERATOR,
    "operator_mode": OPERATOR,
    "operator_events": OPERATOR,
    "operator_damage": OPERATOR,
    "operator_accounts": OPERATOR,
    "operator_change_account": OPERATOR,
    "operator_invites": OPERATOR,
    "operator_invite": OPERATOR,
    "operator_end_invite": OPERATOR,
    "operator_reports": OPERATOR,
    "operator_close_report": OPERATOR,
    "operator_revoke_reported": OPERATOR,
}
#: Asking for these changes nothing the next one would need.
HARMLESS: Final = frozenset(
    name
    for name, entry in ENDPOINTS.items()
    if entry.method == "GET" or "{" not in entry.path or entry.path.startswith("/park")
) - {"change_identity", "delete_account", "end_park"}
#: No name in the address, so nothing can be absent; or the answer is for whoever proves something.
NOTHING_NAMED: Final = frozenset(name for name, entry in ENDPOINTS.items() if "{" not in entry.path)
#: What the application itself answers beside the table, all of it public.
PUBLIC: Final = {limits.INFO_PATH, "/api/v1/openapi.json"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authorisation")


@pytest.fixture(scope="module")
def cast(data: Path) -> Iterator[Cast]:
    with LiveServer({"data": str(data)}) as server:
        people = Cast(server.port, (data / "operator.token").read_text(encoding="ascii").strip())
        yield people
        people.close()


def test_every_endpoint_has_a_row() -> None:
    assert {row.partition(":")[0] for row in MAY} == set(ENDPOINTS)


def test_the_server_answers_nothing_that_is_in_no_table(tmp_path: Path) -> None:
    from support.api_client import ApiServer

    served = ApiServer(tmp_path / "data")
    try:
        rules = {rule.rule for rule in served.app.url_map.iter_rules() if rule.rule.startswith("/api")}
    finally:
        served.close()
    listed = {f"/api/v1{entry.path}".replace("{", "<").replace("}", ">") for entry in ENDPOINTS.values()}
    assert rules == listed | PUBLIC
    outside = {value for name, value in vars(limits).items() if name.endswith("_PATH")} - PUBLIC
    assert outside == {
        limits.HEALTH_PATH,  # public, as is the next
        limits.LIVE_PATH,
        limits.READY_PATH,
        limits.MEET_PATH,
        limits.EXCHANGE_PATH,
        limits.RELAY_PATH,
        limits.CHUNKS_PATH,
        limits.NEWS_PATH,
    }, "an address outside the application needs its rows here"


def test_nobody_succeeds_who_is_not_listed_and_refusals_change_nothing(cast: Cast, data: Path) -> None:
    scene = cast.scene()
    before = state(data)
    refused = 0
    for row in MAY:
        for method in METHODS:
            for role in ROLES:
                if role not in may(row, method) and not of_another_row(row, method):
                    check_refused(cast, role, method, row, scene)
                    refused += 1
        assert state(data) == before, f"a refusal at {row} changed something"
    assert refused > 1000


@pytest.mark.parametrize("row", [row for row, roles in MAY.items() if roles])
def test_everybody_who_is_listed_succeeds(cast: Cast, row: str) -> None:
    name = row.partition(":")[0]
    scene = cast.scene()
    for method in METHODS:
        for role in may(row, method):
            said = cast.ask(role, method, row, scene)
            assert said.status == ENDPOINTS[name].status, (row, method, role, said)
            if role in ("anonymous", "stranger", "former") and "link" not in row and "park" not in row:
                assert silent(said.body, scene), (row, method, role)
            cast.restore(role, row, said)
            if row not in HARMLESS:
                scene = cast.scene()


def test_what_is_somebody_elses_is_refused_as_if_it_had_never_been(cast: Cast) -> None:
    scene = cast.scene()
    absent = scene.absent()
    compared = 0
    for row in MAY:
        name = row.partition(":")[0]
        if name in NOTHING_NAMED or name == "user_key" or "link:" in row:
            continue
        for method in may_methods(name):
            for role in set(ROLES) - set(may(row, method)):
                there, nowhere = (cast.ask(role, method, row, one) for one in (scene, absent))
                assert there.but_id == nowhere.but_id, (row, method, role)
                compared += 1
    assert compared > 60


def test_chunks_go_only_to_and_from_whose_ticket_it_is(cast: Cast, data: Path) -> None:
    scene = cast.scene()
    before = state(data)
    chunk = bytes(156)
    tickets: list[tuple[Role, str, str]] = [
        *((role, "down", ticket) for role, ticket in scene.down.items()),
        ("owner", "up", scene.up),
        ("stranger", "none", ""),
        ("anonymous", "none", ""),
        ("anonymous", "made up", "A" * 43),
    ]
    succeeded = set()
    for role, kind, ticket in tickets:
        for method in METHODS:
            said = cast.chunk(role, method, ticket, chunk if method == "PUT" else None)
            if said.status < 400:
                succeeded.add((role, kind, method))
                continue
            unknown = method not in ("GET", "HEAD", "PUT")
            # With the right ticket and other bytes than are there: the first stay.
            right = (kind, method) == ("up", "PUT")
            assert said.status == (405 if unknown else 409 if right else 401), (role, kind, method, said)
    assert succeeded == {(role, "down", method) for role in READERS for method in ("GET", "HEAD")}
    assert state(data) == before
    assert send_again(cast, scene) == 200, "the owner may, with the bytes that are there"


def test_a_download_is_confirmed_at_its_own_link_only(cast: Cast, data: Path) -> None:
    scene = cast.scene()
    guest = cast.people["anonymous"]
    ticket = guest.expect("link_ticket", LinkToken(scene.token), link=scene.link)["ticket"]
    assert guest.get(ticket, "content", 0)[0] == 200
    before = state(data)
    status, said = guest.call("confirm_link", Confirm(ticket), link="0" * 32)
    assert (status, said["code"]) == (404, "not_found")
    assert state(data) == before
    guest.expect("confirm_link", Confirm(ticket), link=scene.link)


def test_news_are_for_who_is_signed_in(cast: Cast) -> None:
    for role in ROLES:
        for method in METHODS:
            said = cast.plain(role, method, limits.NEWS_PATH)
            expected = 405 if method != "GET" else 401 if role in GUESTS else 200
            assert said.status == expected, (role, method)


def may(row: str, method: str) -> tuple[Role, ...]:
    """Who succeeds with that method at the address of a row."""
    return MAY[row] if method in may_methods(row.partition(":")[0]) else NOBODY


def may_methods(name: str) -> tuple[str, ...]:
    """The methods that mean this endpoint."""
    method = ENDPOINTS[name].method
    return ("GET", "HEAD") if method == "GET" else (method,)


def of_another_row(row: str, method: str) -> bool:
    """Whether that method at the address of this row means another endpoint."""
    mine = row.partition(":")[0]
    path = ENDPOINTS[mine].path
    return any(
        method in may_methods(name)
        for name, entry in ENDPOINTS.items()
        if entry.path == path and name != mine
    )


def check_refused(cast: Cast, role: Role, method: str, row: str, scene: Scene) -> None:
    name = row.partition(":")[0]
    said = cast.ask(role, method, row, scene)
    if ENDPOINTS[name].path.startswith("/operator") and role != "operator":
        expected = 404  # to them the address does not exist, whatever the method
    elif method not in may_methods(name):
        expected = 405
    elif name in ("login", "recover") or (role in GUESTS and ENDPOINTS[name].access == "account"):
        expected = 401
    elif name == "solve_challenge":
        expected = 422
    else:
        expected = 404
    assert said.status == expected, (row, method, role, said)
    assert silent(said.body, scene), (row, method, role)


def silent(body: bytes, scene: Scene) -> bool:
    """Whether it tells nothing of the file."""
    return not any(one.encode() in body for one in scene.telling)


def send_again(cast: Cast, scene: Scene) -> int:
    """The status of the same chunk again: what the server has is what it gives to the owner."""
    got = cast.chunk("owner", "GET", down(cast.people["owner"], scene.arriving.upload))
    return cast.chunk("owner", "PUT", scene.up, got.body).status


def state(data: Path) -> dict[str, object]:
    """Every row and blob; without when a session was last used, which any request may note."""
    database = sqlite3.connect(f"file:{data / 'peerseal.db'}?mode=ro", uri=True)
    try:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows: dict[str, object] = {}
        for table in tables:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(column for column in columns if column != "last_used")
            rows[table] = sorted(map(repr, database.execute(f"SELECT {kept} FROM {table}")))  # noqa: S608 - own names
    finally:
        database.close()
    blobs = (path for path in (data / "blobs").rglob("*") if path.is_file())
    rows["blobs"] = {str(path): hashlib.sha256(path.read_bytes()).digest() for path in blobs}
    return rows
