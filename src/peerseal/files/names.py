"""Names: a legal wire path on this disk, a disk name on the wire, any name on a screen.

The mapping onto the disk (docs/architecture.md, "Names on the receiver's disk") is the same on every system,
so what a folder looks like does not depend on where it lands. It never makes a path longer than one component
may be and never yields `.`, `..`, a separator or a drive.
"""

from __future__ import annotations

import re
from typing import Final

from peerseal.wire.invisible import is_invisible

MAX_COMPONENT: Final = 255
"""Bytes one component may take on the disk and on the wire."""

#: What nearly every name looks like, and nothing changes: one look instead of one at each character.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_ .,()+=@&!-]{0,252}[A-Za-z0-9_()+=@&!-])?", re.ASCII)
_FORBIDDEN: Final = frozenset('<>:"|?*')
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_ENDS: Final = frozenset("\u2028\u2029")
_ANNOTATIONS: Final = frozenset("\ufff9\ufffa\ufffb")
_EMOJI: Final = (
    *((0xA9, 0xA9), (0xAE, 0xAE), (0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122), (0x2139, 0x2139)),
    *((0x2190, 0x21FF), (0x2300, 0x23FF), (0x2460, 0x24FF), (0x25A0, 0x27BF), (0x2900, 0x297F)),
    *((0x2B00, 0x2BFF), (0x3030, 0x3030), (0x303D, 0x303D), (0x3297, 0x3299), (0x1F000, 0x1FAFF)),
)
_JOINED_SCRIPTS: Final = ((0x0600, 0x1CFF), (0xA800, 0xABFF))  # Arabic to the scripts of India and beyond
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"]
)


def is_control(character: str) -> bool:
    """True for C0, DEL, C1, line and paragraph separators and lone surrogates."""
    point = ord(character)
    return point < 0x20 or 0x7F <= point <= 0x9F or 0xD800 <= point <= 0xDFFF or character in _LINE_ENDS


def is_hidden(wire_path: str) -> bool:
    """True if the first component is a hidden name (`.bashrc`, `.ssh/config`)."""
    return wire_path.startswith(".")


def local_components(wire_path: str, *, unhide: bool = False) -> tuple[str, ...]:
    """The components under which a legal wire path is kept here.

    With `unhide` a hidden first component gets `_` in front, for when nobody was asked.
    """
    components = [local_component(component) for component in wire_path.split("/")]
    if unhide and components[0].startswith("."):
        components[0] = fit("_" + components[0])
    return tuple(components)


def local_component(component: str) -> str:
    """The name under which one component is kept here."""
    if _PLAIN.fullmatch(component) is not None:
        return fit("_" + component) if _is_device(component) else component
    if component in ("", ".", ".."):
        return "_" * max(1, len(component))
    kept = "".join(
        "_" if c in _FORBIDDEN or c in _BIDI or c in "/\\" or is_control(c) else c for c in component
    )
    stem = kept.rstrip(". ")
    kept = stem + "_" * (len(kept) - len(stem))
    return fit("_" + kept if _is_device(kept) else kept)


def _is_device(component: str) -> bool:
    return component.split(".", 1)[0].rstrip(" ").casefold() in _DEVICES


def fit(name: str, addition: str = "") -> str:
    """`name` with `addition` before its extension, shortened in its stem to at most 255 bytes."""
    stem, extension = split_extension(name)
    if len(extension.encode()) + len(addition.encode()) >= MAX_COMPONENT:
        stem, extension = name, ""
    room = MAX_COMPONENT - len((addition + extension).encode())
    encoded = stem.encode()
    if len(encoded) > room:
        stem = encoded[:room].decode(errors="ignore")
    return stem + addition + extension


def numbered(name: str, number: int, *, folder: bool = False) -> str:
    """The `number`-th other name for a taken one: `a (1).txt`; a folder has no extension to keep."""
    if number == 0:
        return name
    if folder:
        addition = f" ({number})"
        return name.encode()[: MAX_COMPONENT - len(addition)].decode(errors="ignore") + addition
    return fit(name, f" ({number})")


def split_extension(name: str) -> tuple[str, str]:
    """Stem and extension with its dot; `.tar` stays with what compressed it; a leading dot is no extension."""
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem.strip("."):
        return name, ""
    if stem.lower().endswith(".tar") and len(stem) > len(".tar"):
        return stem[: -len(".tar")], stem[-len(".tar") :] + dot + extension
    return stem, dot + extension


def wire_component(name: str, *, first: bool) -> str:
    """A disk name as it may stand on the wire (docs/protocol.md §4.3); legal names come back unchanged.

    `first` says that it is the first component of a path, where `~` and drive letters are refused.
    Bytes that are no UTF-8 arrive as lone surrogates and become `_`.
    """
    if _PLAIN.fullmatch(name) is not None:
        return name
    kept = "".join("_" if is_control(c) or c == "\\" else c for c in name)
    if kept.lower().replace("%2e", ".") in (".", "..") or not kept:
        kept = "_" + kept.replace("%", "_").replace(".", "_")
    if first and kept.startswith("~"):
        kept = "_" + kept[1:]
    if first and len(kept) > 1 and kept[0].isalpha() and kept[1] == ":":
        kept = kept[0] + "_" + kept[2:]
    return fit(kept)


def visible(text: str) -> str:
    """Text of somebody else as it may be printed: control, bidirectional and invisible characters show as escapes.

    What makes an emoji of a sign or joins several, and what joins or parts letters of a script that needs it, stays.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _is_plain(text, at) else _escaped(ord(c)) for at, c in enumerate(text))


def _is_plain(text: str, at: int) -> bool:
    character, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if character in "\ufe0e\ufe0f":
        return _within(before, _EMOJI) or (after == "\u20e3" and before != "" and before in "0123456789#*")
    if character == "\u200d" and (before == "\ufe0f" or _within(before, _EMOJI)):
        return _within(after, _EMOJI)
    if character in "\u200c\u200d":
        return _within(before, _JOINED_SCRIPTS) and _within(after, _JOINED_SCRIPTS)
    return not (is_control(character) or is_invisible(character) or character in _ANNOTATIONS)


def _within(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return character != "" and any(first <= ord(character) <= last for first, last in ranges)


def _escaped(point: int) -> str:
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
