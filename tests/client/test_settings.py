"""Server addresses and links as people write them."""

import pytest

from peerseal.client.settings import Link, ServerUrl, is_stored_link, parse_link, parse_server
from peerseal.errors import UsageError


@pytest.mark.parametrize(
    ("text", "server", "written"),
    [
        ("http://localhost:5000", ServerUrl(False, "localhost", 5000), "http://localhost:5000"),
        ("http://localhost:5000/", ServerUrl(False, "localhost", 5000), "http://localhost:5000"),
        ("https://send.example.org", ServerUrl(True, "send.example.org", 443), "https://send.example.org"),
        ("http://192.168.1.7", ServerUrl(False, "192.168.1.7", 80), "http://192.168.1.7"),
        ("192.168.1.7", ServerUrl(False, "192.168.1.7", 5000), "http://192.168.1.7:5000"),
        ("http://[fd00::7]:5000", ServerUrl(False, "fd00::7", 5000), "http://[fd00::7]:5000"),
    ],
)
def test_an_address_is_read_and_written(text: str, server: ServerUrl, written: str) -> None:
    assert parse_server(text) == server
    assert str(server) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://",
        "ftp://host",
        "http://host/path",
        "http://user@host",
        "http://host:0",
        "http://host:99999",
        "http://ho st",
        "http://host:²",
    ],
)
def test_anything_else_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_server(text)


def test_links_name_a_server_and_a_code_or_room() -> None:
    server = ServerUrl(False, "192.168.1.7", 5000)
    assert parse_link("http://192.168.1.7:5000/#code=7-a-b") == Link(server, "code", "7-a-b")
    assert parse_link("http://192.168.1.7:5000/#room=abc") == Link(server, "room", "abc")
    assert parse_link("7-harbor-velvet") is None
    with pytest.raises(UsageError):
        parse_link("http://192.168.1.7:5000/#other=1")


def test_a_link_is_not_shown_with_its_secret() -> None:
    assert "harbor" not in repr(parse_link("http://h:1/#code=7-harbor-velvet"))


def test_the_link_of_a_stored_file_names_its_server_id_and_key() -> None:
    link = parse_link(f"https://files.example/s/{'0a' * 16}#secret-and-owner")
    assert link is not None
    assert (str(link.server), link.kind, link.value) == (
        "https://files.example",
        "stored",
        "0a" * 16 + "#secret-and-owner",
    )
    assert "secret" not in repr(link)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"https://files.example/s/{'0a' * 16}", "not whole: what comes after # is its key"),
        (f"https://files.example/s/{'0a' * 16}#", "not whole: what comes after # is its key"),
        ("https://files.example/s/zzz#abc", "damaged before the #"),
    ],
)
def test_a_link_that_lost_a_part_says_which_and_what_to_do(text: str, why: str) -> None:
    assert is_stored_link(text)
    with pytest.raises(UsageError, match=why) as caught:
        parse_link(text)
    assert "ask its sender" in caught.value.hint
