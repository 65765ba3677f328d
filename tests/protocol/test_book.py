"""The contact book: a pin changes only by an explicit act, and what was seen of files only grows."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.protocol.book import NO_CLOSING, Book, Contact, FileSeen, decode_book, known_as
from peerseal.wire.encoding import base64url_encode
from support.people_with_keys import person
from support.refusals import refused

ADA, BOB, EVE = (person(name).bundle for name in ("ada", "bob", "eve"))
ID = b"i" * 16
BOOK = Book().pin("Bob", BOB, 5).remember(ID, BOB.fingerprint, 3, b"c" * 32, 2)


def _contact(book: Book, name: str) -> Contact:
    found = book.contact(name)
    assert found is not None
    return found


def test_a_contact_is_found_by_name_and_by_keys() -> None:
    bob = _contact(BOOK, "BOB")
    assert (bob.name, bob.bundle, bob.state, bob.since) == ("bob", BOB, "pinned", 5)
    assert BOOK.by_fingerprint(BOB.fingerprint) == bob
    assert BOOK.contact("eve") is None
    assert BOOK.by_fingerprint(EVE.fingerprint) is None


def test_a_book_comes_back_from_its_padded_json() -> None:
    assert decode_book(BOOK.encode() + b"   ") == BOOK
    assert decode_book(Book().encode()) == Book()


def test_pinning_the_same_keys_again_changes_nothing() -> None:
    assert BOOK.pin("BOB", BOB, 9) == BOOK
    verified = BOOK.verify("bob")
    assert verified.pin("bob", BOB, 9) == verified


def test_other_keys_under_a_known_name_are_never_pinned() -> None:
    for book in (BOOK, BOOK.verify("bob")):
        with refused("key_changed"):
            book.pin("bob", EVE, 9)
        with refused("key_changed"):
            known_as(_contact(book, "bob"), EVE)
    known_as(_contact(BOOK, "bob"), BOB)


def test_known_keys_are_never_pinned_under_another_name() -> None:
    with refused("key_changed"):
        BOOK.pin("eve", BOB, 9)
    with refused("key_changed"):
        BOOK.pin("eve", EVE, 9).replace("eve", BOB)


def test_a_comparison_makes_a_contact_verified() -> None:
    assert not _contact(BOOK, "bob").verified
    assert _contact(BOOK.verify("Bob"), "bob").verified
    assert _contact(BOOK.verify("Bob", BOB.fingerprint), "bob").verified
    with refused("key_changed"):
        BOOK.verify("bob", EVE.fingerprint)


def test_new_keys_after_a_comparison_are_verified() -> None:
    bob = _contact(BOOK.replace("bob", EVE), "bob")
    assert (bob.bundle, bob.state) == (EVE, "verified")


def test_a_removed_contact_is_gone_but_their_files_are_remembered() -> None:
    book = BOOK.remove("bob")
    assert book.contact("bob") is None
    assert book.file(ID) == BOOK.file(ID)


def test_nobody_can_be_verified_replaced_or_removed() -> None:
    with refused("not_found"):
        BOOK.verify("eve")
    with refused("not_found"):
        BOOK.replace("eve", EVE)
    with refused("not_found"):
        BOOK.remove("eve")


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8))
def test_version_and_access_of_a_file_only_grow(seen: list[tuple[int, int]]) -> None:
    book = Book()
    for version, access in seen:
        closing = bytes([version]) * 32
        before = book.file(ID)
        book = book.remember(ID, BOB.fingerprint, version, closing, access)
        after = book.file(ID)
        assert after is not None
        assert after.closing == bytes([after.version]) * 32
        if before is not None:
            assert after.version == max(before.version, version)
            assert after.access == max(before.access, access)


def test_what_is_seen_again_changes_nothing() -> None:
    assert BOOK.remember(ID, BOB.fingerprint, 3, b"c" * 32, 2) is BOOK


def test_another_closing_hash_or_owner_is_not_remembered() -> None:
    with refused("rolled_back"):
        BOOK.remember(ID, BOB.fingerprint, 3, b"x" * 32, 2)
    with refused("unknown_owner"):
        BOOK.remember(ID, EVE.fingerprint, 4, b"x" * 32, 2)


def test_a_file_may_be_known_by_its_access_list_only() -> None:
    book = Book().remember(ID, BOB.fingerprint, 0, NO_CLOSING, 4)
    assert decode_book(book.encode()) == book


def test_a_book_too_long_is_not_encoded() -> None:
    files = tuple(FileSeen(number.to_bytes(16), bytes(32), 1, bytes(32), 1) for number in range(30_000))
    with refused("limit"):
        Book((), files).encode()


def _text(**changed: object) -> dict[str, object]:
    contact: dict[str, object] = {
        "name": "bob",
        "bundle": base64url_encode(BOB.encoded),
        "state": "pinned",
        "since": 5,
    }
    return contact | changed


@pytest.mark.parametrize(
    "contacts",
    [
        [_text(name="Bob")],
        [_text(name="")],
        [_text(name=" bob")],
        [_text(name="x" * 65)],
        [_text(state="trusted")],
        [_text(since=-1)],
        [_text(since=2**53)],
        [_text(bundle=base64url_encode(BOB.encoded[:-1]))],
        [_text(bundle=base64url_encode(bytes(1520)))],
        [_text(more=1)],
        [_text(), _text()],
        [_text(), _text(name="eve")],
        [_text(), _text(bundle=base64url_encode(EVE.encoded))],
        ["bob"],
        {},
    ],
)
def test_contacts_of_another_form_are_malformed(contacts: object) -> None:
    assert decode_book(json.dumps({"contacts": [_text()], "files": []}).encode()).contact("bob")
    with refused("malformed"):
        decode_book(json.dumps({"contacts": contacts, "files": []}).encode())


@pytest.mark.parametrize(
    "changed", [{"version": -1}, {"id": "AAAA"}, {"owner": ""}, {"access": None}, {"x": 1}]
)
def test_files_of_another_form_are_malformed(changed: dict[str, object]) -> None:
    value = json.loads(BOOK.encode())
    value["files"][0] |= changed
    with refused("malformed"):
        decode_book(json.dumps(value).encode())


def test_a_file_that_stands_there_twice_is_malformed() -> None:
    value = json.loads(BOOK.encode())
    value["files"] *= 2
    with refused("malformed"):
        decode_book(json.dumps(value).encode())


def test_keys_that_do_not_hold_are_refused_before_they_are_used() -> None:
    weak = BOB.encoded[:4] + bytes(32) + BOB.encoded[36:]
    book = decode_book(json.dumps({"contacts": [_text(bundle=base64url_encode(weak))], "files": []}).encode())
    with refused("invalid_peer_key"):
        _ = _contact(book, "bob").bundle
