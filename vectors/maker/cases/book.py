"""book.json: the sealed contact book, what it may hold, what may follow what (§11)."""

from __future__ import annotations

from collections.abc import Mapping

from maker.accounts import book as seal
from maker.basics import Case, Json, VectorFile, b64, compact, flip, hash_of, seeded
from maker.identities import ADA, BOB, EVE, people

NONE = bytes(32)
CONTACT: Mapping[str, Json] = {
    "name": "bob",
    "bundle": b64(BOB.bundle),
    "state": "pinned",
    "since": 1_790_000_000_000,
}
SECOND: Mapping[str, Json] = {**CONTACT, "name": "eve", "bundle": b64(EVE.bundle), "state": "verified"}
FILE: Mapping[str, Json] = {
    "id": b64(seeded("book file", 16)),
    "owner": b64(BOB.fingerprint),
    "version": 3,
    "closing": b64(seeded("book closing", 32)),
    "access": 2,
}
#: Only its access list was seen yet.
OTHER: Mapping[str, Json] = {
    **FILE,
    "id": b64(b"\xff" * 16),
    "version": 0,
    "closing": b64(bytes(32)),
    "access": 1,
}
FULL: Mapping[str, Json] = {"contacts": [CONTACT, SECOND], "files": [FILE, OTHER]}
EMPTY: Mapping[str, Json] = {"contacts": [], "files": []}


def book() -> VectorFile:
    cases = [*_opened(), *_refused(), *_malformed(), *_follows(), *_pins(), *_files()]
    return VectorFile("book", "The contact book (§11)", cases, people("ada", "bob", "eve"))


def _open(i: str, why: str, sealed: bytes, expect: str = "ok", out: dict[str, Json] | None = None) -> Case:
    return Case(f"book-{i}", why, "open", {"person": "ada", "book": sealed.hex()}, expect, out)


def _opened() -> list[Case]:
    previous = hash_of(seal(ADA, 1, NONE, EMPTY))
    spaced = b' {"files": [], "contacts": []}'
    largest = {**FULL, "files": [{**FILE, "version": 2**53 - 1, "access": 2**53 - 1}]}
    exact = compact(EMPTY).rjust(1024)
    return [
        _open(
            i,
            why,
            seal(ADA, counter, before, value),
            out={"counter": counter, "previous": before.hex(), "value": shown},
        )
        for i, why, counter, before, value, shown in [
            ("empty", "the first book", 1, NONE, compact(EMPTY), EMPTY),
            ("full", "contacts and files", 2, previous, compact(FULL), FULL),
            ("spaced", "white space and another order of keys say the same", 2, previous, spaced, EMPTY),
            ("largest", "the largest numbers", 2**53 - 1, previous, compact(largest), largest),
            ("exact", "a text that ends where the block ends", 7, previous, exact, EMPTY),
        ]
    ]


def _refused() -> list[Case]:
    good = seal(ADA, 2, hash_of(b"the book before"), FULL)
    rows = [
        ("counter", "\u25b8 another counter in front", flip(good, 8)),
        ("previous", "\u25b8 another hash of the book before", flip(good, 9)),
        ("iv", "one bit of the IV", flip(good, 41)),
        ("tag", "one bit of the tag", flip(good, 53)),
        ("ciphertext", "one bit of the ciphertext", flip(good, 69)),
        ("cut", "the last 1024 bytes cut off", good[:-1024]),
        ("other-person", "another person's book", seal(BOB, 2, hash_of(b"the book before"), FULL)),
    ]
    cases = [_open(i, why, sealed, "not_authentic") for i, why, sealed in rows]
    cases += [
        _open(i, why, sealed, "malformed")
        for i, why, sealed in [
            ("no-bytes", "no bytes", b""),
            ("short", "a byte less than one that holds nothing", good[:68]),
            ("first-byte", "an unknown first byte", b"\x02" + good[1:]),
            ("counter-0", "counters begin at 1", seal(ADA, 0, NONE, EMPTY)),
            ("counter-large", "a counter of 2^53", seal(ADA, 2**53, hash_of(b"the book before"), EMPTY)),
            ("first-with-previous", "a first book that follows another", seal(ADA, 1, hash_of(b"x"), EMPTY)),
            ("second-without", "a second book that follows none", seal(ADA, 2, NONE, EMPTY)),
            ("no-text", "no plaintext, rightly sealed", seal(ADA, 1, NONE, b"")),
        ]
    ]
    return cases


