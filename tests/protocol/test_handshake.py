"""The handshake: two honest sides agree; anyone between them, or a wrong code, is noticed before anything is said."""

import pytest

from peerseal.crypto_engine import DH_BYTES, Code, lp, parse_code, random_bytes
from peerseal.errors import IntegrityFailed, PeersealError, UsageError, VerificationFailed
from peerseal.protocol.control import Ping
from peerseal.protocol.handshake import Ephemeral, Handshake
from support.handshakes import pair, shake

CODE = Code("7", "harbor-velvet")
PARTS = {1: (16, 1, 256, 32, 1184, 32), 2: (256, 32, 1088, 32), 3: (32,)}


def parts_of(message: bytes) -> list[bytes]:
    parts, at = [], 1
    for length in PARTS[message[0]]:
        parts.append(message[at + 4 : at + 4 + length])
        at += 4 + length
    return parts


def with_part(message: bytes, number: int, value: bytes) -> bytes:
    parts = parts_of(message)
    parts[number] = value
    return message[:1] + lp(*parts)


def code_of(side: Handshake, message: bytes) -> str:
    with pytest.raises(PeersealError) as wrong:
        side.receive(message)
    return wrong.value.code


def _waits(side: Handshake) -> bool:
    return side.awaiting_confirmation


def hello() -> tuple[Handshake, Handshake, bytes]:
    initiator, responder = pair()
    [m1] = initiator.start()
    return initiator, responder, m1


def test_honest_sides_see_the_same_four_words() -> None:
    initiator, responder = pair()
    shake(initiator, responder)
    assert initiator.established
    assert responder.established
    assert initiator.words == responder.words
    assert len(initiator.words) == 4


def test_every_handshake_has_other_words() -> None:
    seen = set()
    for _ in range(10):
        initiator, responder = pair()
        shake(initiator, responder)
        seen.add(initiator.words)
    assert len(seen) == 10


def test_the_same_code_connects_and_shows_no_words() -> None:
    initiator, responder = pair("code", CODE, parse_code("7 Harbor Velvet"))
    shake(initiator, responder)
    assert initiator.established
    assert responder.established
    assert initiator.words == responder.words == ()


def test_messages_have_the_stated_lengths() -> None:
    initiator, responder = pair()
    [m1] = initiator.start()
    [m2] = responder.receive(m1)
    m3, m4 = initiator.receive(m2)
    assert responder.receive(m3) == []
    [m5] = responder.receive(m4)
    assert [len(message) for message in (m1, m2, m3, m4, m5)] == [1546, 1425, 37, 33, 33]
    assert [message[0] for message in (m1, m2, m3, m4, m5)] == [1, 2, 3, 4, 5]


def test_both_ends_export_the_same_secrets_one_for_each_purpose() -> None:
    initiator, responder = pair()
    shake(initiator, responder)
    exported = {initiator.channel.export(use) for use in ("resume", "direct", "relay", "park")}
    assert exported == {responder.channel.export(use) for use in ("resume", "direct", "relay", "park")}
    assert len(exported) == 4


def test_a_wrong_code_fails_at_the_responder_and_leaves_the_initiator_waiting() -> None:
    initiator, responder = pair("code", CODE, Code("7", "harbor-violin"))
    [m1] = initiator.start()
    [m2] = responder.receive(m1)
    assert not _waits(initiator)
    m3, m4 = initiator.receive(m2)
    responder.receive(m3)
    assert code_of(responder, m4) == "confirmation_failed"
    assert _waits(initiator)
    assert not responder.established


def test_a_wrong_code_is_not_established_at_the_initiator_either() -> None:
    initiator, _ = pair("code", CODE)
    [m1] = initiator.start()
    guesser = Handshake.responder(parts_of(m1)[0], "code", Code("7", "harbor-violin"))
    initiator.receive(guesser.receive(m1)[0])
    assert code_of(initiator, b"\x05" + bytes(32)) == "confirmation_failed"
    assert not initiator.established
    assert initiator.awaiting_confirmation


def test_another_nameplate_is_another_code() -> None:
    initiator, responder = pair("code", CODE, Code("8", "harbor-velvet"))
    with pytest.raises(VerificationFailed):
        shake(initiator, responder)


