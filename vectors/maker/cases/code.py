"""code.json: codes, how strong they are, the generator they give (§3, §6)."""

from __future__ import annotations

from maker.agreement import padded
from maker.basics import Case, VectorFile, seeded
from maker.codes import generator


def code() -> VectorFile:
    accepted = [
        ("plain", "as shown", "7-harbor-velvet", "7", "harbor-velvet"),
        ("upper", "\u25b8 typed in capitals", "7-HARBOR-Velvet", "7", "harbor-velvet"),
        ("spaces", "\u25b8 spaces for hyphens, and around", "  7 harbor   velvet\t\n", "7", "harbor-velvet"),
        ("mixed-runs", "a run of spaces, - and _ is one -", "7 -_ harbor__velvet", "7", "harbor-velvet"),
        (
            "full-width",
            "\u25b8 full-width letters, digit and hyphen",
            "\uff17\uff0d\uff28\uff21\uff32bor-velvet",
            "7",
            "harbor-velvet",
        ),
        ("ligature", "\u25b8 a ligature and a Kelvin sign", "7-\ufb01sh-\u212aey", "7", "fish-key"),
        (
            "no-break-space",
            "a no-break and an ideographic space",
            "7\u00a0harbor\u3000velvet",
            "7",
            "harbor-velvet",
        ),
        ("one-word", "one word", "7-harbor", "7", "harbor"),
        ("one-letter", "the shortest", "1-a", "1", "a"),
        ("digits", "nine digits, and digits as words", "123456789-42-007", "123456789", "42-007"),
        ("words-200", "200 bytes of words", "7-" + "a" * 200, "7", "a" * 200),
    ]
    refused = [
        ("empty", "nothing", ""),
        ("only-nameplate", "no words", "7"),
        ("nameplate-hyphen", "no words after the hyphen", "7-"),
        ("no-nameplate", "no nameplate", "harbor-velvet"),
        ("hyphen-first", "nothing before the hyphen", "-7-harbor"),
        ("hyphen-last", "a hyphen at the end", "7-harbor-"),
        ("hyphen-last-space", "a space and a hyphen at the end", "7-harbor _"),
        ("zero", "a nameplate of zero", "0-harbor"),
        ("leading-zero", "a leading zero", "07-harbor"),
        ("ten-digits", "ten digits", "1234567890-harbor"),
        ("letter-in-nameplate", "a letter in the nameplate", "7a-harbor"),
        ("umlaut", "a letter outside ASCII", "7-h\u00e4rbor"),
        ("decomposed", "the same letter in two parts", "7-ha\u0308rbor"),
        ("cyrillic", "a letter that only looks like one", "7-h\u0430rbor"),
        ("dotted-capital-i", "a capital I with a dot lowers to two characters", "7-\u0130ce"),
        ("arabic-digit", "a digit of another script", "\u0667-harbor"),
        ("dash", "an en dash is no hyphen", "7\u2013harbor"),
        ("non-breaking-hyphen", "NFKC makes it U+2010, which is no hyphen", "7\u2011harbor"),
        ("zero-width", "a zero-width space", "7-har\u200bbor"),
        ("byte-order-mark", "a byte order mark is no white space", "\ufeff7-harbor"),
        ("next-line", "U+0085 is no white space", "7-harbor\u0085"),
        ("tab-inside", "a tab between words", "7-harbor\tvelvet"),
        ("dot", "a full stop", "7-harbor.velvet"),
        ("words-201", "201 bytes of words", "7-" + "a" * 201),
        ("nul", "a NUL", "7-harbor\x00"),
    ]
    cases = [
        Case(f"code-{i}", why, "parse", {"text": text}, out={"nameplate": plate, "words": secret})
        for i, why, text, plate, secret in accepted
    ]
    cases += [Case(f"code-{i}", why, "parse", {"text": text}, "code_malformed") for i, why, text in refused]
    for i, why, text, good in [
        ("two-words", "two words of the list", "7-harbor-velvet", True),
        ("two-of-three", "two of three parts are of the list", "7-harbor-xq-velvet", True),
        ("ten-letters", "ten characters, five different", "7-abcdeabcde", True),
        ("ten-with-digits", "digits count too", "7-12345-67890", True),
        ("same-word-twice", "the same word twice", "7-zoo-zoo", False),
        ("one-word", "one word of the list", "7-harbor", False),
        ("nine-letters", "nine characters; hyphens do not count", "7-xqz-vwk-jhg", False),
        ("four-different", "ten characters, four different", "7-xqzvxqzvxqzv", False),
        ("joined", "two words without a hyphen are one part, too short", "7-zooact", False),
    ]:
        cases.append(
            Case(
                f"strength-{i}",
                why,
                "strength",
                {"text": text},
                "ok" if good else "code_malformed",
                {} if good else None,
            )
        )
    room = seeded("code room", 16)
    for i, why, plate, secret, where in [
        ("one", "words as key material, nameplate as salt, room as context", "7", "harbor-velvet", room),
        ("other-words", "other words, other generator", "7", "harbor-velour", room),
        ("other-plate", "another nameplate, another generator", "8", "harbor-velvet", room),
        ("other-room", "another room, another generator", "7", "harbor-velvet", seeded("code room 2", 16)),
    ]:
        g = generator(plate, secret, where)
        cases.append(
            Case(
                f"generator-{i}",
                why,
                "generator",
                {"nameplate": plate, "words": secret, "room": where.hex()},
                out={"generator": padded(g).hex()},
            )
        )
    return VectorFile("code", "Codes: reading, strength, and the generator they give (§3, §6)", cases)
