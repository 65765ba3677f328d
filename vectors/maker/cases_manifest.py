"""manifest.json: what a manifest may say, alone and against its offer (§4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maker.basics import Case, Json, VectorFile, lp, u8, u32, u64
from maker.sealed import (
    LATER,
    closed,
    cut,
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

LARGEST = 2**53 - 1
MODIFIED = 1_790_000_000_123


def manifest() -> VectorFile:
    return VectorFile(
        "manifest",
        "Manifests (§4.2)",
        [*_accepted(), *_refused(), *_names(), *_open_refused(), *_against_offer()],
    )


def _given(plaintext: bytes, content: int | None, size: int = 256) -> dict[str, Json]:
    records = cut(plaintext, min(size, 65536))
    return {"record_size": size, "records": [piece.hex() for piece in records], "content_length": content}


def _out(open_: bool, head_records: int, *entries: Mapping[str, Json]) -> dict[str, Json]:
    return {"open": open_, "head_records": head_records, "entries": list(entries)}


def _entry(
    kind: str, path: str, size: int, modified: int = 0, executable: bool = False, media: str = ""
) -> dict[str, Json]:
    return {
        "kind": kind,
        "path": path,
        "size": size,
        "modified": modified,
        "executable": executable,
        "media_type": media,
    }


def _accepted() -> list[Case]:
    one = _entry("file", "a", 3)
    many = [file(f"f{n:02}", n) for n in range(20)]
    many_shown = [_entry("file", f"f{n:02}", n) for n in range(20)]
    open_head = opened([file("log", LATER)], [size_of(0, 7)], 64)
    grown = opened([file("a", LATER)], [size_of(0, 5), file("b", 2), directory("c")], 64)
    tight = opened([file("a" * 17, LATER)], [size_of(0, 5)], 64)  # 13 + 47 leaves 4 bytes: padding runs on
    assert len(tight) == 128 + 21
    rows: list[tuple[str, str, bytes, int | None, int, dict[str, Json]]] = [
        ("file", "one file", closed([file("a", 3)], 256), 3, 256, _out(False, 1, one)),
        (
            "full",
            "every field told",
            closed([file("gr\u00fc\u00df/a.sh", LARGEST, b"text/x-sh; q=1", MODIFIED, 1)], 256),
            None,
            256,
            _out(False, 1, _entry("file", "gr\u00fc\u00df/a.sh", LARGEST, MODIFIED, True, "text/x-sh; q=1")),
        ),
        (
            "empty-file",
            "a file of no bytes",
            closed([file("a", 0)], 256),
            0,
            256,
            _out(False, 1, _entry("file", "a", 0)),
        ),
        (
            "folders",
            "a folder, its file, and an empty folder",
            closed([directory("d", MODIFIED), file("d/a", 3), directory("e")], 256),
            3,
            256,
            _out(
                False,
                1,
                _entry("directory", "d", 0, MODIFIED),
                _entry("file", "d/a", 3),
                _entry("directory", "e", 0),
            ),
        ),
        (
            "folder-unnamed",
            "a file in a folder that has no entry",
            closed([file("d/e/a", 3)], 256),
            3,
            256,
            _out(False, 1, _entry("file", "d/e/a", 3)),
        ),
        (
            "folder-later",
            "a folder named after its file",
            closed([file("d/a", 3), directory("d")], 256),
            3,
            256,
            _out(False, 1, _entry("file", "d/a", 3), _entry("directory", "d", 0)),
        ),
        (
            "text",
            "one text",
            closed([text(5)], 256),
            5,
            256,
            _out(False, 1, _entry("text", "", 5, media="text/plain")),
        ),
        (
            "case",
            "names that differ in case are two names",
            closed([file("a", 1), file("A", 2)], 256),
            3,
            256,
            _out(False, 1, _entry("file", "a", 1), _entry("file", "A", 2)),
        ),
        (
            "forms",
            "composed and decomposed are two names",
            closed([file("\u00e4", 1), file("a\u0308", 2)], 256),
            3,
            256,
            _out(False, 1, _entry("file", "\u00e4", 1), _entry("file", "a\u0308", 2)),
        ),
        (
            "prefix",
            "a name that begins like another is no parent",
            closed([file("a", 1), file("ab/c", 2)], 256),
            3,
            256,
            _out(False, 1, _entry("file", "a", 1), _entry("file", "ab/c", 2)),
        ),
        (
            "many-records",
            "entries run over record boundaries",
            closed(many, 64),
            sum(range(20)),
            64,
            _out(False, len(cut(closed(many, 64), 64)), *many_shown),
        ),
        (
            "media-127",
            "a media type of 127 bytes",
            closed([file("a", 3, b"x" * 127)], 256),
            3,
            256,
            _out(False, 1, _entry("file", "a", 3, media="x" * 127)),
        ),
        (
            "open-small",
            "an open manifest that fits its head",
            opened([file("a", 3)], [], 256),
            3,
            256,
            _out(True, 1, one),
        ),
        (
            "open-padded",
            "padding is ignored",
            head(1, 1) + padding(20) + file("a", 3) + padding(5),
            3,
            256,
            _out(True, 1, one),
        ),
        ("open-later", "a size given later", open_head, 7, 64, _out(True, 1, _entry("file", "log", 7))),
        (
            "open-text-later",
            "a text whose size is given later",
            opened([text(LATER)], [size_of(0, 9)], 64),
            9,
            64,
            _out(True, 1, _entry("text", "", 9, media="text/plain")),
        ),
        (
            "open-grown",
            "entries after the head",
            grown,
            7,
            64,
            _out(True, 1, _entry("file", "a", 5), _entry("file", "b", 2), _entry("directory", "c", 0)),
        ),
        (
            "open-tight",
            "less than an entry of room: padding runs over the boundary",
            tight,
            5,
            64,
            _out(True, 2, _entry("file", "a" * 17, 5)),
        ),
        (
            "open-later-zero",
            "a size of 0, given later",
            opened([file("a", LATER)], [size_of(0, 0)], 64),
            0,
            64,
            _out(True, 1, _entry("file", "a", 0)),
        ),
    ]
    return [
        Case(f"manifest-{i}", why, "read", _given(raw, content, size), out=out)
        for i, why, raw, content, size, out in rows
    ]


def _refused() -> list[Case]:
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
        Case(f"manifest-{i}", why, "read", _given(raw, content), "manifest_invalid")
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
            _given(aligned + file("b", 2), 3, 64),
            "manifest_invalid",
        )
    )
    cases.append(
        Case(
            "manifest-head-less",
            "a closed manifest with more records than its head says",
            "read",
            _given(head(1) + two[13:], 3, 64),
            "manifest_invalid",
        )
    )
    return cases


def _names() -> list[Case]:
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
        Case(f"manifest-name-{i}", why, "read", _given(closed([raw], 512), None, 512), "unsafe_name")
        for i, why, raw in rows
    ]


def _open_refused() -> list[Case]:
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
        Case(f"manifest-open-{i}", why, "read", _given(raw, content, size), "manifest_invalid")
        for i, why, raw, content in rows
    ]


def _against_offer() -> list[Case]:
    raw = closed([directory("d"), file("d/a", 3), file("b", 4)], 256)
    told = _out(False, 1, _entry("directory", "d", 0), _entry("file", "d/a", 3), _entry("file", "b", 4))

    def shown(path: str, size: int | None, kind: str = "file") -> dict[str, Json]:
        return {"path": path, "size": size, "kind": kind}

    full: list[Json] = [shown("d", 0, "directory"), shown("d/a", 3), shown("b", 4)]

    def offer(
        files: int = 2,
        total: int | None = 7,
        open_: bool = False,
        is_text: bool = False,
        preview: Sequence[Json] = full,
    ) -> dict[str, Json]:
        return {"files": files, "bytes": total, "open": open_, "text": is_text, "preview": list(preview)}

    def case(
        i: str,
        why: str,
        offered: dict[str, Json],
        expect: str = "manifest_invalid",
        out: dict[str, Json] | None = None,
        plaintext: bytes = raw,
        content: int = 7,
        size: int = 256,
    ) -> Case:
        return Case(
            f"offer-{i}", why, "offer", {**_given(plaintext, content, size), "offer": offered}, expect, out
        )

    grown = opened([file("a", LATER)], [size_of(0, 5), file("b", 2)], 64)
    grown_out = _out(True, 1, _entry("file", "a", 5), _entry("file", "b", 2))
    one_text = closed([text(5)], 256)
    return [
        case("same", "the manifest is what was offered; folders are no files", offer(), "ok", told),
        case("shorter-preview", "the preview is the beginning", offer(preview=full[:2]), "ok", told),
        case("no-preview", "no preview at all", offer(preview=[]), "ok", told),
        case(
            "open",
            "an open offer may grow",
            offer(1, None, True, preview=[shown("a", None)]),
            "ok",
            grown_out,
            grown,
            7,
            64,
        ),
        case(
            "text",
            "one text",
            offer(1, 5, is_text=True, preview=[shown("", 5, "text")]),
            "ok",
            _out(False, 1, _entry("text", "", 5, media="text/plain")),
            one_text,
            5,
        ),
        case("more-files", "\u25b8 more files than offered", offer(files=1)),
        case("fewer-files", "\u25b8 fewer files than offered", offer(files=3)),
        case("more-bytes", "\u25b8 more bytes than offered", offer(total=6)),
        case("fewer-bytes", "\u25b8 fewer bytes than offered", offer(total=8)),
        case(
            "preview-path",
            "\u25b8 another path than shown",
            offer(preview=[shown("d", 0, "directory"), shown("d/x", 3)]),
        ),
        case(
            "preview-size",
            "\u25b8 another size than shown",
            offer(preview=[shown("d", 0, "directory"), shown("d/a", 4)]),
        ),
        case("preview-kind", "\u25b8 a file where a folder was shown", offer(preview=[shown("d", 0)])),
        case("preview-order", "the preview is in order", offer(preview=[full[1], full[0]])),
        case("preview-gap", "the preview leaves nothing out", offer(preview=[full[0], full[2]])),
        case("preview-long", "the preview shows more than there is", offer(preview=[*full, shown("c", 0)])),
        case(
            "open-manifest",
            "\u25b8 an open manifest where a closed one was offered",
            offer(1, 3, preview=[]),
            plaintext=opened([file("a", 3)], [], 256),
            content=3,
        ),
        case(
            "closed-manifest",
            "a closed manifest where an open one was offered",
            offer(2, None, True, preview=[]),
        ),
        case(
            "text-for-file",
            "a text where a file was offered",
            offer(1, 5, preview=[]),
            plaintext=one_text,
            content=5,
        ),
        case(
            "file-for-text",
            "a file where a text was offered",
            offer(1, 5, is_text=True, preview=[]),
            plaintext=closed([file("a", 5)], 256),
            content=5,
        ),
    ]
