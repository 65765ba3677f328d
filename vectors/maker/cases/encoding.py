"""encoding.json: base64url without padding, ids in hex (§1)."""

from __future__ import annotations

from maker.basics import Case, Json, VectorFile, b64, seeded

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
