"""The responder's part of handshake.json: each message it gets, with one thing wrong (§5, §6)."""

from __future__ import annotations

from maker.agreement import X25519_P, P, padded
from maker.basics import flip, lp, seeded, u8
from maker.cases.plays import CONTROL, OTHER_DH, OTHER_X, WRONG, Play, Run
from maker.handshakes import (
    Keys,
    first,
    keys_of_initiator,
    second,
    third,
)


def responder_in_words_mode(run: Run) -> list[Play]:
    s, m1, m2, m3, m4, m5 = run.session, run.m1, run.m2, run.m3, run.m4, run.m5
    room, dh, x, ek, nonce = s.room, s.dh_a, s.x_a, s.ek, s.initiator.nonce
    bad_ek = b"\x01" + bytes([ek[1] & 0xF0 | 0x0D]) + ek[2:]
    plays = [
        Play("start", "the responder waits", [], []),
        Play("answer", "M1 makes M2", [m1], [m2]),
        Play("revealed", "M3 fits its commitment; nothing to say yet", [m1, m3], [m2]),
        Play("whole", "M4 ends the handshake and makes M5", [m1, m3, m4], [m2, m5], established=True),
    ]
    for id_, why, message, code in [
        (
            "mode-code",
            "\u25b8 M1 in code mode where the person chose words",
            first(room, 2, dh, x, ek, nonce=nonce),
            "mode_mismatch",
        ),
        (
            "mode-resume",
            "\u25b8 M1 in resume mode where the person chose words",
            first(room, 3, dh, x, ek, nonce=nonce),
            "mode_mismatch",
        ),
        (
            "mode-unknown",
            "M1 in a mode that does not exist",
            first(room, 200, dh, x, ek, nonce=nonce),
            "mode_mismatch",
        ),
        ("mode-wide", "the mode in two bytes", u8(1) + lp(room, b"\0\1", dh, x, ek, bytes(32)), "malformed"),
        (
            "room-other",
            "\u25b8 M1 of another room",
            first(seeded("another room", 16), 1, dh, x, ek, nonce=nonce),
            "malformed",
        ),
        ("room-short", "a room of 15 bytes", first(room[:15], 1, dh, x, ek, nonce=nonce), "malformed"),
        ("dh-zero", "DH value 0", first(room, 1, padded(0), x, ek, nonce=nonce), "invalid_peer_key"),
        ("dh-p", "DH value p", first(room, 1, padded(P), x, ek, nonce=nonce), "invalid_peer_key"),
        (
            "dh-outside",
            "a DH value outside the subgroup",
            first(room, 1, padded(P - int.from_bytes(dh, "big")), x, ek, nonce=nonce),
            "invalid_peer_key",
        ),
        ("dh-long", "a DH value of 257 bytes", first(room, 1, b"\0" + dh, x, ek, nonce=nonce), "malformed"),
        (
            "dh-reflected",
            "\u25b8 our own DH value, before we sent it",
            first(room, 1, s.dh_b, x, ek, nonce=nonce),
            "reflected",
        ),
        (
            "x-reflected",
            "\u25b8 our own X25519 value, before we sent it",
            first(room, 1, dh, s.x_b, ek, nonce=nonce),
            "reflected",
        ),
        (
            "x-zero",
            "an X25519 value of 0",
            first(room, 1, dh, bytes(32), ek, nonce=nonce),
            "invalid_peer_key",
        ),
        (
            "x-not-canonical",
            "an X25519 value of p + 9",
            first(room, 1, dh, (X25519_P + 9).to_bytes(32, "little"), ek, nonce=nonce),
            "invalid_peer_key",
        ),
        (
            "ek-modulus",
            "an ML-KEM key with a coefficient of q",
            first(room, 1, dh, x, bad_ek, nonce=nonce),
            "invalid_peer_key",
        ),
        ("ek-short", "an ML-KEM key of 1183 bytes", first(room, 1, dh, x, ek[:-1], nonce=nonce), "malformed"),
        (
            "commitment-short",
            "a commitment of 31 bytes",
            first(room, 1, dh, x, ek, committed=bytes(31)),
            "malformed",
        ),
        ("m1-cut", "M1 without its last byte", m1[:-1], "malformed"),
        ("m1-trailing", "a byte after M1", m1 + b"\0", "malformed"),
        ("empty", "an empty message", b"", "malformed"),
        ("unknown-type", "a type byte of no message", u8(6) + m1[1:], "malformed"),
        ("m2-first", "M2, which is ours to send", m2, "out_of_order"),
        ("m3-first", "M3 before M1", m3, "out_of_order"),
        ("m4-first", "M4 before M1", m4, "out_of_order"),
        ("m5-first", "M5, which is ours to send", m5, "out_of_order"),
        ("control-first", "a control message before the handshake", CONTROL, "out_of_order"),
    ]:
        plays.append(Play(id_, why, [message], [], code))
    # Reflecting our nonce takes a commitment to it, made before we showed it.
    nonce_back = first(room, 1, dh, x, ek, nonce=s.responder.nonce)
    for id_, why, m1_seen, message, code in [
        (
            "nonce-other",
            "\u25b8 M3 reveals another nonce than was committed to",
            m1,
            third(flip(nonce, 0)),
            "commitment_mismatch",
        ),
        (
            "dh-swapped",
            "\u25b8 the DH value in M1 was swapped, the commitment left",
            first(room, 1, OTHER_DH, x, ek, committed=m1[-32:]),
            m3,
            "commitment_mismatch",
        ),
        (
            "x-swapped",
            "\u25b8 the X25519 value in M1 was swapped",
            first(room, 1, dh, OTHER_X, ek, committed=m1[-32:]),
            m3,
            "commitment_mismatch",
        ),
        (
            "commitment-swapped",
            "\u25b8 the commitment in M1 was changed",
            flip(m1, len(m1) - 1),
            m3,
            "commitment_mismatch",
        ),
        (
            "nonce-reflected",
            "\u25b8 our own nonce comes back, rightly committed to",
            nonce_back,
            third(s.responder.nonce),
            "reflected",
        ),
        ("m3-short", "a nonce of 31 bytes", m1, third(nonce[:-1]), "malformed"),
        ("m3-trailing", "a byte after M3", m1, m3 + b"\0", "malformed"),
        ("m4-before-m3", "M4 before M3", m1, m4, "out_of_order"),
        ("m1-twice", "M1 a second time", m1, m1, "out_of_order"),
        ("m2-returned", "our own M2 comes back", m1, m2, "out_of_order"),
    ]:
        plays.append(Play(id_, why, [m1_seen, message], [m2], code))
    mauled = second(s.dh_b, s.x_b, flip(s.encapsulated[0], 5), s.responder.nonce)
    saw_mauled = keys_of_initiator(s, mauled, s.dh_b, s.x_b, flip(s.encapsulated[0], 5))
    saw_other = second(s.dh_b, s.x_b, s.encapsulated[0], flip(s.responder.nonce, 3))
    saw_other_nonce = keys_of_initiator(s, saw_other, s.dh_b, s.x_b, s.encapsulated[0])
    for id_, why, message, code in [
        ("m4-flipped", "one bit of M4", flip(m4, 1), "confirmation_failed"),
        (
            "m4-of-responder",
            "\u25b8 the confirmation that is ours to send, as M4",
            u8(4) + m5[1:],
            "confirmation_failed",
        ),
        (
            "m2-mauled",
            "the initiator saw another ciphertext than we sent",
            saw_mauled.m4(),
            "confirmation_failed",
        ),
        (
            "m2-nonce-swapped",
            "same secrets, but the initiator saw another nonce of ours",
            saw_other_nonce.m4(),
            "confirmation_failed",
        ),
        ("m4-short", "M4 of 31 bytes", m4[:-1], "malformed"),
        ("m4-long", "M4 of 33 bytes", m4 + b"\0", "malformed"),
        ("m5-for-m4", "M5 where M4 belongs", m5, "out_of_order"),
        ("m3-twice", "M3 a second time", m3, "out_of_order"),
        ("control-before-m4", "a control message before M4", CONTROL, "out_of_order"),
    ]:
        plays.append(Play(id_, why, [m1, m3, message], [m2], code))
    plays.append(
        Play("m4-twice", "M4 after the handshake has ended", [m1, m3, m4, m4], [m2, m5], "out_of_order")
    )
    return plays


def responder_in_code_mode(run: Run, after_wrong: Keys) -> list[Play]:
    s = run.session
    in_words = first(s.room, 1, s.dh_a, s.x_a, s.ek, nonce=s.initiator.nonce)
    return [
        Play(
            "code-whole",
            "code mode with the right code",
            [run.m1, run.m3, run.m4],
            [run.m2, run.m5],
            session="code",
            established=True,
        ),
        Play(
            "code-wrong",
            "\u25b8 a wrong code shows in M4 and no M5 is sent",
            [run.m1, run.m3, after_wrong.m4()],
            [WRONG.m2()],
            "confirmation_failed",
            "wrong",
        ),
        Play(
            "code-downgrade",
            "\u25b8 M1 in words mode where the person typed a code",
            [in_words],
            [],
            "mode_mismatch",
            "code",
        ),
    ]
