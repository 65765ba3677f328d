"""control.json: the messages of the control channel, read from their plaintext (§5.2)."""

from __future__ import annotations

from collections.abc import Mapping

from maker.basics import Case, Json, VectorFile, compact
from maker.cases.control_messages import (
    ACK,
    ANSWER,
    BYE,
    CANCEL,
    DONE,
    FILE_KEY,
    IDENTITY,
    LARGEST,
    OFFER,
    PING,
    preview_of,
)
from maker.cases.control_moves import accepted_moves, refused_moves
from maker.cases.control_refused import not_strict, refused


def control() -> VectorFile:
    cases = [
        Case(
            f"control-{i}",
            why,
            "read",
            {"type": kind, "plaintext": compact(value).hex()},
            out={"value": value},
        )
        for i, why, kind, value in [*_accepted(), *accepted_moves()]
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
        for i, why, kind, value in [*refused(), *refused_moves()]
    ]
    cases += [
        Case(f"control-{i}", why, "read", {"type": kind, "plaintext": raw.hex()}, "malformed")
        for i, why, kind, raw in not_strict()
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
            {**OFFER, "files": 50, "bytes": 50, "preview": preview_of(50)},
        ),
        ("offer-shared", "others get the same sealed file", 1, {**OFFER, "shared": True}),
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
        ("ping", "are you there", 8, PING),
        ("pong", "I am", 9, PING),
        ("ping-largest", "the largest number", 8, {"n": LARGEST}),
        ("done", "all files stand under their names", 10, DONE),
        ("bye", "goodbye", 11, BYE),
        ("identity", "who the peer says it is (\u00a79.3)", 12, IDENTITY),
        ("bye-code", "goodbye, and why", 11, {"code": "timed_out"}),
    ]
