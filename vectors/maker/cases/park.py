"""park.json: the names, token and closing of a park (§17)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from maker.basics import Case, Json, VectorFile, flip, kdf, lp, seeded, u64
from maker.identities import sealed


@dataclass(frozen=True)
class Park:
    """One transfer that is parked for one receiver."""

    exported: bytes = seeded("park exporter", 32)
    id: bytes = seeded("park id", 16)
    version: int = 1

    @property
    def secret(self) -> bytes:
        return kdf(self.exported, b"", "park", lp(self.id, u64(self.version)), 32)

    @property
    def reader(self) -> bytes:
        return kdf(self.secret, b"", "park-reader", b"", 16)

    @property
    def token(self) -> bytes:
        return kdf(self.secret, b"", "park-token", b"", 32)

    def closing(self, plaintext: bytes) -> bytes:
        aad = lp(b"peerseal/1 parked", self.id, u64(self.version), self.reader)
        return sealed(kdf(self.secret, b"", "park-closing", b"", 32), "park closing", plaintext, aad)


PARK = Park()
MANIFEST_HASH, ROOT = seeded("park manifest hash", 32), seeded("park root", 32)


def plaintext(manifest_records: int = 2, content_records: int = 9) -> bytes:
    return lp(MANIFEST_HASH, ROOT, u64(manifest_records), u64(content_records))


def park() -> VectorFile:
    later, other = replace(PARK, version=2), replace(PARK, id=seeded("park other id", 16))
    elsewhere = replace(PARK, exported=seeded("park other exporter", 32))
    cases = [
        Case(
            f"park-{i}",
            why,
            "secret",
            {"exported": one.exported.hex(), "id": one.id.hex(), "version": one.version},
            out={"secret": one.secret.hex(), "reader": one.reader.hex(), "token": one.token.hex()},
        )
        for i, why, one in [
            ("first", "what both ends of a channel know of a park", PARK),
            ("version", "another version", later),
            ("id", "another file", other),
            ("channel", "another receiver's channel", elsewhere),
        ]
    ]
    for i, why, exported_id, version in [
        ("id-short", "an id of 15 bytes", PARK.id[:-1], 1),
        ("version-0", "versions begin at 1", PARK.id, 0),
    ]:
        given: dict[str, Json] = {
            "exported": PARK.exported.hex(),
            "id": exported_id.hex(),
            "version": version,
        }
        cases.append(Case(f"park-{i}", why, "secret", given, "malformed"))

    def opening(
        i: str, why: str, closing: bytes, expect: str = "ok", counts: tuple[int, int] = (2, 9)
    ) -> None:
        given: dict[str, Json] = {
            "secret": PARK.secret.hex(),
            "id": PARK.id.hex(),
            "version": PARK.version,
            "closing": closing.hex(),
        }
        out: dict[str, Json] = {
            "manifest_hash": MANIFEST_HASH.hex(),
            "root": ROOT.hex(),
            "manifest_records": counts[0],
            "content_records": counts[1],
        }
        cases.append(
            Case(f"park-closing-{i}", why, "open_closing", given, expect, out if expect == "ok" else None)
        )

    right = PARK.closing(plaintext())
    opening("right", "the closing for this reader", right)
    opening("smallest", "one record in each stream", PARK.closing(plaintext(1, 1)), counts=(1, 1))
    opening("largest", "the most records", PARK.closing(plaintext(2**32, 2**32)), counts=(2**32, 2**32))
    for i, why, at in [
        ("iv", "one bit of the IV", 0),
        ("tag", "one bit of the tag", 12),
        ("hash", "one bit of the manifest hash", 28 + 4),
        ("root", "one bit of the root", 28 + 40),
        ("count", "one bit of the last count", len(right) - 1),
    ]:
        opening(f"flipped-{i}", why, flip(right, at), "not_authentic")
    for i, why, one in [
        ("reader", "\u25b8 another receiver's closing", elsewhere),
        ("version", "\u25b8 the closing of another version", later),
        ("id", "the closing of another file", other),
    ]:
        opening(f"other-{i}", why, one.closing(plaintext()), "not_authentic")
    for i, why, closing in [
        ("short", "a byte less", right[:-1]),
        ("long", "a byte more", right + b"\0"),
        ("empty", "nothing", b""),
        ("no-manifest", "no manifest records", PARK.closing(plaintext(0, 9))),
        ("no-content", "no content records", PARK.closing(plaintext(2, 0))),
        ("many-manifest", "2^32 + 1 manifest records", PARK.closing(plaintext(2**32 + 1, 9))),
        ("many-content", "2^32 + 1 content records", PARK.closing(plaintext(2, 2**32 + 1))),
        (
            "lengths",
            "\u25b8 other lengths with the same sum",
            PARK.closing(lp(MANIFEST_HASH[:-1], ROOT + b"\0", u64(2), u64(9))),
        ),
    ]:
        opening(i, why, closing, "malformed")
    return VectorFile("park", "Parking (§17)", cases)
