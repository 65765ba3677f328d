"""leaves.json: leaves of records, and the hash over them (§13.1)."""

from __future__ import annotations

from maker.basics import Case, Json, VectorFile, seeded
from maker.sealed import SealedFile, Stream
from maker.stored import leaf, root_of

FILE = SealedFile("leaves")
RECORDS = [seeded(f"leaves record {n}", 64) for n in range(3)] + [b"the end"]


def leaves() -> VectorFile:
    cases: list[Case] = []

    def add(i: str, why: str, file: SealedFile, stream: Stream, records: list[bytes]) -> None:
        made = [leaf(file, stream, record) for record in records]
        given: dict[str, Json] = {
            "key": file.key.hex(),
            "id": file.id.hex(),
            "version": file.version,
            "stream": stream,
            "records": [record.hex() for record in records],
        }
        out: dict[str, Json] = {"leaves": [one.hex() for one in made], "root": root_of(made).hex()}
        cases.append(Case(f"leaves-{i}", why, "leaves", given, out=out))

    add("content", "a content stream of four records", FILE, "content", RECORDS)
    add("manifest", "the same plaintext as manifest has other leaves", FILE, "manifest", RECORDS)
    add("head", "a head part is the hash of its first leaves", FILE, "manifest", RECORDS[:2])
    add("version-2", "another version has other leaves", SealedFile("leaves", 2), "content", RECORDS)
    add("other-file", "another file, other leaves", SealedFile("leaves elsewhere"), "content", RECORDS[:1])
    add("empty", "an empty file is one empty record", FILE, "content", [b""])
    add("empty-last", "an empty final record has a leaf as well", FILE, "content", [RECORDS[0], b""])
    add("swapped", "the order counts", FILE, "content", [RECORDS[1], RECORDS[0]])
    return VectorFile("leaves", "Leaves, root and manifest hash (§13.1)", cases)
