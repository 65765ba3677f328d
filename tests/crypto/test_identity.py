"""Identities: keys from one root, bundles checked part by part, signatures, safety numbers, pairwise secrets."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto import dh14
from peerseal.crypto.identity import Bundle, Identity, Root, SignatureKind, new_root, safety_number
from peerseal.crypto.kdf import lp
from support.people_with_keys import between, person
from support.refusals import refused

P = 2**255 - 19
KINDS: tuple[SignatureKind, ...] = ("transcript", "opening", "closing", "access", "recover")
PLACES = {"ed25519": 4, "x25519": 40, "ml_kem": 76, "dh14": 1264}
LOW_ORDER_X25519 = [
    *(0, 1, P - 1, P, P + 1),
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    *(number | 1 << 255 for number in (0, 1, P - 1, P, P + 1)),
]


def _with(place: str, part: bytes) -> bytes:
    encoded, at = person("ada").bundle.encoded, PLACES[place]
    return encoded[:at] + part + encoded[at + len(part) :]


def test_a_root_gives_the_same_identity_again() -> None:
    root = new_root()
    assert Identity(root).bundle == Identity(root).bundle
    assert Identity(new_root()).fingerprint != Identity(root).fingerprint


def test_a_bundle_is_read_as_it_was_written() -> None:
    ada = person("ada").bundle
    assert len(ada.encoded) == 1520
    assert Bundle.parse(ada.encoded) == ada


def test_nothing_secret_is_shown() -> None:
    ada = person("ada")
    shown = f"{ada!r} {ada} {ada.root!r} {ada.root} {ada.bundle!r}"
    assert ada.root.hex() not in shown
    assert "adabc" not in shown
    assert repr(ada) == "Identity(…)"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_root_of_another_length_is_malformed(length: int) -> None:
    with refused("malformed"):
        Root(bytes(length))


@pytest.mark.parametrize("value", LOW_ORDER_X25519)
def test_a_bundle_with_a_low_order_x25519_key_is_refused(value: int) -> None:
    with refused("invalid_peer_key"):
        Bundle.parse(_with("x25519", value.to_bytes(32, "little")))


@pytest.mark.parametrize("value", [0, 1, P - 1, P, P + 1, 1 | 1 << 255])
def test_a_bundle_with_a_weak_ed25519_key_is_refused(value: int) -> None:
    with refused("invalid_peer_key"):
        Bundle.parse(_with("ed25519", value.to_bytes(32, "little")))


@pytest.mark.parametrize("value", [0, 1, dh14.PRIME - 1, dh14.PRIME, dh14.PRIME - 4, 2**2048 - 1])
def test_a_bundle_with_a_value_outside_group_14_is_refused(value: int) -> None:
    with refused("invalid_peer_key"):
        Bundle.parse(_with("dh14", value.to_bytes(256, "big")))


def test_a_bundle_with_an_ml_kem_key_out_of_range_is_refused() -> None:
    with refused("invalid_peer_key"):
        Bundle.parse(_with("ml_kem", b"\xff\xff\xff"))


@settings(max_examples=50)
@given(st.integers(0, 1600))
def test_a_bundle_cut_short_or_with_more_is_malformed(length: int) -> None:
    if length != 1520:
        with refused("malformed"):
            Bundle.parse(person("ada").bundle.encoded.ljust(1600, b"\0")[:length])


def test_a_bundle_with_its_parts_in_another_order_is_malformed() -> None:
    ada = person("ada").bundle
    with refused("malformed"):
        Bundle.parse(lp(ada.ed25519, ada.x25519, ada.dh14, ada.ml_kem))


def test_a_bundle_with_another_persons_part_is_somebody_else() -> None:
    ada, bob = person("ada").bundle, person("bob").bundle
    mixed = Bundle.parse(lp(ada.ed25519, bob.x25519, ada.ml_kem, ada.dh14))
    assert mixed.fingerprint not in (ada.fingerprint, bob.fingerprint)
    assert person("eve").pairwise(mixed) != between("eve", "ada")


@given(st.sampled_from(KINDS), st.binary(max_size=200))
def test_what_was_signed_is_read_by_its_signers_bundle(kind: SignatureKind, body: bytes) -> None:
    ada = person("ada")
    ada.bundle.verify(kind, body, ada.sign(kind, body))
    assert ada.bundle.read_signed(kind, ada.signed(kind, body)) == body


@pytest.mark.parametrize("kind", KINDS[1:])
def test_a_signature_of_one_kind_is_none_of_another(kind: SignatureKind) -> None:
    with refused("signature_invalid"):
        person("ada").bundle.read_signed(kind, person("ada").signed("transcript", b"body"))


def test_a_signature_of_one_person_is_none_of_another() -> None:
    with refused("signature_invalid"):
        person("bob").bundle.read_signed("opening", person("ada").signed("opening", b"body"))


def test_a_signature_does_not_move_to_another_bundle_with_the_same_signing_key() -> None:
    ada, bob = person("ada").bundle, person("bob").bundle
    mixed = Bundle.parse(lp(ada.ed25519, bob.x25519, ada.ml_kem, ada.dh14))
    with refused("signature_invalid"):
        mixed.read_signed("opening", person("ada").signed("opening", b"body"))


@given(st.integers(0, 80), st.booleans())
def test_a_signed_statement_of_another_form_is_malformed(at: int, longer: bool) -> None:
    signed = person("ada").signed("opening", b"body")
    changed = signed + b"\0" if longer else signed[: min(at, len(signed) - 1)]
    with refused("malformed"):
        person("ada").bundle.read_signed("opening", changed)


@pytest.mark.parametrize("first", [0, 2, 255])
def test_a_signed_statement_of_another_version_is_malformed(first: int) -> None:
    with refused("malformed"):
        signed = person("ada").signed("opening", b"body")
        person("ada").bundle.read_signed("opening", bytes([first]) + signed[1:])


def test_two_people_agree_on_a_secret_nobody_else_has() -> None:
    assert between("ada", "bob") == between("bob", "ada")
    assert len({between("ada", "bob"), between("ada", "eve"), between("bob", "eve")}) == 3


def test_a_kept_exponent_gives_the_same_as_an_open_one() -> None:
    one, other = dh14.new_exponent(), dh14.new_exponent()
    public = dh14.public_value(other)
    assert dh14.blinded_shared_secret(one, public) == dh14.shared_secret(one, public)
    assert dh14.blinded_public_value(one) == dh14.public_value(one)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_a_safety_number_is_60_digits_and_the_same_for_both(one: bytes, other: bytes) -> None:
    number = safety_number(one, other)
    assert number == safety_number(other, one)
    assert len(number) == 60
    assert number.isascii()
    assert number.isdecimal()


def test_another_fingerprint_gives_another_safety_number() -> None:
    ada, bob, eve = (person(name).fingerprint for name in ("ada", "bob", "eve"))
    assert len({safety_number(ada, bob), safety_number(ada, eve), safety_number(bob, eve)}) == 3


def test_an_account_with_other_public_keys_than_ones_own_is_noticed() -> None:
    person("ada").check_bundle(person("ada").bundle.encoded)
    with refused("key_changed"):
        person("ada").check_bundle(person("bob").bundle.encoded)
