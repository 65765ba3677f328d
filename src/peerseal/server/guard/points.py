"""What an answer is a sign of: one table from status, code and route to the points of docs/guard.md §1."""

from __future__ import annotations

import re
from typing import Final

from peerseal.wire import limits
from peerseal.wire.api import ENDPOINTS

PREFIX: Final = "/api/v1"
#: A route that is none.
NOWHERE: Final = "*"
_FIXED: Final = {
    "/": "/",
    "/sw.js": "/sw.js",
    "/operator": "/operator",
    "/metrics": "/metrics",
    limits.HEALTH_PATH: limits.HEALTH_PATH,
    limits.INFO_PATH: limits.INFO_PATH,
    limits.NEWS_PATH: limits.NEWS_PATH,
    limits.MEET_PATH: limits.MEET_PATH,
    limits.EXCHANGE_PATH: limits.EXCHANGE_PATH,
    limits.RELAY_PATH: limits.RELAY_PATH,
    f"{PREFIX}/openapi.json": f"{PREFIX}/openapi.json",
}
_BELOW: Final = (
    ("/static/", "/static/{name}"),
    ("/s/", "/s/{id}"),
    ("/socket.io/", "/socket.io/"),
    (f"{limits.HEALTH_PATH}/", f"{limits.HEALTH_PATH}/{{kind}}"),
    (f"{limits.CHUNKS_PATH}/", f"{limits.CHUNKS_PATH}/{{stream}}/{{chunk}}"),
)
_TEMPLATES: Final = tuple(
    (
        endpoint.method,
        re.compile(PREFIX + re.sub(r"\{[a-z]+\}", "[^/]+", endpoint.path)),
        PREFIX + endpoint.path,
    )
    for endpoint in ENDPOINTS.values()
)
#: Nobody who was given an address by this server asks for one of these.
_HONEYPOT: Final = re.compile(
    r"/(\.env|\.git|\.svn|\.hg|\.aws|\.ssh|\.htpasswd|\.htaccess|\.DS_Store)(/|\.|$)"
    r"|/(wp-login\.php|wp-admin|wp-content|wp-includes|xmlrpc\.php|phpmyadmin|pma|myadmin|cgi-bin|boaform|HNAP1"
    r"|actuator|solr|jenkins|manager/html|vendor/phpunit|_ignition|telescope|server-status|owa|autodiscover"
    r"|id_rsa|web\.config|phpinfo\.php|info\.php|shell\.php|adminer\.php|config\.php|eval-stdin\.php)(/|\?|\.|$)"
    r"|\.(sql|bak|old|swp)$",
    re.IGNORECASE,
)
#: What browsers and well-meaning robots ask every site for by themselves.
_CUSTOMARY: Final = re.compile(
    r"/(favicon\.ico|robots\.txt|humans\.txt|ads\.txt|sitemap\.xml|browserconfig\.xml|crossdomain\.xml"
    r"|apple-touch-icon[a-z0-9-]*\.png|apple-app-site-association|manifest\.json|\.well-known(/[^/]+)*/?"
    r"|static/.*\.map)",
    re.ASCII,
)
_ODD: Final = re.compile(r"[\x00-\x1f\x7f\\]|(^|/)\.\.(/|$)")
_ODD_RAW: Final = re.compile(rb"%(00|0a|0d|5c|2e%2e)|\.\.(/|%2f)|%2e\.|\.%2e", re.IGNORECASE)
_WAY_OUT: Final = re.compile(r"[\x00\\]|(^|/)\.\.(/|$)")
_WAY_OUT_RAW: Final = re.compile(rb"%(00|5c|2e%2e)|\.\.(/|%2f)|%2e\.|\.%2e", re.IGNORECASE)
_MALFORMED: Final = frozenset({400, 411, 413, 415, 422})
#: Codes of 422 and 400 that honest people meet: a name that is not allowed, a day that is past, a challenge too late.
_HARMLESS: Final = frozenset({"name_malformed", "expires", "solution"})
_OF_CODE: Final = {
    (401, "login_failed"): "login_failed",
    (403, "password"): "login_failed",
    (403, "csrf"): "csrf",
    (403, "origin"): "csrf",
    (408, "timed_out"): "slow_client",
}
#: What stands at an address with an id, and only for who may see it.
_OBJECT: Final = ("{file}", "{upload}", "{link}", "{park}", "{reader}")


def route_of(method: str, path: str) -> str:
    """The template of the route a request goes to, `*` for none."""
    fixed = _FIXED.get(path)
    if fixed is not None:
        return fixed
    for start, route in _BELOW:
        if path.startswith(start):
            return route
    other = NOWHERE
    for its, pattern, route in _TEMPLATES:
        if pattern.fullmatch(path) is not None:
            if its == method:
                return route
            other = route
    return other


def point_of(status: int, code: str, route: str, path: str, raw_path: bytes) -> str | None:
    """The point an answer is, None for an ordinary one."""
    if status < 400:
        return None
    if status in (400, 404) and (_ODD.search(path) or _ODD_RAW.search(raw_path)):
        return "bad_name"
    if status == 404:
        return _absent(route, path)
    if status in _MALFORMED and code not in _HARMLESS:
        return "malformed"
    return _OF_CODE.get((status, code))


def reason_of(path: str, raw_path: bytes) -> str:
    """Why a name is bad: `traversal` (or NUL), or another `control` character, which breaks out of nothing."""
    return "traversal" if _WAY_OUT.search(path) or _WAY_OUT_RAW.search(raw_path) else "control"


def is_bait(path: str) -> bool:
    """Whether only scanners ask for this address."""
    return _HONEYPOT.search(path) is not None


def _absent(route: str, path: str) -> str | None:
    if is_bait(path):
        return "honeypot"
    if route.startswith(f"{PREFIX}/operator/") or route == "/metrics":
        return "unknown_route"  # who gets 404 there is nobody it exists for
    if any(part in route for part in _OBJECT):
        return "not_found_object"
    if route in (NOWHERE, "/static/{name}", "/s/{id}") and not _CUSTOMARY.fullmatch(path):
        return "unknown_route"
    return None
