"""Parks as clients meet them on a real server: the same 404 for all, limits, a restart in the middle, no token kept."""

import json
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from peerseal.wire import parks as wire
from peerseal.wire.api import ENDPOINTS
from peerseal.wire.encoding import base64url_encode
from support.canaries import Canaries
from support.live_server import LiveServer
from support.parks import Plan, fetched, park
from support.stored_files import commit_of, new_file
from support.storing import Storer

pytestmark = pytest.mark.e2e


@pytest.fixture
def sender(server: LiveServer) -> Iterator[Storer]:
    person = Storer(server.port)
    yield person
    person.close()


@pytest.fixture
def receiver(server: LiveServer) -> Iterator[Storer]:
    person = Storer(server.port)
    yield person
    person.close()


def test_from_its_start_to_its_end_without_an_account(sender: Storer, receiver: Storer) -> None:
    plan = Plan(content=5_000, first=(0, 2))
    chunks = park(sender, plan)
    seen = receiver.expect("parked", plan.reading(), reader=plan.reader)
    assert seen == {
        "state": "complete",
        "expires": seen["expires"],
        "record_size": 64,
        "manifest_bytes": plan.wanted.manifest_bytes,
        "content_bytes": plan.wanted.content_bytes,
        "open": False,
        "manifest_from": 0,
        "content_from": 2,
        "closing": None,
    }
    assert sender.expect("park", plan.proof, park=plan.id) == {
        "state": "complete",
        "expires": seen["expires"],
        "manifest_bytes": plan.wanted.manifest_bytes,
        "content_bytes": plan.wanted.content_bytes,
        "manifest": [{"first": 0, "last": 0}],
        "content": [{"first": 2, "last": 4}],
        "readers": [{"reader": plan.reader, "done": False}],
    }
    assert fetched(receiver, plan, chunks)
    receiver.expect("parked_done", plan.reading(), reader=plan.reader)
    assert sender.call("park", plan.proof, park=plan.id)[0] == 404


def test_what_still_comes_is_waited_for(sender: Storer, receiver: Storer) -> None:
    plan = Plan()
    up, chunks = sender.expect("new_park", plan.wanted)["ticket"], plan.chunks()
    down = receiver.expect("parked_ticket", plan.reading(), reader=plan.reader)["ticket"]
    got: list[tuple[int, bytes]] = []
    waiting = threading.Thread(target=lambda: got.append(receiver.get(down, "content", 0)))
    waiting.start()
    assert sender.put(up, "content", 0, chunks["content", 0]) == 201
    waiting.join(15)
    assert got == [(200, chunks["content", 0])]
    sender.expect("end_park", plan.proof, park=plan.id)


def test_absent_and_not_ones_own_are_the_same_byte_for_byte(sender: Storer) -> None:
    mine, other, never = Plan(), Plan(), Plan()
    for plan in (mine, other):
        sender.expect("new_park", plan.wanted)
    heard = set()
    for name, entry in ENDPOINTS.items():
        if not entry.path.startswith("/park") or name == "new_park":
            continue
        wrong_role = mine.token if "{reader}" in entry.path else mine.reading().token
        for plan, token in ((mine, other.token), (mine, wrong_role), (never, mine.token)):
            body = _body(name, plan, token)
            path = entry.path.format(park=plan.id, reader=plan.reader)
            status, said = sender.raw("POST", f"/api/v1{path}", body, {"Content-Type": "application/json"})
            request_id = json.loads(said)["request_id"].encode()
            heard.add((status, said.replace(request_id, b"")))
    assert heard == {(404, b'{"code":"not_found","title":"Not found","status":404,"request_id":""}')}
    for plan in (mine, other):
        sender.expect("end_park", plan.proof, park=plan.id)


def _body(name: str, plan: Plan, token: bytes) -> bytes:
    sizes = plan.sizes()
    bodies: dict[str, Any] = {
        "add_reader": wire.AddReader(token, wire.NewReader("0" * 32, bytes(32))),
        "park_closing": wire.ParkClosing(token, plan.reader, bytes(124)),
        "reserve_park": wire.ParkSizes(token, sizes.manifest_bytes, sizes.content_bytes),
        "commit_park": wire.ParkSizes(token, sizes.manifest_bytes, sizes.content_bytes),
    }
    takes = ENDPOINTS[name].takes
    assert takes is not None
    return json.dumps(takes.write(bodies.get(name, wire.ParkToken(token)))).encode()


def test_what_the_server_says_of_its_parking() -> None:
    with LiveServer({"park_hours": "5", "park_bytes": "1M"}) as server:
        assert _info(server)["parking"] == {"hours": 5, "bytes": 2**20}
        sender = Storer(server.port)
        status, said = sender.call("new_park", Plan(content=2**20, record_size=2**19).wanted)
        assert (status, said["code"]) == (507, "quota")
        sender.close()
    with LiveServer({"parking": "off"}) as server:
        assert _info(server)["parking"] is None
        sender = Storer(server.port)
        status, said = sender.call("new_park", Plan().wanted)
        assert (status, said["code"]) == (403, "parking_closed")
        sender.close()


