"""Lengths that lie and sizes at their edges, at the chunks of a real server."""

from __future__ import annotations

import time

import pytest

from attack.conftest import Attacked
from peerseal.wire import stored as s
from support.outsider import Outsider
from support.stored_files import RECORD, commit_of, new_file, new_version
from support.storing import Storer

pytestmark = pytest.mark.e2e

CHUNK = 16 * RECORD


def head(ticket: str, *lengths: str) -> bytes:
    lines = ("Host: localhost", f"Authorization: Ticket {ticket}", *lengths)
    return ("PUT /api/v1/chunks/content/0 HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode()


#: What the head says, what follows (of a chunk of 156 bytes), and the statuses that may answer.
LIES = {
    "more than comes": (("Content-Length: 156",), b"x" * 100, {400, 408}),
    "less than comes": (("Content-Length: 100",), b"x" * 156, {422}),
    "nothing": ((), b"x" * 156, {411}),
    "a negative number": (("Content-Length: -156",), b"x" * 156, {400}),
    "a number with an exponent": (("Content-Length: 1e2",), b"x" * 100, {400}),
    "a sign": (("Content-Length: +156",), b"x" * 156, {400}),
    "two numbers": (("Content-Length: 156", "Content-Length: 157"), b"x" * 157, {400}),
    "a list": (("Content-Length: 156, 156",), b"x" * 156, {400}),
    "a length and pieces": (
        ("Content-Length: 156", "Transfer-Encoding: chunked"),
        b"9c\r\n" + b"x" * 156 + b"\r\n0\r\n\r\n",
        {400},
    ),
    "pieces": (("Transfer-Encoding: chunked",), b"9c\r\n" + b"x" * 156 + b"\r\n0\r\n\r\n", {411}),
    "a coding nobody knows": (("Transfer-Encoding: xchunked",), b"x" * 156, {400, 411, 501}),
    "far too much": (("Content-Length: 99999999999999999999",), b"x" * 156, {400, 413, 422}),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_length_that_lies_stores_nothing(attacked: Attacked, ada: Storer, lie: str) -> None:
    wanted = new_file(version=new_version(content=100))
    ticket = ada.expect("new_file", wanted)["ticket"]
    before = attacked.blobs
    lengths, body, statuses = LIES[lie]
    mallory = Outsider(attacked.port, f"127.20.{list(LIES).index(lie)}.1")
    answer = mallory.raw(head(ticket, *lengths) + body, 3, hang_up=lie == "more than comes")
    status = int(answer.split(b" ", 2)[1]) if answer else None
    # A connection closed on what was left of a body may take the answer along.
    assert status is None or status in statuses, answer[:200]
    await_same(attacked, before)
    assert ada.expect("upload", upload=wanted.version.upload)["content"] == []
    assert ada.put(ticket, "content", 0, b"y" * 156) == 201
    ada.expect("abandon", upload=wanted.version.upload)


@pytest.mark.parametrize(
    "plain", [0, 1, RECORD - 1, RECORD, RECORD + 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK]
)
def test_every_edge_of_a_size_comes_back_or_is_refused_first(ada: Storer, plain: int) -> None:
    wanted = new_file(version=new_version(content=plain))
    sent = ada.fill(ada.expect("new_file", wanted)["ticket"], wanted.version)
    ada.expect("commit", commit_of(wanted.version), upload=wanted.version.upload)
    down = ada.expect("store_ticket", s.AskStoreTicket("download"), upload=wanted.version.upload)["ticket"]
    assert {place: ada.get(down, *place) for place in sent} == {
        place: (200, content) for place, content in sent.items()
    }


@pytest.mark.parametrize(
    ("content", "record", "status"),
    [
        (4 * 2**30 + 1, 524_288, 201),
        (10 * 2**30 + 1, 524_288, 507),
        (2**40, 524_288, 507),
        (2**52, 524_288, 422),
    ],
)
def test_what_does_not_fit_is_refused_before_a_byte_is_sent(
    attacked: Attacked, ada: Storer, content: int, record: int, status: int
) -> None:
    before = attacked.blobs
    wanted = new_file(version=new_version(content=content, record_size=record))
    assert ada.call("new_file", wanted)[0] == status
    assert attacked.blobs == before


def await_same(attacked: Attacked, before: object) -> None:
    """What was on its way is gone within 5 s."""
    end = time.monotonic() + 5
    while attacked.blobs != before and time.monotonic() < end:
        time.sleep(0.05)
    assert attacked.blobs == before
