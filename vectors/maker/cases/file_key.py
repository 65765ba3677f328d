"""file_key.json: commitment and record keys (§4)."""

from __future__ import annotations

from dataclasses import replace

from maker.basics import Case, Json, VectorFile, flip
from maker.sealed import SealedFile

FILE = SealedFile("one")
OTHER = SealedFile("two")


def file_key() -> VectorFile:
    cases = []
    for i, why, f in [
        ("first", "version 1", FILE),
        ("next", "\u25b8 another version, another commitment and other keys", replace(FILE, version=2)),
        ("largest", "the largest version a message can carry", replace(FILE, version=2**53 - 1)),
        ("other", "another file", OTHER),
    ]:
        named = name_of(f)
        cases.append(
            Case(f"commitment-{i}", why, "commitment", named, out={"commitment": f.commitment.hex()})
        )
        for stream in ("content", "manifest"):
            given: dict[str, Json] = {**named, "stream": stream}
            cases.append(
                Case(
                    f"record-key-{i}-{stream}",
                    why,
                    "record_key",
                    given,
                    out={"bytes": f.record_key(stream).hex()},
                )
            )
    cases.append(
        Case(
            "file-key-good",
            "the key that was committed to",
            "check",
            {**name_of(FILE), "commitment": FILE.commitment.hex()},
            out={},
        )
    )
    for i, why, named, commitment in [
        (
            "other-key",
            "\u25b8 another key than the offer committed to",
            {**name_of(FILE), "key": OTHER.key.hex()},
            FILE.commitment,
        ),
        (
            "other-id",
            "the right key for another id",
            {**name_of(FILE), "id": OTHER.id.hex()},
            FILE.commitment,
        ),
        (
            "other-version",
            "the right key for another version",
            {**name_of(FILE), "version": 2},
            FILE.commitment,
        ),
        ("flipped", "one bit of the commitment", name_of(FILE), flip(FILE.commitment, 31, 7)),
        ("zeros", "a commitment of zeros", name_of(FILE), bytes(32)),
    ]:
        cases.append(
            Case(
                f"file-key-{i}",
                why,
                "check",
                {**named, "commitment": commitment.hex()},
                "commitment_mismatch",
            )
        )
    return VectorFile("file_key", "File key: commitment and record keys (§4)", cases)


def name_of(f: SealedFile) -> dict[str, Json]:
    return {"key": f.key.hex(), "id": f.id.hex(), "version": f.version}
