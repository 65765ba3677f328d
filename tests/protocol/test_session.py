"""One live session: the order of things, what is held back, who is told, and when silence means gone."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto_engine import Code, FileKey, commitment, new_file_id, new_file_key
from peerseal.errors import IntegrityFailed, PeersealError, VerificationFailed
from peerseal.protocol.control import (
    Ack,
    Answer,
    Cancel,
    ControlMessage,
    Done,
    FileKeyMessage,
    Offer,
    Path,
    Pong,
    PreviewEntry,
)
from peerseal.protocol.events import (
    AckArrived,
    AnswerArrived,
    Cancelled,
    DoneArrived,
    Established,
    Event,
    Failed,
    KeyArrived,
    OfferArrived,
    PathArrived,
    PeerLeft,
    PeerVanished,
)
from peerseal.protocol.session import Session
from peerseal.wire.limits import TRANSFERS_MAX
from support.handshakes import carry, pair

CODE = Code("7", "harbor-velvet")
STREAM = bytes(8)


class File(NamedTuple):
    """What a sender would send, and its key."""

    offer: Offer
    key: FileKey


def file() -> File:
    key, file_id = new_file_key(), new_file_id()
    shown = (PreviewEntry("a.txt", 5, "file"),)
    return File(Offer(file_id, 1, 64, commitment(key, file_id, 1), 1, 5, False, False, shown), key)


def sessions(code: Code | None = None, other: Code | None = None) -> tuple[Session, Session]:
    initiator, responder = pair("words" if code is None else "code", code, other)
    sender, receiver = Session(initiator), Session(responder)
    sender.start(0.0)
    receiver.start(0.0)
    return sender, receiver


def connected() -> tuple[Session, Session]:
    """Two sessions in words mode; the sender's person has compared the words."""
    sender, receiver = sessions()
    carry(sender, receiver)
    sender.words_match()
    return sender, receiver


def keyed() -> tuple[Session, Session, File]:
    sender, receiver = connected()
    sent = file()
    sender.offer(sent.offer)
    carry(sender, receiver)
    receiver.answer(sent.offer.id, accept=True)
    carry(sender, receiver)
    sender.file_key(sent.offer.id, sent.key)
    carry(sender, receiver)
    return sender, receiver, sent


def failure(events: list[Event]) -> str:
    [event] = [event for event in events if isinstance(event, Failed)]
    return event.error.code


def left(events: list[Event]) -> list[str | None]:
    return [event.code for event in events if isinstance(event, PeerLeft)]


def test_a_whole_transfer_in_order() -> None:
    sender, receiver = sessions()
    words = {event for event in carry(sender, receiver) if isinstance(event, Established)}
    assert len(words) == 1
    sender.words_match()
    sent = file()
    sender.offer(sent.offer)
    assert carry(sender, receiver) == [OfferArrived(sent.offer)]
    receiver.answer(sent.offer.id, accept=True)
    assert carry(sender, receiver) == [AnswerArrived(sent.offer.id, True, None, None)]
    sender.file_key(sent.offer.id, sent.key)
    sender.path(sent.offer.id, "relay", STREAM)
    assert carry(sender, receiver) == [
        KeyArrived(sent.offer.id, sent.key),
        PathArrived(sent.offer.id, "relay", STREAM),
    ]
    receiver.ack(sent.offer.id, 1, 1, 5)
    receiver.done(sent.offer.id)
    assert carry(sender, receiver) == [
        AckArrived(Ack(sent.offer.id, 1, 1, 5)),
        DoneArrived(sent.offer.id),
    ]
    sender.bye()
    assert left(carry(sender, receiver)) == [None]
    assert sender.over
    assert receiver.over


def test_one_room_carries_many_transfers_both_ways() -> None:
    one, other = connected()
    other.words_match()
    files = [file() for _ in range(3)]
    for sent in files:
        one.offer(sent.offer)
    back = file()
    other.offer(back.offer)
    arrived = [event.offer for event in carry(one, other) if isinstance(event, OfferArrived)]
    assert sorted(arrived) == sorted([*(sent.offer for sent in files), back.offer])


def test_nothing_is_offered_before_the_words_were_compared() -> None:
    sender, receiver = sessions()
    carry(sender, receiver)
    sent = file()
    with pytest.raises(VerificationFailed) as refused:
        sender.offer(sent.offer)
    assert refused.value.code == "not_verified"
    assert carry(sender, receiver) == []
    assert not sender.verified
    sender.words_match()
    sender.offer(sent.offer)
    assert carry(sender, receiver) == [OfferArrived(sent.offer)]


