"""X25519, ML-KEM and the AEAD through our own wrappers: what is not a good key or message is refused, typed."""

import pytest
from cryptography.hazmat.backends.openssl.backend import backend
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto.primitives import (
    ML_KEM_CIPHERTEXT_BYTES,
    ML_KEM_PUBLIC_BYTES,
    aes_256_gcm,
    equal,
    ml_kem_decapsulate,
    ml_kem_encapsulate,
    ml_kem_public,
    open_in_place,
    open_message,
    random_bytes,
    x25519_public,
    x25519_shared,
)
from peerseal.errors import IntegrityFailed, PeersealError, VerificationFailed

P = 2**255 - 19
#: The points whose order divides 8, canonical or not (Curve25519's twelve low-order encodings).
LOW_ORDER = [
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    P - 1,
    P,
    P + 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504 + 2**255,
    39382357235489614581723060781553021112529911719440698176882885853963445705823 + 2**255,
    2 * P - 1,
    2 * P,
    2 * P + 1,
]


def test_x25519_sides_agree() -> None:
    one, other = random_bytes(32), random_bytes(32)
    assert x25519_shared(one, x25519_public(other)) == x25519_shared(other, x25519_public(one))


@pytest.mark.parametrize("value", LOW_ORDER)
def test_x25519_low_order_points_are_refused(value: int) -> None:
    with pytest.raises(VerificationFailed) as refused:
        x25519_shared(random_bytes(32), value.to_bytes(32, "little"))
    assert refused.value.code == "invalid_peer_key"


@pytest.mark.parametrize("value", [*range(P, 2**255, 3), 2**255 + 9, 2**256 - 1])
def test_x25519_values_that_are_not_canonical_are_refused(value: int) -> None:
    with pytest.raises(VerificationFailed) as refused:
        x25519_shared(random_bytes(32), value.to_bytes(32, "little"))
    assert refused.value.code == "invalid_peer_key"


@given(st.integers(2**255, 2**256 - 1))
def test_x25519_values_with_the_top_bit_are_refused(value: int) -> None:
    with pytest.raises(VerificationFailed):
        x25519_shared(bytes(32), value.to_bytes(32, "little"))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_x25519_keys_of_another_length_are_malformed(length: int) -> None:
    with pytest.raises(IntegrityFailed) as refused:
        x25519_shared(random_bytes(32), b"\x09" * length)
    assert refused.value.code == "malformed"


def test_ml_kem_gives_both_sides_one_secret() -> None:
    seed = random_bytes(64)
    ciphertext, secret = ml_kem_encapsulate(ml_kem_public(seed))
    assert len(ciphertext) == ML_KEM_CIPHERTEXT_BYTES
    assert ml_kem_decapsulate(seed, ciphertext) == secret


def test_ml_kem_draws_new_randomness_each_time() -> None:
    public = ml_kem_public(random_bytes(64))
    assert ml_kem_encapsulate(public)[0] != ml_kem_encapsulate(public)[0]


@pytest.mark.parametrize("length", [0, ML_KEM_PUBLIC_BYTES - 1, ML_KEM_PUBLIC_BYTES + 1])
def test_ml_kem_keys_of_another_length_are_malformed(length: int) -> None:
    with pytest.raises(IntegrityFailed) as refused:
        ml_kem_encapsulate(bytes(length))
    assert refused.value.code == "malformed"


@settings(max_examples=30)
@given(st.integers(0, 767), st.integers(3329, 4095))
def test_ml_kem_keys_with_a_coefficient_over_the_modulus_are_refused(position: int, value: int) -> None:
    key = bytearray(ml_kem_public(bytes(64)))
    pair = 3 * (position // 2)  # two 12-bit coefficients in three bytes, least significant bits first
    bits = int.from_bytes(key[pair : pair + 3], "little")
    shift = 12 * (position % 2)
    bits = bits & ~(0xFFF << shift) | value << shift
    key[pair : pair + 3] = bits.to_bytes(3, "little")
    with pytest.raises(VerificationFailed) as refused:
        ml_kem_encapsulate(bytes(key))
    assert refused.value.code == "invalid_peer_key"


@pytest.mark.parametrize("length", [0, ML_KEM_CIPHERTEXT_BYTES - 1, ML_KEM_CIPHERTEXT_BYTES + 1])
def test_ml_kem_ciphertexts_of_another_length_are_malformed(length: int) -> None:
    with pytest.raises(IntegrityFailed) as refused:
        ml_kem_decapsulate(random_bytes(64), bytes(length))
    assert refused.value.code == "malformed"


def test_a_changed_ml_kem_ciphertext_gives_another_secret() -> None:
    seed = random_bytes(64)
    ciphertext, secret = ml_kem_encapsulate(ml_kem_public(seed))
    assert ml_kem_decapsulate(seed, bytes([ciphertext[0] ^ 1]) + ciphertext[1:]) != secret


def test_a_library_built_without_ml_kem_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    public = ml_kem_public(bytes(64))
    monkeypatch.setattr(type(backend), "mlkem_supported", lambda _: False)
    for use in (lambda: ml_kem_public(bytes(64)), lambda: ml_kem_encapsulate(public)):
        with pytest.raises(PeersealError) as missing:
            use()
        assert missing.value.code == "no_ml_kem"
        assert missing.value.hint


def test_nothing_unauthenticated_is_left_in_the_buffer() -> None:
    aead = aes_256_gcm(bytes(32))
    sealed = bytearray(aead.encrypt(bytes(12), b"top secret plaintext", b""))
    sealed[-1] ^= 1
    out = memoryview(bytearray(b"x" * 20))
    with pytest.raises(IntegrityFailed) as refused:
        open_in_place(aead, bytes(12), memoryview(sealed), b"", out)
    assert refused.value.code == "not_authentic"
    assert bytes(out) == bytes(20)


@given(st.binary(max_size=200))
def test_bytes_nobody_sealed_never_open(sealed: bytes) -> None:
    with pytest.raises(PeersealError):
        open_message(aes_256_gcm(bytes(32)), bytes(12), sealed, b"")


def test_a_key_of_another_length_is_a_mistake_in_the_program() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        aes_256_gcm(bytes(16))


@given(st.binary(max_size=64), st.binary(max_size=64))
def test_equal_compares(one: bytes, other: bytes) -> None:
    assert equal(one, other) is (one == other)
