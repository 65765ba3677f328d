"""The part of manifest.json that is refused whatever was offered (§4.2, §4.3)."""

from __future__ import annotations

from maker.basics import Case, lp, u8, u32, u64
from maker.cases.manifest_rows import LARGEST, given
from maker.sealed import (
    LATER,
    closed,
    directory,
    entry,
    fields,
    file,
    head,
    opened,
    padding,
    size_of,
    text,
)


def refused() -> list[Case]:
    good = closed([file("a", 3)], 256)
    body = fields(1, 3, b"a")
    rows: list[tuple[str, str, bytes, int | None]] = [
        ("nothing", "no bytes", b"", 0),
        ("magic", "another magic", head(1, magic=b"PSM2") + file("a", 3), 3),
        ("flag", "an unknown flag", head(1, 2) + file("a", 3), 3),
        ("head-cut", "a head that is cut", head(1)[:12], 0),
        ("head-0", "a head of no records", head(0) + file("a", 3), 3),
        ("head-more", "a closed manifest with fewer records than its head says", head(2) + file("a", 3), 3),
        ("entry-cut", "an entry without its last byte", good[:-1], 3),
        ("left-over", "\u25b8 bytes after the last entry", good + b"\0", 3),
        ("entry-empty", "an entry of no bytes", good + u32(0), 3),
        ("entry-huge", "an entry that says 4 GiB", good + u32(2**32 - 1), 3),
        ("entry-65537", "an entry longer than 65,536 bytes", good + u32(65537), 3),
        ("entry-left-over", "\u25b8 a byte after the path and media type", head(1) + entry(body + b"\0"), 3),
        ("entry-third-part", "a third part after the media type", head(1) + entry(body + lp(b"")), 3),
        ("entry-one-part", "no media type", head(1) + entry(body[:-4]), 3),
        (
            "part-too-long",
            "a path that says it is longer than its entry",
            head(1) + entry(body[:18] + u32(200) + b"a" + u32(0)),
            3,
        ),
        ("kind-5", "\u25b8 an unknown kind", head(1) + entry(u8(5) + body[1:]), 3),
        ("kind-255", "\u25b8 an unknown kind", head(1) + entry(u8(255)), 0),
        ("mode-2", "\u25b8 an unknown mode bit", closed([file("a", 3, mode=2)], 256), 3),
        ("mode-setuid", "\u25b8 mode bits of another system", closed([file("a", 3, mode=0xED)], 256), 3),
        ("modified", "a time above 2^53 - 1", closed([file("a", 3, modified=2**53)], 256), 3),
        ("media-128", "a media type of 128 bytes", closed([file("a", 3, b"x" * 128)], 256), 3),
        ("media-umlaut", "a media type outside ASCII", closed([file("a", 3, "\u00e4/x".encode())], 256), 3),
        ("media-control", "a control character in a media type", closed([file("a", 3, b"a/b\r\nX")], 256), 3),
        ("folder-size", "a folder with a size", head(1) + entry(fields(2, 1, b"d")), 1),
        ("folder-mode", "a folder with a mode", head(1) + entry(fields(2, 0, b"d", mode=1)), 0),
        ("folder-media", "a folder with a media type", head(1) + entry(fields(2, 0, b"d", b"x/y")), 0),
        ("text-path", "a text with a path", head(1) + entry(fields(3, 3, b"a", b"text/plain")), 3),
        ("text-modified", "a text with a time", head(1) + entry(fields(3, 3, b"", b"text/plain", 1)), 3),
        ("text-mode", "a text with a mode", head(1) + entry(fields(3, 3, b"", b"text/plain", 0, 1)), 3),
        (
            "twice",
            "\u25b8 a path that appears twice",
            closed([file("a", 1), file("b", 1), file("a", 1)], 256),
            3,
        ),
        (
            "twice-folder",
            "\u25b8 a folder that appears twice",
            closed([directory("d"), directory("d")], 256),
            0,
        ),
        (
            "file-and-folder",
            "\u25b8 a path that is file and folder",
            closed([file("a", 1), directory("a")], 256),
            1,
        ),
        (
            "file-as-parent",
            "\u25b8 a file that is the parent of another",
            closed([file("a", 1), file("a/b", 2)], 256),
            3,
        ),
        (
            "file-as-parent-after",
            "\u25b8 the same, the child first",
            closed([file("a/b/c", 2), file("a", 1)], 256),
            3,
        ),
        (
            "file-above-folder",
            "\u25b8 a file that is the parent of a folder",
            closed([file("a", 1), directory("a/b/c")], 256),
            1,
        ),
        ("two-texts", "\u25b8 two texts", closed([text(1), text(2)], 256), 3),
        ("text-beside-file", "\u25b8 a text beside a file", closed([text(1), file("a", 2)], 256), 3),
        ("file-beside-text", "\u25b8 a file beside a text", closed([file("a", 2), text(1)], 256), 3),
        ("text-beside-folder", "\u25b8 a text beside a folder", closed([text(1), directory("a")], 256), 1),
        ("size-large", "a size of 2^53", closed([file("a", 2**53)], 256), None),
        ("sum-large", "a sum above 2^53 - 1", closed([file("a", LARGEST), file("b", 1)], 256), None),
        ("closed-later", "a size given later in a closed manifest", closed([file("a", LATER)], 256), 3),
        (
            "closed-size",
            "\u25b8 a size entry in a closed manifest",
            closed([file("a", 3), size_of(0, 3)], 256),
            3,
        ),
        ("closed-padding", "\u25b8 padding in a closed manifest", closed([file("a", 3), padding(9)], 256), 3),
        ("content-less", "\u25b8 less content than the sum of sizes", good, 2),
        ("content-more", "\u25b8 more content than the sum of sizes", good, 4),
        ("content-none", "\u25b8 no content at all", good, 0),
    ]
    cases = [
        Case(f"manifest-{i}", why, "read", given(raw, content), "manifest_invalid")
        for i, why, raw, content in rows
    ]
    two = closed([file("a" * 60, 1), file("b" * 60, 2)], 64)
    aligned = head(1) + file("a" * 21, 1)
    assert len(aligned) == 64
    cases.append(
        Case(
            "manifest-head-less-aligned",
            "the same, where an entry ends with the record",
            "read",
            given(aligned + file("b", 2), 3, 64),
            "manifest_invalid",
        )
    )
    cases.append(
        Case(
            "manifest-head-less",
            "a closed manifest with more records than its head says",
            "read",
            given(head(1) + two[13:], 3, 64),
            "manifest_invalid",
        )
    )
    return cases


