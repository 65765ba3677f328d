"""control.json: the messages of the control channel, read from their plaintext (§5.2)."""

from __future__ import annotations

from collections.abc import Mapping

from maker.basics import Case, Json, VectorFile, b64, compact, seeded

LARGEST = 2**53 - 1
ID = b64(seeded("control id", 16))
OFFER: Mapping[str, Json] = {
    "id": ID,
    "version": 1,
    "record_size": 524288,
    "commitment": b64(seeded("control commitment", 32)),
    "files": 2,
    "bytes": 7,
    "open": False,
    "text": False,
    "preview": [
        {"path": "d", "size": 0, "kind": "directory"},
        {"path": "d/gr\u00fc\u00df", "size": 3, "kind": "file"},
        {"path": "b", "size": 4, "kind": "file"},
    ],
}
ANSWER: Mapping[str, Json] = {"id": ID, "accept": True, "code": None, "message": None}
FILE_KEY: Mapping[str, Json] = {"id": ID, "key": b64(seeded("control key", 32))}
ACK: Mapping[str, Json] = {"id": ID, "manifest": 1, "content": 3, "bytes": 150}
CANCEL: Mapping[str, Json] = {"id": ID, "code": "cancelled", "message": "Not now"}
PATH: Mapping[str, Json] = {"id": ID, "kind": "relay", "stream": b64(seeded("control stream", 8))}
PING: Mapping[str, Json] = {"n": 5}
DONE: Mapping[str, Json] = {"id": ID}
BYE: Mapping[str, Json] = {"code": None}


def control() -> VectorFile:
    cases = [
        Case(
            f"control-{i}",
            why,
            "read",
            {"type": kind, "plaintext": compact(value).hex()},
            out={"value": value},
        )
        for i, why, kind, value in _accepted()
    ]
    cases.append(
        Case(
            "control-escaped",
            "escapes, white space and another order of keys say the same",
            "read",
            {"type": 9, "plaintext": b' {"\\u006e" : 5 }\n'.hex()},
            out={"value": PING},
        )
    )
    cases += [
        Case(f"control-{i}", why, "read", {"type": kind, "plaintext": compact(value).hex()}, "malformed")
        for i, why, kind, value in _refused()
    ]
    cases += [
        Case(f"control-{i}", why, "read", {"type": kind, "plaintext": raw.hex()}, "malformed")
        for i, why, kind, raw in _not_strict()
    ]
    for i, why, path in [
        ("climb", "\u25b8 a preview with a path out of the folder", "../x"),
        ("absolute", "a preview with an absolute path", "/x"),
        ("escape", "a preview with a terminal's escape sequence", "a\x1b[2J"),
        ("empty", "a preview with a file without a name", ""),
    ]:
        value: Mapping[str, Json] = {**OFFER, "preview": [{"path": path, "size": 3, "kind": "file"}]}
        cases.append(
            Case(
                f"control-preview-{i}",
                why,
                "read",
                {"type": 1, "plaintext": compact(value).hex()},
                "unsafe_name",
            )
        )
    return VectorFile("control", "Control messages (§5.2)", cases)


def _preview(count: int) -> list[Json]:
    return [{"path": f"f{n}", "size": 1, "kind": "file"} for n in range(count)]


def _accepted() -> list[tuple[str, str, int, Mapping[str, Json]]]:
    return [
        ("offer", "an offer", 1, OFFER),
        (
            "offer-open",
            "an open offer, a size not known",
            1,
            {
                **OFFER,
                "files": 1,
                "bytes": None,
                "open": True,
                "preview": [{"path": "-", "size": None, "kind": "file"}],
            },
        ),
        (
            "offer-text",
            "an offer of one text",
            1,
            {
                **OFFER,
                "files": 1,
                "bytes": 5,
                "text": True,
                "preview": [{"path": "", "size": 5, "kind": "text"}],
            },
        ),
        (
            "offer-smallest",
            "the smallest of everything",
            1,
            {**OFFER, "record_size": 64, "files": 0, "bytes": 0, "preview": []},
        ),
        (
            "offer-largest",
            "the largest of everything",
            1,
            {
                **OFFER,
                "version": LARGEST,
                "record_size": 1048576,
                "files": 1000000,
                "bytes": LARGEST,
                "preview": [],
            },
        ),
        (
            "offer-preview-50",
            "fifty entries shown",
            1,
            {**OFFER, "files": 50, "bytes": 50, "preview": _preview(50)},
        ),
        ("answer-yes", "yes", 2, ANSWER),
        (
            "answer-no",
            "no, and why",
            2,
            {**ANSWER, "accept": False, "code": "declined", "message": "Too big for me"},
        ),
        (
            "answer-message-200",
            "200 characters outside the basic plane",
            2,
            {**ANSWER, "accept": False, "code": "declined", "message": "\U0001f600" * 200},
        ),
        (
            "answer-code-unknown",
            "a code nobody knows is legal and shown as cancelled",
            2,
            {**ANSWER, "accept": False, "code": "x" * 64},
        ),
        ("file-key", "the file key", 3, FILE_KEY),
        ("ack", "records kept", 4, ACK),
        ("ack-zero", "nothing kept yet", 4, {**ACK, "manifest": 0, "content": 0, "bytes": 0}),
        ("cancel", "one transfer cancelled", 5, CANCEL),
        ("cancel-all", "everything cancelled", 5, {"id": None, "code": "cancelled", "message": None}),
        ("path", "the relay stream", 6, PATH),
        ("ping", "are you there", 8, PING),
        ("pong", "I am", 9, PING),
        ("ping-largest", "the largest number", 8, {"n": LARGEST}),
        ("done", "all files stand under their names", 10, DONE),
        ("bye", "goodbye", 11, BYE),
        ("bye-code", "goodbye, and why", 11, {"code": "timed_out"}),
    ]


