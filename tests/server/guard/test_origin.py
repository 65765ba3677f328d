"""A page may talk to the server it came from, and to no other."""

import pytest

from peerseal.server.guard.origin import is_own_name, origin_allowed, parse_host


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:5000", "localhost:5000"),
        ("http://LOCALHOST:5000", "localhost:5000"),
        ("http://nas.local", "nas.local"),
        ("http://nas.local", "nas.local:80"),
        ("https://nas.local", "nas.local"),
        ("https://nas.local:443", "nas.local"),
        ("http://[::1]:5000", "[::1]:5000"),
    ],
)
def test_its_own_page_passes(origin: str, host: str) -> None:
    assert origin_allowed(origin, host, ())


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("null", "localhost:5000"),
        ("", "localhost:5000"),
        ("http://localhost", "localhost:5000"),
        ("http://localhost:5001", "localhost:5000"),
        ("http://evil-localhost:5000", "localhost:5000"),
        ("http://localhost.evil.org:5000", "localhost:5000"),
        ("http://localhost:5000.evil.org", "localhost:5000"),
        ("http://localhost:5000@evil.org", "localhost:5000"),
        ("http://evil.org/localhost:5000", "localhost:5000"),
        ("http://localhost:5000/", "localhost:5000"),
        ("file://localhost:5000", "localhost:5000"),
        ("chrome-extension://localhost:5000", "localhost:5000"),
        ("http://localhost:99999", "localhost:99999"),
        ("http://localhost:5000", ""),
    ],
)
def test_any_other_does_not(origin: str, host: str) -> None:
    assert not origin_allowed(origin, host, ())


def test_the_operator_may_list_others() -> None:
    assert origin_allowed("https://share.example.org", "127.0.0.1:5000", ("https://share.example.org",))
    assert not origin_allowed(
        "https://share.example.org.evil.org", "127.0.0.1:5000", ("https://share.example.org",)
    )


@pytest.mark.parametrize("text", ["", "a b", "a/b", "a@b", "a,b", "a:99999", "[::1", "a?b", "a\\b"])
def test_what_is_no_host(text: str) -> None:
    assert parse_host(text) is None


@pytest.mark.parametrize(
    "host", ["files.example", "FILES.example:8443", "127.0.0.1:5000", "[::1]:5000", "localhost"]
)
def test_a_server_answers_to_its_names_and_addresses(host: str) -> None:
    called = parse_host(host)
    assert called is not None
    assert is_own_name(called, ("files.example",))


@pytest.mark.parametrize(
    "host", ["evil.example", "files.example.evil.example", "localhost.evil.example", "1.2.3.4.evil.example"]
)
def test_a_name_of_elsewhere_is_not_its_own_unless_none_was_given(host: str) -> None:
    called = parse_host(host)
    assert called is not None
    assert not is_own_name(called, ("files.example",))
    assert is_own_name(called, ())
