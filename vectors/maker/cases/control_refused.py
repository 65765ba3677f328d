"""The part of control.json that is malformed (§5.2)."""

from __future__ import annotations

from collections.abc import Mapping

from maker.basics import Json, b64
from maker.cases.control_messages import (
    ACK,
    ANSWER,
    BYE,
    CANCEL,
    CANDIDATES,
    DESCRIPTION,
    DONE,
    FILE_KEY,
    HAVE,
    ICE,
    ID,
    IDENTITY,
    OFFER,
    PATH,
    PING,
    WHERE,
    preview_of,
)
from maker.identities import ADA


def _without(value: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    return {key: item for key, item in value.items() if key != name}


def refused() -> list[tuple[str, str, int, Mapping[str, Json]]]:
    shown: Mapping[str, Json] = {"path": "a", "size": 1, "kind": "file"}
    rows: list[tuple[str, str, int, Mapping[str, Json]]] = []
    for name, kind, value in [
        ("offer", 1, OFFER),
        ("answer", 2, ANSWER),
        ("file-key", 3, FILE_KEY),
        ("ack", 4, ACK),
        ("cancel", 5, CANCEL),
        ("path", 6, PATH),
        ("candidates", 7, CANDIDATES),
        ("ping", 8, PING),
        ("pong", 9, PING),
        ("done", 10, DONE),
        ("bye", 11, BYE),
        ("identity", 12, IDENTITY),
        ("where", 13, WHERE),
        ("have", 14, HAVE),
        ("description", 15, DESCRIPTION),
        ("ice", 16, ICE),
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
        ("offer-shared-null", "neither shared nor not", 1, {**OFFER, "shared": None}),
        ("offer-shared-number", "1 is not true", 1, {**OFFER, "shared": 1}),
        ("offer-text-null", "null is not false", 1, {**OFFER, "text": None}),
        ("offer-preview-object", "a preview that is no list", 1, {**OFFER, "preview": {}}),
        (
            "offer-preview-51",
            "fifty-one entries shown",
            1,
            {**OFFER, "files": 51, "bytes": 51, "preview": preview_of(51)},
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
        ("ping-text", "a number in quotes", 8, {"n": "5"}),
        ("ping-negative", "a number below 0", 8, {"n": -1}),
        ("done-id-null", "done with nothing", 10, {"id": None}),
        ("bye-code-number", "a code that is no text", 11, {"code": 5}),
        ("type-0", "a type that does not exist", 0, {}),
        ("identity-bundle-short", "a bundle of 1519 bytes", 12, {**IDENTITY, "bundle": b64(ADA.bundle[:-1])}),
        (
            "identity-bundle-long",
            "a bundle of 1521 bytes",
            12,
            {**IDENTITY, "bundle": b64(ADA.bundle + b"\0")},
        ),
        ("identity-bundle-null", "no bundle", 12, {**IDENTITY, "bundle": None}),
        (
            "identity-signature-short",
            "a signature of 63 bytes",
            12,
            {**IDENTITY, "signature": b64(bytes(63))},
        ),
        ("identity-signature-long", "a signature of 65 bytes", 12, {**IDENTITY, "signature": b64(bytes(65))}),
        ("type-17", "a type that does not exist", 17, {}),
        ("type-255", "a type that does not exist", 255, {}),
        ("type-swapped", "a done read as a bye", 11, DONE),
    ]
    return rows


def not_strict() -> list[tuple[str, str, int, bytes]]:
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