def test_a_person_may_choose_not_to_compare_and_is_not_called_verified() -> None:
    initiator, responder = pair()
    sender, receiver = Session(initiator, unchecked=True), Session(responder, verified=True)
    sender.start(0.0)
    carry(sender, receiver)
    sender.offer(file().offer)
    assert not sender.verified
    assert receiver.verified


def test_words_cannot_match_before_there_are_any() -> None:
    sender, _ = sessions()
    with pytest.raises(IntegrityFailed):
        sender.words_match()


def test_words_that_differ_end_it_and_the_peer_is_told() -> None:
    sender, receiver = sessions()
    carry(sender, receiver)
    sender.words_differ()
    assert left(carry(sender, receiver)) == ["words_differ"]
    assert sender.over


def test_a_code_needs_no_words_and_is_not_called_verified() -> None:
    sender, receiver = sessions(CODE)
    assert carry(sender, receiver) == [Established(()), Established(())]
    sender.offer(file().offer)
    assert not sender.verified


def test_a_wrong_code_is_wrong_on_both_sides() -> None:
    sender, receiver = sessions(CODE, Code("7", "harbor-violin"))
    assert failure(carry(sender, receiver)) == "wrong_code"
    assert receiver.over
    assert sender.awaiting_confirmation
    assert failure(sender.disconnected()) == "wrong_code"


def test_a_guesser_who_falls_silent_spends_the_code_after_ten_seconds() -> None:
    sender, receiver = sessions(CODE)
    carry(sender, receiver, wire=lambda message: None if message[0] == 4 else message)
    assert sender.tick(9.9) == []
    assert failure(sender.tick(10.0)) == "wrong_code"


def test_an_end_before_any_guess_does_not_spend_the_code() -> None:
    sender, _ = sessions(CODE)
    assert sender.disconnected() == [PeerLeft(None)]
    assert not sender.awaiting_confirmation


def test_a_late_confirmation_after_the_code_was_spent_changes_nothing() -> None:
    sender, receiver = sessions(CODE)
    held: list[bytes] = []

    def hold(message: bytes) -> bytes | None:
        held.extend([message] if message[0] == 5 else [])
        return None if message[0] == 5 else message

    carry(sender, receiver, wire=hold)
    sender.tick(10.0)
    assert sender.receive(held[0], 10.1) == []
    assert not sender.established


def test_somebody_in_the_middle_fails_the_session() -> None:
    sender, _ = sessions()
    assert failure(sender.receive(b"\x02" + bytes(1424), 0.0)) == "malformed"
    assert sender.over
    assert sender.outbox()[1:] == []


def test_a_flipped_bit_fails_the_session_and_the_peer_is_told() -> None:
    sender, receiver = connected()
    sender.offer(file().offer)
    [sealed] = sender.outbox()
    assert failure(receiver.receive(sealed[:-1] + bytes([sealed[-1] ^ 1]), 0.0)) == "not_authentic"
    assert left(carry(sender, receiver)) == ["not_authentic"]


def test_a_key_that_was_not_committed_to_is_refused_before_use() -> None:
    sender, receiver = connected()
    sent = file()
    sender.offer(sent.offer._replace(commitment=bytes(32)))
    carry(sender, receiver)
    receiver.answer(sent.offer.id, accept=True)
    carry(sender, receiver)
    with pytest.raises(VerificationFailed):
        sender.file_key(sent.offer.id, sent.key)
    transfer = sender._transfers[sent.offer.id]
    transfer.offer = sent.offer  # type: ignore[misc]  # a sender that lies
    sender.file_key(sent.offer.id, sent.key)
    events = carry(sender, receiver)
    assert failure(events) == "commitment_mismatch"
    assert left(events) == ["commitment_mismatch"]
    assert not any(isinstance(event, KeyArrived) for event in events)


def test_a_declined_offer_is_over() -> None:
    sender, receiver = connected()
    sent = file()
    sender.offer(sent.offer)
    carry(sender, receiver)
    receiver.answer(sent.offer.id, accept=False, code="declined", message="not now")
    assert carry(sender, receiver) == [AnswerArrived(sent.offer.id, False, "declined", "not now")]
    with pytest.raises(IntegrityFailed):
        sender.file_key(sent.offer.id, sent.key)
    sender.offer(sent.offer)  # it may be asked again
    assert carry(sender, receiver) == [OfferArrived(sent.offer)]


