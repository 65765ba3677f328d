"""What a session allows around a break: asking, answering, going on; and what finds a path, how often."""

from collections.abc import Callable

import pytest

from peerseal.errors import IntegrityFailed, VerificationFailed
from peerseal.protocol.control import Ack, ControlMessage, FileKeyMessage, Offer
from peerseal.protocol.events import (
    AckArrived,
    Cancelled,
    CandidatesArrived,
    DescriptionArrived,
    DoneArrived,
    Event,
    HaveArrived,
    IceArrived,
    OfferArrived,
    PathArrived,
    WhereArrived,
)
from peerseal.protocol.moves import Candidates, Description, Have, Ice, IceCandidate, Path, PathKind, Where
from peerseal.protocol.session import Session
from peerseal.wire.limits import TRANSFERS_MAX
from support.sessions import STREAM, carry, carrying, connected, failure, file, keyed, resumed

OTHER_STREAM = b"another."
MARKS = bytes(range(32))
SECRET = b"s" * 32
ID = bytes(range(16))


def description(file_id: bytes) -> Description:
    return Description(file_id, "offer", "abcd", "p" * 22, bytes(32), "actpass")


def ice(file_id: bytes) -> Ice:
    return Ice(file_id, (IceCandidate("192.0.2.7", 4_000, "host", 1),))


def asked() -> tuple[Session, Session, bytes]:
    sender, receiver, sent = carrying()
    sender.where(sent.offer.id)
    carry(sender, receiver)
    return sender, receiver, sent.offer.id


def held() -> tuple[Session, Session, bytes]:
    sender, receiver, file_id = asked()
    receiver.have(file_id, 2, 5, 300, MARKS)
    carry(sender, receiver)
    return sender, receiver, file_id


def test_a_break_is_asked_about_answered_and_gone_on_from() -> None:
    sender, receiver, sent = carrying()
    sender.where(sent.offer.id)
    assert carry(sender, receiver) == [WhereArrived(sent.offer.id)]
    receiver.have(sent.offer.id, 2, 5, 300, MARKS)
    assert carry(sender, receiver) == [HaveArrived(Have(sent.offer.id, 2, 5, 300, MARKS))]
    sender.path(sent.offer.id, "direct", OTHER_STREAM, 2, 5)
    assert carry(sender, receiver) == [PathArrived(sent.offer.id, "direct", OTHER_STREAM, 2, 5)]
    receiver.ack(sent.offer.id, 2, 6, 364)
    receiver.done(sent.offer.id)
    assert carry(sender, receiver) == [
        AckArrived(Ack(sent.offer.id, 2, 6, 364)),
        DoneArrived(sent.offer.id),
    ]


def test_acks_and_a_done_that_cross_the_question_count() -> None:
    sender, receiver, sent = carrying()
    sender.where(sent.offer.id)
    receiver.ack(sent.offer.id, 2, 5, 300)
    receiver.done(sent.offer.id)
    assert carry(sender, receiver) == [AckArrived(Ack(sent.offer.id, 2, 5, 300)), DoneArrived(sent.offer.id)]
    receiver.have(sent.offer.id, 2, 5, 300, MARKS)  # the question is read late: there is nothing to say
    sender.path(sent.offer.id, "relay", OTHER_STREAM, 2, 5)
    assert carry(sender, receiver) == []


def test_who_held_everything_says_done_without_another_path() -> None:
    sender, receiver, file_id = held()
    receiver.done(file_id)
    assert carry(sender, receiver) == [DoneArrived(file_id)]


def test_a_question_that_crosses_a_cancel_is_ignored() -> None:
    sender, receiver, sent = carrying()
    sender.where(sent.offer.id)
    receiver.cancel(sent.offer.id, "no_space")
    assert carry(sender, receiver) == [Cancelled(sent.offer.id, "no_space", None)]


@pytest.mark.parametrize(
    "say",
    [
        lambda s, r, i: s.path(i, "relay", STREAM, 0, 0),
        lambda s, r, i: s.where(i),
        lambda s, r, i: s.candidates(i, 1024, ("192.0.2.7",), bytes(16)),
        lambda s, r, i: s.description(description(i)),
        lambda s, r, i: s.ice(ice(i)),
        lambda s, r, i: r.have(i, 0, 0, 0, MARKS),
        lambda s, r, i: r.ack(i, 0, 0, 0),
        lambda s, r, i: r.done(i),
    ],
)
def test_what_is_said_of_a_transfer_that_ended_meanwhile_goes_nowhere(
    say: Callable[[Session, Session, bytes], None],
) -> None:
    for by_sender in (True, False):
        sender, receiver, sent = carrying()
        (sender if by_sender else receiver).cancel(sent.offer.id, "cancelled")
        carry(sender, receiver)
        say(sender, receiver, sent.offer.id)
        assert sender.outbox() == receiver.outbox() == []
        with pytest.raises(IntegrityFailed) as wrong:
            say(sender, receiver, ID)  # but of one that never was
        assert wrong.value.code == "out_of_order"


