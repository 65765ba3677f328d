"""wrap.json: a file key for another person and for oneself (§12.2)."""

from __future__ import annotations

from maker.agreement import X25519_P
from maker.basics import Case, Json, VectorFile, flip, seeded
from maker.identities import ADA, BOB, EVE, people
from maker.sealed import SealedFile
from maker.stored import own_wrap, wrap

FILE = SealedFile("wrap")


def wrapped() -> VectorFile:
    return VectorFile(
        "wrap", "File keys for people (§12.2)", [*_for_others(), *_own()], people("ada", "bob", "eve")
    )


def _for_others() -> list[Case]:
    def case(
        i: str,
        why: str,
        wrapped: bytes,
        expect: str,
        *,
        sender: str = "ada",
        recipient: str = "bob",
        file: SealedFile = FILE,
    ) -> Case:
        given: dict[str, Json] = {
            "recipient": recipient,
            "sender": sender,
            "id": file.id.hex(),
            "version": file.version,
            "wrap": wrapped.hex(),
        }
        out: dict[str, Json] | None = {"key": file.key.hex()} if expect == "ok" else None
        return Case(f"wrap-{i}", why, "unwrap", given, expect, out)

    good = wrap(FILE, ADA, BOB)
    assert len(good) == 1181
    second, elsewhere = SealedFile("wrap", 2), SealedFile("wrap elsewhere")
    cases = [
        case("right", "Ada's file key for Bob", good, "ok"),
        case("back", "Bob's for Ada", wrap(FILE, BOB, ADA), "ok", sender="bob", recipient="ada"),
        case("version-2", "another version", wrap(second, ADA, BOB), "ok", file=second),
        case(
            "other-version", "\u25b8 a wrap of version 1 as version 2's", good, "not_authentic", file=second
        ),
        case("other-file", "\u25b8 a wrap moved to another file", good, "not_authentic", file=elsewhere),
        case("other-sender", "\u25b8 said to come from Eve", good, "not_authentic", sender="eve"),
        case("other-recipient", "\u25b8 Bob's wrap given to Eve", good, "not_authentic", recipient="eve"),
        case(
            "reflected",
            "\u25b8 Ada's wrap for Bob as Bob's for Ada",
            good,
            "not_authentic",
            sender="bob",
            recipient="ada",
        ),
        case("impostor", "\u25b8 Eve's wrap for Bob said to be Ada's", wrap(FILE, EVE, BOB), "not_authentic"),
    ]
    for i, why, at, bit in [
        ("e", "one bit of E", 1, 0),
        ("ct", "\u25b8 one bit of the ML-KEM ciphertext: its secret is another", 33, 0),
        ("ct-end", "the last bit of it", 1120, 0),
        ("iv", "one bit of the IV", 1121, 0),
        ("tag", "one bit of the tag", 1133, 0),
        ("ciphertext", "one bit of the ciphertext", 1180, 7),
    ]:
        cases.append(case(f"flip-{i}", why, flip(good, at, bit), "not_authentic"))
    for i, why, e in [
        ("e-top-bit", "\u25b8 E in another spelling", flip(good, 32, 7)[1:33]),
        ("e-not-canonical", "E of p + 9", (X25519_P + 9).to_bytes(32, "little")),
        ("e-zero", "\u25b8 E whose every secret is zero", bytes(32)),
    ]:
        cases.append(case(i, why, good[:1] + e + good[33:], "invalid_peer_key"))
    for i, why, wrapped in [
        ("empty", "no bytes", b""),
        ("short", "a byte less", good[:-1]),
        ("long", "a byte more", good + b"\0"),
        ("first-byte", "the first byte of an own wrap", b"\x02" + good[1:]),
        ("first-byte-0", "an unknown first byte", b"\x00" + good[1:]),
        ("own", "an own wrap where another's belongs", own_wrap(FILE, BOB)),
    ]:
        cases.append(case(i, why, wrapped, "malformed"))
    return cases


def _own() -> list[Case]:
    def case(
        i: str, why: str, wrapped: bytes, expect: str, *, person: str = "ada", file: SealedFile = FILE
    ) -> Case:
        given: dict[str, Json] = {
            "person": person,
            "id": file.id.hex(),
            "version": file.version,
            "wrap": wrapped.hex(),
        }
        out: dict[str, Json] | None = {"key": file.key.hex()} if expect == "ok" else None
        return Case(f"wrap-own-{i}", why, "unwrap_own", given, expect, out)

    good = own_wrap(FILE, ADA)
    assert len(good) == 61
    second, elsewhere = SealedFile("wrap", 2), SealedFile("wrap elsewhere")
    return [
        case("right", "the owner's own wrap", good, "ok"),
        case("version-2", "another version", own_wrap(second, ADA), "ok", file=second),
        case(
            "other-version", "\u25b8 a wrap of version 1 as version 2's", good, "not_authentic", file=second
        ),
        case("other-file", "\u25b8 moved to another file", good, "not_authentic", file=elsewhere),
        case("other-person", "given to another person", good, "not_authentic", person="bob"),
        case("flip-iv", "one bit of the IV", flip(good, 1), "not_authentic"),
        case("flip-tag", "one bit of the tag", flip(good, 13), "not_authentic"),
        case("flip-ciphertext", "one bit of the ciphertext", flip(good, 60), "not_authentic"),
        case("random", "61 bytes that are none", b"\x02" + seeded("no own wrap", 60), "not_authentic"),
        case("empty", "no bytes", b"", "malformed"),
        case("short", "a byte less", good[:-1], "malformed"),
        case("long", "a byte more", good + b"\0", "malformed"),
        case("first-byte", "the first byte of another's wrap", b"\x01" + good[1:], "malformed"),
        case("others", "another's wrap where the own belongs", wrap(FILE, BOB, ADA), "malformed"),
    ]