def _malformed() -> list[Case]:
    """Rightly sealed, wrong inside."""

    def contacts(*items: Json) -> dict[str, Json]:
        return {"contacts": list(items), "files": []}

    def files(*items: Json) -> dict[str, Json]:
        return {"contacts": [], "files": list(items)}

    def without(value: Mapping[str, Json], name: str) -> dict[str, Json]:
        return {key: item for key, item in value.items() if key != name}

    rows: list[tuple[str, str, Json | bytes]] = [
        ("name-twice", "\u25b8 one name for two bundles", contacts(CONTACT, {**SECOND, "name": "bob"})),
        (
            "bundle-twice",
            "\u25b8 one bundle under two names",
            contacts(CONTACT, {**CONTACT, "name": "robert"}),
        ),
        ("file-twice", "\u25b8 one file id twice", files(FILE, {**FILE, "version": 1})),
        ("state", "an unknown state", contacts({**CONTACT, "state": "trusted"})),
        ("state-null", "no state", contacts({**CONTACT, "state": None})),
        ("since-negative", "a time before 1970", contacts({**CONTACT, "since": -1})),
        ("since-text", "a time in quotes", contacts({**CONTACT, "since": "0"})),
        ("bundle-short", "a bundle of 1519 bytes", contacts({**CONTACT, "bundle": b64(BOB.bundle[:-1])})),
        ("bundle-padded", "base64url with padding", contacts({**CONTACT, "bundle": b64(BOB.bundle) + "="})),
        ("name-empty", "a name of no characters", contacts({**CONTACT, "name": ""})),
        ("name-null", "no name", contacts({**CONTACT, "name": None})),
        ("contact-field-missing", "a contact without since", contacts(without(CONTACT, "since"))),
        ("contact-field-unknown", "a field that does not belong here", contacts({**CONTACT, "note": ""})),
        ("contact-list", "a contact that is a list", contacts(["bob"])),
        ("id-short", "an id of 15 bytes", files({**FILE, "id": b64(bytes(15))})),
        ("owner-short", "a fingerprint of 31 bytes", files({**FILE, "owner": b64(bytes(31))})),
        ("closing-short", "a closing hash of 31 bytes", files({**FILE, "closing": b64(bytes(31))})),
        ("version-negative", "a version under 0", files({**FILE, "version": -1})),
        ("version-bool", "true is no number", files({**FILE, "version": True})),
        ("access-null", "no counter", files({**FILE, "access": None})),
        ("file-field-missing", "a file without access", files(without(FILE, "access"))),
        ("file-field-unknown", "a field that does not belong here", files({**FILE, "name": "x"})),
        ("no-files", "the list of files is missing", {"contacts": []}),
        ("files-null", "no list of files", {"contacts": [], "files": None}),
        ("field-unknown", "a third list", {**EMPTY, "notes": []}),
        ("array", "the top must be an object", b"[]"),
        ("nothing", "only spaces", b" "),
        ("duplicate", "a key that comes twice", b'{"contacts":[],"files":[],"files":[]}'),
        (
            "float",
            "a float, though it is whole",
            compact(files(FILE)).replace(b'"version":3', b'"version":3.0'),
        ),
        ("trailing", "something behind the object", b'{"contacts":[],"files":[]}{}'),
        ("byte-order-mark", "a byte order mark", b'\xef\xbb\xbf{"contacts":[],"files":[]}'),
        ("padded-with-zeros", "padding that is no white space", compact(EMPTY) + bytes(1024 - 26)),
    ]
    assert len(compact(EMPTY)) == 26
    cases = [_open(i, why, seal(ADA, 1, NONE, value), "malformed") for i, why, value in rows]
    cases.append(_open("not-padded", "26 bytes where 1024 belong", seal(ADA, 1, NONE, EMPTY, 1), "malformed"))
    cases.append(_open("padded-512", "padded to 512 bytes", seal(ADA, 1, NONE, EMPTY, 512), "malformed"))
    return cases


