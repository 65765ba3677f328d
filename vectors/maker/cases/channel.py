"""channel.json: sealed control messages, opened in order (§5.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maker.basics import Case, Json, VectorFile, compact, flip, lp, seeded, u8, u32, u64
from maker.cases.control_messages import ACK, DONE, FILE_KEY, IDENTITY, OFFER, PING

KEYS = {1: seeded("channel key initiator", 32), 2: seeded("channel key responder", 32)}
SPACES = b'{"n":5}' + b" " * (32768 - 7)


def sealed(direction: int, sequence: int, kind: int, plaintext: bytes, *, said: int | None = None) -> bytes:
    """One message from side `direction`; `said` writes another type in front than was authenticated."""
    aad = lp(u8(direction), u64(sequence), u8(kind))
    text = AESGCM(KEYS[direction]).encrypt(u32(0) + u64(sequence), plaintext, aad)
    return u8(16) + u8(kind if said is None else said) + u64(sequence) + text


def say(direction: int, sequence: int, kind: int, value: Mapping[str, Json]) -> bytes:
    return sealed(direction, sequence, kind, compact(value))


def channel() -> VectorFile:
    ping = {n: say(2, n, 8, {"n": n}) for n in range(4)}
    own = say(1, 0, 8, {"n": 0})

    def shown(*opened: tuple[int, Mapping[str, Json]]) -> dict[str, Json]:
        return {"opened": [{"type": kind, "value": value} for kind, value in opened]}

    def case(
        i: str,
        why: str,
        fed: Sequence[bytes],
        expect: str,
        *opened: tuple[int, Mapping[str, Json]],
        role: str = "initiator",
    ) -> Case:
        given: dict[str, Json] = {"role": role, "messages": [message.hex() for message in fed]}
        return Case(f"channel-{i}", why, "open", given, expect, shown(*opened))

    zero, one = (8, {"n": 0}), (8, {"n": 1})
    talk = [say(1, 0, 1, OFFER), say(1, 1, 3, FILE_KEY), say(1, 2, 9, PING)]
    cases = [
        case(
            "to-responder",
            "what the initiator says",
            talk,
            "ok",
            (1, OFFER),
            (3, FILE_KEY),
            (9, PING),
            role="responder",
        ),
        case(
            "to-initiator",
            "what the responder says",
            [say(2, 0, 4, ACK), say(2, 1, 10, DONE)],
            "ok",
            (4, ACK),
            (10, DONE),
        ),
        case(
            "identity",
            "who the other side says it is (\u00a79.3)",
            [say(2, 0, 12, IDENTITY)],
            "ok",
            (12, IDENTITY),
        ),
        case("longest", "a plaintext of 32 KiB", [sealed(2, 0, 8, SPACES)], "ok", (8, {"n": 5})),
    ]
    for i, why, fed, opened in [
        ("starts-at-1", "the first message left out", [ping[1]], []),
        ("dropped", "\u25b8 a message left out", [ping[0], ping[2]], [zero]),
        ("repeated", "\u25b8 a message twice", [ping[0], ping[0]], [zero]),
        ("replayed", "an old message later", [ping[0], ping[1], ping[0]], [zero, one]),
        ("sequence-largest", "the largest number there is", [sealed(2, 2**64 - 1, 8, b'{"n":0}')], []),
        ("sequence-wraps", "2^32 is not 0", [sealed(2, 2**32, 8, b'{"n":0}')], []),
    ]:
        cases.append(case(i, why, fed, "out_of_order", *opened))
    for i, why, fed, opened in [
        ("flipped", "one bit of the ciphertext", [flip(ping[0], 12)], []),
        ("flipped-tag", "one bit of the tag", [flip(ping[0], len(ping[0]) - 1)], []),
        ("flipped-second", "nothing is opened from there on", [ping[0], flip(ping[1], 11)], [zero]),
        ("reflected", "\u25b8 our own message comes back", [own], []),
        (
            "type-swapped",
            "\u25b8 a ping with a pong's type in front",
            [sealed(2, 0, 8, b'{"n":0}', said=9)],
            [],
        ),
        ("renumbered", "\u25b8 message 1 with a 0 in front", [ping[1][:2] + u64(0) + ping[1][10:]], []),
        ("cut", "a message without its last byte", [ping[0][:-1]], []),
        ("longer", "a message with a byte more", [ping[0] + b"\0"], []),
        ("tag-only", "sixteen zeros for a message", [u8(16) + u8(8) + u64(0) + bytes(16)], []),
        ("direction", "the right key, the other direction in the associated data", [_wrong_direction()], []),
    ]:
        cases.append(case(i, why, fed, "not_authentic", *opened))
    for i, why, fed, opened in [
        ("empty", "an empty message", [b""], []),
        ("short", "25 bytes: a part of the tag is missing", [u8(16) + u8(8) + u64(0) + bytes(15)], []),
        ("first-byte", "another first byte", [u8(17) + ping[0][1:]], []),
        ("unknown-type", "a rightly sealed message of an unknown type", [sealed(2, 0, 99, b"{}")], []),
        ("reserved-type", "a rightly sealed message of a reserved type", [sealed(2, 0, 7, b"{}")], []),
        ("not-json", "a rightly sealed message that is no JSON", [sealed(2, 0, 8, b"n")], []),
        ("no-plaintext", "a rightly sealed message of no bytes", [sealed(2, 0, 8, b"")], []),
        (
            "duplicate",
            "a rightly sealed message with a key twice",
            [ping[0], sealed(2, 1, 8, b'{"n":1,"n":1}')],
            [zero],
        ),
        ("too-long", "a rightly sealed message of a byte over 32 KiB", [sealed(2, 0, 8, SPACES + b" ")], []),
    ]:
        cases.append(case(i, why, fed, "malformed", *opened))
    for i, why, fed, then, opened in [
        (
            "flipped",
            "\u25b8 after a message that is not authentic the right one is too late",
            [ping[0], flip(ping[1], 11)],
            ping[1],
            [zero],
        ),
        (
            "dropped",
            "\u25b8 after a gap the missing message is too late",
            [ping[0], ping[2]],
            ping[1],
            [zero],
        ),
        (
            "malformed",
            "after a malformed message the next is too late",
            [ping[0], sealed(2, 1, 8, b"[]")],
            ping[2],
            [zero],
        ),
    ]:
        given: dict[str, Json] = {
            "role": "initiator",
            "messages": [message.hex() for message in fed],
            "then": then.hex(),
        }
        cases.append(Case(f"channel-dead-{i}", why, "dead", given, "out_of_order", shown(*opened)))
    shared: dict[str, Json] = {"key_initiator": KEYS[1].hex(), "key_responder": KEYS[2].hex()}
    return VectorFile("channel", "The control channel (§5.2)", cases, shared)


def _wrong_direction() -> bytes:
    aad = lp(u8(1), u64(0), u8(8))
    return u8(16) + u8(8) + u64(0) + AESGCM(KEYS[2]).encrypt(bytes(12), b'{"n":0}', aad)
