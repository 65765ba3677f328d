"""Who the peer is: proved once, for this channel and this side, before anything is offered or answered."""

import pytest

from peerseal.crypto_engine import Bundle, lp
from peerseal.protocol.control import IdentityMessage
from peerseal.protocol.events import Event, IdentityArrived, OfferArrived
from peerseal.protocol.session import Session
from support.handshakes import pair, shake
from support.people_with_keys import person
from support.refusals import refused
from support.sessions import CODE, carry, connected, failure, file, left, sessions

ADA, BOB = person("ada"), person("bob")


def _met() -> tuple[Session, Session]:
    sender, receiver = sessions()
    carry(sender, receiver)
    return sender, receiver


def _arrived(events: list[Event]) -> list[Bundle]:
    return [event.bundle for event in events if isinstance(event, IdentityArrived)]


def _claim(sender: Session, receiver: Session, message: IdentityMessage) -> list[Event]:
    """`sender` says this whatever its own rules are."""
    sender._say(message)
    return carry(sender, receiver)


def test_both_sides_may_say_who_they_are() -> None:
    sender, receiver = _met()
    sender.identity(ADA)
    receiver.identity(BOB)
    assert _arrived(carry(sender, receiver)) == [ADA.bundle, BOB.bundle]
    assert (receiver.peer, sender.peer) == (ADA.bundle, BOB.bundle)


def test_it_works_behind_a_code_too() -> None:
    sender, receiver = sessions(CODE)
    carry(sender, receiver)
    receiver.identity(BOB)
    assert _arrived(carry(sender, receiver)) == [BOB.bundle]


def test_a_known_peer_needs_no_words() -> None:
    sender, receiver = _met()
    with refused("out_of_order"):
        sender.trust()
    receiver.identity(BOB)
    carry(sender, receiver)
    with refused("not_verified"):
        sender.offer(file().offer)
    sender.trust()
    assert sender.verified
    sent = file()
    sender.offer(sent.offer)
    assert carry(sender, receiver) == [OfferArrived(sent.offer)]


def test_nobody_says_who_they_are_before_the_channel_exists() -> None:
    sender, _ = sessions()
    with refused("out_of_order"):
        sender.identity(ADA)


def test_nobody_says_it_twice() -> None:
    sender, _ = _met()
    sender.identity(ADA)
    with refused("out_of_order"):
        sender.identity(ADA)


def test_a_peer_who_says_it_twice_is_out_of_order() -> None:
    sender, receiver = _met()
    sender.identity(ADA)
    [message] = sender.outbox()
    receiver.receive(message, 0.0)
    initiator = sender._handshake
    signature = ADA.sign("transcript", lp(initiator.transcript, b"\1"))
    assert failure(_claim(sender, receiver, IdentityMessage(ADA.bundle.encoded, signature))) == "out_of_order"
    assert receiver.over


def test_nobody_says_it_after_their_first_offer_or_answer() -> None:
    sender, receiver = connected()
    sent = file()
    sender.offer(sent.offer)
    with refused("out_of_order"):
        sender.identity(ADA)
    carry(sender, receiver)
    receiver.answer(sent.offer.id, accept=False)
    with refused("out_of_order"):
        receiver.identity(BOB)


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_a_peer_who_says_it_after_an_offer_or_answer_is_out_of_order(who: str) -> None:
    sender, receiver = connected()
    sent = file()
    sender.offer(sent.offer)
    carry(sender, receiver)
    if who == "receiver":
        receiver.answer(sent.offer.id, accept=True)
        carry(sender, receiver)
        sender, receiver = receiver, sender
    message = IdentityMessage(ADA.bundle.encoded, bytes(64))
    assert failure(_claim(sender, receiver, message)) == "out_of_order"


def test_the_receiver_may_say_it_after_the_senders_offer() -> None:
    sender, receiver = connected()
    sender.offer(file().offer)
    carry(sender, receiver)
    receiver.identity(BOB)
    assert _arrived(carry(sender, receiver)) == [BOB.bundle]


def test_an_answer_to_a_cancelled_offer_is_an_answer_too() -> None:
    sender, receiver = connected()
    sent = file()
    sender.offer(sent.offer)
    carry(sender, receiver)
    receiver.answer(sent.offer.id, accept=True)
    sender.cancel(sent.offer.id, "cancelled")
    carry(sender, receiver)
    message = IdentityMessage(BOB.bundle.encoded, bytes(64))
    assert failure(_claim(receiver, sender, message)) == "out_of_order"


@pytest.mark.parametrize(
    ("signer", "role", "transcript"),
    [
        pytest.param("bob", b"\1", None, id="somebody else's signature"),
        pytest.param("ada", b"\2", None, id="for the other side: sent back"),
        pytest.param("ada", b"\0", None, id="for no side"),
        pytest.param("ada", b"\1", bytes(32), id="for another channel"),
    ],
)
def test_a_signature_that_does_not_hold_ends_the_channel(
    signer: str, role: bytes, transcript: bytes | None
) -> None:
    sender, receiver = _met()
    said = transcript or sender._handshake.transcript
    signature = person(signer).sign("transcript", lp(said, role))
    events = _claim(sender, receiver, IdentityMessage(ADA.bundle.encoded, signature))
    assert failure(events) == "signature_invalid"
    assert left(events) == ["signature_invalid"]
    assert receiver.peer is None
    assert receiver.over


def test_a_bundle_that_does_not_hold_ends_the_channel() -> None:
    sender, receiver = _met()
    weak = ADA.bundle.encoded[:4] + bytes(32) + ADA.bundle.encoded[36:]
    assert failure(_claim(sender, receiver, IdentityMessage(weak, bytes(64)))) == "invalid_peer_key"


def test_both_sides_name_a_channel_the_same_and_no_two_are_alike() -> None:
    names = set()
    for _ in range(2):
        initiator, responder = pair()
        with refused("out_of_order"):
            _ = initiator.transcript
        shake(initiator, responder)
        assert initiator.transcript == responder.transcript
        names.add(initiator.transcript)
    assert len(names) == 2
