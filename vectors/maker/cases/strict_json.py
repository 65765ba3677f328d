"""strict_json.json: the one JSON decoder (§5.2, wire.md)."""

from __future__ import annotations

from maker.basics import Case, Json, VectorFile


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
