"""card.json: what a list shows of a stored file (§13.2)."""

from __future__ import annotations

from collections.abc import Mapping

from maker.basics import Case, Json, VectorFile, compact, flip, kdf
from maker.identities import sealed
from maker.sealed import SealedFile
from maker.stored import card as seal

FILE = SealedFile("card")
CARD: Mapping[str, Json] = {"title": "gr\u00fc\u00dfe.txt", "files": 1, "bytes": 7, "text": False}


def card() -> VectorFile:
    return VectorFile("card", "Cards of stored files (§13.2)", [*_opened(), *_refused(), *_checked()])


def _case(
    i: str,
    why: str,
    said: bytes,
    expect: str = "ok",
    out: Mapping[str, Json] | None = None,
    file: SealedFile = FILE,
) -> Case:
    given: dict[str, Json] = {
        "key": file.key.hex(),
        "id": file.id.hex(),
        "version": file.version,
        "card": said.hex(),
    }
    return Case(f"card-{i}", why, "open", given, expect, None if out is None else {"value": out})


def _opened() -> list[Case]:
    values: list[tuple[str, str, Mapping[str, Json]]] = [
        ("file", "one file", CARD),
        ("files", "several, the sum not known at the start", {**CARD, "files": 3, "bytes": None}),
        ("text", "one text", {**CARD, "title": "", "text": True}),
        ("empty", "nothing but folders", {**CARD, "files": 0, "bytes": 0}),
        ("largest", "the largest numbers", {**CARD, "files": 2**53 - 1, "bytes": 2**53 - 1}),
        ("title-255", "255 characters are code points", {**CARD, "title": "\U0001f600" * 255}),
        (
            "title-strange",
            "a title is shown only: any character may be in it",
            {**CARD, "title": "../\x1b[2J\u202e"},
        ),
    ]
    cases = [_case(i, why, seal(FILE, compact(value)), out=value) for i, why, value in values]
    exact = next(
        value for value in ({**CARD, "title": "x" * n} for n in range(256)) if len(compact(value)) == 256
    )
    cases.append(
        _case("exact", "a text of 256 bytes needs no padding", seal(FILE, compact(exact)), out=exact)
    )
    cases.append(
        _case("padded-most", "a card of nearly 4 KiB", seal(FILE, compact(CARD).ljust(3840)), out=CARD)
    )
    cases.append(
        _case("padded-more", "padding may be any multiple", seal(FILE, compact(CARD), 1024), out=CARD)
    )
    reordered = b'{ "text":false,"bytes":7, "files":1,"title":"gr\\u00fc\\u00dfe.txt"}\n'
    cases.append(
        _case("escaped", "escapes and another order of keys say the same", seal(FILE, reordered), out=CARD)
    )
    return cases


def _refused() -> list[Case]:
    good = seal(FILE, compact(CARD))
    cases = [
        _case(
            "other-version",
            "\u25b8 a card of version 1 as version 2's",
            good,
            "not_authentic",
            file=SealedFile("card", 2),
        ),
        _case(
            "other-file", "\u25b8 another file's card", good, "not_authentic", file=SealedFile("other card")
        ),
        _case("flip-iv", "one bit of the IV", flip(good, 0), "not_authentic"),
        _case("flip-tag", "one bit of the tag", flip(good, 12), "not_authentic"),
        _case("flip-ciphertext", "one bit of the ciphertext", flip(good, 28), "not_authentic"),
        _case("record", "a record key is no card key", _as_record(), "not_authentic"),
        _case("no-bytes", "no bytes", b"", "malformed"),
        _case("cut", "a byte less", good[:-1], "malformed"),
        _case("longer", "a byte more", good + b"\0", "malformed"),
        _case("empty-text", "no text at all, rightly sealed", seal(FILE, b""), "malformed"),
        _case("short", "27 bytes", good[:27], "malformed"),
    ]
    rows: list[tuple[str, str, bytes]] = [
        ("title-256", "256 characters", compact({**CARD, "title": "x" * 256})),
        ("title-null", "no title", compact({**CARD, "title": None})),
        ("files-null", "no count", compact({**CARD, "files": None})),
        ("files-negative", "a count under 0", compact({**CARD, "files": -1})),
        ("files-bool", "true is no number", compact({**CARD, "files": True})),
        ("bytes-negative", "a sum under 0", compact({**CARD, "bytes": -1})),
        ("bytes-text", "a number in quotes", compact({**CARD, "bytes": "7"})),
        ("bytes-large", "2^53 bytes", compact({**CARD, "bytes": 2**53})),
        ("text-number", "1 is not true", compact({**CARD, "text": 1})),
        ("text-null", "neither true nor false", compact({**CARD, "text": None})),
        ("field-missing", "text is missing", compact({k: v for k, v in CARD.items() if k != "text"})),
        ("field-unknown", "a field that does not belong here", compact({**CARD, "icon": ""})),
        ("array", "the top must be an object", b"[]"),
        ("nothing", "only spaces", b" "),
        ("not-json", "no JSON", b"card"),
        ("duplicate", "a key that comes twice", compact(CARD)[:-1] + b',"files":1}'),
        ("float", "a float, though it is whole", compact(CARD).replace(b'"bytes":7', b'"bytes":7.0')),
        ("surrogate", "half of a surrogate pair", b'{"title":"\\ud800","files":1,"bytes":7,"text":false}'),
        ("latin-1", "bytes that are not UTF-8", b'{"title":"\xe4","files":1,"bytes":7,"text":false}'),
        ("trailing", "something behind the object", compact(CARD) + b"{}"),
        ("zeros", "padding that is no white space", compact(CARD) + bytes(256 - len(compact(CARD)))),
    ]
    cases += [_case(i, why, seal(FILE, text), "malformed") for i, why, text in rows]
    cases.append(_case("not-padded", "a text without padding", seal(FILE, compact(CARD), 1), "malformed"))
    cases.append(_case("large", "a card over 4 KiB", seal(FILE, compact(CARD).ljust(4096)), "malformed"))
    cases.append(_case("padded-128", "padded to 128 bytes", seal(FILE, compact(CARD), 128), "malformed"))
    return cases


def _as_record() -> bytes:
    key = kdf(FILE.key, b"", "manifest", FILE.context, 32)
    return sealed(key, "card as record", compact(CARD).ljust(256), FILE.context)


def _checked() -> list[Case]:
    """The card against what the manifest says once all of it is there."""
    one: Mapping[str, Json] = {"files": 1, "bytes": 7, "text": False}
    later: Mapping[str, Json] = {**CARD, "bytes": None}
    return [
        Case(f"card-check-{i}", why, "check", {"value": value, "manifest": manifest}, expect)
        for i, why, value, manifest, expect in [
            ("equal", "both say the same", CARD, one, "ok"),
            ("later", "a sum that was not known", later, one, "ok"),
            ("text", "one text", {**CARD, "text": True}, {**one, "text": True}, "ok"),
            ("files", "\u25b8 another count", {**CARD, "files": 2}, one, "manifest_invalid"),
            (
                "files-later",
                "another count, the sum not known",
                {**later, "files": 2},
                one,
                "manifest_invalid",
            ),
            ("bytes", "\u25b8 another sum", {**CARD, "bytes": 8}, one, "manifest_invalid"),
            ("bytes-0", "a sum of 0 is not an unknown one", {**CARD, "bytes": 0}, one, "manifest_invalid"),
            ("text-not", "\u25b8 said to be a text", {**CARD, "text": True}, one, "manifest_invalid"),
            ("not-text", "a text said to be a file", CARD, {**one, "text": True}, "manifest_invalid"),
        ]
    ]
