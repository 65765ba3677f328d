"""recovery.json: what is signed to set a new password with the words (§10.2)."""

from __future__ import annotations

from dataclasses import replace

from maker.accounts import Recovery, Stretching
from maker.basics import Case, VectorFile, flip, seeded
from maker.identities import ADA, BOB, people

NEW = Recovery(
    seeded("recovery server", 16),
    "ada",
    seeded("recovery challenge", 32),
    seeded("recovery auth", 32),
    seeded("recovery salt", 16),
    Stretching(),
    seeded("recovery vault", 93),
)


def recovery() -> VectorFile:
    cases = []
    for i, why, new in [
        ("vault", "a new password and vault", NEW),
        ("no-vault", "no vault is an empty string", replace(NEW, vault=None)),
        (
            "other",
            "a name that is not ASCII, other parameters",
            replace(NEW, user="gr\u00fc\u00dfe", stretching=Stretching(1_048_576, 10, 4)),
        ),
    ]:
        out = {"body": new.body().hex(), "signature": ADA.sign("recover", new.body()).hex()}
        cases.append(Case(f"recovery-{i}", why, "sign", {"person": "ada", **new.as_json()}, out=out))

    right = ADA.sign("recover", NEW.body())
    for i, why, said, signature in [
        ("other-server", "\u25b8 a signature for another server", replace(NEW, server=bytes(16)), right),
        ("other-user", "a signature for another account", replace(NEW, user="bob"), right),
        (
            "other-challenge",
            "\u25b8 a signature for an earlier challenge",
            replace(NEW, challenge=bytes(32)),
            right,
        ),
        (
            "other-auth",
            "\u25b8 another password under the same signature",
            replace(NEW, auth=bytes(32)),
            right,
        ),
        ("other-salt", "another salt", replace(NEW, salt=bytes(16)), right),
        ("other-memory", "weaker parameters", replace(NEW, stretching=Stretching(65_535)), right),
        ("other-passes", "other passes", replace(NEW, stretching=Stretching(passes=4)), right),
        ("other-lanes", "other lanes", replace(NEW, stretching=Stretching(lanes=2)), right),
        ("other-vault", "\u25b8 another vault", replace(NEW, vault=flip(NEW.vault or b"", 92)), right),
        ("vault-dropped", "the vault left out", replace(NEW, vault=None), right),
        ("other-type", "a signature of another type", NEW, ADA.sign("access", NEW.body())),
        ("other-person", "another identity's signature", NEW, BOB.sign("recover", NEW.body())),
    ]:
        given = {"person": "ada", **said.as_json(), "signature": signature.hex()}
        cases.append(Case(f"recovery-{i}", why, "verify", given, "signature_invalid"))
    return VectorFile("recovery", "Recovery with the words (§10.2)", cases, people("ada"))
