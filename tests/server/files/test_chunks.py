"""Chunks over HTTP: durable before they are acknowledged, never changed, waited for, and only with a live ticket."""

import asyncio
import itertools
import os
import time
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest

from peerseal.server.accounts.asking import Signed
from peerseal.server.asgi_types import Event
from peerseal.server.files.chunks import PER_ACCOUNT, PER_CHUNK, PER_TICKET
from peerseal.server.http import ClientGone
from peerseal.wire import stored as wire
from support.stored_files import Answer, Desk, commit_of, new_file, new_version

CONTENT = 16 * 64 * 3 + 100


@pytest.fixture
def alice(desk: Desk) -> Signed:
    return desk.person("alice")


@pytest.fixture
def begun(desk: Desk, alice: Signed) -> tuple[wire.NewFile, str]:
    """A file of four chunks and a ticket to send them."""
    wanted = new_file(version=new_version(content=CONTENT))
    return wanted, desk.uploads.new_file(alice, wanted).ticket


def test_a_chunk_comes_back_whole_and_in_ranges(
    desk: Desk, alice: Signed, begun: tuple[wire.NewFile, str]
) -> None:
    wanted, up = begun
    content = os.urandom(16 * 92)
    assert desk.put(up, "content", 1, content).status == 201
    down = desk.down(alice, wanted.version.upload)
    whole = desk.get(down, "content", 1)
    assert (whole.status, whole.body, whole.headers["content-length"]) == (200, content, "1472")
    assert "etag" not in whole.headers
    for span, expected in {
        "bytes=0-0": content[:1],
        "bytes=100-199": content[100:200],
        "bytes=1400-": content[1400:],
        "bytes=1400-9999": content[1400:],
        "bytes=-10": content[-10:],
        "bytes=-9999": content,
    }.items():
        part = desk.get(down, "content", 1, span)
        assert (part.status, part.body) == (206, expected), span
    for span in ("bytes=1472-", "bytes=1472-1500", "bytes=-0"):
        assert desk.get(down, "content", 1, span).status == 416, span
    for span in ("bytes=0-1,3-4", "bytes=5-1", "bytes=-", "lines=1-2", "bytes=a-b"):
        assert desk.get(down, "content", 1, span).body == content, span
    head = desk.ask("HEAD", down, "content/1")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "1472")


def test_the_same_bytes_again_are_fine_and_others_never_replace_them(
    desk: Desk, alice: Signed, begun: tuple[wire.NewFile, str]
) -> None:
    wanted, up = begun
    first = os.urandom(16 * 92)
    assert desk.put(up, "content", 0, first).status == 201
    assert desk.put(up, "content", 0, first).status == 200
    other = desk.put(up, "content", 0, first[:-1] + bytes([first[-1] ^ 1]))
    assert (other.status, other.code) == (409, "chunk_differs")
    assert desk.get(desk.down(alice, wanted.version.upload), "content", 0).body == first
    assert desk.on_disk() == len(first)


@pytest.mark.parametrize(
    ("stream", "n", "length"),
    [
        ("content", 0, 16 * 92 - 1),
        ("content", 0, 16 * 92 + 1),
        ("content", 0, 0),
        ("content", 3, 16 * 92),
        ("content", 4, 100),
        ("manifest", 0, 28),
        ("manifest", 1, 28),
    ],
)
def test_a_chunk_of_another_length_is_refused(
    desk: Desk, begun: tuple[wire.NewFile, str], stream: str, n: int, length: int
) -> None:
    answer = desk.put(begun[1], stream, n, bytes(length))
    assert (answer.status, answer.code) == (422, "chunk_length")
    assert desk.on_disk() == 0


@pytest.mark.parametrize(
    "path", ["content/01", "content/-1", "content/x", "content/9999999", "files/0", "content/0/", "content/"]
)
def test_an_address_that_is_none(desk: Desk, begun: tuple[wire.NewFile, str], path: str) -> None:
    assert desk.ask("GET", begun[1], path).status == 404


