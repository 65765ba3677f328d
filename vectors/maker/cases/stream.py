"""stream.json: all that comes on a path, from the first frame to the end (§4, §8)."""

from __future__ import annotations

from maker.basics import Case, Json, VectorFile, flip
from maker.cases.file_key import FILE, OTHER, name_of
from maker.cases.record import CONTENT
from maker.sealed import LATER, SealedFile, closed, file, frame, header, opened, size_of


def stream() -> VectorFile:
    one = closed([file("a", 100), file("b", 50)], 64)
    manifest, content = FILE.frames("manifest", one), FILE.frames("content", CONTENT)
    assert len(manifest) == 2
    sizes = [len(f) - 16 - 28 for f in content]
    good = b"".join(manifest + content)

    def case(i: str, why: str, raw: bytes, expect: str, m: bytes, c: bytes, f: SealedFile = FILE) -> Case:
        given: dict[str, Json] = {**name_of(f), "record_size": f.record_size, "bytes": raw.hex()}
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
