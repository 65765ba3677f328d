"""handshake.json: whole transcripts, then each role fed with messages (§5, §6)."""

from __future__ import annotations

from collections.abc import Sequence

from maker.basics import Case, Json, VectorFile, flip
from maker.cases.initiator import initiator_in_code_mode, initiator_in_words_mode
from maker.cases.plays import CODE, RESUME, STRANGER, WORDS, WRONG, Run
from maker.cases.responder import responder_in_code_mode, responder_in_words_mode
from maker.cases.resumed import initiator_in_resume_mode, responder_in_resume_mode, resumed
from maker.handshakes import (
    Keys,
    keys_of_both,
    keys_of_initiator,
    third,
)
from maker.wordlist import words_of

SESSIONS = {"words": WORDS, "code": CODE, "wrong": WRONG, "resume": RESUME, "stranger": STRANGER}


def handshake() -> VectorFile:
    words, code = Run(WORDS, keys_of_both(WORDS)), Run(CODE, keys_of_both(CODE))
    # The receiver typed a wrong code: the sender cannot tell until no M5 comes.
    after_wrong = keys_of_initiator(CODE, WRONG.m2(), WRONG.dh_b, WRONG.x_b, WRONG.encapsulated[0])
    again = resumed()
    messages = {
        f"{name}.M{n}": message
        for name, run in (("words", words), ("code", code), ("resume", again.run))
        for n, message in enumerate([run.m1, run.m2, run.m3, run.m4, run.m5], 1)
    }
    messages |= {"wrong.M2": WRONG.m2(), "wrong.M4": after_wrong.m4()}
    messages |= {"stranger.M4": again.stranger.m4(), "stranger.M5": again.stranger.m5()}
    names = {message: name for name, message in messages.items()}

    def shown(listed: Sequence[bytes]) -> list[Json]:
        return [names.get(message, message.hex()) for message in listed]

    cases = [
        _transcript("words", words.keys),
        _transcript("code", code.keys),
        _transcript("resume", again.run.keys),
    ]
    for role, plays in (
        (
            "initiator",
            [
                *initiator_in_words_mode(words),
                *initiator_in_code_mode(code, after_wrong),
                *initiator_in_resume_mode(again),
            ],
        ),
        (
            "responder",
            [
                *responder_in_words_mode(words),
                *responder_in_code_mode(code, after_wrong),
                *responder_in_resume_mode(again),
            ],
        ),
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
    return VectorFile("handshake", "The live handshake, both roles (§5, §6, §15.2)", cases, shared)


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
