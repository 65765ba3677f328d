"""Peers that lie about breaks: what they hold, where a path begins, who they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.protocol.control import Ack
from peerseal.protocol.moves import Have, Where
from peerseal.protocol.moves import Path as PathMessage
from peerseal.transfer.events import Gone

from .conftest import Doing
from .test_claims_of_receivers import Liar
from .wishing import noise, sending

pytestmark = pytest.mark.e2e


@pytest.fixture
def sender(server: str, outbox: Path) -> Doing:
    noise(outbox / "big.bin", 30_000_000)
    return sending(server, outbox / "big.bin")


@pytest.fixture
def liar(server: str, sender: Doing) -> Iterator[Liar]:
    liar = Liar(server, sender.code())
    yield liar
    liar.peer.close()


def asked_where(liar: Liar) -> bytes:
    """The receiver says that its path broke, and is asked what it holds; the file's id."""
    file, stream = liar.takes_the_offer()
    with liar.peer.open_pipe(liar.room, stream, "receive") as pipe:
        pipe.recv(1000)
    liar.says(Ack(file, 0, 0, 0))
    liar.told(Where)
    return file


def test_a_have_beyond_what_was_sent_ends_the_transfer(sender: Doing, liar: Liar) -> None:
    file = asked_where(liar)
    liar.says(Have(file, 1, 2**40, 0, bytes(32)))
    assert (sender.error().code, sender.error().exit_code) == ("out_of_order", 7)


def test_marks_of_something_else_end_the_transfer(sender: Doing, liar: Liar) -> None:
    file = asked_where(liar)
    liar.says(Have(file, 1, 0, 0, bytes(32)))
    assert (sender.error().code, sender.error().exit_code) == ("content_differs", 7)


def test_bytes_that_are_not_those_of_the_records_end_the_transfer(sender: Doing, liar: Liar) -> None:
    file = asked_where(liar)
    liar.says(Have(file, 1, 0, 5, bytes(32)))
    assert sender.error().code == "content_differs"


def test_a_have_nobody_asked_for_ends_the_transfer(sender: Doing, liar: Liar) -> None:
    file, _ = liar.takes_the_offer()
    liar.says(Have(file, 0, 0, 0, bytes(32)))
    assert sender.error().code == "out_of_order"


def test_a_receiver_whose_every_path_breaks_is_given_up(
    sender: Doing, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peerseal.crypto_engine import Marks
    from peerseal.transfer import delivery

    monkeypatch.setattr(delivery, "_STRIKES", (0.0, 0.0, 0.0))
    file = asked_where(liar)
    nothing = Marks().hash(0, 0)
    for _ in range(3):
        liar.says(Have(file, 0, 0, 0, nothing))
        stream = liar.told(PathMessage).stream
        with liar.peer.open_pipe(liar.room, stream, "receive") as pipe:
            pipe.recv(1000)
        if _ < 2:
            liar.told(Where)
    assert (sender.error().code, sender.error().exit_code) == ("stream_cut", 10)
    assert not any(isinstance(event, Gone) for event in sender.events)
