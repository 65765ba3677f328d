"""frames.json: headers of record frames (§8)."""

from __future__ import annotations

from maker.basics import Case, Json, VectorFile
from maker.cases.frames_of_path import paths
from maker.sealed import header


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
    return VectorFile(
        "frames", "Headers of record frames, and their order on a path (§8)", [*cases, *paths()]
    )
