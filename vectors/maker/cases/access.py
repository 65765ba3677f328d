"""access.json: who may read a file, signed by its owner (§13.4)."""

from __future__ import annotations

from collections.abc import Mapping

from maker.basics import Case, Json, VectorFile, flip, lp, seeded, u64
from maker.identities import ADA, BOB, EVE, people
from maker.stored import access_body

ID = seeded("access file", 16)
PEOPLE = sorted([BOB.fingerprint, EVE.fingerprint, seeded("access third", 32)])
LINKS = sorted(seeded(f"access link {n}", 16) for n in range(3))


def access() -> VectorFile:
    return VectorFile("access", "Access lists (§13.4)", [*_read(), *_checked()], people("ada", "bob", "eve"))


def _read() -> list[Case]:
    def case(i: str, why: str, signed: bytes, expect: str, out: Mapping[str, Json] | None = None) -> Case:
        return Case(f"access-{i}", why, "read", {"owner": "ada", "signed": signed.hex()}, expect, out)

    cases = []
    for i, why, counter, fingerprints, links in [
        ("nobody", "nobody but the owner", 1, [], []),
        ("one", "one recipient", 2, [BOB.fingerprint], []),
        ("link", "one link", 2, [], LINKS[:1]),
        ("all", "three of each", 7, PEOPLE, LINKS),
        ("largest", "the largest counter", 2**53 - 1, PEOPLE, LINKS),
    ]:
        signed = ADA.signed("access", access_body(ID, counter, fingerprints, links))
        out: dict[str, Json] = {
            "id": ID.hex(),
            "counter": counter,
            "fingerprints": [one.hex() for one in fingerprints],
            "links": [one.hex() for one in links],
        }
        cases.append(case(i, why, signed, "ok", out))
    body = access_body(ID, 7, PEOPLE, LINKS)
    good = ADA.signed("access", body)
    for i, why, signed in [
        ("by-bob", "\u25b8 another's signature", BOB.signed("access", body)),
        ("flip-counter", "\u25b8 another counter", flip(good, 1 + 4 + 20 + 12 - 1)),
        ("flip-recipient", "\u25b8 another recipient", flip(good, 1 + 4 + 32 + 4 + 31)),
        ("flip-signature", "one bit of S", flip(good, len(good) - 20)),
        ("as-opening", "signed as an opening head", ADA.signed("opening", body)),
    ]:
        cases.append(case(i, why, signed, "signature_invalid"))
    for i, why, wrong in [
        ("counter-0", "counters begin at 1", access_body(ID, 0, PEOPLE, LINKS)),
        ("counter-large", "a counter of 2^53", access_body(ID, 2**53, PEOPLE, LINKS)),
        ("unsorted", "recipients in another order", access_body(ID, 7, PEOPLE[::-1], LINKS)),
        ("twice", "a recipient twice", access_body(ID, 7, [PEOPLE[0], *PEOPLE], LINKS)),
        ("links-unsorted", "links in another order", access_body(ID, 7, PEOPLE, LINKS[::-1])),
        ("links-twice", "a link twice", access_body(ID, 7, PEOPLE, [LINKS[0], *LINKS])),
        ("recipient-31", "31 bytes of a fingerprint", access_body(ID, 7, [PEOPLE[0][:31]])),
        ("recipient-33", "a byte behind the fingerprints", access_body(ID, 7, [PEOPLE[0] + b"\0"])),
        ("link-15", "15 bytes of a link id", access_body(ID, 7, [], [LINKS[0][:15]])),
        ("id-15", "a file id of 15 bytes", access_body(ID[:15], 7, PEOPLE)),
        ("counter-u32", "a counter of 4 bytes", lp(ID, u64(7)[4:], PEOPLE[0], b"")),
        ("no-links", "the last field is missing", lp(ID, u64(7), PEOPLE[0])),
        ("fifth", "a fifth field", body + lp(b"")),
        ("longer", "a byte behind the last field", body + b"\0"),
    ]:
        cases.append(case(i, why, ADA.signed("access", wrong), "malformed"))
    for i, why, signed in [
        ("no-bytes", "no bytes", b""),
        ("first-byte", "an unknown first byte", b"\x02" + good[1:]),
        ("cut", "a byte less", good[:-1]),
        ("signed-longer", "a byte behind the signature", good + b"\0"),
    ]:
        cases.append(case(i, why, signed, "malformed"))
    return cases


def _checked() -> list[Case]:
    """A list that was read, against the file it came for, what is remembered of it, and a recipient."""
    both = sorted([BOB.fingerprint, EVE.fingerprint])
    other = seeded("access other file", 16)
    cases = []
    for i, why, on_it, file, seen, person, expect in [
        ("listed", "a recipient who is on it", both, ID, 0, "bob", "ok"),
        ("same", "the counter that was seen", both, ID, 3, "bob", "ok"),
        ("higher", "a higher one", both, ID, 2, "bob", "ok"),
        ("lower", "\u25b8 an older list than was seen", both, ID, 4, "bob", "rolled_back"),
        ("other-file", "\u25b8 the list of another file", both, other, 0, "bob", "content_differs"),
        ("not-listed", "\u25b8 a recipient who is not on it", [EVE.fingerprint], ID, 0, "bob", "not_listed"),
        ("nobody", "nobody is on it", [], ID, 0, "eve", "not_listed"),
    ]:
        signed = ADA.signed("access", access_body(ID, 3, on_it))
        given: dict[str, Json] = {
            "owner": "ada",
            "signed": signed.hex(),
            "id": file.hex(),
            "remembered": seen,
            "person": person,
        }
        cases.append(Case(f"access-check-{i}", why, "check", given, expect))
    return cases