@pytest.mark.parametrize("by_sender", [True, False])
def test_either_side_may_cancel_and_what_crosses_is_ignored(by_sender: bool) -> None:
    sender, receiver, sent = keyed()
    sender.path(sent.offer.id, "relay", STREAM)
    carry(sender, receiver)
    by, told = (sender, receiver) if by_sender else (receiver, sender)
    by.cancel(sent.offer.id, "cancelled", "changed my mind")
    if by_sender:
        receiver.ack(sent.offer.id, 1, 0, 0)
    else:
        sender.path(sent.offer.id, "relay", STREAM)
    assert carry(sender, receiver) == [Cancelled(sent.offer.id, "cancelled", "changed my mind")]
    told.cancel(sent.offer.id, "cancelled")
    assert told.outbox() == []
    assert not sender.over


def test_everything_may_be_cancelled_at_once() -> None:
    sender, receiver = connected()
    files = [file(), file()]
    for sent in files:
        sender.offer(sent.offer)
    carry(sender, receiver)
    receiver.cancel(None, "declined")
    assert carry(sender, receiver) == [Cancelled(None, "declined", None)]
    for sent in files:
        with pytest.raises(IntegrityFailed):
            receiver.answer(sent.offer.id, accept=True)


def test_codes_from_the_future_are_shown_as_cancelled() -> None:
    sender, receiver = connected()
    sender.offer(sent := file().offer)
    carry(sender, receiver)
    receiver.cancel(sent.id, "abducted")
    receiver.bye("abducted")
    assert carry(sender, receiver) == [Cancelled(sent.id, "cancelled", None), PeerLeft("cancelled")]


Step = Callable[[Session, Session, File], None]
#: What each side may say, by name; `s` is the file's sender, `r` its receiver.
STEPS: dict[str, Step] = {
    "offer": lambda s, _, f: s.offer(f.offer),
    "yes": lambda _, r, f: r.answer(f.offer.id, accept=True),
    "key": lambda s, _, f: s.file_key(f.offer.id, f.key),
    "path": lambda s, _, f: s.path(f.offer.id, "relay", STREAM),
    "ack": lambda _, r, f: r.ack(f.offer.id, 1, 0, 0),
    "done": lambda _, r, f: r.done(f.offer.id),
}
ALLOWED = {
    (): {"offer"},
    ("offer",): {"yes"},
    ("offer", "yes"): {"key"},
    ("offer", "yes", "key"): {"path"},
    ("offer", "yes", "key", "path"): {"path", "ack", "done"},
    ("offer", "yes", "key", "path", "ack"): {"path", "ack", "done"},
    ("offer", "yes", "key", "path", "done"): {"offer"},
}


@pytest.mark.parametrize("before", ALLOWED, ids="-".join)
@pytest.mark.parametrize("step", STEPS)
def test_only_the_next_step_may_follow_and_a_mistake_of_ours_ends_nothing(
    before: tuple[str, ...], step: str
) -> None:
    sender, receiver = connected()
    sent = file()
    for name in before:
        STEPS[name](sender, receiver, sent)
        carry(sender, receiver)
    events: list[Event] = []
    try:
        STEPS[step](sender, receiver, sent)
        events = carry(sender, receiver)
    except IntegrityFailed as wrong:
        assert wrong.code == "out_of_order"  # noqa: PT017 - which of the two happens is the test
    assert bool(events) is (step in ALLOWED[before])
    assert not any(isinstance(event, Failed) for event in events)
    assert not sender.over
    assert not receiver.over


@pytest.mark.parametrize("before", [(), ("offer",), ("offer", "yes"), ("offer", "yes", "key")])
@pytest.mark.parametrize("step", STEPS)
def test_a_peer_that_contradicts_the_state_fails_the_session(before: tuple[str, ...], step: str) -> None:
    if step in ALLOWED[before]:
        step = before[-1] if before else "done"
    sender, receiver = connected()
    sent = file()
    for name in before:
        STEPS[name](sender, receiver, sent)
        carry(sender, receiver)
    # The same step, said by a peer without our checks, from either side.
    liar, victim = (sender, receiver) if step in {"offer", "key", "path"} else (receiver, sender)
    known = bool(before)
    forged: dict[str, ControlMessage] = {
        "offer": sent.offer,
        "yes": Answer(sent.offer.id, True),
        "key": FileKeyMessage(sent.offer.id, sent.key),
        "path": Path(sent.offer.id, "relay", STREAM),
        "ack": Ack(sent.offer.id, 1, 0, 0),
        "done": Done(sent.offer.id),
    }
    liar._say(forged[step])
    events = carry(sender, receiver)
    if known or step == "offer":
        assert failure(events) == "out_of_order"
        assert left(events) == ["out_of_order"]
        assert victim.over
    else:
        assert events == []  # an id nobody knows is ignored