@pytest.mark.parametrize("begins", [(1, 5), (3, 5), (2, 4), (2, 6), (0, 0)])
def test_a_path_begins_exactly_at_the_receivers_next_records(begins: tuple[int, int]) -> None:
    sender, receiver, file_id = held()
    for kind in ("relay", "direct"):
        with pytest.raises(IntegrityFailed) as wrong:
            sender.path(file_id, kind, STREAM, *begins)
        assert wrong.value.code == "out_of_order"
    sender._say(Path(file_id, "relay", STREAM, *begins))
    assert failure(carry(sender, receiver)) == "out_of_order"


@pytest.mark.parametrize(
    ("begins", "fits"), [((2, 5), True), ((0, 0), True), ((3, 5), False), ((2, 6), False)]
)
def test_a_park_may_begin_at_or_before_them(begins: tuple[int, int], fits: bool) -> None:
    sender, receiver, file_id = held()
    sender._say(Path(file_id, "store", bytes(8), *begins))
    events = carry(sender, receiver)
    if fits:
        assert events == [PathArrived(file_id, "store", bytes(8), *begins)]
    else:
        assert failure(events) == "out_of_order"


@pytest.mark.parametrize("kind", ["relay", "direct", "store"])
def test_a_first_path_begins_at_the_start(kind: PathKind) -> None:
    sender, receiver, sent = keyed()
    with pytest.raises(IntegrityFailed):
        sender.path(sent.offer.id, kind, STREAM, 0, 1)
    sender._say(Path(sent.offer.id, kind, STREAM, 1, 0))
    assert failure(carry(sender, receiver)) == "out_of_order"


def test_a_change_without_a_break_names_the_next_records() -> None:
    sender, receiver, sent = carrying()
    sender.path(sent.offer.id, "direct", OTHER_STREAM, 1, 7)
    assert carry(sender, receiver) == [PathArrived(sent.offer.id, "direct", OTHER_STREAM, 1, 7)]


def test_only_the_last_answer_says_where_a_path_begins() -> None:
    sender, receiver, file_id = held()
    sender.path(file_id, "relay", STREAM, 2, 5)
    sender.where(file_id)
    carry(sender, receiver)
    receiver.have(file_id, 2, 9, 500, MARKS)
    carry(sender, receiver)
    with pytest.raises(IntegrityFailed):
        sender.path(file_id, "relay", OTHER_STREAM, 2, 5)
    sender.path(file_id, "relay", OTHER_STREAM, 2, 9)
    assert carry(sender, receiver) == [PathArrived(file_id, "relay", OTHER_STREAM, 2, 9)]


def test_a_have_nobody_asked_for_ends_the_session() -> None:
    sender, receiver, sent = carrying()
    with pytest.raises(IntegrityFailed):
        receiver.have(sent.offer.id, 0, 0, 0, MARKS)
    receiver._say(Have(sent.offer.id, 0, 0, 0, MARKS))
    assert failure(carry(sender, receiver)) == "out_of_order"


def test_a_question_is_answered_once() -> None:
    sender, receiver, file_id = held()
    receiver._say(Have(file_id, 2, 5, 300, MARKS))
    assert failure(carry(sender, receiver)) == "out_of_order"


@pytest.mark.parametrize("by_sender", [True, False])
@pytest.mark.parametrize(
    ("message", "most", "arrived"),
    [
        (Candidates(ID, 1024, ("192.0.2.7",), bytes(16)), 4, CandidatesArrived),
        (description(ID), 4, DescriptionArrived),
        (ice(ID), 8, IceArrived),
    ],
    ids=["candidates", "description", "ice"],
)
def test_what_finds_a_path_is_counted_for_each_side_and_transfer(
    message: Candidates | Description | Ice, most: int, arrived: type[Event], by_sender: bool
) -> None:
    sender, receiver, sent = carrying()
    message = message._replace(id=sent.offer.id)
    by, other = (sender, receiver) if by_sender else (receiver, sender)
    for _ in range(most):
        by._act(message)
        other._act(message)  # the other side's count for themselves
    assert [type(event) for event in carry(sender, receiver)] == [arrived] * (2 * most)
    with pytest.raises(IntegrityFailed) as wrong:
        by._act(message)
    assert wrong.value.code == "limit"
    by._say(message)
    assert failure(carry(sender, receiver)) == "limit"


def test_the_counts_of_one_transfer_are_not_anothers() -> None:
    sender, receiver, sent = carrying()
    for _ in range(4):
        receiver.description(description(sent.offer.id))
    other = file()
    sender.offer(other.offer)
    carry(sender, receiver)
    receiver.answer(other.offer.id, accept=True)
    receiver.description(description(other.offer.id))
    assert DescriptionArrived(description(other.offer.id)) in carry(sender, receiver)


