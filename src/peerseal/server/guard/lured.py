"""Requests that a page of elsewhere may have made a visitor's browser send: nobody answers for those as for their own.

A page anywhere can show images, follow links and send forms, and some browsers say little about who asked for it (over
plain HTTP nothing at all). So whatever a browser may have been made to send counts only if it is shown to be this
server's own page that asked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final
from urllib.parse import urlsplit

from peerseal.server.asgi_types import Scope
from peerseal.server.guard.detector.routes import weight_of_path
from peerseal.server.guard.origin import header_values, origin_allowed
from peerseal.server.guard.points import is_bait, reason_of
from peerseal.wire import challenge as wire

#: All that a page can send elsewhere without asking the server first, and the question itself.
_SIMPLE: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
#: What the page of this server never does. In a browser it is done by a page of elsewhere, also by one whose name was
#: made to lead here (DNS rebinding), which a browser takes for the same origin; or by a scanner in its clothes.
NEVER_OURS: Final = frozenset({"honeypot", "bad_name", "unknown_route", "malformed", "csrf"})
_FORMS: Final = frozenset({"", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
#: What only a body of JSON can be wrong about: no form of another page reads as one.
OF_JSON: Final = frozenset({"login_failed", "code_wrong", "bad_public_key"})
#: Headers a page cannot set on what it sends elsewhere.
_OWN: Final = frozenset(
    {b"x-csrf-token", wire.PASS_HEADER.lower().encode(), wire.DEVICE_HEADER.lower().encode()}
)


def is_lured(scope: Scope, listed: Collection[str]) -> bool:
    """Whether a page of elsewhere may have caused it. `listed` are the other origins that may use this server.

    Programs, which send none of what browsers send of themselves, are never lured.
    """
    if not _needs_no_leave(scope):
        return False
    headers: dict[bytes, bytes] = dict(scope["headers"])
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site != b"same-origin"
    told = headers.get(b"origin") or headers.get(b"referer")
    if told is not None:
        host = headers.get(b"host", b"").decode("latin-1")
        return not origin_allowed(_origin(told.decode("latin-1")), host, listed)
    return _sounds_like_browser(headers)


def is_browser(scope: Scope) -> bool:
    """Whether it has what browsers send of themselves (which anybody may send)."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    return b"sec-fetch-site" in headers or _sounds_like_browser(headers)


def is_named_browser(given: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether, by its headers, it also bears a browser's name: many people's do, so nobody is shut out for what another
    did under it.
    """
    headers = dict(given)
    told = b"accept-language" in headers or b"sec-fetch-site" in headers
    return told and headers.get(b"user-agent", b"").startswith(b"Mozilla/")


def is_slip(point: str, path: str, raw_path: bytes) -> bool:
    """Whether people come to it by themselves: an address typed wrongly, cut by a mailer, or with a dot behind it.

    Never what scanners look for.
    """
    if point == "not_found_object":
        return True
    odd = (
        point == "bad_name" and reason_of(path, raw_path) == "control"
    )  # the end of a line, taken with the link
    return (odd or point == "unknown_route") and not is_bait(path) and weight_of_path(path) <= 1.0


def _needs_no_leave(scope: Scope) -> bool:
    """Whether a page may send it elsewhere without asking first."""
    headers = scope["headers"]
    return (
        scope.get("method", "GET") in _SIMPLE
        and all(name not in _OWN for name, _ in headers)
        and all(_is_form(kind) for kind in header_values(headers, b"content-type"))
        # Names and passwords in a link become `Basic`.
        and all(given.lower().startswith("basic") for given in header_values(headers, b"authorization"))
    )


def _is_form(content_type: str) -> bool:
    """Whether a page may send this elsewhere without asking first (Fetch: CORS-safelisted). Never JSON, however written."""
    return content_type.partition(";")[0].strip().lower() in _FORMS


def _sounds_like_browser(headers: dict[bytes, bytes]) -> bool:
    return b"accept-language" in headers and headers.get(b"user-agent", b"").startswith(b"Mozilla/")


def _origin(address: str) -> str:
    """Of an address; what is none is an origin of nobody."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "null"
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else "null"
