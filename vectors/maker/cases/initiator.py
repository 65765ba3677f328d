"""The initiator's part of handshake.json: each message it gets, with one thing wrong (§5, §6)."""

from __future__ import annotations

from maker.agreement import P, padded
from maker.basics import flip, lp, u8
from maker.cases.plays import CONTROL, ONE_X, WRONG, Play, Run
from maker.handshakes import (
    Keys,
    keys_of_initiator,
    second,
)


def initiator_in_words_mode(run: Run) -> list[Play]:
    s, m1, m2, m3, m4, m5 = run.session, run.m1, run.m2, run.m3, run.m4, run.m5
    dh, x, ct, nonce = s.dh_b, s.x_b, s.encapsulated[0], s.responder.nonce
    plays = [
        Play("start", "M1 as these private values make it", [], [m1]),
        Play("answer", "M2 makes M3 and M4, sent together", [m2], [m1, m3, m4]),
        Play("whole", "M5 ends the handshake", [m2, m5], [m1, m3, m4], established=True),
    ]
    for id_, why, message, code in [
        ("dh-one", "DH value 1", second(padded(1), x, ct, nonce), "invalid_peer_key"),
        ("dh-p-minus-1", "DH value p - 1", second(padded(P - 1), x, ct, nonce), "invalid_peer_key"),
        (
            "dh-outside",
            "a DH value outside the subgroup",
            second(padded(P - 2), x, ct, nonce),
            "invalid_peer_key",
        ),
        ("dh-short", "a DH value of 255 bytes", second(dh[1:], x, ct, nonce), "malformed"),
        ("dh-reflected", "\u25b8 our own DH value comes back", second(s.dh_a, x, ct, nonce), "reflected"),
        ("x-reflected", "\u25b8 our own X25519 value comes back", second(dh, s.x_a, ct, nonce), "reflected"),
        (
            "nonce-reflected",
            "\u25b8 our own nonce comes back, though we never showed it",
            second(dh, x, ct, s.initiator.nonce),
            "reflected",
        ),
        ("x-low-order", "an X25519 value of low order", second(dh, ONE_X, ct, nonce), "invalid_peer_key"),
        (
            "x-not-canonical",
            "an X25519 value with the top bit set",
            second(dh, flip(x, 31, 7), ct, nonce),
            "invalid_peer_key",
        ),
        ("x-long", "an X25519 value of 33 bytes", second(dh, x + b"\0", ct, nonce), "malformed"),
        ("ct-short", "a ciphertext of 1087 bytes", second(dh, x, ct[:-1], nonce), "malformed"),
        ("nonce-short", "a nonce of 31 bytes", second(dh, x, ct, nonce[:-1]), "malformed"),
        ("m2-cut", "M2 without its last byte", m2[:-1], "malformed"),
        ("m2-trailing", "a byte after M2", m2 + b"\0", "malformed"),
        ("m2-extra-part", "a fifth part in M2", m2 + lp(b""), "malformed"),
        ("m2-bare", "only the type byte of M2", m2[:1], "malformed"),
        ("empty", "an empty message", b"", "malformed"),
        ("unknown-type", "a type byte of no message", u8(9) + m2[1:], "malformed"),
        ("zero-type", "a type byte of 0", u8(0) + m2[1:], "malformed"),
        ("m1-reflected", "\u25b8 our own M1 comes back", m1, "out_of_order"),
        ("m3-before-m2", "M3, which is ours to send", m3, "out_of_order"),
        ("m4-before-m2", "M4, which is ours to send", m4, "out_of_order"),
        ("m5-before-m2", "M5 before M2", m5, "out_of_order"),
        ("control-early", "a control message before the end of the handshake", CONTROL, "out_of_order"),
    ]:
        plays.append(Play(id_, why, [message], [m1], code))
    # A changed ciphertext is no error here: the secrets differ, so M5 of the honest peer does not fit.
    mauled = second(dh, x, flip(ct, 100), nonce)
    after_mauled = keys_of_initiator(s, mauled, dh, x, flip(ct, 100))
    plays.append(
        Play(
            "ct-mauled",
            "a changed ciphertext shows only in the confirmation",
            [mauled, m5],
            [m1, m3, after_mauled.m4()],
            "confirmation_failed",
        )
    )
    for id_, why, message, code in [
        ("m5-flipped", "one bit of M5", flip(m5, 32), "confirmation_failed"),
        (
            "m5-reflected",
            "\u25b8 our own confirmation comes back as M5",
            u8(5) + m4[1:],
            "confirmation_failed",
        ),
        ("m5-zeros", "a confirmation of zeros", u8(5) + bytes(32), "confirmation_failed"),
        ("m5-short", "M5 of 31 bytes", m5[:-1], "malformed"),
        ("m5-long", "M5 of 33 bytes", m5 + b"\0", "malformed"),
        ("m4-returned", "our own M4 comes back", m4, "out_of_order"),
        ("m2-twice", "M2 a second time", m2, "out_of_order"),
        ("control-before-m5", "a control message before M5", CONTROL, "out_of_order"),
    ]:
        plays.append(Play(id_, why, [m2, message], [m1, m3, m4], code))
    plays.append(
        Play("m5-twice", "M5 after the handshake has ended", [m2, m5, m5], [m1, m3, m4], "out_of_order")
    )
    return plays


def initiator_in_code_mode(run: Run, after_wrong: Keys) -> list[Play]:
    m1, m3 = run.m1, run.m3
    return [
        Play(
            "code-whole",
            "code mode with the right code",
            [run.m2, run.m5],
            [m1, m3, run.m4],
            session="code",
            established=True,
        ),
        Play(
            "code-wrong",
            "\u25b8 the peer typed a wrong code: nothing shows yet, no M5 will come",
            [WRONG.m2()],
            [m1, m3, after_wrong.m4()],
            session="code",
        ),
        Play(
            "code-wrong-m5",
            "an M5 that fits the right code only",
            [WRONG.m2(), run.m5],
            [m1, m3, after_wrong.m4()],
            "confirmation_failed",
            "code",
        ),
        Play(
            "code-dh-reflected",
            "\u25b8 our own DH value comes back: it would need no code",
            [second(run.session.dh_a, WRONG.x_b, WRONG.encapsulated[0], WRONG.responder.nonce)],
            [m1],
            "reflected",
            "code",
        ),
    ]