@pytest.mark.parametrize(
    "message", [Candidates(ID, 1024, ("192.0.2.7",), bytes(16)), description(ID), ice(ID)]
)
def test_no_address_is_told_before_the_offer_was_accepted(message: Candidates | Description | Ice) -> None:
    sender, receiver = connected()
    sent = file()
    sender.offer(sent.offer)
    carry(sender, receiver)
    message = message._replace(id=sent.offer.id)
    for side in (sender, receiver):
        with pytest.raises(IntegrityFailed):
            side._act(message)
    sender._say(message)
    assert failure(carry(sender, receiver)) == "out_of_order"


def test_a_former_channels_transfer_goes_on_in_a_resumed_one() -> None:
    sender, receiver = resumed(SECRET)
    carry(sender, receiver)
    assert (sender.verified, sender.may_send) == (True, True)
    assert (receiver.verified, receiver.may_send) == (False, False)
    sender.where(ID)
    assert carry(sender, receiver) == [WhereArrived(ID)]
    receiver.have(ID, 1, 3, 150, MARKS)
    carry(sender, receiver)
    sender.path(ID, "relay", STREAM, 1, 3)
    assert carry(sender, receiver) == [PathArrived(ID, "relay", STREAM, 1, 3)]
    receiver.done(ID)
    assert carry(sender, receiver) == [DoneArrived(ID)]


def test_the_responder_may_be_the_sender_too() -> None:
    receiver, sender = resumed(SECRET)
    carry(sender, receiver)
    sender.where(ID)
    assert carry(sender, receiver) == [WhereArrived(ID)]
    receiver.cancel(ID, "not_found")
    assert carry(sender, receiver) == [Cancelled(ID, "not_found", None)]


def test_a_question_about_a_transfer_that_ended_in_this_channel_opens_none() -> None:
    sender, receiver = resumed(SECRET)
    carry(sender, receiver)
    sender.where(ID)
    carry(sender, receiver)
    receiver.done(ID)
    sender._say(Where(ID))  # it crosses the done
    assert carry(sender, receiver) == [DoneArrived(ID)]
    sender.where(ID)
    assert carry(sender, receiver) == []


def test_in_any_other_channel_a_question_about_an_unknown_transfer_is_ignored() -> None:
    sender, receiver = connected()
    with pytest.raises(IntegrityFailed):
        sender.where(ID)
    sender._say(Where(ID))
    assert carry(sender, receiver) == []
    assert not receiver.over


@pytest.mark.parametrize(
    "message",
    [
        FileKeyMessage(ID, file().key),
        Path(ID, "relay", STREAM, 0, 0),
        Where(ID),
    ],
    ids=["another key", "a path", "again"],
)
def test_after_the_question_only_its_answer_may_come(message: ControlMessage) -> None:
    sender, receiver = resumed(SECRET)
    carry(sender, receiver)
    sender.where(ID)
    carry(sender, receiver)
    sender._say(message)
    assert failure(carry(sender, receiver)) == "out_of_order"


def test_a_receiver_cannot_ask_the_sender() -> None:
    sender, receiver, sent = carrying()
    with pytest.raises(IntegrityFailed):
        receiver.where(sent.offer.id)
    receiver._say(Where(sent.offer.id))
    assert failure(carry(sender, receiver)) == "out_of_order"


def test_questions_without_end_are_a_limit() -> None:
    sender, receiver = resumed(SECRET)
    carry(sender, receiver)
    for number in range(TRANSFERS_MAX + 1):
        sender._say(Where(number.to_bytes(16, "big")))
    assert failure(carry(sender, receiver)) == "limit"


def test_new_files_go_over_a_resumed_channel_as_over_any_other() -> None:
    sender, receiver = resumed(SECRET)
    carry(sender, receiver)
    sent = file()
    sender.offer(sent.offer)
    assert carry(sender, receiver) == [OfferArrived(sent.offer)]


def test_who_was_not_verified_is_not_by_coming_back() -> None:
    sender, receiver = resumed(SECRET, verified=False)
    carry(sender, receiver)
    offer: Offer = file().offer
    with pytest.raises(VerificationFailed) as wrong:
        sender.offer(offer)
    assert wrong.value.code == "not_verified"
    assert not sender.verified


def test_who_lacks_the_resume_secret_gets_no_channel() -> None:
    one, other = resumed(SECRET, b"t" * 32)
    events = carry(one, other)
    assert failure(events) == "confirmation_failed"  # not a wrong code: no code was there
    assert not one.established
    assert not other.established
    with pytest.raises(IntegrityFailed):
        one.where(ID)
