"""Coming back: who holds the resume secret of the first channel gets a new one, and nobody else ever does."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto_engine import Code, random_bytes, resume_room
from peerseal.errors import PeersealError, UsageError
from peerseal.protocol.control import Ping
from peerseal.protocol.handshake import Handshake, Mode
from support.handshakes import pair, shake

SECRET = bytes(range(32))
STRANGER = bytes(32)
ROOM = b"r" * 16


def comers(one: bytes = SECRET, other: bytes = SECRET) -> tuple[Handshake, Handshake]:
    room = random_bytes(16)
    return (
        Handshake.initiator(room, "resume", resume=one),
        Handshake.responder(room, "resume", resume=other),
    )


def through(
    initiator: Handshake, responder: Handshake, wire: Callable[[int, bytes], bytes]
) -> list[PeersealError]:
    """Carries every message as `wire` leaves it, by its number 1 to 5, until somebody refuses one."""
    refusals: list[PeersealError] = []
    waiting = [(responder, message) for message in initiator.start()]
    other = {id(initiator): responder, id(responder): initiator}
    while waiting:
        side, message = waiting.pop(0)
        try:
            waiting += [(other[id(side)], answer) for answer in side.receive(wire(message[0], message))]
        except PeersealError as error:
            refusals.append(error)
            waiting = [(to, message) for to, message in waiting if to is not side]
    return refusals


def test_two_who_hold_the_secret_get_a_channel_without_words() -> None:
    initiator, responder = comers()
    shake(initiator, responder)
    assert initiator.words == responder.words == ()
    assert responder.channel.open(initiator.channel.seal(Ping(1))) == Ping(1)
    assert not initiator.awaiting_confirmation


def test_every_channel_has_keys_of_its_own() -> None:
    exported = set()
    for _ in range(3):
        initiator, responder = comers()
        shake(initiator, responder)
        for use in ("direct", "park"):
            assert initiator.channel.export(use) == responder.channel.export(use)
            exported.add(initiator.channel.export(use))
    assert len(exported) == 6


def test_the_first_channel_gives_both_the_secret_and_the_place() -> None:
    initiator, responder = pair()
    shake(initiator, responder)
    secrets = initiator.channel.export("resume"), responder.channel.export("resume")
    again = comers(*secrets)
    shake(*again)
    assert again[0].established
    assert again[1].established
    assert resume_room(secrets[0]) == resume_room(secrets[1])


@pytest.mark.parametrize(("one", "other"), [(SECRET, STRANGER), (STRANGER, SECRET)])
def test_without_the_secret_there_is_no_channel_on_either_side(one: bytes, other: bytes) -> None:
    initiator, responder = comers(one, other)
    [refusal] = through(initiator, responder, lambda _, message: message)
    assert refusal.code == "confirmation_failed"
    assert not responder.established
    # The initiator waits for an M5 that cannot come; whatever comes instead ends it.
    with pytest.raises(PeersealError) as wrong:
        initiator.receive(b"\5" + bytes(32))
    assert wrong.value.code == "confirmation_failed"
    assert not initiator.established


@pytest.mark.parametrize("mode", ["words", "code"])
@pytest.mark.parametrize("stranger_asks", [True, False])
def test_there_is_no_way_back_to_another_mode(mode: Mode, stranger_asks: bool) -> None:
    code = Code("7", "harbor-velvet") if mode == "code" else None
    if stranger_asks:
        initiator = Handshake.initiator(ROOM, mode, code)
        responder = Handshake.responder(ROOM, "resume", resume=SECRET)
    else:
        initiator = Handshake.initiator(ROOM, "resume", resume=SECRET)
        responder = Handshake.responder(ROOM, mode, code)
    [refusal] = through(initiator, responder, lambda _, message: message)
    assert refusal.code == "mode_mismatch"
    assert not initiator.established
    assert not responder.established


def test_somebody_in_the_middle_who_lacks_the_secret_gets_no_channel_with_anyone() -> None:
    alice = Handshake.initiator(ROOM, "resume", resume=SECRET)
    bob = Handshake.responder(ROOM, "resume", resume=SECRET)
    to_alice = Handshake.responder(ROOM, "resume", resume=STRANGER)
    to_bob = Handshake.initiator(ROOM, "resume", resume=STRANGER)
    through(alice, to_alice, lambda _, message: message)
    through(to_bob, bob, lambda _, message: message)
    assert not any(side.established for side in (alice, bob, to_alice, to_bob))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**16))
def test_one_bit_of_any_message_ends_it_before_the_receiver_of_that_message_has_a_channel(
    number: int, bit: int
) -> None:
    initiator, responder = comers()

    def flipped(kind: int, message: bytes) -> bytes:
        if kind != number:
            return message
        changed = bytearray(message)
        changed[bit // 8 % len(message)] ^= 1 << bit % 8
        return bytes(changed)

    [refusal, *_] = through(initiator, responder, flipped)
    assert refusal.code in {
        *("malformed", "out_of_order", "mode_mismatch", "reflected", "invalid_peer_key"),
        *("commitment_mismatch", "confirmation_failed"),
    }
    assert not initiator.established
    assert responder.established is (number == 5)  # it had verified M4, and says nothing before it hears more


def test_a_resume_secret_belongs_to_resume_mode() -> None:
    for mode, secret in (("words", SECRET), ("resume", None), ("resume", SECRET[:-1]), ("resume", b"")):
        with pytest.raises(UsageError):
            Handshake.initiator(ROOM, mode, resume=secret)  # type: ignore[arg-type]  # literals in a loop
        with pytest.raises(UsageError):
            Handshake.responder(ROOM, mode, resume=secret)  # type: ignore[arg-type]  # as above
