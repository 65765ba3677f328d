"""The part of frames.json about which frame may come next on a path, the first or a later one (§8, §15.1)."""

from __future__ import annotations

from maker.basics import Case, Json
from maker.sealed import header

FULL = 64 + 28


def manifest(index: int, final: int = 0) -> bytes:
    return header(1, index, final, FULL)


def content(index: int, final: int = 0) -> bytes:
    return header(2, index, final, FULL)


def paths() -> list[Case]:
    cases: list[Case] = []

    def add(
        i: str,
        why: str,
        headers: list[bytes],
        expect: str = "ok",
        *,
        first: tuple[int, int] = (0, 0),
        ended: tuple[str, ...] = (),
        head: bool = False,
        over: bool = False,
    ) -> None:
        given: dict[str, Json] = {
            "record_size": 64,
            "manifest": first[0],
            "content": first[1],
            "ended": list(ended),
            "head": head,
            "headers": [raw.hex() for raw in headers],
        }
        out: dict[str, Json] | None = {"ended": over} if expect == "ok" else None
        cases.append(Case(f"frames-path-{i}", why, "path", given, expect, out))

    add("first", "a first path begins with the manifest", [manifest(0), manifest(1)])
    add("later", "a later path goes on with both", [manifest(3), content(5), manifest(4)], first=(3, 5))
    add("content-first", "a later path may begin with content", [content(5)], first=(1, 5))
    add(
        "content-0",
        "\u25b8 content from its first record on, if the manifest's head came before",
        [content(0), content(1)],
        first=(1, 0),
        head=True,
    )
    add(
        "rest",
        "the manifest ended on a former path: the end of the content is the end",
        [content(5), content(6, 1)],
        first=(1, 5),
        ended=("manifest",),
        over=True,
    )
    add(
        "both-end",
        "an open manifest may end last",
        [content(5, 1), manifest(2, 1)],
        first=(2, 5),
        over=True,
    )
    add(
        "high",
        "indices beyond 32 bits of bytes",
        [content(2**31), content(2**31 + 1)],
        first=(1, 2**31),
    )
    for i, why, headers, first, ended in [
        ("early", "\u25b8 a record that is held already", [content(4)], (1, 5), ()),
        ("late", "\u25b8 a record is left out", [content(6)], (1, 5), ()),
        ("zero", "\u25b8 a path that begins anew", [manifest(0)], (3, 5), ()),
        ("manifest-early", "a manifest record that is held already", [manifest(2)], (3, 5), ()),
        ("twice", "\u25b8 a record comes twice", [content(5), content(5)], (1, 5), ()),
        ("no-head", "content before the manifest's head", [content(0)], (0, 0), ()),
        (
            "ended-before",
            "\u25b8 a manifest record after the final one of a former path",
            [manifest(1)],
            (1, 5),
            ("manifest",),
        ),
        ("ended", "a record after the final one", [content(5, 1), content(6)], (1, 5), ()),
    ]:
        add(i, why, headers, "out_of_order", first=first, ended=ended)
    add(
        "after-end",
        "bytes after the end of both",
        [content(5, 1), content(6)],
        "malformed",
        first=(1, 5),
        ended=("manifest",),
    )
    return cases
