"""password.json: what a password becomes, and parameters a client refuses (§10)."""

from __future__ import annotations

from maker.accounts import Stretching, auth_of, password_salt, vault_key_of
from maker.basics import Case, Json, VectorFile, seeded

SERVER = seeded("server id", 16)
SALT = seeded("password salt", 16)


def password() -> VectorFile:
    def given(secret: str, user: str, stretching: Stretching) -> dict[str, Json]:
        return {
            "password": secret,
            "user": user,
            "server": SERVER.hex(),
            "salt": SALT.hex(),
            **stretching.as_json(),
        }

    cases = []
    for i, why, secret, user, stretching in [
        ("normal", "as most accounts are", "correct horse battery staple", "ada", Stretching()),
        (
            "normalised",
            "NFKC of the password, UTF-8 of both, three lanes, four passes",
            "Gru\u0308\u00dfe \uff21\ufb01",
            "gr\u00fc\u00dfe",
            Stretching(passes=4, lanes=3),
        ),
    ]:
        m = stretching.stretched(secret, password_salt(user, SERVER, SALT))
        out: dict[str, Json] = {"auth": auth_of(m).hex(), "vault_key": vault_key_of(m).hex()}
        cases.append(Case(f"password-{i}", why, "stretch", given(secret, user, stretching), out=out))
    for i, why, stretching in [
        ("memory-low", "\u25b8 a KiB less than 64 MiB", Stretching(memory=65_535)),
        ("memory-0", "no memory", Stretching(memory=0)),
        ("memory-high", "\u25b8 a KiB more than a GiB", Stretching(memory=1_048_577)),
        ("memory-huge", "more than u32 holds", Stretching(memory=2**53 - 1)),
        ("passes-low", "\u25b8 two passes", Stretching(passes=2)),
        ("passes-0", "no passes", Stretching(passes=0)),
        ("passes-high", "eleven passes", Stretching(passes=11)),
        ("passes-huge", "\u25b8 passes for years", Stretching(passes=2**32 - 1)),
        ("lanes-0", "no lanes", Stretching(lanes=0)),
        ("lanes-high", "five lanes", Stretching(lanes=5)),
    ]:
        cases.append(
            Case(f"password-{i}", why, "stretch", given("password", "ada", stretching), "weak_parameters")
        )
    return VectorFile("password", "From the password to its keys (§10)", cases)
