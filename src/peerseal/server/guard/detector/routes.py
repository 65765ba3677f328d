"""What a request was for: a page, a sign-in, a meeting; and what a path that does not exist tells."""

from __future__ import annotations

import re
from typing import Final

API: Final = "/api/v1"
LOGIN: Final = f"{API}/login"
LOGIN_PARAMS: Final = f"{API}/login/params"
CONNECT: Final = "sio:connect"
#: Another joining on a connection that joined before.
JOIN_AGAIN: Final = "sio:join_again"
SIGN_INS: Final = frozenset({LOGIN, LOGIN_PARAMS, f"{API}/recover", f"{API}/recover/challenge"})
#: What anybody asks before they can show that they are somebody else than who made an address blocked.
FIRST: Final = frozenset({LOGIN_PARAMS, CONNECT})
JOINS: Final = frozenset({"sio:join", "sio:code_join", "sio:connect_request"})
#: What anonymous clients do when they hand over something, which no guess looks like.
WORK: Final = frozenset({"sio:accept", "sio:handshake", "sio:signal", "sio:offer", "sio:done"})
#: What strangers may ask for, and what asking for much of it would bring them.
COUNTED: Final = SIGN_INS | {
    f"{API}/register",
    f"{API}/links/{{link}}",
    f"{API}/links/{{link}}/open",
    f"{API}/report",
    f"{API}/openapi.json",
    "/s/{id}",
    "sio:join",
    "sio:code_join",
}
#: What guessing begins with, and has an ordinary answer.
_ANYBODY: Final = SIGN_INS | {CONNECT, JOIN_AGAIN, f"{API}/register", f"{API}/report", "sio:connect_request"}
#: Never refused: whoever is stopped must be able to read why, and to solve the challenge.
_OPEN: Final = frozenset(
    {f"{API}/challenge", f"{API}/health", f"{API}/health/live", f"{API}/health/ready", f"{API}/info"}
)
_USUAL: Final = re.compile(
    r"/(favicon\.ico|robots\.txt|humans\.txt|ads\.txt|security\.txt|sitemap[^/]*|apple-touch-icon[^/]*"
    r"|browserconfig\.xml|manifest\.(json|webmanifest)|site\.webmanifest|service-worker\.js|sw\.js"
    r"|\.well-known/.*|.*\.map)",
    re.IGNORECASE,
)
_PROBING: Final = re.compile(
    r".*\.(php\d?|aspx?|jspx?|cgi|do|action|sql|bak|old|orig|swp|zip|tar|gz|tgz|rar|7z|env|ini|conf|log|ya?ml|pem|key)"
    r"([~/?].*)?"
    r"|/(wp-|wordpress|admin|administrator|phpmyadmin|pma|mysql|cgi-bin|\.git|\.svn|\.env|\.aws|\.ssh|\.DS_Store"
    r"|actuator|server-status|server-info|vendor/|solr|boaform|hnap1|manager/|console|jenkins|owa/|autodiscover"
    r"|telescope|debug|_profiler|druid|geoserver|struts|graphql|swagger|v2/api-docs).*",
    re.IGNORECASE | re.DOTALL,
)


def is_open(route: str) -> bool:
    """A page, a file of a page, or what explains a refusal; `*` (no route) is none of it."""
    return route in _OPEN or is_page(route)


def is_page(route: str) -> bool:
    """A page, or a file of one."""
    return route.startswith("/") and not route.startswith("/api/")


def shows_nothing(route: str) -> bool:
    """Anybody gets an ordinary answer there, whoever they are and whatever they are up to."""
    return route in _ANYBODY


def is_register(route: str) -> bool:
    """Making an account."""
    return route == f"{API}/register"


def is_usual(path: object) -> bool:
    """What programs ask for unasked, whether it is there or not."""
    return isinstance(path, str) and _USUAL.fullmatch(path) is not None


def weight_of_path(path: str) -> float:
    """What asking for a path weighs that does not exist: nothing for what programs ask for unasked, more for probes."""
    if _USUAL.fullmatch(path):
        return 0.0
    return 4.0 if _PROBING.fullmatch(path) else 1.0