def test_a_ticket_is_for_one_direction_and_fifteen_minutes(
    desk: Desk, alice: Signed, begun: tuple[wire.NewFile, str]
) -> None:
    wanted, up = begun
    down = desk.down(alice, wanted.version.upload)
    assert desk.ask("POST", up, "content/0").status == 405
    for wrong in ("", "x", down):
        assert desk.put(wrong, "content", 0, bytes(16 * 92)).code == "ticket"
    assert desk.get(up, "content", 0).code == "ticket"
    desk.now += 900_000 - 1
    assert desk.put(up, "content", 0, bytes(16 * 92)).status == 201
    desk.now += 1
    assert desk.put(up, "content", 1, bytes(16 * 92)).code == "ticket"


def test_tickets_die_with_the_session_the_commit_and_the_file(
    desk: Desk, alice: Signed, begun: tuple[wire.NewFile, str]
) -> None:
    wanted, up = begun
    down = desk.down(alice, wanted.version.upload)
    chunks = desk.fill(up, wanted.version)
    desk.uploads.commit(alice, commit_of(wanted.version), wanted.version.upload)
    stream, n, content = chunks[0]
    assert desk.put(up, stream, n, content).code == "ticket"
    assert desk.get(down, stream, n).body == content
    with desk.database.writing() as session:
        desk.sessions.end(session, [alice.session_id])
    assert desk.get(down, stream, n).status == 401  # even before anybody told the tickets
    desk.sessions.tell_ended([alice.session_id])
    assert len(desk.files.parts.tickets) == 0


def test_a_chunk_of_a_complete_file_that_storage_has_lost_is_said_to_be_that(
    desk: Desk, alice: Signed, begun: tuple[wire.NewFile, str], caplog: pytest.LogCaptureFixture
) -> None:
    wanted, up = begun
    (_, n, content), *_ = (one for one in desk.fill(up, wanted.version) if one[0] == "content")
    desk.uploads.commit(alice, commit_of(wanted.version), wanted.version.upload)
    down = desk.down(alice, wanted.version.upload)
    assert desk.get(down, "content", n).body == content
    (lost,) = desk.home.glob(f"blobs/*/c{n}")
    lost.unlink()
    for method in ("GET", "HEAD"):
        assert desk.ask(method, down, f"content/{n}").status == 410
    assert desk.get(down, "content", n).code == "chunk_lost"
    assert desk.get(down, "content", 4).status == 404
    assert lost.name in caplog.text


def test_a_chunk_that_is_not_there_yet_is_waited_for(
    desk: Desk, alice: Signed, begun: tuple[wire.NewFile, str]
) -> None:
    wanted, up = begun
    down = desk.down(alice, wanted.version.upload)
    assert desk.get(down, "content", 0).status == 204
    assert desk.ask("HEAD", down, "content/0").status == 204
    content = os.urandom(16 * 92)

    async def both() -> tuple[Answer, Answer]:
        desk.chunks._wait = 20
        waiting = asyncio.ensure_future(desk.asking("GET", down, "content/0"))
        await asyncio.sleep(0.05)
        length = [(b"content-length", b"1472")]
        return await desk.asking("PUT", up, "content/0", length, content), await waiting

    begin = time.monotonic()
    put, got = desk.run(both())
    assert (put.status, got.status, got.body) == (201, 200, content)
    assert time.monotonic() - begin < 10


def test_who_waits_is_told_when_it_will_never_come(
    desk: Desk, alice: Signed, begun: tuple[wire.NewFile, str]
) -> None:
    wanted, _ = begun
    down = desk.down(alice, wanted.version.upload)
    assert desk.get(down, "content", 4).status == 404  # beyond the end

    async def both() -> Answer:
        desk.chunks._wait = 20
        waiting = asyncio.ensure_future(desk.asking("GET", down, "content/0"))
        await asyncio.sleep(0.05)
        await asyncio.to_thread(desk.uploads.abandon, alice, wanted.version.upload)
        return await waiting

    assert desk.run(both()).status == 404


def test_a_body_that_stalls_is_cut_and_leaves_nothing(desk: Desk, begun: tuple[wire.NewFile, str]) -> None:
    async def trickle() -> Event:
        if not sent:
            sent.append(1)
            return {"type": "http.request", "body": b"x" * 100, "more_body": True}
        await asyncio.sleep(60)
        raise AssertionError

    sent: list[int] = []
    length = [(b"content-length", b"1472")]
    answer = desk.run(desk.asking("PUT", begun[1], "content/0", length, receive=trickle))
    assert answer.status == 408
    assert desk.on_disk() == 0


