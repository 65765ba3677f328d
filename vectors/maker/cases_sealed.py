"""file_key.json, record.json, frames.json, stream.json: a sealed file on its way (§4, §4.1, §8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maker.basics import Case, Json, VectorFile, flip, seeded
from maker.sealed import LATER, SealedFile, Stream, closed, file, frame, header, opened, size_of

FILE = SealedFile("one")
OTHER = SealedFile("two")
CONTENT = seeded("stream content", 150)  # records of 64, 64 and 22 bytes


def file_key() -> VectorFile:
    cases = []
    for i, why, f in [
        ("first", "version 1", FILE),
        ("next", "\u25b8 another version, another commitment and other keys", replace(FILE, version=2)),
        ("largest", "the largest version a message can carry", replace(FILE, version=2**53 - 1)),
        ("other", "another file", OTHER),
    ]:
        named = _named(f)
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
            {**_named(FILE), "commitment": FILE.commitment.hex()},
            out={},
        )
    )
    for i, why, named, commitment in [
        (
            "other-key",
            "\u25b8 another key than the offer committed to",
            {**_named(FILE), "key": OTHER.key.hex()},
            FILE.commitment,
        ),
        ("other-id", "the right key for another id", {**_named(FILE), "id": OTHER.id.hex()}, FILE.commitment),
        (
            "other-version",
            "the right key for another version",
            {**_named(FILE), "version": 2},
            FILE.commitment,
        ),
        ("flipped", "one bit of the commitment", _named(FILE), flip(FILE.commitment, 31, 7)),
        ("zeros", "a commitment of zeros", _named(FILE), bytes(32)),
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


def _named(f: SealedFile) -> dict[str, Json]:
    return {"key": f.key.hex(), "id": f.id.hex(), "version": f.version}


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
        given: dict[str, Json] = {**_named(FILE), "stream": stream, "record_size": size, "records": records}
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


def frames() -> VectorFile:
    cases = []
    for i, why, values, size in [
        ("content", "a full content record", (2, 7, 0, 64 + 28), 64),
        ("manifest", "a final manifest record", (1, 0, 1, 40), 64),
        ("smallest", "an empty record", (2, 0, 1, 28), 64),
        ("normal", "a full record of the normal size", (2, 1, 0, 524288 + 28), 524288),
        ("manifest-largest", "a manifest record of 64 KiB", (1, 1, 0, 65536 + 28), 524288),
        ("index-high", "a large index, big-endian", (2, 2**40 + 1, 0, 92), 64),
    ]:
        stream, index, final, length = values
        out: dict[str, Json] = {
            "length": length,
            "stream": "manifest" if stream == 1 else "content",
            "final": final == 1,
            "index": index,
        }
        cases.append(
            Case(
                f"frame-{i}",
                why,
                "header",
                {"header": header(stream, index, final, length).hex(), "record_size": size},
                out=out,
            )
        )
    for i, why, raw, size in [
        ("short-record", "27 bytes hold no record", header(2, 0, 1, 27), 64),
        ("no-record", "a record of no bytes", header(2, 0, 1, 0), 64),
        ("long-record", "one byte more than full", header(2, 0, 0, 64 + 29), 64),
        ("huge-record", "the largest length there is", header(2, 0, 0, 2**32 - 1), 1048576),
        (
            "manifest-long",
            "\u25b8 a manifest record may not be as long as a content record",
            header(1, 0, 0, 65536 + 29),
            524288,
        ),
        ("stream-0", "a stream that does not exist", header(0, 0, 0, 92), 64),
        ("stream-3", "a stream that does not exist", header(3, 0, 0, 92), 64),
        ("final-2", "final is 0 or 1", header(2, 0, 2, 92), 64),
        ("final-255", "final is 0 or 1", header(2, 0, 255, 92), 64),
        ("spare", "the spare bytes are zero", header(2, 0, 0, 92, 1), 64),
        ("spare-high", "the spare bytes are zero", header(2, 0, 0, 92, 256), 64),
    ]:
        cases.append(
            Case(f"frame-{i}", why, "header", {"header": raw.hex(), "record_size": size}, "malformed")
        )
    return VectorFile("frames", "Headers of record frames (§8)", cases)


def stream() -> VectorFile:
    one = closed([file("a", 100), file("b", 50)], 64)
    manifest, content = FILE.frames("manifest", one), FILE.frames("content", CONTENT)
    assert len(manifest) == 2
    sizes = [len(f) - 16 - 28 for f in content]
    good = b"".join(manifest + content)

    def case(i: str, why: str, raw: bytes, expect: str, m: bytes, c: bytes, f: SealedFile = FILE) -> Case:
        given: dict[str, Json] = {**_named(f), "record_size": f.record_size, "bytes": raw.hex()}
        return Case(f"stream-{i}", why, "receive", given, expect, {"manifest": m.hex(), "content": c.hex()})

    assert sizes == [64, 64, 22]
    no_files = closed([file("a", 0)], 64)
    grown_head = opened([file("a", LATER)], [size_of(0, 100), file("b", 50)], 64)
    grown = FILE.frames("manifest", grown_head)
    told_last = opened([file("a", LATER)], [size_of(0, 150)], 64)
    told = FILE.frames("manifest", told_last)
    shrunk_all = opened([file("a", LATER)], [size_of(0, 50), file("b", 100)], 64)
    shrunk = FILE.frames("manifest", shrunk_all)
    cases = [
        case("whole", "a closed manifest, then its content", good, "ok", one, CONTENT),
        case(
            "empty-file",
            "no content: one empty final record",
            b"".join(FILE.frames("manifest", no_files) + FILE.frames("content", b"")),
            "ok",
            no_files,
            b"",
        ),
        case(
            "grown",
            "an open manifest that goes on between content records",
            b"".join([grown[0], content[0], *grown[1:], *content[1:]]),
            "ok",
            grown_head,
            CONTENT,
        ),
        case(
            "manifest-after-content",
            "an open manifest may end after the content",
            b"".join([told[0], *content, *told[1:]]),
            "ok",
            told_last,
            CONTENT,
        ),
    ]
    cut_after_head = b"".join(manifest)
    for i, why, raw, m, c in [
        ("nothing", "an end before the first byte", b"", b"", b""),
        ("cut-header", "an end inside a header", good[:15], b"", b""),
        ("cut-record", "an end inside a record", good[:50], b"", b""),
        ("cut-manifest", "\u25b8 an end after the first manifest record", manifest[0], one[:64], b""),
        ("cut-content", "\u25b8 an end before the first content record", cut_after_head, one, b""),
        (
            "cut-last",
            "\u25b8 an end before the last content record",
            good[: -len(content[2])],
            one,
            CONTENT[:128],
        ),
        ("cut-one", "an end one byte early", good[:-1], one, CONTENT[:128]),
        (
            "cut-open-manifest",
            "content complete, the open manifest not",
            b"".join([grown[0], *content]),
            grown_head[:64],
            CONTENT,
        ),
    ]:
        cases.append(case(i, why, raw, "truncated", m, c))
    spliced = OTHER.frames("content", CONTENT)
    relabelled = header(2, 0, 0, 92) + content[1][16:]
    early_end = header(2, 1, 1, 92) + content[1][16:]
    for i, why, raw, m, c in [
        ("flipped", "one bit of a record", good[:-1] + bytes([good[-1] ^ 1]), one, CONTENT[:128]),
        ("flipped-manifest", "one bit of the manifest", flip(good, 60), b"", b""),
        (
            "spliced",
            "\u25b8 a record of another file in between",
            b"".join([*manifest, content[0], spliced[1], content[2]]),
            one,
            CONTENT[:64],
        ),
        (
            "relabelled",
            "\u25b8 record 1 with a header that says 0",
            b"".join([*manifest, relabelled]),
            one,
            b"",
        ),
        (
            "ended-early",
            "\u25b8 a header that says final on a record that is not",
            b"".join([*manifest, content[0], early_end]),
            one,
            CONTENT[:64],
        ),
        (
            "streams-swapped",
            "a content record with a header that says manifest",
            header(1, 0, 0, 92) + content[0][16:],
            b"",
            b"",
        ),
    ]:
        cases.append(case(i, why, raw, "not_authentic", m, c))
    for i, why, raw, m, c in [
        (
            "swapped",
            "\u25b8 two content records swapped",
            b"".join([*manifest, content[1], content[0], content[2]]),
            one,
            b"",
        ),
        (
            "dropped",
            "\u25b8 a content record left out",
            b"".join([*manifest, content[0], content[2]]),
            one,
            CONTENT[:64],
        ),
        (
            "doubled",
            "\u25b8 a content record twice",
            b"".join([*manifest, content[0], content[0]]),
            one,
            CONTENT[:64],
        ),
        (
            "content-first",
            "\u25b8 content before the head of the manifest",
            b"".join([content[0], *manifest, *content[1:]]),
            b"",
            b"",
        ),
        (
            "content-inside-head",
            "content before the head is complete",
            b"".join([manifest[0], content[0], manifest[1], *content[1:]]),
            one[:64],
            b"",
        ),
        (
            "manifest-goes-on",
            "a manifest record after the final one",
            b"".join(
                [*manifest, frame("manifest", 2, True, FILE.record("manifest", 2, True, b"")), *content]
            ),
            one,
            b"",
        ),
        (
            "index-huge",
            "an index far ahead",
            b"".join([*manifest, header(2, 2**63, 0, 92) + content[0][16:]]),
            one,
            b"",
        ),
    ]:
        cases.append(case(i, why, raw, "out_of_order", m, c))
    extra = frame("content", 3, True, FILE.record("content", 3, True, b""))
    short = frame("content", 1, False, FILE.record("content", 1, False, CONTENT[64:100]))
    for i, why, raw, m, c in [
        ("trailing-byte", "\u25b8 a byte after the end", good + b"\0", one, CONTENT),
        ("two-finals", "\u25b8 the final record twice", good + content[2], one, CONTENT),
        ("trailing-frame", "a frame after the end", good + extra, one, CONTENT),
        (
            "length-short",
            "a frame too short for a record",
            b"".join([*manifest, header(2, 0, 0, 27) + bytes(27)]),
            one,
            b"",
        ),
        (
            "length-long",
            "a frame longer than a record",
            b"".join([*manifest, header(2, 0, 0, 93) + content[0][16:] + b"\0"]),
            one,
            b"",
        ),
        (
            "not-full",
            "a rightly sealed record that is neither full nor final",
            b"".join([*manifest, content[0], short]),
            one,
            CONTENT[:64],
        ),
        (
            "stream-unknown",
            "a stream that does not exist",
            b"".join([*manifest, header(3, 0, 0, 92) + content[0][16:]]),
            one,
            b"",
        ),
        (
            "spare",
            "spare bytes that are not zero",
            b"".join([*manifest, header(2, 0, 0, 92, 1) + content[0][16:]]),
            one,
            b"",
        ),
    ]:
        cases.append(case(i, why, raw, "malformed", m, c))
    less = closed([file("a", 100), file("b", 51)], 64)
    more = closed([file("a", 100), file("b", 49)], 64)
    far_less = closed([file("a", 10)], 64)
    for i, why, raw, m, c in [
        (
            "content-short",
            "\u25b8 all records authentic, one byte less than the manifest says",
            b"".join(FILE.frames("manifest", less) + content),
            less,
            CONTENT,
        ),
        (
            "content-long",
            "\u25b8 all records authentic, one byte more than the manifest says",
            b"".join(FILE.frames("manifest", more) + content),
            more,
            CONTENT,
        ),
        (
            "content-far-too-long",
            "\u25b8 content that belongs to no entry is refused at once, not at the end",
            b"".join(FILE.frames("manifest", far_less) + content),
            far_less,
            CONTENT[:64],
        ),
        (
            "size-too-late",
            "\u25b8 a size below the bytes that were placed already",
            b"".join([shrunk[0], content[0], *shrunk[1:], *content[1:]]),
            shrunk_all,
            CONTENT[:64],
        ),
    ]:
        cases.append(case(i, why, raw, "manifest_invalid", m, c))
    return VectorFile("stream", "All that comes on a path, from the first frame to the end (§4, §8)", cases)
