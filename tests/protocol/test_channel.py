"""The control channel: messages arrive once, in order, unchanged; anything else ends it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto_engine import PseudoRandomKey, extract
from peerseal.errors import IntegrityFailed
from peerseal.protocol.channel import Channel
from peerseal.protocol.control import Bye, Ping

SECRET = extract(b"secret", b"transcript")


def ends() -> tuple[Channel, Channel]:
    return Channel(SECRET, "initiator"), Channel(SECRET, "responder")


def refused(channel: Channel, body: bytes) -> str:
    with pytest.raises(IntegrityFailed) as wrong:
        channel.open(body)
    return wrong.value.code


def test_messages_cross_both_ways_in_order() -> None:
    one, other = ends()
    for n in range(5):
        assert other.open(one.seal(Ping(n))) == Ping(n)
        assert one.open(other.seal(Ping(n))) == Ping(n)


def test_the_header_is_type_number_and_sequence() -> None:
    one, _ = ends()
    assert one.seal(Bye())[:10].hex() == "10" + "0b" + "00" * 8
    assert one.seal(Ping(1))[:10].hex() == "10" + "08" + "00" * 7 + "01"


def test_every_single_bit_matters_and_a_failure_is_for_good() -> None:
    body = ends()[0].seal(Ping(7))
    for bit in range(8 * len(body)):
        changed = bytearray(body)
        changed[bit // 8] ^= 1 << bit % 8
        other = ends()[1]
        assert refused(other, bytes(changed)) in {"malformed", "out_of_order", "not_authentic"}
        assert refused(other, body) == "out_of_order"


def test_a_message_cut_anywhere_is_refused() -> None:
    body = ends()[0].seal(Ping(7))
    for length in range(len(body)):
        assert refused(ends()[1], body[:length]) == ("malformed" if length < 26 else "not_authentic")


def test_replayed_dropped_and_swapped_messages_are_out_of_order() -> None:
    one, other = ends()
    first, second = one.seal(Ping(1)), one.seal(Ping(2))
    assert refused(other, second) == "out_of_order"
    other = ends()[1]
    other.open(first)
    assert refused(other, first) == "out_of_order"


def test_a_message_sent_back_is_not_authentic() -> None:
    one, _ = ends()
    assert refused(one, one.seal(Ping(1))) == "not_authentic"


def test_a_message_of_another_session_is_not_authentic() -> None:
    foreign = Channel(PseudoRandomKey(bytes(32)), "initiator")
    assert refused(ends()[1], foreign.seal(Ping(1))) == "not_authentic"


def test_nothing_is_sealed_or_opened_after_two_to_the_32() -> None:
    one, other = ends()
    for channel in (one, other):
        channel._sealing._next = channel._opening._next = 2**32 - 1
    assert other.open(one.seal(Ping(1))) == Ping(1)
    with pytest.raises(IntegrityFailed) as wrong:
        one.seal(Ping(2))
    assert wrong.value.code == "limit"
    assert refused(other, b"\x10\x08" + (2**32).to_bytes(8, "big") + bytes(30)) == "limit"


def test_directions_never_share_a_key_or_nonce() -> None:
    one, other = ends()
    assert one.seal(Ping(1))[10:] != other.seal(Ping(1))[10:]
    assert len({one.seal(Ping(1))[10:] for _ in range(50)}) == 50


@settings(max_examples=200)
@given(st.binary(max_size=100))
def test_bytes_nobody_sealed_never_open(body: bytes) -> None:
    refused(ends()[1], body)
    refused(ends()[1], b"\x10\x08" + bytes(8) + body)


def test_exports_are_secrets() -> None:
    assert "…" in repr(ends()[0].export("park"))
