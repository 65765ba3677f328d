"""record.json: records, opened in order (§4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maker.basics import Case, Json, VectorFile, flip, seeded
from maker.cases.file_key import FILE, OTHER, name_of
from maker.sealed import Stream

CONTENT = seeded("stream content", 150)  # records of 64, 64 and 22 bytes


def record() -> VectorFile:
    pieces = [CONTENT[:64], CONTENT[64:128], CONTENT[128:]]
    first, middle, last = FILE.records("content", CONTENT)

    def case(
        i: str,
        why: str,
        fed: Sequence[tuple[int, bool, bytes]],
        expect: str,
        released: bytes,
        stream: Stream = "content",
        size: int = 64,
    ) -> Case:
        records: list[Json] = [{"index": n, "final": final, "record": raw.hex()} for n, final, raw in fed]
        given: dict[str, Json] = {**name_of(FILE), "stream": stream, "record_size": size, "records": records}
        return Case(f"record-{i}", why, "open", given, expect, {"plaintext": released.hex()})

    whole = [(0, False, first), (1, False, middle), (2, True, last)]
    alone = FILE.record("content", 0, True, b"one record")
    exact = FILE.record("content", 0, True, pieces[0])
    cases = [
        case("whole", "three records", whole, "ok", CONTENT),
        case("one", "one record", [(0, True, alone)], "ok", b"one record"),
        case(
            "empty",
            "an empty stream is one empty final record",
            [(0, True, FILE.record("content", 0, True, b""))],
            "ok",
            b"",
        ),
        case("full-final", "the final record may be full", [(0, True, exact)], "ok", pieces[0]),
        case(
            "empty-final",
            "an empty final record after a full one: the sender did not know the end",
            [(0, False, first), (1, True, FILE.record("content", 1, True, b""))],
            "ok",
            pieces[0],
        ),
        case(
            "manifest",
            "the manifest has a key of its own",
            [(0, True, FILE.record("manifest", 0, True, b"m"))],
            "ok",
            b"m",
            "manifest",
        ),
        case(
            "largest",
            "records of 1 KiB",
            [(0, True, FILE.record("content", 0, True, seeded("1 KiB", 1024)))],
            "ok",
            seeded("1 KiB", 1024),
            size=1024,
        ),
    ]
    for i, why, at, bit in [
        ("iv", "first bit of the IV", 0, 0),
        ("iv-end", "last bit of the IV", 11, 7),
        ("tag", "first bit of the tag", 12, 0),
        ("tag-end", "last bit of the tag", 27, 7),
        ("text", "first bit of the ciphertext", 28, 0),
        ("text-end", "last bit of the ciphertext", len(alone) - 1, 7),
    ]:
        cases.append(case(f"flipped-{i}", why, [(0, True, flip(alone, at, bit))], "not_authentic", b""))
    later = replace(FILE, version=2)
    for i, why, fed, released in [
        (
            "flipped-second",
            "nothing is released from the bad record on",
            [whole[0], (1, False, flip(middle, 40))],
            pieces[0],
        ),
        (
            "swapped",
            "\u25b8 records 0 and 1 swapped, under the indices they came at",
            [(0, False, middle)],
            b"",
        ),
        ("repeated", "record 0 again, as record 1", [whole[0], (1, False, first)], pieces[0]),
        ("dropped", "record 1 left out, the next in its place", [whole[0], (1, True, last)], pieces[0]),
        ("made-final", "\u25b8 cut off after a full record that is declared final", [(0, True, first)], b""),
        ("made-not-final", "a full final record declared not final", [(0, False, exact)], b""),
        (
            "other-stream",
            "\u25b8 a manifest record as content",
            [(0, True, FILE.record("manifest", 0, True, b"x"))],
            b"",
        ),
        (
            "other-file",
            "\u25b8 a record of another file",
            [(0, True, OTHER.record("content", 0, True, b"x"))],
            b"",
        ),
        (
            "other-version",
            "a record of another version",
            [(0, True, later.record("content", 0, True, b"x"))],
            b"",
        ),
        ("cut", "a final record without its last byte", [(0, True, alone[:-1])], b""),
        ("longer", "a final record with a byte more", [(0, True, alone + b"\0")], b""),
        (
            "tag-last",
            "tag after the ciphertext, as libraries give it",
            [(0, True, alone[:12] + alone[28:] + alone[12:28])],
            b"",
        ),
        ("zeros", "an empty record of zeros", [(0, True, bytes(28))], b""),
    ]:
        cases.append(case(i, why, fed, "not_authentic", released))
    for i, why, fed, released in [
        ("skipped", "record 2 where record 1 belongs", [whole[0], (2, True, last)], pieces[0]),
        ("starts-at-1", "the first record is not number 0", [(1, False, middle)], b""),
        ("again", "record 0 a second time, under its own index", [whole[0], whole[0]], pieces[0]),
        (
            "after-final",
            "a record after the final one",
            [*whole, (3, True, FILE.record("content", 3, True, b""))],
            CONTENT,
        ),
        ("two-finals", "\u25b8 the final record twice", [*whole, whole[2]], CONTENT),
    ]:
        cases.append(case(i, why, fed, "out_of_order", released))
    for i, why, fed, released in [
        (
            "short-not-final",
            "a rightly sealed record that is neither full nor final",
            [(0, False, FILE.record("content", 0, False, pieces[0][:63]))],
            b"",
        ),
        (
            "empty-not-final",
            "an empty record that is not final",
            [(0, False, FILE.record("content", 0, False, b""))],
            b"",
        ),
        (
            "too-long",
            "a rightly sealed final record of 65 bytes",
            [(0, True, FILE.record("content", 0, True, CONTENT[:65]))],
            b"",
        ),
        (
            "too-long-not-final",
            "a rightly sealed record of 65 bytes",
            [(0, False, FILE.record("content", 0, False, CONTENT[:65]))],
            b"",
        ),
        ("no-tag", "27 bytes: a part of the tag is missing", [(0, True, bytes(27))], b""),
        ("nothing", "no bytes", [(0, True, b"")], b""),
    ]:
        cases.append(case(i, why, fed, "malformed", released))
    return VectorFile("record", "Records, opened in order (§4.1)", cases)
