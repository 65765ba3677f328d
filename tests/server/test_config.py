"""Every setting has an environment variable, and a bad one is said by name."""

import dataclasses
from pathlib import Path

import pytest

from peerseal.errors import UsageError
from peerseal.server.config import ServerConfig, misspelt

GOOD = {
    "host": "::1",
    "port": "8080",
    "data": "/srv/peerseal",
    "discovery": "everyone",
    "networks": "10.0.0.0/8, fd00::/8",
    "trusted_proxies": "127.0.0.1",
    "hosts": "files.example, nas.local",
    "origins": "https://share.example.org, http://nas:81",
    "sockets_per_address": "99",
    "drain": "3",
    "database": "postgresql+psycopg://peerseal@db/peerseal",
    "registration": "closed",
    "registrations_per_hour": "1000",
    "quota": "500M",
    "keep_days": "30",
    "versions": "3",
    "parking": "off",
    "park_bytes": "2G",
    "park_total": "9G",
    "park_hours": "1",
    "stun": "stun:stun.example.org, stun:[2001:db8::1]:3478",
    "turn": "turn:turn.example.org:3478?transport=udp, turns:turn.example.org:443?transport=tcp",
    "guard": "observe",
    "guard_allow": "192.0.2.0/24, @ada",
    "guard_addresses": "clear",
    "operators": "ada, ben",
    "metrics": "127.0.0.0/8",
    "turn_secret": "north-of-here-9f2c7b41d6",
}


def test_every_field_is_read_from_its_variable() -> None:
    assert set(GOOD) == {field.name for field in dataclasses.fields(ServerConfig)}
    default = ServerConfig.from_environment({})
    assert default == ServerConfig()
    for name, text in GOOD.items():
        changed = ServerConfig.from_environment({f"PEERSEAL_{name.upper()}": text})
        assert getattr(changed, name) != getattr(default, name)
        assert dataclasses.replace(changed, **{name: getattr(default, name)}) == default


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "x"),
        ("port", "65536"),
        ("port", "-1"),
        ("port", "٣"),
        ("discovery", "all"),
        ("networks", "10.0.0.0/33"),
        ("networks", "lan"),
        ("trusted_proxies", "nginx"),
        ("origins", "share.example.org"),
        ("origins", "ftp://x"),
        ("origins", "https://x/y"),
        ("sockets_per_address", "0"),
        ("drain", "1.5"),
        ("registration", "maybe"),
        ("registrations_per_hour", "0"),
        ("stun", "stun.example.org"),
        ("stun", "turn:turn.example.org"),
        ("stun", "stun:stun.example.org?transport=udp"),
        ("stun", "stun:"),
        ("stun", "stun:user@example.org"),
        ("stun", "stun:stun.example.org:99999"),
        ("stun", "stun://stun.example.org"),
        ("stun", "stuns:stun.example.org"),
        ("turn", "stun:turn.example.org"),
        ("turn", "turn:turn.example.org?transport=sctp"),
        ("turn", "turn:turn.example.org?x"),
        ("turn", "turn:" + "a" * 300),
        ("turn", "http://turn.example.org"),
        ("quota", "many"),
        ("quota", "G"),
        ("quota", "9999999T"),
        ("keep_days", "-1"),
        ("versions", "0"),
        ("parking", "maybe"),
        ("park_bytes", "-1"),
        ("park_total", "much"),
        ("park_hours", "0"),
        ("guard", "on"),
        ("guard_allow", "everybody"),
        ("guard_allow", "0.0.0.0/0"),
        ("guard_allow", "192.0.2.1, ::/0"),
        ("guard_allow", "@"),
        ("guard_addresses", "raw"),
        ("metrics", "localhost"),
    ],
)
def test_a_bad_setting_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        ServerConfig.from_environment({f"PEERSEAL_{name.upper()}": text})
    assert name in refused.value.message.lower()


def test_a_setting_that_is_none_is_pointed_out_with_the_one_that_may_be_meant() -> None:
    every = {f"PEERSEAL_{name.upper()}": text for name, text in GOOD.items()}
    assert misspelt({**every, "PEERSEAL_HOME": "/x", "PATH": "/bin"}) == []
    assert misspelt({"PEERSEAL_REGISTRATON": "invite"}) == [
        "PEERSEAL_REGISTRATON is no setting and is ignored; is PEERSEAL_REGISTRATION meant?"
    ]
    assert misspelt({"PEERSEAL_X": "1"}) == ["PEERSEAL_X is no setting and is ignored."]


def test_every_setting_is_documented() -> None:
    said = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")
    for field in dataclasses.fields(ServerConfig):
        assert f"| `PEERSEAL_{field.name.upper()}` |" in said


def test_sizes_have_units() -> None:
    assert ServerConfig.from_environment({"PEERSEAL_QUOTA": "7"}).quota == 7
    assert ServerConfig.from_environment({"PEERSEAL_QUOTA": "3k"}).quota == 3 * 1024
    assert ServerConfig.from_environment({"PEERSEAL_QUOTA": "10G"}).quota == ServerConfig().quota


def test_the_password_of_a_database_is_not_shown() -> None:
    assert "secret" not in repr(
        ServerConfig.from_environment({"PEERSEAL_DATABASE": "postgresql://a:secret@b/c"})
    )


def test_names_of_the_server_are_names_without_port() -> None:
    assert ServerConfig.from_environment({"PEERSEAL_HOSTS": "Files.Example., nas.local"}).hosts == (
        "files.example",
        "nas.local",
    )
    for wrong in ("files.example:443", "https://files.example", "a b", "[::1]:5000"):
        with pytest.raises(UsageError, match="PEERSEAL_HOSTS"):
            ServerConfig.from_environment({"PEERSEAL_HOSTS": wrong})
