"""marks.json: the hash of what two sides hold, marks against plaintexts at rest, and where they meet again (§15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maker.basics import Case, Json, VectorFile, flip, hash_of, kdf, lp, seeded
from maker.cases.file_key import FILE, OTHER, name_of
from maker.sealed import SealedFile, Stream

MANIFEST = FILE.records("manifest", seeded("marks manifest", 100))
CONTENT = FILE.records("content", seeded("marks content", 200))


def marks() -> VectorFile:
    return VectorFile(
        "marks", "Going on after a break: marks and the rendezvous (§15)", [*_hashes(), *_holds(), *_rooms()]
    )


def hash_of_marks(manifest: Sequence[bytes], content: Sequence[bytes]) -> bytes:
    parts = [b"".join(record[:28] for record in records) for records in (manifest, content)]
    return hash_of(lp(b"peerseal/1 marks", *parts))


def _hashes() -> list[Case]:
    cases = []
    for i, why, held in [
        ("nothing", "nothing held", (0, 0)),
        ("manifest", "only the manifest", (2, 0)),
        ("both", "both whole", (2, 4)),
        ("some", "some of both: those behind do not count", (1, 3)),
        ("content", "no manifest record is another thing than no content", (0, 2)),
    ]:
        out: dict[str, Json] = {"marks": hash_of_marks(MANIFEST[: held[0]], CONTENT[: held[1]]).hex()}
        cases.append(Case(f"marks-{i}", why, "hash", _held(MANIFEST, CONTENT, *held), out=out))
    again = [CONTENT[0], FILE.record("content", 1, False, bytes(64)), *CONTENT[2:]]
    cases.append(
        Case(
            "marks-again",
            "\u25b8 a record sealed again has another mark, and the last one counts",
            "hash",
            _held(MANIFEST, again, 2, 4),
            out={"marks": hash_of_marks(MANIFEST, again).hex()},
        )
    )
    for i, why, counts in [("more-content", "5 of 4", (2, 5)), ("more-manifest", "3 of 2", (3, 4))]:
        cases.append(Case(f"marks-{i}", why, "hash", _held(MANIFEST, CONTENT, *counts), "out_of_order"))
    return cases


def _held(
    manifest: Sequence[bytes], content: Sequence[bytes], manifest_count: int, content_count: int
) -> dict[str, Json]:
    return {
        "manifest": [record[:28].hex() for record in manifest],
        "content": [record[:28].hex() for record in content],
        "manifest_count": manifest_count,
        "content_count": content_count,
    }


def _holds() -> list[Case]:
    plain = seeded("marks at rest", 64)
    mark = FILE.record("content", 7, False, plain)[:28]
    cases = []

    def add(
        i: str,
        why: str,
        holds: bool | None,
        *,
        file: SealedFile = FILE,
        stream: Stream = "content",
        index: int = 7,
        final: bool = False,
        mark: bytes = mark,
        plaintext: bytes = plain,
    ) -> None:
        given: dict[str, Json] = {
            **name_of(file),
            "stream": stream,
            "index": index,
            "final": final,
            "mark": mark.hex(),
            "plaintext": plaintext.hex(),
        }
        out: dict[str, Json] | None = None if holds is None else {"holds": holds}
        cases.append(Case(f"mark-{i}", why, "holds", given, "malformed" if holds is None else "ok", out))

    add("same", "what was kept is what is there", True)
    add(
        "empty",
        "an empty record",
        True,
        mark=FILE.record("content", 0, True, b"")[:28],
        index=0,
        final=True,
        plaintext=b"",
    )
    add(
        "manifest",
        "a manifest record",
        True,
        stream="manifest",
        mark=FILE.record("manifest", 7, False, plain)[:28],
    )
    add("flipped", "\u25b8 one bit of the plaintext", False, plaintext=flip(plain, 63, 7))
    add("shorter", "\u25b8 the last byte is missing", False, plaintext=plain[:-1])
    add("longer", "a byte too many", False, plaintext=plain + b"\0")
    add("none", "\u25b8 nothing is there", False, plaintext=b"")
    add("index", "the plaintext of another index", False, index=8)
    add("final", "another final flag", False, final=True)
    add("stream", "the other stream", False, stream="manifest")
    add("version", "another version", False, file=replace(FILE, version=2))
    add("key", "another file", False, file=OTHER)
    add("iv", "one bit of the mark's IV", False, mark=flip(mark, 0))
    add("tag", "one bit of the mark's tag", False, mark=flip(mark, 27, 7))
    add("zeros", "\u25b8 a mark that is not there", False, mark=bytes(28))
    add("27", "a mark of 27 bytes", None, mark=mark[:-1])
    add("29", "a mark of 29 bytes", None, mark=mark + b"\0")
    return cases


def _rooms() -> list[Case]:
    return [
        Case(
            f"resume-room-{i}",
            why,
            "resume_room",
            {"resume": secret.hex()},
            out={"room": kdf(secret, b"", "resume-room", b"", 16).hex()},
        )
        for i, why, secret in [
            ("first", "where two who share a resume secret meet", seeded("resume secret", 32)),
            ("other", "others meet elsewhere", seeded("another resume secret", 32)),
        ]
    ]
