"""link.json: what stands in a link, its keys, what the owner keeps of it (§14)."""

from __future__ import annotations

from maker.accounts import Stretching
from maker.basics import Case, Json, VectorFile, b64, flip, hash_of, kdf, seeded
from maker.identities import ADA, people
from maker.sealed import SealedFile
from maker.stored import link_kept, link_master, link_token, link_wrap

FILE = SealedFile("link")
SECRET, LINK = seeded("link secret", 32), seeded("link id", 16)
PASSWORD = "Gru\u0308\u00dfe"


def link() -> VectorFile:
    cases = [*_fragments(), *_keys(), *_wraps(), *_kept()]
    return VectorFile("link", "Links (§14)", cases, people("ada", "bob"))


def _fragments() -> list[Case]:
    owner = ADA.fingerprint[:16]
    good = b64(SECRET + owner)
    assert len(good) == 64
    out: dict[str, Json] = {"secret": SECRET.hex(), "owner": owner.hex()}
    cases = [Case("link-fragment", "what stands behind the #", "fragment", {"text": good}, out=out)]
    cases += [
        Case(f"link-fragment-{i}", why, "fragment", {"text": text}, "malformed")
        for i, why, text in [
            ("empty", "nothing behind the #", ""),
            ("63", "a character less", good[:-1]),
            ("65", "a character more", good + "A"),
            ("47", "47 bytes", b64((SECRET + owner)[:47])),
            ("49", "49 bytes", b64(SECRET + owner + b"\0")),
            ("secret-only", "the secret alone", b64(SECRET)),
            ("hash", "the # too", "#" + good),
            ("plus", "the other alphabet", "+/" + good[2:]),
            ("space", "a space in the middle", good[:30] + " " + good[31:]),
            ("percent", "escaped by a mail program", "%41" + good[3:]),
        ]
    ]
    cases += [
        Case(f"link-owner-{i}", why, "owner", {"text": good, "person": person}, expect)
        for i, why, person, expect in [
            ("right", "the bundle that is served is the fragment's", "ada", "ok"),
            ("other", "\u25b8 the server serves another owner's bundle", "bob", "unknown_owner"),
        ]
    ]
    return cases


def _keys() -> list[Case]:
    def given(password: str | None, link: bytes = LINK) -> dict[str, Json]:
        return {"secret": SECRET.hex(), "link": link.hex(), "password": password}

    def out(m: bytes) -> dict[str, Json]:
        return {
            "m": m.hex(),
            "token": link_token(m).hex(),
            "token_hash": hash_of(link_token(m)).hex(),
            "wrap_key": kdf(m, b"", "link-wrap", b"", 32).hex(),
        }

    other = seeded("other link id", 16)
    stretched = Stretching().stretched(PASSWORD, kdf(SECRET, b"", "link-salt", LINK, 16))
    return [
        Case(
            "link-keys", "a link without a password", "keys", given(None), out=out(link_master(SECRET, LINK))
        ),
        Case(
            "link-keys-other",
            "the same secret under another link id",
            "keys",
            given(None, link=other),
            out=out(link_master(SECRET, other)),
        ),
        Case(
            "link-keys-password",
            "a link with a password, NFKC of it",
            "keys",
            given(PASSWORD),
            out=out(link_master(SECRET, LINK, stretched)),
        ),
    ]


def _wraps() -> list[Case]:
    m = link_master(SECRET, LINK)
    good = link_wrap(FILE, m, ADA.fingerprint)
    assert len(good) == 60
    second, elsewhere = SealedFile("link", 2), SealedFile("link elsewhere")
    stranger = link_master(seeded("other link secret", 32), LINK)

    def case(
        i: str,
        why: str,
        wrapped: bytes,
        expect: str,
        file: SealedFile = FILE,
        owner: str = "ada",
        secret: bytes = SECRET,
    ) -> Case:
        given: dict[str, Json] = {
            "secret": secret.hex(),
            "link": LINK.hex(),
            "id": file.id.hex(),
            "version": file.version,
            "owner": owner,
            "wrap": wrapped.hex(),
        }
        out: dict[str, Json] | None = {"key": file.key.hex()} if expect == "ok" else None
        return Case(f"link-wrap-{i}", why, "unwrap", given, expect, out)

    return [
        case("right", "the file key for who has the link", good, "ok"),
        case(
            "version-2",
            "wrapped again for another version",
            link_wrap(second, m, ADA.fingerprint),
            "ok",
            second,
        ),
        case("other-version", "\u25b8 version 1's wrap as version 2's", good, "not_authentic", second),
        case("other-file", "\u25b8 moved to another file", good, "not_authentic", elsewhere),
        case("other-owner", "\u25b8 said to be Bob's", good, "not_authentic", owner="bob"),
        case(
            "other-secret", "another link's wrap", link_wrap(FILE, stranger, ADA.fingerprint), "not_authentic"
        ),
        case("wrong-secret", "a link with another secret", good, "not_authentic", secret=bytes(32)),
        case("flip-iv", "one bit of the IV", flip(good, 0), "not_authentic"),
        case("flip-tag", "one bit of the tag", flip(good, 12), "not_authentic"),
        case("flip-ciphertext", "one bit of the ciphertext", flip(good, 59), "not_authentic"),
        case("empty", "no bytes", b"", "malformed"),
        case("short", "a byte less", good[:-1], "malformed"),
        case("long", "a byte more", good + b"\0", "malformed"),
    ]


def _kept() -> list[Case]:
    m = link_master(SECRET, LINK)
    good = link_kept(ADA, LINK, FILE.id, SECRET, m)
    assert len(good) == 92

    def case(
        i: str,
        why: str,
        kept: bytes,
        expect: str,
        person: str = "ada",
        link: bytes = LINK,
        file: bytes = FILE.id,
    ) -> Case:
        given: dict[str, Json] = {
            "person": person,
            "link": link.hex(),
            "id": file.hex(),
            "sealed": kept.hex(),
        }
        out: dict[str, Json] | None = {"secret": SECRET.hex(), "m": m.hex()} if expect == "ok" else None
        return Case(f"link-kept-{i}", why, "kept", given, expect, out)

    return [
        case("right", "what the owner's devices show the link from", good, "ok"),
        case("other-link", "\u25b8 under another link's id", good, "not_authentic", link=bytes(16)),
        case("other-file", "\u25b8 under another file's id", good, "not_authentic", file=bytes(16)),
        case("other-person", "another person's", good, "not_authentic", person="bob"),
        case("flip-iv", "one bit of the IV", flip(good, 0), "not_authentic"),
        case("flip-tag", "one bit of the tag", flip(good, 12), "not_authentic"),
        case("flip-ciphertext", "one bit of m", flip(good, 91), "not_authentic"),
        case("empty", "no bytes", b"", "malformed"),
        case("short", "a byte less", good[:-1], "malformed"),
        case("long", "a byte more", good + b"\0", "malformed"),
    ]