def test_somebody_in_the_middle_of_two_people_gives_them_different_words() -> None:
    room = random_bytes(16)
    alice, bob = Handshake.initiator(room, "words"), Handshake.responder(room, "words")
    to_alice, to_bob = Handshake.responder(room, "words"), Handshake.initiator(room, "words")
    shake(alice, to_alice)
    shake(to_bob, bob)
    assert alice.words == to_alice.words
    assert bob.words == to_bob.words
    assert alice.words != bob.words


def test_somebody_in_the_middle_of_a_code_is_noticed_by_both() -> None:
    room = random_bytes(16)
    alice, bob = Handshake.initiator(room, "code", CODE), Handshake.responder(room, "code", CODE)
    guess = Code("7", "abandon-ability")
    to_alice, to_bob = Handshake.responder(room, "code", guess), Handshake.initiator(room, "code", guess)
    with pytest.raises(VerificationFailed):
        shake(alice, to_alice)
    with pytest.raises(VerificationFailed):
        shake(to_bob, bob)
    assert not alice.established
    assert not bob.established


@pytest.mark.parametrize("number", range(4))
def test_a_relay_that_changes_the_answer_is_noticed(number: int) -> None:
    initiator, responder, m1 = hello()
    [m2] = responder.receive(m1)
    foreign = Handshake.responder(parts_of(m1)[0], "words").receive(m1)[0]
    m3, m4 = initiator.receive(with_part(m2, number, parts_of(foreign)[number]))
    responder.receive(m3)
    assert code_of(responder, m4) == "confirmation_failed"


@pytest.mark.parametrize("number", range(2, 6))
def test_a_relay_that_changes_the_hello_is_noticed_before_confirming(number: int) -> None:
    initiator, responder, m1 = hello()
    room = parts_of(m1)[0]
    foreign = Handshake.initiator(room, "words").start()[0]
    [m2] = responder.receive(with_part(m1, number, parts_of(foreign)[number]))
    m3, _ = initiator.receive(m2)
    assert code_of(responder, m3) == "commitment_mismatch"


def test_another_nonce_than_was_committed_to_is_refused() -> None:
    _, responder, m1 = hello()
    responder.receive(m1)
    assert code_of(responder, b"\x03" + lp(random_bytes(32))) == "commitment_mismatch"


def test_the_initiators_values_sent_back_are_reflected() -> None:
    initiator, responder, m1 = hello()
    [m2] = responder.receive(m1)
    own = parts_of(m1)
    assert code_of(initiator, with_part(m2, 0, own[2])) == "reflected"
    initiator, responder, m1 = hello()
    [m2] = responder.receive(m1)
    assert code_of(initiator, with_part(m2, 1, parts_of(m1)[3])) == "reflected"


def test_nonces_sent_back_are_reflected() -> None:
    room, fixed = random_bytes(16), Ephemeral.fresh()
    initiator = Handshake.initiator(room, "words", ephemeral=fixed)
    [m2] = Handshake.responder(room, "words").receive(initiator.start()[0])
    assert code_of(initiator, with_part(m2, 3, fixed.nonce)) == "reflected"
    responder = Handshake.responder(room, "words", ephemeral=fixed)
    responder.receive(Handshake.initiator(room, "words").start()[0])
    assert code_of(responder, b"\x03" + lp(fixed.nonce)) == "reflected"


def test_the_responders_values_sent_back_are_reflected() -> None:
    room, fixed = random_bytes(16), Ephemeral.fresh()
    m1 = Handshake.initiator(room, "words", ephemeral=fixed).start()[0]
    assert code_of(Handshake.responder(room, "words", ephemeral=fixed), m1) == "reflected"


def test_an_initiator_does_not_answer_its_own_hello() -> None:
    initiator, _, m1 = hello()
    assert code_of(initiator, m1) == "out_of_order"


@pytest.mark.parametrize("value", [bytes(DH_BYTES), bytes(255) + b"\1", b"\xff" * DH_BYTES])
def test_bad_group_14_values_are_refused_on_both_sides(value: bytes) -> None:
    initiator, responder, m1 = hello()
    assert code_of(responder, with_part(m1, 2, value)) == "invalid_peer_key"
    [m2] = Handshake.responder(parts_of(m1)[0], "words").receive(m1)
    assert code_of(initiator, with_part(m2, 0, value)) == "invalid_peer_key"


