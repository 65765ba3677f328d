"""encoding.json, strict_json.json, paths.json, words.json, code.json: formats without a key."""

from __future__ import annotations

import hashlib

from maker.agreement import padded
from maker.basics import Case, Json, VectorFile, b64, kdf, seeded
from maker.codes import generator
from maker.wordlist import WORDS, words_of

ID = "00112233445566778899aabbccddeeff"


def encoding() -> VectorFile:
    cases = []
    for n in (0, 1, 2, 3, 16, 32):
        data = seeded(f"b64 {n}", n)
        given: dict[str, Json] = {"text": b64(data), "length": n}
        cases.append(
            Case(
                f"base64url-encode-{n}",
                f"{n} bytes, no padding",
                "base64url_encode",
                {"bytes": data.hex()},
                out={"text": b64(data)},
            )
        )
        cases.append(
            Case(
                f"base64url-decode-{n}",
                f"{n} bytes back",
                "base64url_decode",
                given,
                out={"bytes": data.hex()},
            )
        )
    cases.append(
        Case(
            "base64url-alphabet",
            "- and _ are the last two letters",
            "base64url_decode",
            {"text": "-_-_", "length": None},
            out={"bytes": "fbffbf"},
        )
    )
    refused = [
        ("padding", "padding is refused", "AA==", None),
        ("one-padding", "padding is refused", "AAA=", None),
        ("plus", "+ is of the other alphabet", "+_-_", None),
        ("slash", "/ is of the other alphabet", "-/-_", None),
        ("space", "white space is refused", "AA AA", None),
        ("line-feed-end", "a line feed at the end is refused", "AAAA\n", None),
        ("trailing-bits-4", "two letters carry 4 bits too many, which must be zero", "AB", None),
        ("trailing-bits-2", "three letters carry 2 bits too many, which must be zero", "AAB", None),
        ("one-letter", "one letter carries no byte", "A", None),
        ("five-letters", "a fifth letter carries no byte", "AAAAA", None),
        ("not-ascii", "a letter outside ASCII", "AA\u00c4A", None),
        ("too-short", "15 bytes where 16 belong", b64(bytes(15)), 16),
        ("too-long", "17 bytes where 16 belong", b64(bytes(17)), 16),
    ]
    cases += [
        Case(f"base64url-{id_}", why, "base64url_decode", {"text": text, "length": length}, "malformed")
        for id_, why, text, length in refused
    ]
    cases.append(Case("id-legal", "32 lower-case hex digits", "id", {"text": ID}, out={}))
    for id_, why, text in [
        ("upper-case", "an id has one spelling, in lower case", ID.upper()),
        ("short", "31 digits", ID[1:]),
        ("long", "33 digits", ID + "0"),
        ("not-hex", "g is no hex digit", "g" + ID[1:]),
        ("line-feed-end", "a line feed at the end is refused", ID + "\n"),
        ("wide-digits", "full-width digits are not digits", "\uff10" + ID[1:]),
    ]:
        cases.append(Case(f"id-{id_}", why, "id", {"text": text}, "malformed"))
    return VectorFile(
        "encoding", "base64url without padding and ids in hex, each with one spelling (§1)", cases
    )


