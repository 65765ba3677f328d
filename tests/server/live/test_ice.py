"""STUN and TURN servers: what the operator set, and a credential for each asker that a TURN server can check."""

import base64
import hashlib
import hmac
from itertools import count

import pytest

from peerseal.errors import UsageError
from peerseal.server.config import ServerConfig
from peerseal.server.live.ice import IceServers

STUN = ("stun:stun.example.org",)
TURN = ("turn:turn.example.org", "turns:turn.example.org:443?transport=tcp")


def test_nothing_outside_is_named_unless_the_operator_did() -> None:
    assert IceServers(ServerConfig())() == ()


def test_stun_needs_no_credential() -> None:
    (server,) = IceServers(ServerConfig(stun=STUN))()
    assert (server.urls, server.username, server.credential) == (STUN, None, None)


def test_each_asker_gets_a_turn_credential_of_its_own_for_an_hour() -> None:
    numbers = count(1)
    config = ServerConfig(stun=STUN, turn=TURN, turn_secret="north-of-here")
    servers = IceServers(config, lambda: 1_790_000_000.9, lambda length: f"{next(numbers):0{2 * length}x}")
    _, first = servers()
    _, second = servers()
    assert (first.urls, first.username) == (TURN, "1790003600:00000001")
    assert second.username == "1790003600:00000002"
    for one in (first, second):
        assert one.username is not None
        code = hmac.new(b"north-of-here", one.username.encode(), hashlib.sha1).digest()
        assert one.credential == base64.b64encode(code).decode()


@pytest.mark.parametrize(
    "config",
    [
        ServerConfig(turn=TURN),
        ServerConfig(turn_secret="north-of-here"),
        ServerConfig(stun=STUN * 7, turn=TURN, turn_secret="north-of-here"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(config: ServerConfig) -> None:
    with pytest.raises(UsageError) as refused:
        IceServers(config)
    assert "north" not in str(refused.value)


def test_the_secret_does_not_show_itself() -> None:
    assert "north" not in repr(ServerConfig(turn=TURN, turn_secret="north-of-here"))