def _follows() -> list[Case]:
    """What a client that remembers (counter, hash) says of the book the server serves."""
    first = seal(ADA, 1, NONE, EMPTY)
    second = seal(ADA, 2, hash_of(first), FULL)
    fifth = seal(ADA, 5, hash_of(b"the fourth"), EMPTY)
    rows: list[tuple[str, str, tuple[int, bytes] | None, bytes, str]] = [
        ("first-seen", "nothing is remembered", None, second, "ok"),
        ("same", "the book that was seen last", (2, second), second, "ok"),
        ("next", "the next one, built on it", (1, first), second, "ok"),
        ("later", "three further on, which this client cannot link up", (2, second), fifth, "ok"),
        ("lower", "\u25b8 an older book", (2, second), first, "rolled_back"),
        ("lower-far", "a much older book", (5, fifth), second, "rolled_back"),
        (
            "fork",
            "\u25b8 the same counter, another book",
            (2, second),
            seal(ADA, 2, hash_of(first), EMPTY),
            "rolled_back",
        ),
        (
            "not-linked",
            "\u25b8 the next counter, built on another",
            (1, first),
            seal(ADA, 2, hash_of(b"x"), FULL),
            "rolled_back",
        ),
    ]
    cases = []
    for i, why, remembered, sealed, expect in rows:
        given: dict[str, Json] = {"book": sealed.hex(), "remembered": None}
        if remembered is not None:
            given["remembered"] = {"counter": remembered[0], "hash": hash_of(remembered[1]).hex()}
        cases.append(Case(f"book-follows-{i}", why, "follows", given, expect))
    return cases


def _pins() -> list[Case]:
    """What a book becomes when a key exchange or a channel gives a bundle for a name."""
    one: Mapping[str, Json] = {"contacts": [CONTACT], "files": []}
    verified: Mapping[str, Json] = {"contacts": [{**CONTACT, "state": "verified"}], "files": []}
    added = {**SECOND, "state": "pinned", "since": 5}
    both: Mapping[str, Json] = {"contacts": [CONTACT, added], "files": []}
    cases = []
    for i, why, value, name, person, expect, after in [
        ("new", "a name nobody has yet", one, "eve", "eve", "ok", both),
        ("same", "the same bundle again changes nothing", one, "bob", "bob", "ok", one),
        ("same-verified", "not even what was verified", verified, "bob", "bob", "ok", verified),
        ("changed", "\u25b8 another bundle under a pinned name", one, "bob", "eve", "key_changed", None),
        (
            "changed-verified",
            "\u25b8 another bundle under a verified name",
            verified,
            "bob",
            "eve",
            "key_changed",
            None,
        ),
    ]:
        given: dict[str, Json] = {"value": value, "name": name, "person": person, "now": 5}
        out: dict[str, Json] | None = None if after is None else {"value": after}
        cases.append(Case(f"book-pin-{i}", why, "pin", given, expect, out))
    return cases


def _files() -> list[Case]:
    """What a book remembers of a file once that was judged: the higher numbers."""
    one: Mapping[str, Json] = {"contacts": [], "files": [FILE]}
    closing = b64(seeded("book next closing", 32))
    cases = []
    for i, why, said, known in [
        ("same", "the same again", FILE, [FILE]),
        ("version", "a higher version", {**FILE, "version": 4, "closing": closing}, None),
        ("access", "a higher counter of its access list", {**FILE, "access": 3}, None),
        ("other-file", "a file that is not in it yet", OTHER, [FILE, OTHER]),
        (
            "version-lower",
            "\u25b8 a lower version changes nothing",
            {**FILE, "version": 2, "closing": closing},
            [FILE],
        ),
        ("access-lower", "\u25b8 neither does a lower counter", {**FILE, "access": 1}, [FILE]),
        (
            "no-closing",
            "nor what has no closing head yet",
            {**FILE, "version": 0, "closing": b64(bytes(32))},
            [FILE],
        ),
    ]:
        given: dict[str, Json] = {"value": one, "file": said}
        out: dict[str, Json] = {"value": {"contacts": [], "files": known or [said]}}
        cases.append(Case(f"book-remember-{i}", why, "remember", given, out=out))
    for i, why, said, expect in [
        (
            "closing",
            "\u25b8 the same version with another closing hash",
            {**FILE, "closing": closing},
            "rolled_back",
        ),
        ("owner", "\u25b8 another owner", {**FILE, "owner": b64(EVE.fingerprint)}, "unknown_owner"),
    ]:
        cases.append(Case(f"book-remember-{i}", why, "remember", {"value": one, "file": said}, expect))
    return cases
