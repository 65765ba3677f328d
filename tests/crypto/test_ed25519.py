"""Ed25519 by the strict rules: every other spelling of a key or signature is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.primitives import (
    check_ed25519_public,
    ed25519_public,
    ed25519_sign,
    ed25519_verify,
)
from peerseal.errors import IntegrityFailed, VerificationFailed

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SEED = bytes(range(32))
PUBLIC = ed25519_public(SEED)
SIGN_BIT = 1 << 255


def _encoded(number: int) -> bytes:
    return number.to_bytes(32, "little")


Y8 = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
SMALL_ORDER = [1, P - 1, *(y | sign for y in (0, Y8, P - Y8) for sign in (0, SIGN_BIT))]
NOT_CANONICAL = [y | sign for y in range(P, 2**255) for sign in (0, SIGN_BIT)] + [
    1 | SIGN_BIT,
    (P - 1) | SIGN_BIT,
]
FORBIDDEN = [pytest.param(_encoded(number), id=f"{number:064x}") for number in SMALL_ORDER + NOT_CANONICAL]


def test_the_points_of_small_order_are_those_of_the_curve() -> None:
    for encoded in SMALL_ORDER:
        y = encoded & ~SIGN_BIT
        x_squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        for _ in range(3):  # y of the double: (y² + x²) / (2 + x² − y²), as −x² + y² = 1 + d·x²·y²
            y_squared = y * y % P
            y = (y_squared + x_squared) * pow(2 + x_squared - y_squared, -1, P) % P
            x_squared = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        assert (x_squared, y) == (0, 1)


def test_rfc_8032_test_1() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    assert ed25519_public(seed) == public
    assert ed25519_sign(seed, b"") == signature
    ed25519_verify(public, b"", signature)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=100))
def test_what_was_signed_verifies(seed: bytes, message: bytes) -> None:
    ed25519_verify(ed25519_public(seed), message, ed25519_sign(seed, message))


@given(st.integers(0, 64 * 8 - 1))
def test_one_changed_bit_of_a_signature_is_invalid(bit: int) -> None:
    signature = int.from_bytes(ed25519_sign(SEED, b"message")) ^ 1 << bit
    with pytest.raises(IntegrityFailed) as refused:
        ed25519_verify(PUBLIC, b"message", signature.to_bytes(64))
    assert refused.value.code == "signature_invalid"


def test_another_message_is_invalid() -> None:
    with pytest.raises(IntegrityFailed) as refused:
        ed25519_verify(PUBLIC, b"another", ed25519_sign(SEED, b"message"))
    assert refused.value.code == "signature_invalid"


@pytest.mark.parametrize("public", FORBIDDEN)
def test_a_key_of_small_order_or_not_canonical_is_refused(public: bytes) -> None:
    with pytest.raises(VerificationFailed) as refused:
        check_ed25519_public(public)
    assert refused.value.code == "invalid_peer_key"
    with pytest.raises(VerificationFailed) as refused:
        ed25519_verify(public, b"", bytes(64))
    assert refused.value.code == "invalid_peer_key"


@pytest.mark.parametrize("point", FORBIDDEN)
def test_a_signature_whose_point_is_of_small_order_or_not_canonical_is_invalid(point: bytes) -> None:
    with pytest.raises(IntegrityFailed) as refused:
        ed25519_verify(PUBLIC, b"message", point + bytes(32))
    assert refused.value.code == "signature_invalid"


@pytest.mark.parametrize("times", [1, 2, 7])
def test_a_scalar_not_below_the_order_is_invalid(times: int) -> None:
    signature = ed25519_sign(SEED, b"message")
    scalar = int.from_bytes(signature[32:], "little") + times * ORDER
    with pytest.raises(IntegrityFailed) as refused:
        ed25519_verify(PUBLIC, b"message", signature[:32] + _encoded(scalar))
    assert refused.value.code == "signature_invalid"


def test_a_key_that_is_no_point_verifies_nothing() -> None:
    not_a_point = _encoded(2)
    check_ed25519_public(not_a_point)
    with pytest.raises(IntegrityFailed) as refused:
        ed25519_verify(not_a_point, b"message", ed25519_sign(SEED, b"message"))
    assert refused.value.code == "signature_invalid"


@pytest.mark.parametrize(("key", "signature"), [(31, 64), (33, 64), (32, 63), (32, 65), (0, 64), (32, 0)])
def test_another_length_is_malformed(key: int, signature: int) -> None:
    given_key, given_signature = (PUBLIC + b"\0")[:key], (ed25519_sign(SEED, b"") + b"\0")[:signature]
    with pytest.raises(IntegrityFailed) as refused:
        ed25519_verify(given_key, b"", given_signature)
    assert refused.value.code == "malformed"
