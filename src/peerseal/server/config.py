"""Everything an operator can choose: one frozen object, one environment variable per field."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, Literal, TypeAlias

from peerseal.errors import UsageError
from peerseal.server.guard.origin import parse_host
from peerseal.server.guard.strength import check_secret
from peerseal.wire.limits import ICE_URL_MAX_CHARACTERS

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Discovery: TypeAlias = Literal["network", "everyone", "link"]
Registration: TypeAlias = Literal["open", "invite", "closed"]
GuardMode: TypeAlias = Literal["off", "observe", "enforce"]
GuardAddresses: TypeAlias = Literal["hashed", "clear"]
Switch: TypeAlias = Literal["on", "off"]

_UNITS: Final = {"K": 10, "M": 20, "G": 30, "T": 40}


#: Variables of the other commands: in a server's environment by design, or by chance.
_OF_CLIENTS: Final = frozenset(
    f"PEERSEAL_{name}" for name in ("AS", "HOME", "JSON", "KEYRING", "SERVER", "TO")
)


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """The server's settings. `from_environment` reads `PEERSEAL_<FIELD NAME IN UPPER CASE>`."""

    #: Address to listen on: 0.0.0.0 for every network of this machine, 127.0.0.1 for this machine only.
    host: str = "0.0.0.0"  # noqa: S104 - other devices of the network must reach it
    #: TCP port; 0 picks a free one.
    port: int = 5000
    #: Folder for what the server stores: accounts, and sealed files for people who are offline.
    data: Path = Path("peerseal-data")
    #: URL of another database than the SQLite file in that folder (SQLAlchemy's spelling). May hold a password.
    database: str = field(default="", repr=False)
    #: Who sees whom: `network`, `everyone` or `link` (docs/wire.md §1.4).
    discovery: Discovery = "network"
    #: More networks that count as this server's own, besides those of its interfaces (comma-separated CIDR).
    networks: tuple[Network, ...] = ()
    #: Reverse proxies whose X-Forwarded-For is believed (comma-separated addresses or CIDR).
    trusted_proxies: tuple[Network, ...] = ()
    #: Other origins whose pages may talk to this server (comma-separated, `https://host[:port]`).
    origins: tuple[str, ...] = ()
    #: The names people know this server by (comma-separated); none for whatever leads here.
    hosts: tuple[str, ...] = ()
    #: Open sockets one address (IPv6: /64) may hold.
    sockets_per_address: int = 2048
    #: Seconds running transfers may take to end after SIGTERM before they are cut.
    drain: int = 8
    #: Whether anybody may make an account: `open`, `invite` (with a code of the operator's) or `closed`.
    registration: Registration = "open"
    #: Accounts one source network may try to make within an hour.
    registrations_per_hour: int = 10
    #: Sealed bytes each account may store (a number, or with K, M, G or T behind it).
    quota: int = 10 * 2**30
    #: Days a stored file is kept at most; 0 for no limit.
    keep_days: int = 0
    #: Versions of a stored file whose records are kept.
    versions: int = 10
    #: Whether transfers may wait here for a receiver who left: `on` or `off`.
    parking: Switch = "on"
    #: Sealed bytes that may wait for one source network's senders (as for `quota`).
    park_bytes: int = 16 * 2**30
    #: Sealed bytes that may wait in all.
    park_total: int = 64 * 2**30
    #: Hours something complete waits.
    park_hours: int = 72
    #: STUN servers pages may ask for their outer address (comma-separated, `stun:host[:port]`).
    stun: tuple[str, ...] = ()
    #: TURN servers pages may send through (comma-separated, `turn:host[:port][?transport=udp|tcp]` or `turns:`).
    turn: tuple[str, ...] = ()
    #: The secret those TURN servers share with this one (coturn: `static-auth-secret`).
    turn_secret: str = field(default="", repr=False)
    #: What the detector does about abuse: `enforce`, `observe` (notes it and does nothing) or `off`.
    guard: GuardMode = "enforce"
    #: Networks (CIDR) and accounts (`@name`) the detector never judges (comma-separated).
    guard_allow: tuple[str, ...] = ()
    #: How the detector's events write addresses: `hashed` or `clear`.
    guard_addresses: GuardAddresses = "hashed"
    #: Accounts that may use the operator's page (comma-separated names).
    operators: tuple[str, ...] = ()
    #: Networks that may read `/metrics` (comma-separated CIDR).
    metrics: tuple[Network, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> ServerConfig:
        """Settings from PEERSEAL_* variables, defaults for the rest. Raises `UsageError` for a bad one."""
        values = os.environ if environment is None else environment
        default = cls()

        def get(name: str) -> str | None:
            return values.get(f"PEERSEAL_{name.upper()}") or None

        return cls(
            host=get("host") or default.host,
            port=_integer("port", get("port"), default.port, 0, 65_535),
            data=Path(get("data") or default.data),
            discovery=parse_discovery(get("discovery") or default.discovery),
            networks=parse_networks("networks", get("networks") or ""),
            trusted_proxies=parse_networks("trusted_proxies", get("trusted_proxies") or ""),
            origins=parse_origins(get("origins") or ""),
            hosts=parse_hosts(get("hosts") or ""),
            sockets_per_address=_integer(
                "sockets_per_address", get("sockets_per_address"), default.sockets_per_address, 1, 1_000_000
            ),
            drain=_integer("drain", get("drain"), default.drain, 0, 3600),
            database=get("database") or default.database,
            registration=parse_registration(get("registration") or default.registration),
            registrations_per_hour=_integer(
                "registrations_per_hour",
                get("registrations_per_hour"),
                default.registrations_per_hour,
                1,
                1_000_000,
            ),
            quota=_size("quota", get("quota"), default.quota),
            keep_days=_integer("keep_days", get("keep_days"), default.keep_days, 0, 36_500),
            versions=_integer("versions", get("versions"), default.versions, 1, 1000),
            parking=parse_switch("parking", get("parking") or default.parking),
            park_bytes=_size("park_bytes", get("park_bytes"), default.park_bytes),
            park_total=_size("park_total", get("park_total"), default.park_total),
            park_hours=_integer("park_hours", get("park_hours"), default.park_hours, 1, 8760),
            stun=parse_ice("stun", get("stun") or "", ("stun",)),
            turn=parse_ice("turn", get("turn") or "", ("turn", "turns")),
            turn_secret=check_secret("PEERSEAL_TURN_SECRET", get("turn_secret") or default.turn_secret),
            guard=parse_guard(get("guard") or default.guard),
            guard_allow=parse_guard_allow(get("guard_allow") or ""),
            guard_addresses=parse_guard_addresses(get("guard_addresses") or default.guard_addresses),
            operators=tuple(_parts(get("operators") or "")),
            metrics=parse_networks("metrics", get("metrics") or ""),
        )


def misspelt(environment: Mapping[str, str]) -> list[str]:
    """What to say of each variable that looks like a setting and is none, a sentence each."""
    import difflib

    own = [f"PEERSEAL_{one.name.upper()}" for one in fields(ServerConfig)]
    said = []
    for name in sorted(environment):
        if name.startswith("PEERSEAL_") and name not in own and name not in _OF_CLIENTS:
            near = difflib.get_close_matches(name, own, n=1, cutoff=0.85)
            said.append(f"{name} is no setting and is ignored{f'; is {near[0]} meant?' if near else '.'}")
    return said


def parse_discovery(text: str) -> Discovery:
    """`network`, `everyone` or `link`."""
    if text == "network":
        return "network"
    if text == "everyone":
        return "everyone"
    if text == "link":
        return "link"
    raise UsageError(f"discovery is network, everyone or link, not {text!r}", hint="See PEERSEAL_DISCOVERY.")


def parse_registration(text: str) -> Registration:
    """`open`, `invite` or `closed`."""
    if text == "open":
        return "open"
    if text == "invite":
        return "invite"
    if text == "closed":
        return "closed"
    raise UsageError(
        f"registration is open, invite or closed, not {text!r}", hint="See PEERSEAL_REGISTRATION."
    )


def parse_guard(text: str) -> GuardMode:
    """`off`, `observe` or `enforce`."""
    if text == "off":
        return "off"
    if text == "observe":
        return "observe"
    if text == "enforce":
        return "enforce"
    raise UsageError(f"guard is off, observe or enforce, not {text!r}", hint="See PEERSEAL_GUARD.")


def parse_guard_addresses(text: str) -> GuardAddresses:
    """`hashed` or `clear`."""
    if text == "hashed":
        return "hashed"
    if text == "clear":
        return "clear"
    raise UsageError(
        f"guard_addresses is hashed or clear, not {text!r}", hint="See PEERSEAL_GUARD_ADDRESSES."
    )


def parse_guard_allow(text: str) -> tuple[str, ...]:
    """Comma-separated networks or addresses, in CIDR, and `@name` of accounts; never everybody."""
    allowed = tuple(_parts(text))
    for part in allowed:
        if part == "@":
            raise UsageError(f"guard_allow: {part!r} names no account", hint="See PEERSEAL_GUARD_ALLOW.")
        if not part.startswith("@"):
            parse_networks("guard_allow", part)
            _refuse_everybody(part)
    return allowed


def _refuse_everybody(part: str) -> None:
    from peerseal.wire.exceptions import NoException, network_entry

    try:
        network_entry(part)
    except NoException as wrong:
        if wrong.mistake == "allow_everybody":
            raise UsageError(
                f"guard_allow: {part!r} is everybody", hint="PEERSEAL_GUARD=off judges nobody."
            ) from None
        raise UsageError(f"guard_allow: {part!r} is no network", hint="See PEERSEAL_GUARD_ALLOW.") from None


def parse_switch(name: str, text: str) -> Switch:
    """`on` or `off`."""
    if text == "on":
        return "on"
    if text == "off":
        return "off"
    raise UsageError(f"{name} is on or off, not {text!r}", hint=f"See PEERSEAL_{name.upper()}.")


def parse_networks(name: str, text: str) -> tuple[Network, ...]:
    """Comma-separated addresses or networks, `10.0.0.0/8, fd00::/8, 192.168.1.7`."""
    try:
        return tuple(ipaddress.ip_network(part, strict=False) for part in _parts(text))
    except ValueError as wrong:
        raise UsageError(f"PEERSEAL_{name.upper()}: {wrong}") from wrong


def parse_hosts(text: str) -> tuple[str, ...]:
    """Comma-separated names of this server, without port."""
    names = tuple(part.rstrip(".").lower() for part in _parts(text))
    for name in names:
        called = parse_host(name)
        if called is None or called.port is not None or called.host != name:
            raise UsageError(
                f"PEERSEAL_HOSTS: {name!r} is no name; write names without port, for example files.example.org"
            )
    return names


def parse_origins(text: str) -> tuple[str, ...]:
    """Comma-separated origins, as browsers write them."""
    origins = tuple(part.rstrip("/").lower() for part in _parts(text))
    for origin in origins:
        scheme, separator, host = origin.partition("://")
        if scheme not in ("http", "https") or not separator or parse_host(host) is None:
            raise UsageError(
                f"PEERSEAL_ORIGINS: {origin!r} is no origin; write https://host or https://host:port"
            )
    return origins


def parse_ice(name: str, text: str, schemes: tuple[str, ...]) -> tuple[str, ...]:
    """Comma-separated STUN (RFC 7064) or TURN (RFC 7065) URLs of these schemes."""
    urls = tuple(_parts(text))
    for url in urls:
        scheme, _, rest = url.partition(":")
        place, query, transport = rest.partition("?")
        bad_query = query and (scheme == "stun" or transport not in ("transport=udp", "transport=tcp"))
        if (
            scheme not in schemes
            or parse_host(place) is None
            or bad_query
            or len(url) > ICE_URL_MAX_CHARACTERS
        ):
            raise UsageError(
                f"PEERSEAL_{name.upper()}: {url!r} is no address of such a server; "
                f"write {schemes[0]}:host or {schemes[0]}:host:port"
            )
    return urls


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _integer(name: str, text: str | None, default: int, least: int, most: int) -> int:
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise UsageError(f"PEERSEAL_{name.upper()} is a number from {least} to {most}, not {text!r}")
    return int(text)


def _size(name: str, text: str | None, default: int) -> int:
    """Bytes: a number, with K, M, G or T for powers of 1024."""
    if text is None:
        return default
    number, unit = (text[:-1], text[-1].upper()) if text[-1].upper() in _UNITS else (text, "")
    if not number.isascii() or not number.isdigit() or int(number) << _UNITS.get(unit, 0) > 2**53 - 1:
        raise UsageError(f"PEERSEAL_{name.upper()} is a size such as 500M or 10G, not {text!r}")
    return int(number) << _UNITS.get(unit, 0)
