"""Group 14: two sides agree, and every value outside the group is refused before a key exists."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto.dh14 import (
    DH_BYTES,
    PRIME,
    exponent_from,
    jacobi,
    new_exponent,
    public_value,
    shared_secret,
)
from peerseal.errors import IntegrityFailed, VerificationFailed

Q = (PRIME - 1) // 2


def _encoded(value: int, length: int = DH_BYTES) -> bytes:
    return value.to_bytes(length, "big")


def test_both_sides_get_the_same_secret_of_256_bytes() -> None:
    one, other = new_exponent(), new_exponent()
    secret = shared_secret(one, public_value(other))
    assert secret == shared_secret(other, public_value(one))
    assert len(secret) == DH_BYTES


def test_the_prime_is_the_safe_prime_of_rfc_3526() -> None:
    assert PRIME.bit_length() == 2048
    assert PRIME % 8 == 7
    assert pow(2, Q, PRIME) == 1
    assert pow(3, Q - 1, Q) == 1


@given(st.binary(min_size=32, max_size=32))
def test_an_exponent_is_even_and_of_full_length(random: bytes) -> None:
    exponent = exponent_from(random)
    assert exponent % 2 == 0
    assert exponent.bit_length() == 256


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(0, id="zero"),
        pytest.param(1, id="one"),
        pytest.param(PRIME - 1, id="p-1"),
        pytest.param(PRIME, id="p"),
        pytest.param(PRIME + 1, id="p+1"),
        pytest.param(PRIME + 4, id="a member plus p"),
        pytest.param(2**2048 - 1, id="the largest of its length"),
        pytest.param(PRIME - 2, id="p-2, outside the subgroup"),
        pytest.param(PRIME - 4, id="p-4, outside the subgroup"),
    ],
)
def test_a_value_outside_the_group_is_refused(value: int) -> None:
    with pytest.raises(VerificationFailed) as refused:
        shared_secret(new_exponent(), _encoded(value))
    assert refused.value.code == "invalid_peer_key"


@pytest.mark.parametrize("length", [0, 1, 255, 257, 512])
def test_a_value_of_another_length_is_malformed(length: int) -> None:
    with pytest.raises(IntegrityFailed) as refused:
        shared_secret(new_exponent(), bytes(length - 1) + b"\x04" if length else b"")
    assert refused.value.code == "malformed"


def test_a_small_member_with_leading_zeros_is_accepted() -> None:
    exponent = new_exponent()
    assert shared_secret(exponent, _encoded(4)) == _encoded(pow(4, exponent, PRIME))


@settings(max_examples=25)
@given(st.integers(2, PRIME - 2))
def test_exactly_the_squares_are_members(value: int) -> None:
    member = pow(value, Q, PRIME) == 1
    assert (jacobi(value, PRIME) == 1) is member
    if member:
        shared_secret(new_exponent(), _encoded(value))
    else:
        with pytest.raises(VerificationFailed):
            shared_secret(new_exponent(), _encoded(value))


@given(st.integers(0, 10**6), st.sampled_from([3, 5, 7, 9, 15, 21, 1009, 9907]))
def test_the_jacobi_symbol_is_the_product_of_legendre_symbols(value: int, modulus: int) -> None:
    expected, rest = 1, modulus
    for prime in (3, 5, 7, 1009, 9907):
        while rest % prime == 0:
            rest //= prime
            power = pow(value, (prime - 1) // 2, prime)
            expected *= -1 if power == prime - 1 else power
    assert rest == 1
    assert jacobi(value, modulus) == expected


def test_a_secret_does_not_show_itself() -> None:
    secret = shared_secret(new_exponent(), public_value(new_exponent()))
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r}"):
        assert shown == "SharedSecret(…)"