def _without(value: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    return {key: item for key, item in value.items() if key != name}


def _refused() -> list[tuple[str, str, int, Mapping[str, Json]]]:
    shown: Mapping[str, Json] = {"path": "a", "size": 1, "kind": "file"}
    rows: list[tuple[str, str, int, Mapping[str, Json]]] = []
    for name, kind, value in [
        ("offer", 1, OFFER),
        ("answer", 2, ANSWER),
        ("file-key", 3, FILE_KEY),
        ("ack", 4, ACK),
        ("cancel", 5, CANCEL),
        ("path", 6, PATH),
        ("ping", 8, PING),
        ("pong", 9, PING),
        ("done", 10, DONE),
        ("bye", 11, BYE),
    ]:
        last = list(value)[-1]
        rows.append((f"{name}-field-missing", f"{last} is missing", kind, _without(value, last)))
        rows.append(
            (f"{name}-field-unknown", "a field that does not belong here", kind, {**value, "extra": 1})
        )
    rows += [
        ("offer-proto", "a field called __proto__", 1, {**OFFER, "__proto__": {}}),
        ("offer-id-short", "an id of 15 bytes", 1, {**OFFER, "id": b64(bytes(15))}),
        ("offer-id-long", "an id of 17 bytes", 1, {**OFFER, "id": b64(bytes(17))}),
        ("offer-id-padded", "an id with padding", 1, {**OFFER, "id": ID + "=="}),
        ("offer-id-null", "an id that is null", 1, {**OFFER, "id": None}),
        ("offer-version-0", "versions begin at 1", 1, {**OFFER, "version": 0}),
        ("offer-version-bool", "true is no number", 1, {**OFFER, "version": True}),
        ("offer-version-text", "a number in quotes", 1, {**OFFER, "version": "1"}),
        ("offer-record-size-63", "records of 63 bytes", 1, {**OFFER, "record_size": 63}),
        (
            "offer-record-size-large",
            "records of a byte more than 1 MiB",
            1,
            {**OFFER, "record_size": 1048577},
        ),
        ("offer-record-size-negative", "records of less than nothing", 1, {**OFFER, "record_size": -524288}),
        ("offer-commitment-short", "a commitment of 31 bytes", 1, {**OFFER, "commitment": b64(bytes(31))}),
        ("offer-files-negative", "fewer than no files", 1, {**OFFER, "files": -1}),
        ("offer-files-large", "more than a million files", 1, {**OFFER, "files": 1000001}),
        ("offer-bytes-negative", "fewer than no bytes", 1, {**OFFER, "bytes": -1}),
        ("offer-bytes-null", "no sum, though not open", 1, {**OFFER, "bytes": None}),
        ("offer-bytes-open", "a sum, though open", 1, {**OFFER, "open": True}),
        ("offer-open-number", "1 is not true", 1, {**OFFER, "open": 1}),
        ("offer-text-null", "null is not false", 1, {**OFFER, "text": None}),
        ("offer-preview-object", "a preview that is no list", 1, {**OFFER, "preview": {}}),
        (
            "offer-preview-51",
            "fifty-one entries shown",
            1,
            {**OFFER, "files": 51, "bytes": 51, "preview": _preview(51)},
        ),
        ("offer-preview-text", "an entry that is no object", 1, {**OFFER, "preview": ["a"]}),
        (
            "offer-preview-kind",
            "an entry of an unknown kind",
            1,
            {**OFFER, "preview": [{**shown, "kind": "link"}]},
        ),
        (
            "offer-preview-extra",
            "an entry with a field too many",
            1,
            {**OFFER, "preview": [{**shown, "mode": 0}]},
        ),
        (
            "offer-preview-missing",
            "an entry without its size",
            1,
            {**OFFER, "preview": [_without(shown, "size")]},
        ),
        (
            "offer-preview-negative",
            "an entry of less than nothing",
            1,
            {**OFFER, "preview": [{**shown, "size": -1}]},
        ),
        (
            "offer-preview-later",
            "a size not known, though not open",
            1,
            {**OFFER, "preview": [{**shown, "size": None}]},
        ),
        (
            "offer-preview-folder-size",
            "a folder with a size",
            1,
            {**OFFER, "preview": [{"path": "d", "size": 1, "kind": "directory"}]},
        ),
        (
            "offer-preview-text-path",
            "a text with a path",
            1,
            {
                **OFFER,
                "files": 1,
                "bytes": 1,
                "text": True,
                "preview": [{"path": "a", "size": 1, "kind": "text"}],
            },
        ),
        ("answer-accept-number", "1 is not true", 2, {**ANSWER, "accept": 1}),
        ("answer-accept-null", "neither yes nor no", 2, {**ANSWER, "accept": None}),
        ("answer-message-201", "201 characters", 2, {**ANSWER, "accept": False, "message": "a" * 201}),
        ("answer-message-number", "a message that is no text", 2, {**ANSWER, "message": 5}),
        ("answer-code-empty", "an empty code", 2, {**ANSWER, "accept": False, "code": ""}),
        ("answer-code-65", "a code of 65 characters", 2, {**ANSWER, "accept": False, "code": "x" * 65}),
        ("file-key-short", "a key of 31 bytes", 3, {**FILE_KEY, "key": b64(bytes(31))}),
        ("file-key-long", "a key of 33 bytes", 3, {**FILE_KEY, "key": b64(bytes(33))}),
        ("file-key-hex", "a key in hex", 3, {**FILE_KEY, "key": bytes(32).hex()}),
        ("ack-negative", "fewer than no records", 4, {**ACK, "content": -1}),
        ("ack-null", "a count that is null", 4, {**ACK, "manifest": None}),
        ("cancel-code-null", "a cancel without a code", 5, {**CANCEL, "code": None}),
        ("cancel-message-201", "201 characters", 5, {**CANCEL, "message": "a" * 201}),
        ("path-kind", "a kind of path that does not exist", 6, {**PATH, "kind": "direct"}),
        ("path-stream-short", "a stream of 7 bytes", 6, {**PATH, "stream": b64(bytes(7))}),
        ("ping-text", "a number in quotes", 8, {"n": "5"}),
        ("ping-negative", "a number below 0", 8, {"n": -1}),
        ("done-id-null", "done with nothing", 10, {"id": None}),
        ("bye-code-number", "a code that is no text", 11, {"code": 5}),
        ("type-0", "a type that does not exist", 0, {}),
        ("type-7", "a reserved type", 7, {}),
        ("type-12", "a reserved type", 12, {}),
        ("type-13", "a type that does not exist", 13, {}),
        ("type-255", "a type that does not exist", 255, {}),
        ("type-swapped", "a done read as a bye", 11, DONE),
    ]
    return rows


def _not_strict() -> list[tuple[str, str, int, bytes]]:
    return [
        ("empty", "no plaintext", 8, b""),
        ("not-json", "no JSON", 8, b"n=5"),
        ("array", "an array", 8, b"[5]"),
        ("float", "a float", 8, b'{"n":5.0}'),
        ("exponent", "an exponent", 8, b'{"n":5e0}'),
        ("too-big", "2^53", 8, b'{"n":9007199254740992}'),
        ("duplicate", "\u25b8 a key that comes twice", 8, b'{"n":5,"n":5}'),
        (
            "duplicate-escaped",
            "\u25b8 a key that comes twice once escapes are read",
            8,
            b'{"n":5,"\\u006e":6}',
        ),
        ("trailing", "something after the object", 8, b'{"n":5}x'),
        ("latin-1", "bytes that are not UTF-8", 11, b'{"code":"\xe4"}'),
        ("lone-surrogate", "a lone surrogate", 11, b'{"code":"\\ud800"}'),
        ("byte-order-mark", "a byte order mark", 8, b'\xef\xbb\xbf{"n":5}'),
        ("too-long", "a byte over 32 KiB", 8, b'{"n":5}' + b" " * (32768 - 6)),
        ("too-deep", "nine levels", 8, b'{"n":[[[[[[[[5]]]]]]]]}'),
    ]
