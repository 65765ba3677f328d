"""manifest.json: what a manifest may say (§4.2)."""

from __future__ import annotations

from maker.basics import Case, Json, VectorFile
from maker.cases.manifest_offer import against_offer
from maker.cases.manifest_refused import names, open_refused, refused
from maker.cases.manifest_rows import LARGEST, MODIFIED, entry_shown, given, out_shown
from maker.sealed import (
    LATER,
    closed,
    cut,
    directory,
    file,
    head,
    opened,
    padding,
    size_of,
    text,
)


def manifest() -> VectorFile:
    return VectorFile(
        "manifest",
        "Manifests (§4.2)",
        [*_accepted(), *refused(), *names(), *open_refused(), *against_offer()],
    )


def _accepted() -> list[Case]:
    one = entry_shown("file", "a", 3)
    many = [file(f"f{n:02}", n) for n in range(20)]
    many_shown = [entry_shown("file", f"f{n:02}", n) for n in range(20)]
    open_head = opened([file("log", LATER)], [size_of(0, 7)], 64)
    grown = opened([file("a", LATER)], [size_of(0, 5), file("b", 2), directory("c")], 64)
    tight = opened([file("a" * 17, LATER)], [size_of(0, 5)], 64)  # 13 + 47 leaves 4 bytes: padding runs on
    assert len(tight) == 128 + 21
    rows: list[tuple[str, str, bytes, int | None, int, dict[str, Json]]] = [
        ("file", "one file", closed([file("a", 3)], 256), 3, 256, out_shown(False, 1, one)),
        (
            "full",
            "every field told",
            closed([file("gr\u00fc\u00df/a.sh", LARGEST, b"text/x-sh; q=1", MODIFIED, 1)], 256),
            None,
            256,
            out_shown(
                False,
                1,
                entry_shown("file", "gr\u00fc\u00df/a.sh", LARGEST, MODIFIED, True, "text/x-sh; q=1"),
            ),
        ),
        (
            "empty-file",
            "a file of no bytes",
            closed([file("a", 0)], 256),
            0,
            256,
            out_shown(False, 1, entry_shown("file", "a", 0)),
        ),
        (
            "folders",
            "a folder, its file, and an empty folder",
            closed([directory("d", MODIFIED), file("d/a", 3), directory("e")], 256),
            3,
            256,
            out_shown(
                False,
                1,
                entry_shown("directory", "d", 0, MODIFIED),
                entry_shown("file", "d/a", 3),
                entry_shown("directory", "e", 0),
            ),
        ),
        (
            "folder-unnamed",
            "a file in a folder that has no entry",
            closed([file("d/e/a", 3)], 256),
            3,
            256,
            out_shown(False, 1, entry_shown("file", "d/e/a", 3)),
        ),
        (
            "folder-later",
            "a folder named after its file",
            closed([file("d/a", 3), directory("d")], 256),
            3,
            256,
            out_shown(False, 1, entry_shown("file", "d/a", 3), entry_shown("directory", "d", 0)),
        ),
        (
            "text",
            "one text",
            closed([text(5)], 256),
            5,
            256,
            out_shown(False, 1, entry_shown("text", "", 5, media="text/plain")),
        ),
        (
            "case",
            "names that differ in case are two names",
            closed([file("a", 1), file("A", 2)], 256),
            3,
            256,
            out_shown(False, 1, entry_shown("file", "a", 1), entry_shown("file", "A", 2)),
        ),
        (
            "forms",
            "composed and decomposed are two names",
            closed([file("\u00e4", 1), file("a\u0308", 2)], 256),
            3,
            256,
            out_shown(False, 1, entry_shown("file", "\u00e4", 1), entry_shown("file", "a\u0308", 2)),
        ),
        (
            "prefix",
            "a name that begins like another is no parent",
            closed([file("a", 1), file("ab/c", 2)], 256),
            3,
            256,
            out_shown(False, 1, entry_shown("file", "a", 1), entry_shown("file", "ab/c", 2)),
        ),
        (
            "many-records",
            "entries run over record boundaries",
            closed(many, 64),
            sum(range(20)),
            64,
            out_shown(False, len(cut(closed(many, 64), 64)), *many_shown),
        ),
        (
            "media-127",
            "a media type of 127 bytes",
            closed([file("a", 3, b"x" * 127)], 256),
            3,
            256,
            out_shown(False, 1, entry_shown("file", "a", 3, media="x" * 127)),
        ),
        (
            "open-small",
            "an open manifest that fits its head",
            opened([file("a", 3)], [], 256),
            3,
            256,
            out_shown(True, 1, one),
        ),
        (
            "open-padded",
            "padding is ignored",
            head(1, 1) + padding(20) + file("a", 3) + padding(5),
            3,
            256,
            out_shown(True, 1, one),
        ),
        (
            "open-later",
            "a size given later",
            open_head,
            7,
            64,
            out_shown(True, 1, entry_shown("file", "log", 7)),
        ),
        (
            "open-text-later",
            "a text whose size is given later",
            opened([text(LATER)], [size_of(0, 9)], 64),
            9,
            64,
            out_shown(True, 1, entry_shown("text", "", 9, media="text/plain")),
        ),
        (
            "open-grown",
            "entries after the head",
            grown,
            7,
            64,
            out_shown(
                True,
                1,
                entry_shown("file", "a", 5),
                entry_shown("file", "b", 2),
                entry_shown("directory", "c", 0),
            ),
        ),
        (
            "open-tight",
            "less than an entry of room: padding runs over the boundary",
            tight,
            5,
            64,
            out_shown(True, 2, entry_shown("file", "a" * 17, 5)),
        ),
        (
            "open-later-zero",
            "a size of 0, given later",
            opened([file("a", LATER)], [size_of(0, 0)], 64),
            0,
            64,
            out_shown(True, 1, entry_shown("file", "a", 0)),
        ),
    ]
    return [
        Case(f"manifest-{i}", why, "read", given(raw, content, size), out=out)
        for i, why, raw, content, size, out in rows
    ]
