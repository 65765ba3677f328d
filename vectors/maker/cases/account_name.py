"""account_name.json: account names in their one form (§10)."""

from __future__ import annotations

import unicodedata

from maker.basics import Case, VectorFile


def canonical(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())


def is_name(name: str) -> bool:
    legal = all(unicodedata.category(c)[0] in "LMN" or c in "._-' " for c in name)
    return legal and 1 <= len(name) <= 64 and name.strip(" ") == name and "  " not in name


def account_name() -> VectorFile:
    cases = []
    for i, why, text in [
        ("plain", "a name", "ada"),
        ("one", "one letter", "a"),
        ("capitals", "capitals", "Ada LOVELACE"),
        ("signs", "every sign that is allowed", "o'neil_ada-b. c"),
        ("only-signs", "signs alone are a name", ".-_'"),
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
        ("surrogate", "half of a surrogate pair", "ada\ud800"),
    ]:
        assert not is_name(canonical(text)), i
        cases.append(Case(f"name-bad-{i}", why, "canonical", {"text": text}, "name_malformed"))
    return VectorFile("account_name", "Account names (§10)", cases)
