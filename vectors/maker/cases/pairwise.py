"""pairwise.json: the secret two identities share (§12.1)."""

from __future__ import annotations

from maker.basics import Case, VectorFile
from maker.identities import ADA, BOB, EVE, people


def pairwise() -> VectorFile:
    assert ADA.pairwise(BOB) == BOB.pairwise(ADA)
    cases = [
        Case(
            f"pairwise-{own}-{peer}",
            why,
            "secret",
            {"person": own, "peer": peer},
            out={"secret": secret.hex()},
        )
        for own, peer, why, secret in [
            ("ada", "bob", "from one side", ADA.pairwise(BOB)),
            ("bob", "ada", "the other side has the same", BOB.pairwise(ADA)),
            ("ada", "eve", "another peer, another secret", ADA.pairwise(EVE)),
            ("eve", "bob", "a third pair, so that both orders of bundles occur", EVE.pairwise(BOB)),
        ]
    ]
    return VectorFile("pairwise", "What two identities share (§12.1)", cases, people("ada", "bob", "eve"))
