"""The part of manifest.json that compares a manifest with its offer (§5.2)."""

from __future__ import annotations

from collections.abc import Sequence

from maker.basics import Case, Json
from maker.cases.manifest_rows import entry_shown, given, out_shown
from maker.sealed import (
    LATER,
    closed,
    directory,
    file,
    opened,
    size_of,
    text,
)


def against_offer() -> list[Case]:
    raw = closed([directory("d"), file("d/a", 3), file("b", 4)], 256)
    told = out_shown(
        False, 1, entry_shown("directory", "d", 0), entry_shown("file", "d/a", 3), entry_shown("file", "b", 4)
    )

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
            f"offer-{i}", why, "offer", {**given(plaintext, content, size), "offer": offered}, expect, out
        )

    grown = opened([file("a", LATER)], [size_of(0, 5), file("b", 2)], 64)
    grown_out = out_shown(True, 1, entry_shown("file", "a", 5), entry_shown("file", "b", 2))
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
            out_shown(False, 1, entry_shown("text", "", 5, media="text/plain")),
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