def test_the_sender_cannot_answer_for_the_receiver() -> None:
    sender, receiver = connected()
    sent = file()
    sender.offer(sent.offer)
    carry(sender, receiver)
    with pytest.raises(IntegrityFailed):
        sender.answer(sent.offer.id, accept=True)
    sender._say(Answer(sent.offer.id, True))
    assert failure(carry(sender, receiver)) == "out_of_order"


def test_messages_about_unknown_transfers_are_ignored() -> None:
    sender, receiver = connected()
    nobody = bytes(16)
    for message in (
        Answer(nobody, True),
        FileKeyMessage(nobody, new_file_key()),
        Path(nobody, "relay", STREAM),
        Ack(nobody, 1, 1, 1),
        Done(nobody),
        Cancel(nobody, "cancelled"),
        Pong(99),
    ):
        sender._say(message)
    assert carry(sender, receiver) == []
    assert not receiver.over


def test_offers_without_end_are_a_limit() -> None:
    sender, receiver = connected()
    for _ in range(TRANSFERS_MAX + 1):
        sender._say(file().offer)
    assert failure(carry(sender, receiver)) == "limit"


def test_pings_are_answered_and_go_out_every_five_seconds() -> None:
    sender, receiver = connected()
    said = 0
    for now in range(1, 61):
        assert sender.tick(float(now)) == []
        said += len(sender._outbox)
        assert carry(sender, receiver, float(now)) == []
    assert said == 12


def test_a_silent_peer_vanishes_after_25_seconds() -> None:
    sender, _ = connected()
    seen = {now: sender.tick(float(now)) for now in range(1, 27)}
    assert seen[25] == [PeerVanished()]
    assert not any(events for now, events in seen.items() if now != 25)
    assert sender.over


def test_a_peer_that_never_answers_the_handshake_vanishes_too() -> None:
    sender, _ = sessions()
    assert [event for now in range(1, 27) for event in sender.tick(float(now))] == [PeerVanished()]


def test_records_count_as_signs_of_life() -> None:
    sender, _ = connected()
    for now in range(1, 120):
        sender.heard(float(now))
        assert sender.tick(float(now)) == []


def test_unauthentic_bytes_are_no_sign_of_life_but_the_end() -> None:
    sender, _ = connected()
    assert failure(sender.receive(b"\x10\x08" + bytes(40), 20.0)) == "not_authentic"
    assert sender.over


def test_a_machine_that_slept_reads_its_messages_first() -> None:
    sender, receiver = connected()
    assert sender.tick(3600.0) == []
    carry(sender, receiver, 3600.0)
    assert sender.tick(3601.0) == []
    assert not sender.over


def test_after_the_end_nothing_is_answered() -> None:
    sender, receiver = connected()
    receiver.bye()
    receiver.bye()
    carry(sender, receiver)
    receiver.outbox()
    assert sender.receive(b"\x10" + bytes(40), 1.0) == []
    assert sender.tick(100.0) == []
    assert sender.disconnected() == []
    assert sender.outbox() == []
    with pytest.raises(PeersealError):
        sender.offer(file().offer)


def test_nothing_may_be_said_before_the_channel_exists() -> None:
    initiator, _ = pair()
    sender = Session(initiator, unchecked=True)
    sender.start(0.0)
    with pytest.raises(IntegrityFailed):
        sender.offer(file().offer)
    sender.cancel(None, "cancelled")
    assert len(sender.outbox()) == 1


@settings(max_examples=100)
@given(st.lists(st.binary(max_size=80), max_size=4), st.booleans())
def test_no_bytes_of_the_server_raise_or_get_through(bodies: list[bytes], established: bool) -> None:
    sender, receiver = connected() if established else sessions()
    for body in bodies:
        for session in (sender, receiver):
            assert all(isinstance(event, Failed) for event in session.receive(body, 1.0))
