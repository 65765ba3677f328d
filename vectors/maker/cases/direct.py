"""direct.json: who is at the other end of a TCP connection (§16.1)."""

from __future__ import annotations

from maker.basics import Case, Json, VectorFile, kdf, lp, mac, seeded, u8

EXPORTED = seeded("direct exporter", 32)
ID = seeded("direct id", 16)
ROLES = {"initiator": u8(1), "responder": u8(2)}
MACHINE = b"9c1b7a3e-5d2f-4e60-8a17-c4d3b2a19f08\n"


def direct() -> VectorFile:
    key = key_of(EXPORTED, ID)
    connector, listener = seeded("direct connector", 16), seeded("direct listener", 16)
    nonces: dict[str, Json] = {"nonce_c": connector.hex(), "nonce_l": listener.hex()}
    cases = [
        Case(
            f"direct-key-{i}",
            why,
            "key",
            {"exported": exported.hex(), "id": file_id.hex()},
            out={"key": key_of(exported, file_id).hex()},
        )
        for i, why, exported, file_id in [
            ("first", "the key of a transfer", EXPORTED, ID),
            ("id", "another transfer of the channel", EXPORTED, seeded("direct other id", 16)),
            ("channel", "another channel", seeded("direct other exporter", 32), ID),
        ]
    ]
    for role, byte in ROLES.items():
        for i, machine in [("machine", MACHINE), ("random", seeded("direct machine", 32)), ("empty", b"")]:
            cases.append(
                Case(
                    f"direct-here-{i}-{role}",
                    f"here as the {role} says it",
                    "here",
                    {"key": key.hex(), "role": role, "machine": machine.hex()},
                    out={"here": mac(key, lp(b"peerseal/1 here", byte, machine))[:16].hex()},
                )
            )
        said = mac(key, lp(b"peerseal/1 direct", byte, connector, listener))
        cases.append(
            Case(
                f"direct-proof-{role}",
                f"what the {role} says for these nonces",
                "proof",
                {"key": key.hex(), "role": role, **nonces},
                out={"proof": said.hex()},
            )
        )
    stream = mac(key, lp(b"peerseal/1 direct-stream", connector, listener))[:8]
    cases.append(
        Case(
            "direct-stream",
            "the name of the connection",
            "stream",
            {"key": key.hex(), **nonces},
            out={"stream": stream.hex()},
        )
    )
    for i, why, file_id in [
        ("short", "an id of 15 bytes", ID[:-1]),
        ("long", "an id of 17 bytes", ID + b"\0"),
    ]:
        cases.append(
            Case(f"direct-id-{i}", why, "key", {"exported": EXPORTED.hex(), "id": file_id.hex()}, "malformed")
        )
    return VectorFile("direct", "Direct paths over TCP (§16.1)", cases)


def key_of(exported: bytes, file_id: bytes) -> bytes:
    return kdf(exported, b"", "direct", file_id, 32)