def test_a_client_that_goes_away_leaves_nothing(desk: Desk, begun: tuple[wire.NewFile, str]) -> None:
    events: Iterator[Event] = iter(
        [{"type": "http.request", "body": b"x" * 1_000, "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> Event:
        return next(events)

    length = [(b"content-length", b"1472")]
    with pytest.raises(ClientGone):
        desk.run(desk.asking("PUT", begun[1], "content/0", length, receive=receive))
    assert desk.on_disk() == 0
    assert desk.put(begun[1], "content", 0, bytes(1472)).status == 201


@pytest.mark.parametrize("body", [b"x" * 1_471, b"x" * 1_473])
def test_a_body_of_another_length_than_it_said(
    desk: Desk, begun: tuple[wire.NewFile, str], body: bytes
) -> None:
    answer = desk.ask("PUT", begun[1], "content/0", [(b"content-length", b"1472")], body)
    assert answer.status == 400
    assert desk.on_disk() == 0


def test_unfinished_chunks_take_no_more_room_than_a_few(desk: Desk, alice: Signed) -> None:
    wanted = new_file(version=new_version(content=16 * 64 * 12))
    desk.uploads.new_file(alice, wanted)
    go_on = asyncio.Event()
    body = os.urandom(16 * 92)

    async def slow() -> Event:
        await go_on.wait()
        return {"type": "http.request", "body": body, "more_body": False}

    def put(n: int) -> Coroutine[Any, Any, Answer]:
        asked = wire.AskStoreTicket("upload")
        ticket = desk.uploads.ticket(alice, asked, wanted.version.upload).ticket
        length = [(b"content-length", b"1472")]
        return desk.asking("PUT", ticket, f"content/{n}", length, receive=slow)

    async def all_of(waiting: list[Coroutine[Any, Any, Answer]]) -> list[int]:
        tasks = [asyncio.ensure_future(one) for one in waiting]
        refused = [await one for one in itertools.islice(asyncio.as_completed(tasks), 3)]
        assert {answer.status for answer in refused} == {429}
        go_on.set()
        return sorted(answer.status for answer in await asyncio.gather(*tasks))

    same = [put(0) for _ in range(PER_CHUNK + 3)]
    assert desk.run(all_of(same)) == [200] * (PER_CHUNK - 1) + [201] + [429] * 3
    go_on.clear()
    # Two of each of eight chunks are what the account may have.
    many = [put(1 + n // 2) for n in range(PER_ACCOUNT)] + [put(10), put(10), put(11)]
    assert desk.run(all_of(many)).count(429) == 3


def test_an_address_of_a_chunk_has_no_query(desk: Desk, begun: tuple[wire.NewFile, str]) -> None:
    for method in ("GET", "PUT"):
        assert desk.ask(method, begun[1], "content/0", query=b"x=1").status == 400


def test_one_ticket_has_so_many_requests_under_way(
    desk: Desk, alice: Signed, begun: tuple[wire.NewFile, str]
) -> None:
    down = desk.down(alice, begun[0].version.upload)

    async def many() -> list[int]:
        asked = [desk.asking("GET", down, "content/0") for _ in range(PER_TICKET + 2)]
        return sorted(answer.status for answer in await asyncio.gather(*asked))

    assert desk.run(many()) == [204] * PER_TICKET + [429] * 2
    assert desk.get(down, "content", 0).status == 204


def test_a_full_disk_says_so(
    desk: Desk, begun: tuple[wire.NewFile, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "writev", full)
    answer = desk.put(begun[1], "content", 0, bytes(1472))
    monkeypatch.undo()
    assert (answer.status, answer.code) == (507, "disk_full")
    assert desk.on_disk() == 0


def test_a_chunk_that_lands_after_its_upload_has_gone_is_taken_back(
    desk: Desk, alice: Signed, begun: tuple[wire.NewFile, str]
) -> None:
    wanted, up = begun
    pieces = iter([b"x" * 1_000, b"x" * 472])

    async def receive() -> Event:
        piece = next(pieces)
        if len(piece) == 472:
            await asyncio.to_thread(desk.uploads.abandon, alice, wanted.version.upload)
        return {"type": "http.request", "body": piece, "more_body": len(piece) == 1_000}

    length = [(b"content-length", b"1472")]
    assert desk.run(desk.asking("PUT", up, "content/0", length, receive=receive)).status == 404
    assert desk.on_disk() == 0
