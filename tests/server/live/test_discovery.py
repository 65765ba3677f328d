"""Who is local: directly from an own network, to a local name, through nobody's hands."""

import ipaddress

import pytest

from peerseal.server.config import Discovery, parse_networks
from peerseal.server.live.discovery import SeenProxies, Visitor, has_proxy_header, is_local_name, judge

INTERFACES = tuple(
    ipaddress.ip_interface(text)
    for text in (
        "127.0.0.1/8",
        "::1/128",
        "192.168.1.5/24",
        "172.17.0.2/16",
        "203.0.113.9/24",
        "fd00:1::5/64",
        "fe80::1/64",
    )
)


def visit(
    peer: str,
    host: str = "192.168.1.5:5000",
    *extra: tuple[bytes, bytes],
    discovery: Discovery = "network",
    networks: str = "",
    trusted: str = "",
    seen: SeenProxies | None = None,
    http_version: str = "1.1",
) -> Visitor:
    headers = [(b"host", host.encode()), *extra]
    return judge(
        peer,
        headers,
        discovery=discovery,
        interfaces=INTERFACES,
        networks=parse_networks("networks", networks),
        trusted_proxies=parse_networks("trusted_proxies", trusted),
        seen_proxies=seen,
        http_version=http_version,
    )


def lobby(visitor: Visitor) -> tuple[str, str | None]:
    return visitor.lobby.kind, visitor.lobby.reason


@pytest.mark.parametrize("peer", ["192.168.1.77", "::ffff:192.168.1.77", "fd00:1::77", "fe80::77%eth0"])
def test_a_direct_neighbour_shares_the_network_lobby(peer: str) -> None:
    assert lobby(visit(peer)) == ("network", None)


@pytest.mark.parametrize(
    "peer",
    [
        "8.8.8.8",
        "203.0.113.77",
        "192.168.2.77",
        "10.0.0.1",
        "100.64.0.7",
        "2001:db8::1",
        "fd00:2::1",
        "::ffff:8.8.8.8",
        "not an address",
        "",
    ],
)
def test_strangers_and_foreign_networks_do_not(peer: str) -> None:
    assert lobby(visit(peer)) == ("none", "not_local")


def test_carrier_grade_nat_is_never_local_even_on_an_own_interface() -> None:
    visitor = judge(
        "100.64.0.7",
        [(b"host", b"localhost")],
        discovery="network",
        interfaces=(ipaddress.ip_interface("100.64.0.1/10"),),
    )
    assert lobby(visitor) == ("none", "not_local")


@pytest.mark.parametrize(
    "host",
    [
        "192.168.1.5",
        "nas",
        "nas:5000",
        "nas.local",
        "nas.lan",
        "nas.home.arpa",
        "nas.internal",
        "nas.local.",
        "[fd00:1::5]",
    ],
)
def test_a_local_name_keeps_a_neighbour_local(host: str) -> None:
    assert lobby(visit("192.168.1.77", host)) == ("network", None)


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:5000", "peerseal.localhost", "127.0.0.1:5000", "[::1]:5000", "nas.local"]
)
def test_this_computer_itself_may_say_localhost(peer: str, host: str) -> None:
    assert lobby(visit(peer, host)) == ("network", None)


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        ("172.17.0.1", "localhost"),  # docker's forwarder
        ("172.17.0.1", "peerseal.localhost"),
        ("172.17.0.1", "127.0.0.1:5000"),
        ("172.17.0.1", "[::1]"),
        ("172.17.0.1", "192.168.1.10"),
        ("172.17.0.1", "10.1.2.3"),
        ("127.0.0.1", "192.168.1.10:5000"),  # ssh -R, haproxy
        ("127.0.0.1", "192.168.1.5:5000"),  # whoever asks this address from here comes from it, too
    ],
)
def test_a_strangers_choice_of_address_behind_a_forwarder_ends_it(peer: str, host: str) -> None:
    assert lobby(visit(peer, host)) == ("none", "public_name")


def test_a_container_knows_the_address_around_it_by_the_network_the_operator_named() -> None:
    assert visit("192.168.7.77", "192.168.7.10", networks="192.168.7.0/24").local
    assert not visit("172.17.0.1", "192.168.7.10", networks="192.168.7.0/24").local


@pytest.mark.parametrize(
    "host",
    [
        "example.org",
        "share.example.org:5000",
        "203.0.113.9",
        "8.8.8.8:5000",
        "[2001:db8::1]",
        "100.64.0.1",
        "evil.local.example.org",
        "notlocal.localx",
        "192.168.1.5.nip.io",
        "2130706433",
        "127.1",
        "0x7f.1",
    ],
)
def test_a_public_name_or_a_rebound_one_ends_it(host: str) -> None:
    # Docker's gateway makes everybody look like 172.17.0.1: what they typed tells them apart.
    for peer in ("192.168.1.77", "172.17.0.1", "127.0.0.1"):
        assert visit(peer, host).lobby.kind == "none"


