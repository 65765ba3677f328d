"""Where the server is, as a user writes it: `--server`, `PEERSEAL_SERVER`, or the address inside a link."""

from __future__ import annotations

from typing import Final

from peerseal.errors import UsageError
from peerseal.wire.encoding import is_id
from peerseal.wire.value import Value

DEFAULT_SERVER: Final = "http://localhost:5000"
_WHOLE: Final = (
    "Copy all of it, up to its last character, or ask its sender for it again; quotes keep a shell off it."
)


class ServerUrl(Value):
    """An http or https address without a path. `host` is a name or an address without brackets."""

    tls: bool
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port as they stand in a URL and in the Host header; a default port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}"


class Link(Value):
    """A link of the page: a server and what it names.

    `kind` is `code` or `room`, with that as `value`; or `stored`, with `<link id>#<fragment>` (protocol.md §14).
    """

    server: ServerUrl
    kind: str
    value: str

    def __repr__(self) -> str:
        return f"Link({self.server}, {self.kind}=…)"


def parse_server(text: str) -> ServerUrl:
    """The server address in `text`. Raises UsageError (`server_url`)."""
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        scheme, rest = "http", text.strip()
    authority, _, path = rest.partition("/")
    host, port = _split_port(authority)
    usable = host and host.isprintable() and not set(host) & set(" @?#\\%")
    if scheme.lower() not in ("http", "https") or path or not usable:
        raise _not_a_server(text)
    tls = scheme.lower() == "https"
    if port == "":
        number = 443 if tls else 80
        if not separator:
            number = 5000
    elif port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536:
        number = int(port)
    else:
        raise _not_a_server(text)
    return ServerUrl(tls=tls, host=host, port=number)


def parse_link(text: str) -> Link | None:
    """A page's link (`http://host/#code=…`, `#room=…`, `http://host/s/…#…`), or None. Raises UsageError."""
    address, mark, fragment = text.strip().partition("#")
    if "://" not in address:
        return None
    server, slash, link = address.rstrip("/").rpartition("/s/")
    if slash and not fragment:
        raise UsageError(
            "This link is not whole: what comes after # is its key, and it is missing.",
            code="link",
            hint=_WHOLE,
        )
    if not mark:
        return None
    if slash and not is_id(link):
        raise UsageError("This link is damaged before the #.", code="link", hint=_WHOLE)
    if slash:
        return Link(parse_server(server), "stored", f"{link}#{fragment}")
    kind, _, value = fragment.partition("=")
    if kind not in ("code", "room") or not value:
        raise UsageError("This link names neither a code nor a room.", code="link", hint=_WHOLE)
    return Link(parse_server(address.rstrip("/")), kind, value)


def is_stored_link(text: str) -> bool:
    """Whether `text` looks like the link of a stored file, whole or not."""
    return "://" in text and "/s/" in text


def _split_port(authority: str) -> tuple[str, str]:
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = authority.partition(":")
    return host, port


def _not_a_server(text: str) -> UsageError:
    return UsageError(
        f"{text!r} is not a server address.",
        code="server_url",
        hint="Write it like http://192.168.1.10:5000.",
    )
