"""The meeting over HTTP: one connection that breaks is the end of it, at once and for both of its threads."""

from __future__ import annotations

import threading

import pytest

from peerseal.client.carrier import HttpCarrier
from peerseal.client.settings import ServerUrl
from peerseal.errors import Interrupted, PeersealError
from peerseal.wire.limits import HTTP_WAIT_MAX_SECONDS


def test_what_could_not_be_said_ends_the_wait_for_what_comes(server: ServerUrl) -> None:
    carrier = HttpCarrier(server)
    ended: list[PeersealError] = []

    def wait() -> None:
        try:
            while True:
                carrier.receive(HTTP_WAIT_MAX_SECONDS)
        except PeersealError as error:
            ended.append(error)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    carrier._sending.sock.shutdown(2)
    with pytest.raises(Interrupted):
        carrier.send({"type": "ping"})
    waiting.join(HTTP_WAIT_MAX_SECONDS / 2)
    assert len(ended) == 1
    assert isinstance(ended[0], Interrupted)
    carrier.close()