def test_a_public_origin_ends_it_even_under_a_local_host() -> None:
    assert lobby(visit("127.0.0.1", "localhost", (b"origin", b"https://example.org"))) == (
        "none",
        "public_name",
    )
    assert lobby(visit("127.0.0.1", "localhost", (b"origin", b"null"))) != ("network", None)
    assert lobby(visit("127.0.0.1", "localhost", (b"origin", b"http://localhost:5000"))) == ("network", None)


def test_two_hosts_or_none_are_not_local() -> None:
    assert visit("127.0.0.1", "localhost", (b"host", b"localhost")).lobby.kind == "none"
    assert judge("127.0.0.1", [], discovery="network", interfaces=INTERFACES).lobby.kind == "none"


@pytest.mark.parametrize(
    "header",
    [
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-anything",
        b"x-real-ip",
        b"via",
        b"cf-connecting-ip",
    ],
)
def test_any_mark_of_a_proxy_ends_it(header: bytes) -> None:
    assert lobby(visit("192.168.1.77", "localhost", (header, b"192.168.1.78"))) == ("none", "proxied")
    assert has_proxy_header([(header, b"")])


def test_http_1_0_is_the_mark_of_a_proxy_that_leaves_no_other() -> None:
    assert lobby(visit("127.0.0.1", "127.0.0.1:5000", http_version="1.0")) == ("none", "proxied")
    through = visit(
        "127.0.0.1",
        "192.168.1.5",
        (b"x-forwarded-for", b"192.168.1.77"),
        trusted="127.0.0.1",
        http_version="1.0",
    )
    assert lobby(through) == ("network", None)


def test_an_address_that_once_was_a_proxy_stays_one() -> None:
    seen = SeenProxies()
    assert visit("192.168.1.77", seen=seen).local
    seen.note("192.168.1.77", [(b"via", b"1.1 squid")])
    assert lobby(visit("192.168.1.77", seen=seen)) == ("none", "proxied")
    assert visit("192.168.1.78", seen=seen).local


def test_an_address_that_showed_no_proxy_for_10_minutes_is_none_any_more() -> None:
    now = [1000.0]
    seen = SeenProxies(clock=lambda: now[0])
    seen.note("192.168.1.77", [(b"via", b"1.1 squid")])
    for seconds, local in ((599, False), (2, True)):
        now[0] += seconds
        assert visit("192.168.1.77", seen=seen).local is local


def test_the_operator_is_told_once_of_a_proxy_and_never_of_an_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    seen = SeenProxies(parse_networks("trusted_proxies", "192.168.1.2"))
    seen.note("192.168.1.2", [(b"x-forwarded-for", b"192.168.1.78")])
    assert caplog.text == ""
    for peer in ("192.168.1.77", "192.168.1.77", "192.168.1.78"):
        seen.note(peer, [(b"x-forwarded-for", b"192.168.1.79")])
    assert len(caplog.records) == 1
    assert "PEERSEAL_TRUSTED_PROXIES" in caplog.text
    assert "192.168" not in caplog.text


def test_remembered_proxies_are_bounded() -> None:
    seen = SeenProxies()
    for number in range(10_000):
        seen.note(str(ipaddress.ip_address(number)), [(b"via", b"x")])
    assert "0.0.0.1" not in seen
    assert "0.0.39.15" in seen


def test_behind_a_trusted_proxy_the_last_untrusted_address_is_judged() -> None:
    def through(chain: str, host: str = "nas.local") -> Visitor:
        return visit("192.168.1.2", host, (b"x-forwarded-for", chain.encode()), trusted="192.168.1.2")

    assert through("192.168.1.77").local
    assert through("192.168.1.77").address == "192.168.1.77"
    assert through("192.168.1.77, 192.168.1.2").local
    assert lobby(through("192.168.1.77, 8.8.8.8")) == ("none", "not_local")
    assert lobby(through("8.8.8.8")) == ("none", "not_local")
    assert lobby(through("192.168.1.77", "example.org")) == ("none", "public_name")
    assert through("192.168.1.77", "192.168.1.2").local  # the proxy's own address is what people type
    assert lobby(through("192.168.1.77", "192.168.1.3")) == ("none", "public_name")
    assert lobby(through("rubbish")) == ("none", "proxied")
    assert lobby(visit("192.168.1.2", trusted="192.168.1.2")) == ("none", "proxied")


def test_a_forged_chain_from_an_untrusted_address_changes_nothing() -> None:
    visitor = visit("8.8.8.8", "localhost", (b"x-forwarded-for", b"192.168.1.77"), trusted="192.168.1.2")
    assert lobby(visitor) == ("none", "proxied")
    assert visitor.address == "8.8.8.8"


def test_the_operator_may_name_more_networks() -> None:
    assert visit("10.9.8.7", networks="10.9.0.0/16").local
    assert not visit("10.8.8.7", networks="10.9.0.0/16").local


def test_everyone_and_link_are_the_operators_choice() -> None:
    assert lobby(visit("8.8.8.8", "example.org", discovery="everyone")) == ("everyone", None)
    assert lobby(visit("127.0.0.1", discovery="link")) == ("none", "link_only")


def test_names() -> None:
    assert is_local_name("printer")
    assert not is_local_name("")
    assert not is_local_name("example.com")
