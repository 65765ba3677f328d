"""How a session ends: a wrong code, bytes that do not hold, silence, goodbye; and what is said afterwards: nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto_engine import Code
from peerseal.errors import PeersealError
from peerseal.protocol.events import (
    Failed,
    PeerLeft,
    PeerVanished,
)
from support.sessions import CODE, carry, connected, failure, file, left, sessions


def test_words_that_differ_end_it_and_the_peer_is_told() -> None:
    sender, receiver = sessions()
    carry(sender, receiver)
    sender.words_differ()
    assert left(carry(sender, receiver)) == ["words_differ"]
    assert sender.over


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


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x05",
        b"\x05" + bytes(32),
        b"\x02" + bytes(9),
        b"\x10" + bytes(30),
        b"\x63",
        b"\x01",
        b"\x04" + bytes(32),
    ],
)
def test_whatever_a_guesser_answers_to_the_confirmation_spends_the_code(answer: bytes) -> None:
    sender, receiver = sessions(CODE)
    carry(sender, receiver, wire=lambda message: None if message[0] in (3, 4, 5) else message)
    assert sender.awaiting_confirmation
    assert failure(sender.receive(answer, 1.0)) == "wrong_code"
    assert sender.awaiting_confirmation


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
    for now in range(1, 60):
        sender.tick(float(now))
        carry(sender, receiver, float(now))
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


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=80), max_size=4), st.booleans())
def test_no_bytes_of_the_server_raise_or_get_through(bodies: list[bytes], established: bool) -> None:
    sender, receiver = connected() if established else sessions()
    for body in bodies:
        for session in (sender, receiver):
            assert all(isinstance(event, Failed) for event in session.receive(body, 1.0))
