"""Whether one content security policy (CSP Level 3) allows anything that another does not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_NONE: Final = "'none'"
_REQUIRE: Final = "require-trusted-types-for"
#: What a directive that is left out falls back to (CSP §6.8.3).
_FALLBACKS: Final = {
    "script-src-elem": ("script-src", "default-src"),
    "script-src-attr": ("script-src", "default-src"),
    "style-src-elem": ("style-src", "default-src"),
    "style-src-attr": ("style-src", "default-src"),
    "worker-src": ("child-src", "script-src", "default-src"),
    "frame-src": ("child-src", "default-src"),
    **{
        f"{kind}-src": ("default-src",)
        for kind in ("script", "style", "img", "font", "connect", "manifest", "object", "media", "child")
    },
    "prefetch-src": ("default-src",),
}
#: ASCII white space (Infra §4.6), all that parts a policy to a browser. Python's own notion takes more for blanks.
_BLANKS: Final = re.compile("[\t\n\f\r ]+")
_ODD: Final = "its policy has characters that are not ASCII: browsers leave out the directives they stand in"
_ONLY_TIGHTEN: Final = ("sandbox", "upgrade-insecure-requests", "block-all-mixed-content")

_Policy = dict[str, frozenset[str]]


def weaker(header: str | None, ours: str) -> tuple[str, ...]:
    """What the policies in `header` allow beyond `ours`, as sentences; empty if nothing.

    Several policies hold all at once, so one that is strict enough will do.
    """
    if not header:
        return ("it has no content security policy",)
    found = [tuple(_beyond(_parsed(text), _parsed(ours))) for text in header.split(",") if _words(text)]
    beyond = min(found, key=len, default=("it has no content security policy",))
    return beyond if header.isascii() else (_ODD, *beyond)


def _parsed(text: str) -> _Policy:
    """Directives by name; the first of a name counts, and none that is not ASCII (CSP §2.2.1)."""
    policy: _Policy = {}
    for directive in text.split(";"):
        words = _words(directive)
        if words and directive.isascii():
            name, *values = (word.lower() for word in words)
            policy.setdefault(name, frozenset(values) - {_NONE})
    return policy


def _words(text: str) -> list[str]:
    return [word for word in _BLANKS.split(text) if word]


def _beyond(theirs: _Policy, ours: _Policy) -> Iterator[str]:
    for name in sorted(theirs.keys() | ours.keys()):
        if name == _REQUIRE:
            if not ours.get(name, frozenset()) <= theirs.get(name, frozenset()):
                yield f"its policy lacks {name}"
            continue
        if name in _ONLY_TIGHTEN:
            continue
        allowed, wanted = _effective(theirs, name), _effective(ours, name)
        if wanted is None:
            yield f"its policy has {name}, which Peerseal's has not"
        elif allowed is None:
            yield f"its policy lacks {name}"
        elif allowed - wanted:
            yield f"its policy allows {name} {' '.join(sorted(allowed - wanted))}"


def _effective(policy: _Policy, name: str) -> frozenset[str] | None:
    """What it allows; None if it says nothing, not even by a fallback."""
    names = (name, *_FALLBACKS.get(name, ()))
    return next((policy[one] for one in names if one in policy), None)