def strict_json() -> VectorFile:
    def given(text: bytes | str, append_spaces: int = 0, limit: int = 32768) -> dict[str, Json]:
        raw = text.encode("utf-8") if isinstance(text, str) else text
        return {"bytes": raw.hex(), "append_spaces": append_spaces, "limit": limit}

    largest = 2**53 - 1
    deep: Json = 1
    for _ in range(7):
        deep = [deep]
    accepted: list[tuple[str, str, str, int, Json]] = [
        ("empty", "the smallest object", "{}", 0, {}),
        (
            "space",
            "JSON white space between and around is fine",
            ' \t\r\n{ "a" : [ 1 , 2 ] }\n',
            0,
            {"a": [1, 2]},
        ),
        (
            "kinds",
            "every kind of value there is",
            '{"a":null,"b":true,"c":false,"d":-7,"e":"x","f":[],"g":{}}',
            0,
            {"a": None, "b": True, "c": False, "d": -7, "e": "x", "f": [], "g": {}},
        ),
        (
            "largest",
            "2^53 - 1 and its negative",
            f'{{"a":{largest},"b":-{largest}}}',
            0,
            {"a": largest, "b": -largest},
        ),
        ("minus-zero", "-0 is 0", '{"a":-0}', 0, {"a": 0}),
        (
            "escapes",
            "every escape",
            '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4"}',
            0,
            {"a": '"\\/\b\f\n\r\t\u00e4'},
        ),
        (
            "pair",
            "a surrogate pair by escapes is one character",
            '{"a":"\\ud83d\\ude00"}',
            0,
            {"a": "\U0001f600"},
        ),
        ("astral", "the same character in UTF-8", '{"a":"\U0001f600"}', 0, {"a": "\U0001f600"}),
        ("nul", "an escaped NUL is a character", '{"a":"\\u0000"}', 0, {"a": "\x00"}),
        ("depth-8", "eight levels, the object being the first", '{"a":[[[[[[[1]]]]]]]}', 0, {"a": deep}),
        ("limit", "exactly as long as allowed", "{}", 32766, {}),
        ("same-key-elsewhere", "a key may come again in another object", '{"a":{"a":1}}', 0, {"a": {"a": 1}}),
    ]
    refused: list[tuple[str, str, bytes | str, int]] = [
        ("nothing", "no value at all", "", 0),
        ("array", "the top must be an object", "[]", 0),
        ("string", "the top must be an object", '"a"', 0),
        ("null", "the top must be an object", "null", 0),
        ("duplicate", "a key that comes twice", '{"a":1,"a":1}', 0),
        ("duplicate-escaped", "a key that comes twice once escapes are read", '{"a":1,"\\u0061":2}', 0),
        ("duplicate-inside", "a key that comes twice further in", '{"b":[{"a":1,"a":2}]}', 0),
        ("float", "a fraction", '{"a":1.5}', 0),
        ("float-whole", "a float, though it is whole", '{"a":1.0}', 0),
        ("exponent", "an exponent", '{"a":1e2}', 0),
        ("too-big", "2^53", '{"a":9007199254740992}', 0),
        ("too-small", "-2^53", '{"a":-9007199254740992}', 0),
        ("rounding", "2^53 + 1, which a double rounds", '{"a":9007199254740993}', 0),
        ("long-number", "five thousand digits", '{"a":' + "9" * 5000 + "}", 0),
        ("leading-zero", "a leading zero", '{"a":01}', 0),
        ("plus", "a plus sign", '{"a":+1}', 0),
        ("nan", "NaN is no JSON", '{"a":NaN}', 0),
        ("infinity", "Infinity is no JSON", '{"a":-Infinity}', 0),
        ("lone-high", "a high surrogate alone", '{"a":"\\ud83d"}', 0),
        ("lone-low", "a low surrogate alone", '{"a":"\\ude00x"}', 0),
        ("lone-in-key", "a lone surrogate in a key", '{"\\ud800":1}', 0),
        ("swapped-pair", "low before high", '{"a":"\\ude00\\ud83d"}', 0),
        ("surrogate-bytes", "a surrogate in UTF-8 bytes", b'{"a":"\xed\xa0\x80"}', 0),
        ("overlong", "an overlong UTF-8 form", b'{"a":"\xc0\xaf"}', 0),
        ("latin-1", "bytes that are not UTF-8", b'{"a":"\xe4"}', 0),
        ("byte-order-mark", "a byte order mark", b"\xef\xbb\xbf{}", 0),
        ("raw-control", "a raw control character in a string", '{"a":"\n"}', 0),
        ("depth-9", "nine levels", '{"a":[[[[[[[[1]]]]]]]]}', 0),
        ("depth-thousands", "nesting that would end a recursive reader", '{"a":' + "[" * 10000, 0),
        ("trailing", "something after the object", "{}{}", 0),
        ("trailing-comma", "a comma before the end", '{"a":1,}', 0),
        ("unfinished", "an object without its end", '{"a":1', 0),
        ("single-quotes", "another language's strings", "{'a':1}", 0),
        ("comment", "a comment", "{}/**/", 0),
        ("no-break-space", "white space that JSON does not know", "\u00a0{}", 0),
        ("bare-key", "a key without quotes", "{a:1}", 0),
        ("bad-escape", "an escape that is none", '{"a":"\\x41"}', 0),
        ("over-limit", "one byte more than allowed", "{}", 32767),
    ]
    cases = [
        Case(f"json-{i}", why, "decode", given(text, more), out={"value": value})
        for i, why, text, more, value in accepted
    ]
    cases += [
        Case(f"json-{i}", why, "decode", given(text, more), "malformed") for i, why, text, more in refused
    ]
    return VectorFile("strict_json", "The one strict JSON decoder (§5.2, wire.md)", cases)