@pytest.mark.parametrize("value", [bytes(32), b"\xff" * 32, b"\1" + bytes(31)])
def test_bad_x25519_values_are_refused_on_both_sides(value: bytes) -> None:
    initiator, responder, m1 = hello()
    [m2] = Handshake.responder(parts_of(m1)[0], "words").receive(m1)
    assert code_of(responder, with_part(m1, 3, value)) == "invalid_peer_key"
    assert code_of(initiator, with_part(m2, 1, value)) == "invalid_peer_key"


def test_a_bad_ml_kem_key_is_refused() -> None:
    _, responder, m1 = hello()
    assert code_of(responder, with_part(m1, 4, b"\xff" * 1184)) == "invalid_peer_key"


def test_another_room_is_malformed_and_another_mode_a_mismatch() -> None:
    _, responder, m1 = hello()
    assert code_of(responder, with_part(m1, 0, bytes(16))) == "malformed"
    for mode in (0, 2, 3, 255):
        _, responder, m1 = hello()
        assert code_of(responder, with_part(m1, 1, bytes([mode]))) == "mode_mismatch"


@pytest.mark.parametrize("change", [lambda m: m[:-1], lambda m: m + b"\0", lambda m: m[:4] + b"\x11" + m[5:]])
def test_messages_of_another_length_are_malformed(change: object) -> None:
    assert callable(change)
    initiator, responder, m1 = hello()
    [m2] = Handshake.responder(parts_of(m1)[0], "words").receive(m1)
    assert code_of(responder, change(m1)) == "malformed"
    assert code_of(initiator, change(m2)) == "malformed"


@pytest.mark.parametrize("message", [b"", b"\0", b"\x06", b"\x11", b"\xff" * 100])
def test_what_is_no_handshake_message_is_malformed(message: bytes) -> None:
    _, responder, _ = hello()
    assert code_of(responder, message) == "malformed"


@pytest.mark.parametrize("kind", [2, 3, 4, 5, 16])
def test_a_message_out_of_turn_ends_the_handshake(kind: int) -> None:
    _, responder, m1 = hello()
    assert code_of(responder, bytes([kind]) + bytes(40)) == "out_of_order"
    assert code_of(responder, m1) == "out_of_order"


@pytest.mark.parametrize("bit", [*range(8), 8, 100, 8 * 33 - 1])
def test_a_changed_bit_of_the_confirmation_ends_the_handshake(bit: int) -> None:
    initiator, responder, m1 = hello()
    m3, m4 = initiator.receive(responder.receive(m1)[0])
    responder.receive(m3)
    changed = bytearray(m4)
    changed[bit // 8] ^= 1 << bit % 8
    assert code_of(responder, bytes(changed)) in {"malformed", "out_of_order", "confirmation_failed"}
    assert code_of(responder, m4) == "out_of_order"
    assert not responder.established


def test_a_handshake_recorded_earlier_is_worth_nothing() -> None:
    room = random_bytes(16)
    recorded = Handshake.initiator(room, "words")
    m1 = recorded.start()[0]
    m3, m4 = recorded.receive(Handshake.responder(room, "words").receive(m1)[0])
    responder = Handshake.responder(room, "words")
    responder.receive(m1)
    responder.receive(m3)
    assert code_of(responder, m4) == "confirmation_failed"


def test_there_is_no_channel_before_the_end() -> None:
    initiator, responder, m1 = hello()
    for side in (initiator, responder):
        with pytest.raises(IntegrityFailed):
            side.channel.seal(Ping(1))
    m3, m4 = initiator.receive(responder.receive(m1)[0])
    responder.receive(m3)
    assert [initiator.established, responder.established] == [False, False]
    initiator.receive(responder.receive(m4)[0])
    assert [initiator.established, responder.established] == [True, True]


def test_starting_twice_says_nothing_new() -> None:
    initiator, responder = pair()
    assert len(initiator.start()) == 1
    assert initiator.start() == []
    assert responder.start() == []


def test_a_code_belongs_to_code_mode() -> None:
    for mode, code in (("words", CODE), ("code", None)):
        with pytest.raises(UsageError):
            Handshake.initiator(bytes(16), mode, code)  # type: ignore[arg-type]  # literals in a loop
    with pytest.raises(UsageError):
        Handshake.initiator(bytes(15), "words")


def test_private_values_do_not_show() -> None:
    ephemeral = Ephemeral.fresh()
    assert repr(ephemeral) == str(ephemeral) == "Ephemeral(…)"
