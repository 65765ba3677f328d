"""This machine's own networks: what its interfaces have, read from the system without privileges."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import time
from pathlib import Path
from typing import Final, TypeAlias

Interface: TypeAlias = ipaddress.IPv4Interface | ipaddress.IPv6Interface

_SIOCGIFADDR: Final = 0x8915
_SIOCGIFNETMASK: Final = 0x891B
_IF_INET6: Final = Path("/proc/net/if_inet6")
_KEEP_SECONDS: Final = 15.0


def own_interfaces() -> tuple[Interface, ...]:
    """Addresses of this machine with the networks they stand in, loopback included.

    Linux is asked directly. Elsewhere an address is known but not its network, so a /24 (IPv6: /64) around
    it is assumed; `PEERSEAL_NETWORKS` adds what that misses.
    """
    found = _ipv4_by_ioctl() + _ipv6_by_proc()
    if not any(not interface.is_loopback for interface in found):
        found = [*found, *_by_name()]
    return tuple(dict.fromkeys(found))


class OwnNetworks:
    """`own_interfaces`, asked again now and then: laptops move."""

    def __init__(self) -> None:
        self._known: tuple[Interface, ...] = ()
        self._asked = float("-inf")

    def __call__(self) -> tuple[Interface, ...]:
        now = time.monotonic()
        if now - self._asked > _KEEP_SECONDS:
            self._known, self._asked = own_interfaces(), now
        return self._known


def urls(host: str, port: int, interfaces: tuple[Interface, ...]) -> list[str]:
    """Addresses people can type when the server listens on `host`: this computer's first, then its networks'."""
    try:
        bound = ipaddress.ip_address(host)
    except ValueError:
        return [f"http://{host}:{port}"]
    if not bound.is_unspecified:
        return [_url("localhost" if host == "127.0.0.1" else host, port)]
    others = [
        interface.ip
        for interface in interfaces
        if not interface.is_loopback and not interface.is_link_local and bound.version >= interface.version
    ]
    others.sort(key=lambda ip: (ip.version, not ip.is_private))
    return [_url("localhost", port), *(_url(str(ip), port) for ip in others)]


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _ipv4_by_ioctl() -> list[Interface]:
    try:
        import fcntl
    except ImportError:
        return []
    found: list[Interface] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                address = fcntl.ioctl(sock.fileno(), _SIOCGIFADDR, request)[20:24]
                mask = fcntl.ioctl(sock.fileno(), _SIOCGIFNETMASK, request)[20:24]
            except OSError:
                continue  # an interface without an IPv4 address
            found.append(ipaddress.IPv4Interface(f"{socket.inet_ntoa(address)}/{socket.inet_ntoa(mask)}"))
    return found


def _ipv6_by_proc() -> list[Interface]:
    try:
        lines = _IF_INET6.read_text().splitlines()
    except OSError:
        return []
    return [
        ipaddress.IPv6Interface((int(fields[0], 16), int(fields[2], 16)))
        for fields in (line.split() for line in lines)
        if len(fields) >= 3
    ]


def _by_name() -> list[Interface]:
    try:
        answers = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        answers = []
    texts = {str(address[0]).partition("%")[0] for *_, address in answers}
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks which address would be used
        texts.add(probe.getsockname()[0])
    return [ipaddress.ip_interface(f"{text}/{64 if ':' in text else 24}") for text in sorted(texts)]
