"""The relay over plain HTTP, as its clients take it."""

from __future__ import annotations

import pytest

from peerseal.client.settings import parse_server
from peerseal.errors import Interrupted
from peerseal.transport.relay_http import RelayHttp
from support.live_server import LiveServer


@pytest.mark.e2e
def test_a_ticket_whose_room_was_closed_meanwhile_is_a_break_and_no_refusal() -> None:
    with LiveServer() as live, pytest.raises(Interrupted) as broken:
        RelayHttp(parse_server(live.url), "A" * 43)
    assert broken.value.code == "stream_cut"
