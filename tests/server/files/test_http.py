"""The endpoints as a client meets them: statuses, codes, If-Match, and a 404 that is the same for all."""

import json
import secrets
from collections.abc import Iterator

import pytest

from peerseal.server.guard.problems import TITLE
from peerseal.wire import stored as wire
from peerseal.wire.accounts import Proof
from peerseal.wire.api import ENDPOINTS
from support.live_server import LiveServer
from support.stored_files import access_list, commit_of, new_file, next_version
from support.storing import Storer

pytestmark = pytest.mark.e2e


@pytest.fixture
def alice(server: LiveServer) -> Iterator[Storer]:
    person = Storer.sign_up(server.port)
    yield person
    person.close()


@pytest.fixture
def eve(server: LiveServer) -> Iterator[Storer]:
    person = Storer.sign_up(server.port)
    yield person
    person.close()


def test_a_file_from_its_start_to_its_end(alice: Storer) -> None:
    wanted = new_file()
    ticket = alice.expect("new_file", wanted)["ticket"]
    alice.fill(ticket, wanted.version)
    shown = alice.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    assert shown["current"]["version"] == 1
    assert alice.expect("me")["account"]["used"] >= 4 * 4096 + 500
    update = next_version(wanted.id, 2)
    without, stale = (alice.call("new_version", update, match, file=wanted.id)[1] for match in (None, 0))
    assert _without_id(without) == _problem(428, "if_match_required")
    assert _without_id(stale) == _problem(412, "stale")
    alice.fill(alice.expect("new_version", update, 1, file=wanted.id)["ticket"], update.version)
    alice.expect("commit", commit_of(update.version), upload=update.version.upload)
    assert [one["version"] for one in alice.expect("versions", file=wanted.id)["versions"]] == [1, 2]
    alice.expect("delete_version", file=wanted.id, version="1")
    assert [file["id"] for file in alice.expect("files")["files"]] == [wanted.id]
    alice.expect("delete_file", file=wanted.id)
    assert alice.expect("files") == {"files": [], "next": None}
    assert alice.expect("me")["account"]["used"] == 0


def test_with_the_account_go_its_files_from_everybody(server: LiveServer, eve: Storer) -> None:
    leaving = Storer.sign_up(server.port)
    wanted = new_file((eve.name,))
    leaving.fill(leaving.expect("new_file", wanted)["ticket"], wanted.version)
    leaving.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    down = eve.expect("store_ticket", wire.AskStoreTicket("download"), upload=wanted.version.upload)["ticket"]
    assert eve.get(down, "content", 0)[0] == 200
    leaving.expect("delete_account", Proof(b"a" * 32))
    leaving.close()
    assert eve.expect("files")["files"] == []
    assert eve.get(down, "content", 0)[0] in (401, 404)


def test_absent_and_not_yours_are_the_same_byte_for_byte(alice: Storer, eve: Storer) -> None:
    wanted = new_file()
    alice.fill(alice.expect("new_file", wanted)["ticket"], wanted.version)
    alice.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    absent = secrets.token_hex(16)
    share = wire.Share(access_list(wanted.id, 2), ())
    update = next_version(wanted.id, 2)
    asks: list[tuple[str, object, int | None, dict[str, str]]] = [
        ("file", None, None, {}),
        ("versions", None, None, {}),
        ("delete_file", None, None, {}),
        ("delete_version", None, None, {"version": "1"}),
        ("change_file", wire.ChangeFile(None), 1, {}),
        ("share", share, None, {"name": eve.name}),
        ("revoke", wire.Revoke(None), None, {"name": eve.name}),
    ]
    for endpoint, body, match, parts in asks:
        answers = [eve.call(endpoint, body, match, file=id_, **parts) for id_ in (wanted.id, absent)]
        assert [_without_id(said) for _, said in answers] == [_problem(404, "not_found")] * 2, endpoint
    assert eve.call("new_version", update, 1, file=wanted.id)[0] == 404
    for endpoint in ("upload", "abandon"):
        answers = [eve.call(endpoint, upload=id_) for id_ in (wanted.version.upload, absent)]
        assert [_without_id(said) for _, said in answers] == [_problem(404, "not_found")] * 2, endpoint


def test_nothing_without_an_account(alice: Storer) -> None:
    guest = alice.again()
    guest.token = ""
    for name, entry in ENDPOINTS.items():
        if entry.access == "account" and entry.path.startswith(("/files", "/uploads")):
            path = entry.path.format(file="0" * 32, version=1, name="x", link="0" * 32, upload="0" * 32)
            headers = {"Content-Type": "application/json", "If-Match": '"1"'} if entry.takes else {}
            status, said = guest.raw(entry.method, f"/api/v1{path}", b"{}" if entry.takes else None, headers)
            assert (status, json.loads(said)["code"]) == (401, "not_signed_in"), name
    guest.close()


def test_news_reaches_the_recipient_of_a_new_file(alice: Storer, eve: Storer) -> None:
    auth = {"Authorization": f"Bearer {eve.token}"}
    at = json.loads(eve.raw("GET", "/api/v1/news", None, auth)[1])["at"]
    alice.expect("new_file", new_file((eve.name,)))
    said = json.loads(eve.raw("GET", f"/api/v1/news?after={at}&wait=10", None, auth)[1])
    assert said["changed"] == ["files"]


def test_a_chunk_address_knows_its_methods_and_needs_a_length(alice: Storer) -> None:
    status, said = alice.raw("DELETE", "/api/v1/chunks/content/0", None, {})
    assert (status, json.loads(said)["code"]) == (405, "method_not_allowed")
    alice._link.putrequest("PUT", "/api/v1/chunks/content/0")
    alice._link.endheaders()
    answer = alice._link.getresponse()
    assert (answer.status, json.loads(answer.read())["code"]) == (411, "length_required")


def _problem(status: int, code: str) -> dict[str, object]:
    return {"code": code, "title": TITLE[status], "status": status}


def _without_id(said: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in said.items() if key != "request_id"}
