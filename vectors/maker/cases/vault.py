"""vault.json: the root sealed by the password (§10.1)."""

from __future__ import annotations

from maker.accounts import vault as seal
from maker.basics import Case, Json, VectorFile, flip, seeded
from maker.identities import ADA, BOB

KEY, SERVER = seeded("vault key", 32), seeded("vault server", 16)


def vault() -> VectorFile:
    def case(
        i: str,
        why: str,
        sealed: bytes,
        expect: str,
        *,
        key: bytes = KEY,
        user: str = "ada",
        server: bytes = SERVER,
        out: dict[str, Json] | None = None,
    ) -> Case:
        given: dict[str, Json] = {
            "vault": sealed.hex(),
            "vault_key": key.hex(),
            "user": user,
            "server": server.hex(),
        }
        return Case(f"vault-{i}", why, "open", given, expect, out)

    good = seal(ADA.root, KEY, "ada", SERVER)
    other = seal(ADA.root, seeded("other vault key", 32), "ada", SERVER)
    assert len(good) == 93
    root: dict[str, Json] = {"root": ADA.root.hex()}
    accented = seal(ADA.root, KEY, "gr\u00fc\u00dfe", SERVER)
    cases = [
        case("right", "a vault", good, "ok", out=root),
        case("utf-8", "a name that is not ASCII", accented, "ok", user="gr\u00fc\u00dfe", out=root),
        case("other-key", "\u25b8 another password", good, "not_authentic", key=seeded("wrong key", 32)),
        case("other-user", "\u25b8 another account's vault", good, "not_authentic", user="bob"),
        case("other-server", "\u25b8 another server's vault", good, "not_authentic", server=bytes(16)),
        case("commitment", "one bit of the commitment", flip(good, 1), "not_authentic"),
        case("commitment-end", "the last bit of the commitment", flip(good, 32), "not_authentic"),
        case("iv", "one bit of the IV", flip(good, 33), "not_authentic"),
        case("tag", "one bit of the tag", flip(good, 45), "not_authentic"),
        case("ciphertext", "one bit of the ciphertext", flip(good, 92, 7), "not_authentic"),
        case(
            "commitment-swapped",
            "\u25b8 a commitment to another key before a ciphertext that opens",
            good[:1] + other[1:33] + good[33:],
            "not_authentic",
        ),
        case("empty", "no bytes", b"", "malformed"),
        case("short", "a byte less", good[:-1], "malformed"),
        case("long", "a byte more", good + b"\0", "malformed"),
        case("first-byte", "an unknown first byte", b"\x02" + good[1:], "malformed"),
    ]
    cases += [
        Case(
            f"vault-account-{i}",
            why,
            "account",
            {"root": ADA.root.hex(), "bundle": bundle.hex()},
            expect,
        )
        for i, why, bundle, expect in [
            ("right", "the account shows the bundle of the root in its vault", ADA.bundle, "ok"),
            ("other", "\u25b8 the account shows another bundle than the root's", BOB.bundle, "key_changed"),
            ("flipped", "one bit of the bundle", flip(ADA.bundle, 1519), "key_changed"),
        ]
    ]
    return VectorFile("vault", "The vault (§10.1)", cases)
