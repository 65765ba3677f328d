"""Names that look alike: letters of another script in the place of Latin ones (docs/protocol.md §10).

A warning for people, never a rule: such names are legal, and many scripts mix with reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# What looks like a small Latin letter in most fonts, and that letter. Accented ones are compared in parts.
_ALIKE: Final = (
    (
        "\u0430\u0441\u0501\u0435\u04bd\u04bb\u0456\u0458\u043a\u04cf\u043c\u043f\u043e\u0440\u051b\u0433\u0455\u0442\u0475\u051d\u0461\u0445\u0443\u04af\u044c\u050d",
        "acdeehijklmnopqrstvwwxyybg",
    ),  # Cyrillic
    (
        "\u03b1\u03b3\u03b5\u03b7\u03b9\u03ba\u03bc\u03bd\u03bf\u03c1\u03c3\u03c2\u03c4\u03c5\u03c7\u03c9\u03f3",
        "ayenikuvopostuxwj",
    ),  # Greek
    ("\u0131\u0261\u0251", "iga"),  # phonetic letters
    ("\u02bc\u02b9\u02bb\ua78c", "''''"),  # apostrophes that are letters
    ("01", "ol"),  # digits
)
_SCRIPTS: Final = (
    (
        "Latin",
        ((0x61, 0x7A), (0xDF, 0xF6), (0xF8, 0x2AF), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA722, 0xA7FF)),
    ),
    ("Greek", ((0x370, 0x3FF), (0x1F00, 0x1FFF))),
    ("Cyrillic", ((0x400, 0x52F), (0x1C80, 0x1C8F), (0xA640, 0xA69F))),
)


def looks_like(one: str, other: str) -> bool:
    """Whether two account names are different and yet look the same to a quick reader."""
    return _folded(one) != _folded(other) and skeleton(one) == skeleton(other)


def skeleton(name: str) -> str:
    """What remains of a name if letters that look alike are taken for the same. Only for comparing, never a name."""
    from unicodedata import normalize

    table = {ord(a): b for alike, latin in _ALIKE for a, b in zip(alike, latin, strict=True)}
    # A dot above an i is there already.
    return normalize("NFD", _folded(name)).translate(table).replace("i\u0307", "i").replace("j\u0307", "j")


def mixed_scripts(name: str) -> tuple[str, ...]:
    """The scripts of a name's letters if Latin, Greek and Cyrillic ones stand beside each other, else none."""
    points = {ord(character) for character in _folded(name)}
    found = tuple(
        script
        for script, ranges in _SCRIPTS
        if any(first <= point <= last for point in points for first, last in ranges)
    )
    return found if len(found) > 1 else ()


def resembled(name: str, known: Iterable[str]) -> str | None:
    """The first of the `known` names that `name` is not but looks like."""
    return next((other for other in known if looks_like(name, other)), None)


def _folded(name: str) -> str:
    from unicodedata import normalize

    return normalize("NFKC", normalize("NFKC", name).lower())