def paths() -> VectorFile:
    accepted = [
        ("one", "a file", "a"),
        ("three", "folders in folders", "photos/2026/harbour.jpg"),
        ("hidden", "a hidden name is legal in the format", ".bashrc"),
        ("three-dots", "three dots are a name", "..."),
        ("dots-inside", "dots inside a name", "a..b/.c"),
        (
            "unicode",
            "other scripts, and a decomposed letter that stays so",
            "gru\u0308\u00dfe/\u65e5\u672c\u8a9e",
        ),
        ("space", "spaces, also at both ends", " a / b "),
        ("device", "a device name is legal in the format", "CON"),
        ("windows-letters", "letters some disks refuse", 'a<>"|?*'),
        ("colon-later", "a colon after more than one letter, or further in", "ab:c/d:e"),
        ("digit-colon", "a digit before the colon is no drive", "1:a"),
        ("tilde-later", "a tilde further in", "a/~b"),
        ("tilde-inside", "a tilde inside a name", "a~"),
        ("bidi", "bidirectional controls are legal in the format", "\u202egpj.exe"),
        ("percent", "a percent sign is a letter", "100%2e5/%2e%2e%2e"),
        ("percent-slash", "%2f is not decoded", "a%2f..%2fb"),
        ("component-255", "a name of 255 bytes", "a" * 255),
        ("components-64", "64 components", "/".join("a" * 64)),
        ("length-4096", "4,096 bytes in all", "/".join(["a" * 255] * 16) + ""),
        ("astral", "a character outside the basic plane", "\U0001f600"),
    ]
    refused: list[tuple[str, str, str | bytes]] = [
        ("empty", "no name at all", ""),
        ("dot", "this folder", "."),
        ("dot-dot", "the folder above", ".."),
        ("climb", "\u25b8 out of the target folder", "../../x"),
        ("climb-inside", "up and out again", "a/../../x"),
        ("dot-inside", "this folder, in the middle", "a/./b"),
        ("dot-dot-end", "the folder above, at the end", "a/.."),
        ("percent-dot-dot", "the folder above, percent-encoded", "%2e%2e/x"),
        ("percent-upper", "the same in upper case", "a/%2E%2E/x"),
        ("percent-half", "half of it percent-encoded", "a/.%2e"),
        ("percent-dot", "this folder, percent-encoded", "%2e/x"),
        ("absolute", "an absolute path", "/etc/x"),
        ("slash-end", "an empty component at the end", "a/"),
        ("slash-double", "an empty component", "a//b"),
        ("url", "a URL has an empty component", "file:///x"),
        ("backslash", "another system's separator", "a\\b"),
        ("backslash-climb", "up by another system's separator", "..\\x"),
        ("drive", "a drive", "C:"),
        ("drive-path", "a drive and a path", "c:/x"),
        ("drive-name", "a name on a drive", "C:x"),
        ("home", "somebody's home folder", "~/.ssh/authorized_keys"),
        ("home-of", "somebody else's home folder", "~root/x"),
        ("nul", "a NUL", "a\x00b"),
        ("line-feed", "a line feed", "a\nb"),
        ("escape", "an escape sequence of a terminal", "a\x1b[2Jb"),
        ("delete", "U+007F", "a\x7f"),
        ("c1", "a C1 control", "a\x9bb"),
        ("line-separator", "U+2028", "a\u2028b"),
        ("paragraph-separator", "U+2029", "a\u2029b"),
        ("not-utf-8", "bytes that are not UTF-8", b"a\xff"),
        ("surrogate", "a lone surrogate", b"a\xed\xa0\x80"),
        ("overlong", "a dot in an overlong form", b"\xc0\xae\xc0\xae/x"),
        ("component-256", "a name of 256 bytes", "a" * 256),
        ("component-bytes", "128 letters of two bytes each", "\u00e4" * 128),
        ("components-65", "65 components", "/".join("a" * 65)),
        ("length-4097", "4,097 bytes in all", "/".join(["a" * 240] * 17)),
    ]
    assert len("/".join(["a" * 240] * 17)) == 4096
    cases = []
    for i, why, path in accepted:
        text = path if i != "length-4096" else "/".join(["a" * 240] * 17)
        cases.append(
            Case(
                f"path-{i}", why, "check", {"path": text.encode().hex()}, out={"components": text.split("/")}
            )
        )
    for i, why, wrong in refused:
        raw = wrong.encode("utf-8") if isinstance(wrong, str) else wrong
        raw = b"/".join([b"a" * 240] * 16 + [b"a" * 241]) if i == "length-4097" else raw
        cases.append(Case(f"path-{i}", why, "check", {"path": raw.hex()}, "unsafe_name"))
    return VectorFile("paths", "Which paths a manifest may carry (§4.3)", cases)


def words() -> VectorFile:
    listed = hashlib.sha256("".join(f"{word}\n" for word in WORDS).encode()).hexdigest()
    cases = [
        Case(
            "words-list",
            "the whole list",
            "list",
            {},
            out={"count": 2048, "sha256": listed, "first": WORDS[0], "last": WORDS[-1]},
        )
    ]
    for i, why, raw in [
        ("zeros", "four times the first word", bytes(8)),
        ("ones", "four times the last word", b"\xff" * 8),
        (
            "order",
            "indices 1, 2, 3, 4, big-endian",
            (1 << 53 | 2 << 42 | 3 << 31 | 4 << 20).to_bytes(8, "big"),
        ),
        ("rest", "the last 20 bits count for nothing", b"\x00" * 5 + b"\x0f\xff\xff"),
        ("seeded", "any eight bytes", seeded("words", 8)),
    ]:
        cases.append(
            Case(f"words-{i}", why, "from_bytes", {"bytes": raw.hex()}, out={"words": words_of(raw)})
        )
    ikm, transcript = seeded("words ikm", 332), seeded("words transcript", 32)
    derived = kdf(ikm, transcript, "words", b"", 8)
    cases.append(
        Case(
            "words-derive",
            "from key material and transcript",
            "derive",
            {"ikm": ikm.hex(), "transcript": transcript.hex()},
            out={"words": words_of(derived)},
        )
    )
    return VectorFile("words", "Check words (§5.1)", cases)


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
