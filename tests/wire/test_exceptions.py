"""What may be an exception of the guard, in its one form, and what is wrong with what may not."""

import pytest

from peerseal.wire.exceptions import NoException, network_entry


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("127.0.9.11", "127.0.9.11/32"),
        ("127.0.9.11/32", "127.0.9.11/32"),
        (" 192.0.2.7/24 ", "192.0.2.0/24"),
        ("2001:db8:0:1:2::7", "2001:db8:0:1::/64"),
        ("2001:db8::/48", "2001:db8::/48"),
    ],
)
def test_an_address_and_its_network_are_the_same_entry(text: str, entry: str) -> None:
    assert network_entry(text) == entry


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("hello", "allow_name"),
        ("", "allow_name"),
        ("10.0.0.1:80", "allow_address"),
        ("300.1.1.1", "allow_address"),
        ("10.0.0", "allow_address"),
        ("2001:db8:::1", "allow_address"),
        ("10.0.0.0/33", "allow_prefix"),
        ("10.0.0.0/", "allow_prefix"),
        ("0.0.0.0/0", "allow_everybody"),
        ("::/0", "allow_everybody"),
    ],
)
def test_what_is_no_exception_says_why(text: str, mistake: str) -> None:
    with pytest.raises(NoException) as refused:
        network_entry(text)
    assert refused.value.mistake == mistake