def _info(server: LiveServer) -> Any:
    person = Storer(server.port)
    try:
        return json.loads(person.raw("GET", "/api/v1/info", None, {})[1])
    finally:
        person.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_in_the_middle_loses_nothing_that_was_said(how: signal.Signals, tmp_path: Path) -> None:
    settings = {"data": str(tmp_path / "data")}
    whole, half, gone = Plan(content=4_000), Plan(content=4_000, readers=2, open_=True), Plan()
    with LiveServer(settings) as server:
        sender = Storer(server.port)
        kept = park(sender, whole)
        up, chunks = sender.expect("new_park", half.wanted)["ticket"], half.chunks()
        sent = list(chunks)[:3]
        for place in sent:
            assert sender.put(up, *place, chunks[place]) == 201
        closing = os.urandom(124)
        sender.expect("park_closing", wire.ParkClosing(half.token, half.reader, closing), park=half.id)
        park(sender, gone)
        sender.expect("end_park", gone.proof, park=gone.id)
        os.kill(server.pid, how)
        server.stop()
        sender.close()
    with LiveServer(settings) as server:
        sender = Storer(server.port)
        assert sender.put(up, *sent[0], chunks[sent[0]]) == 401  # tickets are asked for again
        assert fetched(sender, whole, kept)
        assert sender.call("park", gone.proof, park=gone.id)[0] == 404
        shown = sender.expect("park", half.proof, park=half.id)
        there = {
            (stream, n)
            for stream in ("manifest", "content")
            for span in shown[stream]
            for n in range(span["first"], span["last"] + 1)
        }
        assert there == set(sent)
        up = sender.expect("park_ticket", half.proof, park=half.id)["ticket"]
        for place, content in chunks.items():
            assert sender.put(up, *place, content) == (200 if place in there else 201)
        sender.expect("commit_park", half.sizes(), park=half.id)
        assert sender.expect("parked", half.reading(), reader=half.reader)["closing"] == base64url_encode(
            closing
        )
        assert all(fetched(sender, half, chunks, reader) for reader in half.readers)
        sender.close()


def test_a_server_of_parks_only_knows_its_blobs_again(tmp_path: Path) -> None:
    settings, plan = {"data": str(tmp_path / "data")}, Plan()
    with LiveServer(settings) as server:
        sender = Storer(server.port)
        chunks = park(sender, plan)
        sender.close()
    (tmp_path / "data/blobs/.server").unlink()
    with LiveServer(settings) as server:
        sender = Storer(server.port)
        assert fetched(sender, plan, chunks)
        sender.close()


def test_no_token_is_anywhere_but_with_whom_it_belongs_to() -> None:
    secrets, down = Canaries(), ""
    with tempfile.TemporaryDirectory() as folder, LiveServer({"data": folder}) as server:
        sender = Storer(server.port)
        for reader_count in (1, 3):
            plan = Plan(readers=reader_count)
            for name, token in {"upload": plan.token, **plan.readers}.items():
                secrets.add(name, token)
            ticket = sender.expect("new_park", plan.wanted)["ticket"]
            secrets.add("ticket", ticket)
            for place, content in plan.chunks().items():
                assert sender.put(ticket, *place, content) == 201
            assert sender.call("parked", wire.ParkToken(plan.token), reader=plan.reader)[0] == 404
            assert sender.call("commit_park", plan.sizes(content_bytes=28), park=plan.id)[0] == 422
            sender.expect("commit_park", plan.sizes(), park=plan.id)
            down = sender.expect("parked_ticket", plan.reading(), reader=plan.reader)["ticket"]
            secrets.add("down", down)
            assert sender.get(down, "content", 0)[0] == 200
        assert len(secrets) >= 10
        assert secrets.in_folder(Path(folder)) == {}
        assert secrets.in_bytes(server.log.read_bytes()) == set()
        assert secrets.in_bytes(b"#" * 8 + down.encode() + b"#" * 8) == {"down"}, (
            "the search finds what is there"
        )
        sender.close()


def test_files_and_parks_live_side_by_side(server: LiveServer, sender: Storer) -> None:
    alice, wanted, plan = Storer.sign_up(server.port), new_file(), Plan()
    file_up = alice.expect("new_file", wanted)["ticket"]
    chunks = park(sender, plan)
    alice.fill(file_up, wanted.version)
    alice.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    assert alice.expect("me")["account"]["used"] >= 4 * 4096 + 500
    assert fetched(alice, plan, chunks)
    sender.expect("end_park", plan.proof, park=plan.id)
    alice.close()
