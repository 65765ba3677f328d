"""One live session: the order of things, what is held back, who is told, and when silence means gone."""

from collections.abc import Callable

import pytest

from peerseal.crypto_engine import new_file_key
from peerseal.errors import IntegrityFailed, VerificationFailed
from peerseal.protocol.control import (
    Ack,
    Answer,
    Cancel,
    ControlMessage,
    Done,
    FileKeyMessage,
    Pong,
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
)
from peerseal.protocol.moves import Candidates, Have, Path, Where
from peerseal.protocol.session import Session
from peerseal.wire.limits import TRANSFERS_MAX
from support.handshakes import pair
from support.sessions import CODE, STREAM, File, carry, connected, failure, file, keyed, left, sessions


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
    sender.path(sent.offer.id, "relay", STREAM, 0, 0)
    assert carry(sender, receiver) == [
        KeyArrived(sent.offer.id, sent.key),
        PathArrived(sent.offer.id, "relay", STREAM, 0, 0),
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


def test_the_key_is_held_back_for_itself_too() -> None:
    sender, receiver = connected()
    sent = file()
    sender.offer(sent.offer)
    carry(sender, receiver)
    receiver.answer(sent.offer.id, accept=True)
    carry(sender, receiver)
    sender.may_send = False
    with pytest.raises(VerificationFailed):
        sender.file_key(sent.offer.id, sent.key)
    assert sender.outbox() == []


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


def test_a_code_needs_no_words_and_is_not_called_verified() -> None:
    sender, receiver = sessions(CODE)
    assert carry(sender, receiver) == [Established(()), Established(())]
    sender.offer(file().offer)
    assert not sender.verified


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
    sender.path(sent.offer.id, "relay", STREAM, 0, 0)
    carry(sender, receiver)
    by, told = (sender, receiver) if by_sender else (receiver, sender)
    by.cancel(sent.offer.id, "cancelled", "changed my mind")
    if by_sender:
        receiver.ack(sent.offer.id, 1, 0, 0)
    else:
        sender.path(sent.offer.id, "relay", STREAM, 0, 0)
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
    "path": lambda s, _, f: s.path(f.offer.id, "relay", STREAM, 0, 0),
    "ack": lambda _, r, f: r.ack(f.offer.id, 1, 0, 0),
    "done": lambda _, r, f: r.done(f.offer.id),
    "where": lambda s, _, f: s.where(f.offer.id),
    "have": lambda _, r, f: r.have(f.offer.id, 0, 0, 0, bytes(32)),
    "find": lambda _, r, f: r.candidates(f.offer.id, 1024, ("192.0.2.7",), bytes(16)),
    "reply": lambda s, _, f: s.candidates(f.offer.id, 1024, ("192.0.2.7",), bytes(16)),
}
_FIND = {"find", "reply"}
ALLOWED = {
    (): {"offer"},
    ("offer",): {"yes"},
    ("offer", "yes"): {"key", *_FIND},
    ("offer", "yes", "key"): {"path", *_FIND},
    ("offer", "yes", "key", "path"): {"path", "ack", "done", "where", *_FIND},
    ("offer", "yes", "key", "path", "ack"): {"path", "ack", "done", "where", *_FIND},
    ("offer", "yes", "key", "path", "where"): {"ack", "done", "have", *_FIND},
    ("offer", "yes", "key", "path", "where", "have"): {"path", "done", *_FIND},
    ("offer", "yes", "key", "path", "where", "have", "path"): {"path", "ack", "done", "where", *_FIND},
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


WRONG = [
    pytest.param(before, step, id="-".join((*before, "then", step)))
    for before, allowed in ALLOWED.items()
    for step in STEPS
    if step not in allowed and "done" not in before
]


@pytest.mark.parametrize(("before", "step"), WRONG)
def test_a_peer_that_contradicts_the_state_fails_the_session(before: tuple[str, ...], step: str) -> None:
    sender, receiver = connected()
    sent = file()
    for name in before:
        STEPS[name](sender, receiver, sent)
        carry(sender, receiver)
    # The same step, said by a peer without our checks, from either side.
    from_sender = step in {"offer", "key", "path", "where", "reply"}
    liar, victim = (sender, receiver) if from_sender else (receiver, sender)
    known = bool(before)
    forged: dict[str, ControlMessage] = {
        "offer": sent.offer,
        "yes": Answer(sent.offer.id, True),
        "key": FileKeyMessage(sent.offer.id, sent.key),
        "path": Path(sent.offer.id, "relay", STREAM, 0, 0),
        "ack": Ack(sent.offer.id, 1, 0, 0),
        "done": Done(sent.offer.id),
        "where": Where(sent.offer.id),
        "have": Have(sent.offer.id, 0, 0, 0, bytes(32)),
        "find": Candidates(sent.offer.id, 1024, ("192.0.2.7",), bytes(16)),
        "reply": Candidates(sent.offer.id, 1024, ("192.0.2.7",), bytes(16)),
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
        Path(nobody, "relay", STREAM, 0, 0),
        Ack(nobody, 1, 1, 1),
        Done(nobody),
        Where(nobody),
        Have(nobody, 0, 0, 0, bytes(32)),
        Candidates(nobody, 1024, ("192.0.2.7",), bytes(16)),
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


def test_nothing_may_be_said_before_the_channel_exists() -> None:
    initiator, _ = pair()
    sender = Session(initiator, unchecked=True)
    sender.start(0.0)
    with pytest.raises(IntegrityFailed):
        sender.offer(file().offer)
    sender.cancel(None, "cancelled")
    assert len(sender.outbox()) == 1
