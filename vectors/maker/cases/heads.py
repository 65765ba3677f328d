"""heads.json: opening and closing heads, and which may follow what was seen before (§13.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from maker.basics import Case, Json, VectorFile, flip, hash_of, lp, seeded, u8, u32, u64
from maker.identities import ADA, BOB, Person, people
from maker.sealed import SealedFile
from maker.stored import closing_body, opening_body

FILE = SealedFile("heads")
FIRST = opening_body(ADA.fingerprint, FILE)


class Heads(NamedTuple):
    """Both heads of one version, by their bodies."""

    owner: Person
    opening: bytes
    closing: bytes

    def as_json(self) -> dict[str, Json]:
        return {
            "opening": self.owner.signed("opening", self.opening).hex(),
            "closing": self.owner.signed("closing", self.closing).hex(),
        }


def version(
    n: int, before: Heads | None, owner: Person = ADA, root: str = "content root", name: str = "heads"
) -> Heads:
    """Version n after `before`."""
    file = SealedFile(name, n)
    previous = b"" if before is None else hash_of(before.closing)
    opening = opening_body(owner.fingerprint, file, previous)
    return Heads(owner, opening, closing_body(opening, root=seeded(f"{root} {n}", 32)))


def heads() -> VectorFile:
    cases = [*_opening(), *_closing(), *_pairs(), *_judged()]
    return VectorFile("heads", "Opening and closing heads (§13.3)", cases, people("ada", "bob"))


# --- one head ---


def _opening() -> list[Case]:
    def case(i: str, why: str, signed: bytes, expect: str, out: Mapping[str, Json] | None = None) -> Case:
        given: dict[str, Json] = {"owner": "ada", "signed": signed.hex()}
        return Case(f"heads-opening-{i}", why, "opening", given, expect, out)

    def shown(body: bytes, version: int, previous: bytes, record_size: int) -> dict[str, Json]:
        return {
            "owner": ADA.fingerprint.hex(),
            "id": FILE.id.hex(),
            "version": version,
            "previous": previous.hex(),
            "commitment": SealedFile("heads", version).commitment.hex(),
            "record_size": record_size,
            "card": seeded("card hash", 32).hex(),
            "head_part": seeded("head part hash", 32).hex(),
            "hash": hash_of(body).hex(),
        }

    before = seeded("heads previous", 32)
    cases = []
    for i, why, n, previous, size in [
        ("first", "version 1 has no head before it", 1, b"", 64),
        ("second", "version 2 names the closing head of version 1", 2, before, 524_288),
        ("largest", "the largest numbers", 2**53 - 1, before, 1_048_576),
    ]:
        body = opening_body(ADA.fingerprint, SealedFile("heads", n), previous, record_size=size)
        cases.append(case(i, why, ADA.signed("opening", body), "ok", shown(body, n, previous, size)))
    good = ADA.signed("opening", FIRST)
    bobs = opening_body(BOB.fingerprint, FILE)
    cases.append(
        case(
            "other-owner",
            "\u25b8 Ada's signature under a head that says Bob",
            ADA.signed("opening", bobs),
            "unknown_owner",
        )
    )
    for i, why, signed in [
        ("by-bob", "\u25b8 Bob's signature under a head that says Ada", BOB.signed("opening", FIRST)),
        ("flip-body", "one bit of the record size", flip(good, 1 + 4 + len(FIRST) - 36 - 36 - 1, 6)),
        ("flip-r", "one bit of R", flip(good, len(good) - 64)),
        ("flip-s", "one bit of S", flip(good, len(good) - 20)),
        ("as-closing", "\u25b8 signed as a closing head", ADA.signed("closing", FIRST)),
        ("as-access", "signed as an access list", ADA.signed("access", FIRST)),
    ]:
        cases.append(case(i, why, signed, "signature_invalid"))
    owner = ADA.fingerprint
    for i, why, body in [
        ("version-0", "versions begin at 1", opening_body(owner, FILE, version=0)),
        ("version-large", "a version of 2^53", opening_body(owner, FILE, before, version=2**53)),
        ("first-with-previous", "version 1 with a head before it", opening_body(owner, FILE, before)),
        ("second-without", "\u25b8 version 2 without a head before it", opening_body(owner, FILE, version=2)),
        ("previous-31", "a hash of 31 bytes", opening_body(owner, FILE, before[:31], version=2)),
        ("record-size-63", "records of 63 bytes", opening_body(owner, FILE, record_size=63)),
        (
            "record-size-large",
            "records of a byte more than 1 MiB",
            opening_body(owner, FILE, record_size=1_048_577),
        ),
        ("card-31", "a hash of 31 bytes", opening_body(owner, FILE, card_hash=bytes(31))),
        ("owner-31", "a fingerprint of 31 bytes", opening_body(owner[:31], FILE)),
        ("longer", "a byte behind the last field", FIRST + b"\0"),
        ("ninth", "a ninth field", FIRST + lp(b"")),
        ("cut", "the last field is missing", FIRST[:-36]),
        ("empty", "an empty body", b""),
    ]:
        cases.append(case(i, why, ADA.signed("opening", body), "malformed"))
    cases += [case(f"signed-{i}", why, signed, "malformed") for i, why, signed in _badly_signed(FIRST, good)]
    return cases


def _badly_signed(body: bytes, good: bytes) -> list[tuple[str, str, bytes]]:
    signature = good[-64:]
    return [
        ("empty", "no bytes", b""),
        ("first-byte", "an unknown first byte", u8(2) + good[1:]),
        ("cut", "a signature of 63 bytes in a length of 64", good[:-1]),
        ("longer", "a byte behind the signature", good + b"\0"),
        ("signature-63", "a signature of 63 bytes", u8(1) + lp(body, signature[:-1])),
        ("signature-65", "a signature of 65 bytes", u8(1) + lp(body, signature + b"\0")),
        ("no-signature", "no signature", u8(1) + lp(body)),
        ("third", "a third field", u8(1) + lp(body, signature, b"")),
        ("length-lies", "a body longer than everything", u8(1) + u32(2**32 - 1) + good[5:]),
    ]


def _closing() -> list[Case]:
    def case(i: str, why: str, signed: bytes, expect: str, out: Mapping[str, Json] | None = None) -> Case:
        given: dict[str, Json] = {
            "owner": "ada",
            "opening": ADA.signed("opening", FIRST).hex(),
            "signed": signed.hex(),
        }
        return Case(f"heads-closing-{i}", why, "closing", given, expect, out)

    cases = []
    body = closing_body(FIRST)
    for i, why, manifest, content in [
        ("first", "the end of a version", 1, 3),
        ("largest", "as many records as a key may seal", 2**32, 2**32),
    ]:
        body = closing_body(FIRST, manifest, content)
        out: dict[str, Json] = {
            "opening": hash_of(FIRST).hex(),
            "manifest_records": manifest,
            "content_records": content,
            "manifest": seeded("manifest root", 32).hex(),
            "root": seeded("content root", 32).hex(),
            "hash": hash_of(body).hex(),
        }
        cases.append(case(i, why, ADA.signed("closing", body), "ok", out))
    body = closing_body(FIRST)
    good = ADA.signed("closing", body)
    for i, why, signed in [
        ("by-bob", "\u25b8 another's signature", BOB.signed("closing", body)),
        ("flip-count", "\u25b8 one record less", flip(good, 1 + 4 + 36 + 12 + 12 - 1)),
        ("flip-root", "one bit of the root", flip(good, 1 + 4 + len(body) - 1)),
        ("as-opening", "\u25b8 signed as an opening head", ADA.signed("opening", body)),
    ]:
        cases.append(case(i, why, signed, "signature_invalid"))
    one = seeded("manifest root", 32)
    for i, why, wrong in [
        ("opening-31", "a hash of 31 bytes", lp(bytes(31), u64(1), u64(3), one, one)),
        ("count-u32", "a count of 4 bytes", lp(hash_of(FIRST), u32(1), u64(3), one, one)),
        ("root-33", "a root of 33 bytes", lp(hash_of(FIRST), u64(1), u64(3), one, one + b"\0")),
        ("many-manifest", "a record more than a key may seal", closing_body(FIRST, 2**32 + 1, 3)),
        ("many-content", "a record more than a key may seal", closing_body(FIRST, 1, 2**32 + 1)),
        ("no-manifest", "every manifest has a record", closing_body(FIRST, 0, 3)),
        ("no-content", "every content stream has a record", closing_body(FIRST, 1, 0)),
        ("sixth", "a sixth field", body + lp(b"")),
        ("cut", "the last field is missing", body[:-36]),
        ("opening-head", "an opening head's body", FIRST),
    ]:
        cases.append(case(i, why, ADA.signed("closing", wrong), "malformed"))
    cases += [
        case(f"signed-{i}", why, signed, "malformed") for i, why, signed in _badly_signed(body, good)[:4]
    ]
    return cases


# --- heads together ---


def _pairs() -> list[Case]:
    """Both heads of what is said to be this version of this file."""
    first = version(1, None)
    second = version(2, first)
    elsewhere = opening_body(ADA.fingerprint, SealedFile("heads elsewhere"))
    cases = []
    for i, why, opening, closing, expect in [
        ("right", "the heads of one version", first.opening, first.closing, "ok"),
        ("arriving", "no closing head yet", first.opening, None, "ok"),
        (
            "other-closing",
            "\u25b8 the closing head of another version",
            first.opening,
            second.closing,
            "content_differs",
        ),
        (
            "other-version",
            "\u25b8 version 2 where version 1 was asked for",
            second.opening,
            second.closing,
            "content_differs",
        ),
        (
            "other-file",
            "\u25b8 another file of the same owner",
            elsewhere,
            closing_body(elsewhere),
            "content_differs",
        ),
        ("other-file-arriving", "the same without an end", elsewhere, None, "content_differs"),
    ]:
        given: dict[str, Json] = {
            "owner": "ada",
            "id": FILE.id.hex(),
            "version": 1,
            "opening": ADA.signed("opening", opening).hex(),
            "closing": None if closing is None else ADA.signed("closing", closing).hex(),
        }
        cases.append(Case(f"heads-pair-{i}", why, "pair", given, expect))
    return cases


def _judged() -> list[Case]:
    """A version against what is remembered of its file, with the heads of the versions between, oldest first."""
    one = version(1, None)
    two = version(2, one)
    three = version(3, two)
    four = version(4, three)
    forked = version(2, one, root="another root")
    forked_three = version(3, forked)
    bobs = version(3, two, BOB)
    skipped = version(4, two)
    elsewhere = version(2, one, name="heads elsewhere")
    after_elsewhere = version(3, elsewhere)
    rows: list[tuple[str, str, Heads | None, Heads, Sequence[Heads], str]] = [
        ("new", "nothing is remembered", None, one, [], "ok"),
        ("new-later", "nothing is remembered, and it is not the first version", None, four, [], "ok"),
        ("same", "the version that was seen last", two, two, [], "ok"),
        ("next", "the next one, linked to it", two, three, [], "ok"),
        ("linked", "two further on, with the heads between", one, four, [two, three], "ok"),
        ("lower", "\u25b8 an older version", three, two, [], "rolled_back"),
        ("lowest", "version 1 once more", two, one, [], "rolled_back"),
        ("fork", "\u25b8 the same version with another closing head", two, forked, [], "rolled_back"),
        ("fork-next", "\u25b8 the next version, linked to another one", two, forked_three, [], "rolled_back"),
        ("gap", "\u25b8 two further on without the heads between", one, three, [], "rolled_back"),
        ("gap-one", "one of two heads between is missing", one, four, [three], "rolled_back"),
        ("gap-swapped", "the heads between in the wrong order", one, four, [three, two], "rolled_back"),
        (
            "gap-fork",
            "\u25b8 heads between of a version nobody built on",
            one,
            four,
            [forked, three],
            "rolled_back",
        ),
        (
            "skipped",
            "a version linked to the remembered one, its number two higher",
            two,
            skipped,
            [],
            "rolled_back",
        ),
        (
            "gap-other-file",
            "\u25b8 heads between of another file of the same owner",
            one,
            after_elsewhere,
            [elsewhere],
            "rolled_back",
        ),
        ("owner", "\u25b8 another owner for a known file", two, bobs, [], "unknown_owner"),
    ]
    cases = []
    for i, why, seen, now, between, expect in rows:
        given: dict[str, Json] = {
            "owner": "bob" if now.owner == BOB else "ada",
            **now.as_json(),
            "between": [heads.as_json() for heads in between],
            "remembered": None,
        }
        if seen is not None:
            given["remembered"] = {
                "owner": seen.owner.fingerprint.hex(),
                "version": int.from_bytes(seen.opening[36 + 20 + 4 : 36 + 20 + 12], "big"),
                "closing": hash_of(seen.closing).hex(),
            }
        cases.append(Case(f"heads-judge-{i}", why, "judge", given, expect))
    # Arriving: no closing head yet, but what it is built on shows already.
    for i, why, now, expect in [
        ("arriving", "the next version, on its way", three, "ok"),
        ("arriving-fork", "\u25b8 on its way, linked to another one", forked_three, "rolled_back"),
        ("arriving-same", "\u25b8 a version that was over, on its way again", two, "rolled_back"),
        ("arriving-lower", "on its way, though it is over", one, "rolled_back"),
    ]:
        given = {
            "owner": "ada",
            "opening": now.as_json()["opening"],
            "closing": None,
            "between": [],
            "remembered": {
                "owner": ADA.fingerprint.hex(),
                "version": 2,
                "closing": hash_of(two.closing).hex(),
            },
        }
        cases.append(Case(f"heads-judge-{i}", why, "judge", given, expect))
    return cases
