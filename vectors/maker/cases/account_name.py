"""account_name.json: account names in their one form (§10)."""

from __future__ import annotations

import unicodedata

from maker.basics import Case, VectorFile


def canonical(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())


UNSEEN = (
    (0x00AD, 0x00AD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0000, 0xE0FFF),
)


def is_name(name: str) -> bool:
    kinds = [unicodedata.category(c)[0] for c in name]
    legal = all(kind in "LMN" or c in "._-' " for kind, c in zip(kinds, name, strict=True))
    unseen = any(first <= ord(c) <= last for c in name for first, last in UNSEEN)
    somebody = ("L" in kinds or "N" in kinds) and kinds[0] != "M" and not unseen
    return legal and somebody and len(name) <= 64 and name.strip(" ") == name and "  " not in name


def account_name() -> VectorFile:
    cases = []
    for i, why, text in [
        ("plain", "a name", "ada"),
        ("one", "one letter", "a"),
        ("capitals", "capitals", "Ada LOVELACE"),
        ("signs", "every sign that is allowed", "o'neil_ada-b. c"),
        ("signs-first", "a sign may stand first", "._a"),
        ("digits", "a number alone", "42"),
        ("composed", "a letter and its mark become one", "Gru\u0308\u00dfe"),
        ("mark", "a mark that does not compose stays", "x\u0301"),
        ("sharp-s", "\u00df stays \u00df", "STRA\u00dfe"),
        ("capital-sharp-s", "\u1e9e becomes \u00df", "STRA\u1e9eE"),
        ("sigma", "the last sigma of a word", "\u039f\u0394\u039f\u03a3"),
        ("sigma-inside", "and one inside", "\u03a3\u039f\u03a3\u039f"),
        ("dotted-i", "\u0130 becomes i with a dot above", "\u0130x"),
        ("kelvin", "the Kelvin sign is a k", "\u212aim"),
        ("roman", "a Roman numeral becomes letters", "Henry \u2167"),
        ("wide", "fullwidth letters", "\uff21\uff44\uff41"),
        ("no-break", "a no-break space becomes a space", "ada\u00a0b"),
        ("superscript", "a superscript is a number", "m\u00b2"),
        ("arabic", "letters from right to left", "\u0639\u0644\u064a"),
        ("hangul", "Hangul jamo become a syllable", "\u1112\u1161\u11ab"),
        ("cyrillic", "a letter that looks like another is a letter", "\u0430d\u0430"),
        ("han", "letters without case", "\u6797 \u6728"),
        ("devanagari", "marks within a word", "\u0928\u0940\u0932"),
        ("astral", "a capital outside the first plane", "\U00010400"),
        ("64", "64 characters", "a" * 64),
        ("64-astral", "64 characters are code points", "\U00010428" * 64),
        ("64-composed", "128 code points that become 64", "u\u0308" * 64),
    ]:
        name = canonical(text)
        assert is_name(name), i
        cases.append(Case(f"name-{i}", why, "canonical", {"text": text}, out={"name": name}))
    for i, why, text in [
        ("empty", "nothing", ""),
        ("65", "65 characters", "a" * 65),
        ("expanding", "one character that becomes eighteen, four times", "\ufdfa" * 4),
        ("space", "a space alone", " "),
        ("space-first", "a space at the beginning", " ada"),
        ("space-last", "a space at the end", "ada "),
        ("spaces", "two spaces", "ada  b"),
        ("spaces-mixed", "a space beside what becomes one", "ada \u3000b"),
        ("tab", "a tab", "ada\tb"),
        ("line", "a line feed at the end", "ada\n"),
        ("nul", "a NUL", "ada\0"),
        ("at", "an @", "ada@example"),
        ("slash", "a slash", "ada/b"),
        ("percent", "a percent sign", "ada%20b"),
        ("less-than", "the beginning of a tag", "<b>"),
        ("quote", "a typographic apostrophe", "o\u2019neil"),
        ("emoji", "an emoji is a symbol", "ada\U0001f600"),
        ("joiner", "a zero width joiner", "a\u200db"),
        ("soft-hyphen", "a soft hyphen", "a\u00adb"),
        ("right-to-left", "an override of the direction", "ada\u202e"),
        ("line-separator", "a line separator", "ada\u2028b"),
        ("private", "a private character", "\ue000"),
        ("unassigned", "a character that is none", "\uffff"),
        ("half", "a half becomes digits around a fraction slash", "\u00bd"),
        ("only-signs", "signs alone are nobody's name", ".-_'"),
        ("dot", "a dot", "."),
        ("dots", "two dots", ".."),
        ("wide-dots", "fullwidth dots", "\uff0e\uff0e"),
        ("only-mark", "a mark alone", "\u0301"),
        ("mark-first", "a mark at the beginning", "\u0301a"),
        ("sign-mark", "a sign and a mark", "-\u0301"),
        ("circle-first", "an enclosing mark at the beginning", "\u20dda"),
        ("mongolian-selector", "a Mongolian variation selector", "ua\u180b"),
        ("mongolian-selector-4", "the fourth of them", "ua\u180f"),
        ("selector", "an emoji's variation selector", "ua\ufe0f"),
        ("selector-1", "the first variation selector", "u\ufe00a"),
        ("selector-17", "the first of the further variation selectors", "ua\U000e0100"),
        ("selector-256", "the last of them", "ua\U000e01ef"),
        ("grapheme-joiner", "a combining grapheme joiner", "ua\u034f"),
        ("hangul-filler", "a Hangul filler", "u\u3164a"),
        ("half-filler", "a halfwidth Hangul filler", "u\uffa0a"),
        ("choseong-filler", "a leading filler alone", "\u115f"),
        ("jungseong-filler", "a vowel filler alone", "\u1160"),
        ("khmer-aq", "an inherent vowel of Khmer", "ua\u17b4"),
        ("khmer-aa", "the other", "ua\u17b5"),
        ("shorthand", "a shorthand format control", "ua\U0001bca0"),
        ("musical", "a musical format control", "ua\U0001d173"),
        ("tag", "a tag", "ua\U000e0061"),
        ("surrogate", "half of a surrogate pair", "ada\ud800"),
    ]:
        assert not is_name(canonical(text)), i
        cases.append(Case(f"name-bad-{i}", why, "canonical", {"text": text}, "name_malformed"))
    return VectorFile("account_name", "Account names (§10)", cases)