def names() -> list[Case]:
    rows: list[tuple[str, str, bytes]] = [
        ("climb", "a file out of the target folder", file("../../x", 3)),
        ("absolute", "an absolute path", file("/etc/x", 3)),
        ("folder-climb", "a folder out of the target folder", directory("a/..")),
        ("folder-slash", "a folder with a slash at its end", directory("a/")),
        ("empty", "a file without a name", file("", 3)),
        ("not-utf-8", "a name that is not UTF-8", file(b"a\xff", 3)),
        ("nul", "a NUL in a name", file("a\0b", 3)),
        ("long", "a name of 256 bytes", file("a" * 256, 3)),
    ]
    return [
        Case(f"manifest-name-{i}", why, "read", given(closed([raw], 512), None, 512), "unsafe_name")
        for i, why, raw in rows
    ]


def open_refused() -> list[Case]:
    later, size = [file("a", LATER)], 64
    padded = opened(later, [size_of(0, 7)], size)[:64]
    over = head(1, 1) + file("a", LATER) + file("b", 3) + size_of(0, 7)  # runs over the first boundary
    rows: list[tuple[str, str, bytes, int]] = [
        ("twice", "\u25b8 a size given twice, and differently", padded + size_of(0, 7) + size_of(0, 8), 7),
        (
            "twice-same",
            "\u25b8 a size given twice, though the same",
            padded + size_of(0, 7) + size_of(0, 7),
            7,
        ),
        (
            "known",
            "\u25b8 a size for an entry that had one",
            opened([file("a", 7)], [size_of(0, 7)], size),
            7,
        ),
        ("unknown-entry", "a size for an entry that is not there", padded + size_of(1, 7), 7),
        ("before", "a size before its entry", head(1, 1) + size_of(0, 7) + padding(30) + file("a", LATER), 7),
        ("folder", "a size for a folder", opened([directory("a")], [size_of(0, 7)], size), 7),
        ("never", "\u25b8 a size that never came", padded, 7),
        ("never-empty", "\u25b8 a size that never came, and no content either", padded, 0),
        ("head-0", "an open head of no records", head(0, 1) + file("a", 7), 7),
        (
            "second-later",
            "\u25b8 a second entry whose size comes later",
            padded + size_of(0, 3) + file("b", LATER) + size_of(1, 4),
            7,
        ),
        (
            "two-later",
            "two entries whose sizes come later",
            padded + file("b", LATER) + size_of(0, 3) + size_of(1, 4),
            7,
        ),
        ("size-large", "a size of 2^53, given later", padded + size_of(0, 2**53), 7),
        ("size-later-again", "a later size of 2^64 - 1", padded + size_of(0, LATER), 7),
        ("size-cut", "a size entry that is too short", padded + entry(u8(4) + u64(0)), 7),
        ("size-long", "a size entry that is too long", padded + entry(u8(4) + u64(0) + u64(7) + b"\0"), 7),
        ("over-head", "an entry over the end of the head part", over, 10),
        ("head-never-ends", "fewer records than the head part says", head(3, 1) + file("a", 3), 3),
        ("content", "\u25b8 the size given later is not what came", padded + size_of(0, 7), 8),
        ("sum", "a size that takes the sum above 2^53 - 1", padded + file("b", LARGEST) + size_of(0, 1), 7),
        (
            "same-path-later",
            "a path that comes again after the head",
            padded + size_of(0, 7) + file("a", 1),
            8,
        ),
    ]
    return [
        Case(f"manifest-open-{i}", why, "read", given(raw, content, size), "manifest_invalid")
        for i, why, raw, content in rows
    ]
