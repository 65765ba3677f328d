"""The part of handshake.json in resume mode: who does not hold the resume secret gets no channel (§15.2)."""

from __future__ import annotations

from dataclasses import dataclass

from maker.basics import flip, lp
from maker.cases.plays import RESUME, STRANGER, Play, Run
from maker.handshakes import Keys, first, keys_of_both


@dataclass(frozen=True)
class Resumed:
    """A resumed session, and what two others would confirm who saw the same messages and hold no secret of it."""

    run: Run
    stranger: Keys
    without: Keys


def resumed() -> Resumed:
    run = Run(RESUME, keys_of_both(RESUME))
    stranger = keys_of_both(STRANGER)
    # The same three secrets as in words mode, with nothing beside them: all but the last part of the LP.
    without = Keys(run.keys.ikm[: -len(lp(b"".join(RESUME.known)))], run.keys.transcript)
    if stranger.transcript != run.keys.transcript:
        raise AssertionError("only the resume secret may differ")
    return Resumed(run, stranger, without)


def initiator_in_resume_mode(resumed: Resumed) -> list[Play]:
    run = resumed.run
    sent = [run.m1, run.m3, run.m4]
    plays = [
        Play(
            "resume-whole",
            "resume mode, both hold the secret",
            [run.m2, run.m5],
            sent,
            session="resume",
            established=True,
        )
    ]
    for id_, why, m5 in [
        ("resume-stranger", "\u25b8 an M5 under another resume secret", resumed.stranger.m5()),
        ("resume-without", "\u25b8 an M5 without any resume secret", resumed.without.m5()),
        ("resume-m5-flipped", "one bit of M5", flip(run.m5, 32)),
    ]:
        plays.append(Play(id_, why, [run.m2, m5], sent, "confirmation_failed", "resume"))
    return plays


def responder_in_resume_mode(resumed: Resumed) -> list[Play]:
    run = resumed.run
    s = run.session
    plays = [
        Play(
            "resume-whole",
            "resume mode, both hold the secret",
            [run.m1, run.m3, run.m4],
            [run.m2, run.m5],
            session="resume",
            established=True,
        )
    ]
    for id_, why, m4 in [
        ("resume-stranger", "\u25b8 an M4 under another resume secret", resumed.stranger.m4()),
        ("resume-without", "\u25b8 an M4 without any resume secret", resumed.without.m4()),
        ("resume-m4-flipped", "one bit of M4", flip(run.m4, 1)),
    ]:
        plays.append(Play(id_, why, [run.m1, run.m3, m4], [run.m2], "confirmation_failed", "resume"))
    for id_, why, mode in [
        ("resume-words", "\u25b8 M1 in words mode: there is no way back to words", 1),
        ("resume-code", "M1 in code mode", 2),
        ("resume-unknown", "M1 in a mode that does not exist", 4),
    ]:
        m1 = first(s.room, mode, s.dh_a, s.x_a, s.ek, nonce=s.initiator.nonce)
        plays.append(Play(id_, why, [m1], [], "mode_mismatch", "resume"))
    return plays
