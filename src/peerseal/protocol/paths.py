"""Which paths may stand in a manifest or a preview (protocol.md §4.3). Mapping one onto a disk is `files/names`."""

from __future__ import annotations

import re
from typing import Final

from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import COMPONENT_MAX_BYTES, PATH_MAX_BYTES, PATH_MAX_COMPONENTS

#: Backslash, C0 and C1 controls, line and paragraph separators, lone surrogates.
_FORBIDDEN: Final = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DOTS: Final = re.compile(r"(?:\.|%2[eE]){1,2}", re.ASCII)
_DRIVE: Final = re.compile(r"[A-Za-z]:", re.ASCII)
#: What nearly every path looks like, and no rule forbids: one look instead of one for each rule.
_PLAIN: Final = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9_ .,()+=@&!-]*/)*[A-Za-z0-9_][A-Za-z0-9_ .,()+=@&!-]*", re.ASCII
)


def check_path(path: str) -> tuple[str, ...]:
    """The components of a legal path; anything else raises `IntegrityFailed` (`unsafe_name`)."""
    if len(path) <= COMPONENT_MAX_BYTES and _PLAIN.fullmatch(path) is not None:
        components = tuple(path.split("/"))
        if len(components) <= PATH_MAX_COMPONENTS:
            return components
    if _FORBIDDEN.search(path) is not None:
        raise _unsafe("a backslash or control character")
    components = tuple(path.split("/"))
    if len(path.encode()) > PATH_MAX_BYTES or len(components) > PATH_MAX_COMPONENTS:
        raise _unsafe("too long or too deep")
    for component in components:
        if not 1 <= len(component.encode()) <= COMPONENT_MAX_BYTES:
            raise _unsafe("a component of a wrong length")
        if _DOTS.fullmatch(component) is not None:
            raise _unsafe("a component of dots")
    if components[0].startswith("~") or _DRIVE.match(components[0]) is not None:
        raise _unsafe("a home folder or a drive")
    return components


def read_path(encoded: bytes) -> tuple[str, ...]:
    """The components of a path as it stands in a manifest: UTF-8 bytes, checked."""
    return check_path(decode_path(encoded))


def decode_path(encoded: bytes) -> str:
    """A path as it stands in a manifest, as text that is still to be checked."""
    try:
        return encoded.decode("utf-8")
    except UnicodeDecodeError:
        raise _unsafe("not UTF-8") from None


def _unsafe(why: str) -> IntegrityFailed:
    # The path itself stays out: it may carry anything, and messages reach terminals and logs.
    return IntegrityFailed(f"an unsafe name: {why}", code="unsafe_name")
