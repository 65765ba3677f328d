"""handshake.json: whole transcripts, and each message with one thing wrong (§5, §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from maker.agreement import X25519_P, P, dh_public, padded, seeded_exponent, x_public
from maker.basics import Case, Json, VectorFile, flip, lp, seeded, u8, u64
from maker.handshakes import (
    Keys,
    Session,
    first,
    keys_of_both,
    keys_of_initiator,
    second,
    seeded_session,
    third,
)
from maker.wordlist import words_of

WORDS = seeded_session("words", None)
CODE = seeded_session("code", ("7", "harbor-velvet"))
WRONG = replace(CODE, code=("7", "harbor-velour"))
SESSIONS = {"words": WORDS, "code": CODE, "wrong": WRONG}
OTHER_DH = dh_public(seeded_exponent("handshake other dh"))
OTHER_X = x_public(seeded("handshake other x", 32))
CONTROL = u8(16) + u8(8) + u64(0) + seeded("handshake control", 30)
ONE_X = (1).to_bytes(32, "little")


@dataclass(frozen=True)
class Run:
    """A session played to its end without fault."""

    session: Session
    keys: Keys

    @property
    def m1(self) -> bytes:
        return self.session.m1()

    @property
    def m2(self) -> bytes:
        return self.session.m2()

    @property
    def m3(self) -> bytes:
        return self.session.m3()

    @property
    def m4(self) -> bytes:
        return self.keys.m4()

    @property
    def m5(self) -> bytes:
        return self.keys.m5()


@dataclass(frozen=True)
class Play:
    """One side fed with messages: how the last one ends, and what this side sent by then."""

    id: str
    why: str
    receive: Sequence[bytes]
    sent: Sequence[bytes]
    expect: str = "ok"
    session: str = "words"
    established: bool = False


def handshake() -> VectorFile:
    words, code = Run(WORDS, keys_of_both(WORDS)), Run(CODE, keys_of_both(CODE))
    # The receiver typed a wrong code: the sender cannot tell until no M5 comes.
    after_wrong = keys_of_initiator(CODE, WRONG.m2(), WRONG.dh_b, WRONG.x_b, WRONG.encapsulated[0])
    messages = {
        f"{name}.M{n}": message
        for name, run in (("words", words), ("code", code))
        for n, message in enumerate([run.m1, run.m2, run.m3, run.m4, run.m5], 1)
    }
    messages |= {"wrong.M2": WRONG.m2(), "wrong.M4": after_wrong.m4()}
    names = {message: name for name, message in messages.items()}

    def shown(listed: Sequence[bytes]) -> list[Json]:
        return [names.get(message, message.hex()) for message in listed]

    cases = [_transcript("words", words.keys), _transcript("code", code.keys)]
    for role, plays in (
        ("initiator", [*_initiator(words), *_initiator_in_code_mode(code, after_wrong)]),
        ("responder", [*_responder(words), *_responder_in_code_mode(code, after_wrong)]),
    ):
        for play in plays:
            given: dict[str, Json] = {"session": play.session, "receive": shown(play.receive)}
            out: dict[str, Json] = {"sent": shown(play.sent), "established": play.established}
            cases.append(Case(f"{role}-{play.id}", play.why, role, given, play.expect, out))
    for id_, why, role, receive, then, sent in _dead(words):
        given = {"role": role, "session": "words", "receive": shown(receive), "then": shown([then])[0]}
        cases.append(Case(f"dead-{id_}", why, "dead", given, "out_of_order", {"sent": shown(sent)}))
    shared: dict[str, Json] = {
        "sessions": {name: session.as_json() for name, session in SESSIONS.items()},
        "messages": {name: message.hex() for name, message in messages.items()},
    }
    return VectorFile("handshake", "The live handshake, both roles (§5, §6)", cases, shared)


def _transcript(name: str, keys: Keys) -> Case:
    out: dict[str, Json] = {
        "messages": [f"{name}.M{n}" for n in range(1, 6)],
        "transcript": keys.transcript.hex(),
        "ikm": keys.ikm.hex(),
        "words": list(words_of(keys.derive("words", 8))) if name == "words" else None,
    }
    for label in ("confirm-initiator", "confirm-responder", "key-initiator", "key-responder"):
        out[label.replace("-", "_")] = keys.derive(label).hex()
    for label in ("export-resume", "export-direct", "export-relay", "export-park"):
        out[label.replace("-", "_")] = keys.derive(label).hex()
    return Case(
        f"handshake-{name}", f"a whole handshake in {name} mode", "transcript", {"session": name}, out=out
    )


def _initiator(run: Run) -> list[Play]:
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


def _responder(run: Run) -> list[Play]:
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
        ("mode-resume", "M1 in a reserved mode", first(room, 3, dh, x, ek, nonce=nonce), "mode_mismatch"),
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


def _initiator_in_code_mode(run: Run, after_wrong: Keys) -> list[Play]:
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


def _responder_in_code_mode(run: Run, after_wrong: Keys) -> list[Play]:
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


def _dead(run: Run) -> list[tuple[str, str, str, Sequence[bytes], bytes, Sequence[bytes]]]:
    m1, m2, m3, m4, m5 = run.m1, run.m2, run.m3, run.m4, run.m5
    return [
        (
            "initiator-m5",
            "\u25b8 after a wrong M5 the right one is too late",
            "initiator",
            [m2, flip(m5, 9)],
            m5,
            [m1, m3, m4],
        ),
        (
            "initiator-m2",
            "\u25b8 after a malformed M2 a right one is too late",
            "initiator",
            [m2[:-1]],
            m2,
            [m1],
        ),
        (
            "responder-m4",
            "\u25b8 one guess: after a wrong M4 the right one is too late",
            "responder",
            [m1, m3, flip(m4, 9)],
            m4,
            [m2],
        ),
        (
            "responder-m3",
            "\u25b8 after a wrong nonce the right one is too late",
            "responder",
            [m1, third(bytes(32))],
            m3,
            [m2],
        ),
        ("responder-m1", "after a malformed M1 a right one is too late", "responder", [m1 + b"\0"], m1, []),
    ]
