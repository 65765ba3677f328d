"""The access list: signed by the owner, sorted, never older than the one seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto_engine import lp, u64
from peerseal.protocol.access import AccessList, read_access
from support.people_with_keys import person
from support.refusals import refused

ID = b"i" * 16
ADA, BOB, EVE = person("ada"), person("bob"), person("eve")
LIST = AccessList.of(ID, 2, [EVE.fingerprint, BOB.fingerprint], [b"m" * 16, b"l" * 16])
_IDS = st.lists(st.binary(min_size=16, max_size=16), max_size=5)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=5), _IDS, st.integers(1, 2**53 - 1))
def test_a_list_is_read_as_it_was_signed(recipients: list[bytes], links: list[bytes], counter: int) -> None:
    access = AccessList.of(ID, counter, recipients, links)
    assert read_access(access.sign(ADA), ADA.bundle) == access


def test_somebody_elses_list_is_refused() -> None:
    with refused("signature_invalid"):
        read_access(LIST.sign(ADA), BOB.bundle)
    with refused("signature_invalid"):
        read_access(ADA.signed("opening", LIST.body), ADA.bundle)


def test_who_is_listed_and_who_is_not() -> None:
    LIST.check_listed(BOB.fingerprint)
    for fingerprint in (ADA.fingerprint, bytes(32)):
        with refused("not_listed"):
            LIST.check_listed(fingerprint)


def test_an_older_list_is_a_rollback_and_another_files_differs() -> None:
    LIST.check(ID)
    LIST.check(ID, 2)
    with refused("rolled_back"):
        LIST.check(ID, 3)
    with refused("content_differs"):
        LIST.check(bytes(16), 2)


def test_the_next_list_counts_on() -> None:
    after = LIST.next([BOB.fingerprint], [])
    assert (after.counter, after.recipients, after.links) == (3, (BOB.fingerprint,), ())


@pytest.mark.parametrize(
    "parts",
    [
        (ID[:-1], u64(1), b"", b""),
        (ID, u64(0), b"", b""),
        (ID, u64(2**53), b"", b""),
        (ID, b"\x01", b"", b""),
        (ID, u64(1), b"x" * 31, b""),
        (ID, u64(1), b"", b"x" * 17),
        (ID, u64(1), b"b" * 32 + b"a" * 32, b""),
        (ID, u64(1), b"a" * 64, b""),
        (ID, u64(1), b"", b"b" * 16 + b"a" * 16),
        (ID, u64(1), b""),
        (ID, u64(1), b"", b"", b""),
    ],
)
def test_a_list_of_another_form_is_malformed(parts: tuple[bytes, ...]) -> None:
    with refused("malformed"):
        read_access(ADA.signed("access", lp(*parts)), ADA.bundle)


def test_a_list_that_is_not_sorted_is_not_signed() -> None:
    with refused("malformed"):
        AccessList(ID, 1, (b"b" * 32, b"a" * 32)).sign(ADA)
