"""Wrapped file keys: for one recipient, one file, one version, from one sender."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto.file_key import FileKey
from peerseal.crypto.wrap import unwrap, unwrap_own, wrap, wrap_own
from support.people_with_keys import between, person
from support.refusals import refused

KEY, ID = FileKey(b"f" * 32), b"i" * 16
ADA, BOB, EVE = person("ada"), person("bob"), person("eve")
WRAP = wrap(KEY, ADA, between("ada", "bob"), BOB.bundle, ID, 3)
OWN = wrap_own(KEY, ADA, ID, 3)


def test_the_recipient_gets_the_key() -> None:
    assert unwrap(WRAP, BOB, between("bob", "ada"), ADA.bundle, ID, 3) == KEY
    assert len(WRAP) == 1181


def test_oneself_gets_the_key() -> None:
    assert unwrap_own(OWN, ADA, ID, 3) == KEY
    assert len(OWN) == 61


@pytest.mark.parametrize(("file_id", "version"), [(b"j" * 16, 3), (ID, 2), (ID, 4)])
def test_a_wrap_does_not_move_to_another_file_or_version(file_id: bytes, version: int) -> None:
    with refused("not_authentic"):
        unwrap(WRAP, BOB, between("bob", "ada"), ADA.bundle, file_id, version)
    with refused("not_authentic"):
        unwrap_own(OWN, ADA, file_id, version)


def test_a_wrap_opens_for_nobody_but_its_recipient() -> None:
    with refused("not_authentic"):
        unwrap(WRAP, EVE, between("eve", "ada"), ADA.bundle, ID, 3)
    with refused("not_authentic"):
        unwrap(WRAP, ADA, between("ada", "bob"), BOB.bundle, ID, 3)
    with refused("not_authentic"):
        unwrap_own(OWN, BOB, ID, 3)


def test_a_wrap_from_somebody_else_is_not_taken_for_the_senders() -> None:
    forged = wrap(KEY, EVE, between("eve", "bob"), BOB.bundle, ID, 3)
    with refused("not_authentic"):
        unwrap(forged, BOB, between("bob", "ada"), ADA.bundle, ID, 3)


def test_without_the_pairwise_secret_a_wrap_does_not_open() -> None:
    with refused("not_authentic"):
        unwrap(WRAP, BOB, between("bob", "eve"), ADA.bundle, ID, 3)


@settings(max_examples=40)
@given(st.integers(33, 1180))
def test_one_changed_byte_does_not_open(at: int) -> None:
    changed = bytearray(WRAP)
    changed[at] ^= 1
    with refused("not_authentic"):
        unwrap(bytes(changed), BOB, between("bob", "ada"), ADA.bundle, ID, 3)


@pytest.mark.parametrize("point", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18, 2**256 - 1])
def test_a_weak_ephemeral_key_is_refused(point: int) -> None:
    with refused("invalid_peer_key"):
        unwrap(
            *(WRAP[:1] + point.to_bytes(32, "little") + WRAP[33:], BOB, between("bob", "ada")),
            *(ADA.bundle, ID, 3),
        )


@pytest.mark.parametrize(
    "wrapped",
    [b"", WRAP[:-1], WRAP + b"\0", b"\2" + WRAP[1:], OWN],
    ids=["nothing", "short", "long", "form 2", "own"],
)
def test_another_form_is_malformed(wrapped: bytes) -> None:
    with refused("malformed"):
        unwrap(wrapped, BOB, between("bob", "ada"), ADA.bundle, ID, 3)


@pytest.mark.parametrize(
    "wrapped",
    [b"", OWN[:-1], OWN + b"\0", b"\1" + OWN[1:], WRAP],
    ids=["nothing", "short", "long", "form 1", "another's"],
)
def test_another_form_of_ones_own_is_malformed(wrapped: bytes) -> None:
    with refused("malformed"):
        unwrap_own(wrapped, ADA, ID, 3)


@pytest.mark.parametrize(("file_id", "version"), [(b"", 1), (bytes(17), 1), (ID, 0), (ID, 2**64)])
def test_an_impossible_file_is_malformed(file_id: bytes, version: int) -> None:
    with refused("malformed"):
        wrap_own(KEY, ADA, file_id, version)
