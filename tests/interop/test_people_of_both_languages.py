"""What a person of one language seals, signs and derives, a person of the other opens, verifies and derives alike."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from peerseal.crypto_engine import (
    NO_BOOK,
    Bundle,
    FileKey,
    Identity,
    LinkSecret,
    link_keys,
    new_root,
    open_book,
    open_vault,
    safety_number,
    seal_book,
    seal_vault,
    unwrap,
    unwrap_for_link,
    wrap,
    wrap_for_link,
)
from peerseal.protocol.access import AccessList, read_access
from peerseal.protocol.book import Book, decode_book
from support.node import TypeScriptPeer, typescript_peer

VERSION = 7
SERVER = bytes([5]) * 16


@pytest.fixture(scope="module", params=["webcrypto", "javascript"])
def peer(request: pytest.FixtureRequest) -> Iterator[TypeScriptPeer]:
    """The TypeScript side, with each of its cryptographies."""
    with typescript_peer(request.param) as running:
        yield running


def test_two_people_of_different_languages_understand_each_other(peer: TypeScriptPeer) -> None:
    own, other = Identity(new_root()), Identity(new_root())
    file_id, key, vault_key = os.urandom(16), FileKey(os.urandom(32)), os.urandom(32)
    shared, secret = own.pairwise(other.bundle), LinkSecret(os.urandom(32))
    link = link_keys(secret, None, file_id)
    book = Book().pin("Bert", own.bundle, 1).pin("\u00e5sa", other.bundle, 2)
    sealed = {
        "root": other.root.hex(),
        "peer": own.bundle.encoded.hex(),
        "key": key.hex(),
        "id": file_id.hex(),
        "wrap": wrap(key, own, shared, other.bundle, file_id, VERSION).hex(),
        "vault": seal_vault(other.root, vault_key, "ada", SERVER).hex(),
        "vault_key": vault_key.hex(),
        "book": seal_book(other, 1, NO_BOOK, book.encode()).hex(),
        "access": AccessList.of(file_id, 1, [other.fingerprint]).sign(own).hex(),
        "link_secret": secret.hex(),
        "link_wrap": wrap_for_link(key, link.wrap_key, own.fingerprint, file_id, VERSION).hex(),
    }
    answer, _ = peer.ask("person", b"", **sealed)
    assert "error" not in answer, answer
    assert answer["bundle"] == other.bundle.encoded.hex()
    assert answer["safety_number"] == safety_number(own.fingerprint, other.fingerprint)
    assert answer["opened"] == [key.hex(), other.root.hex(), key.hex()]
    assert answer["contacts"] == ["bert", "\u00e5sa"]
    assert answer["recipients"] == [other.fingerprint.hex()]
    # And back: what TypeScript sealed and signed.
    theirs = {name: bytes.fromhex(answer[name]) for name in ("wrap", "vault", "book", "access", "link_wrap")}
    assert unwrap(theirs["wrap"], own, shared, other.bundle, file_id, VERSION) == key
    assert open_vault(theirs["vault"], vault_key, "ada", SERVER) == other.root
    assert decode_book(open_book(other, theirs["book"]).plaintext) == book
    access = read_access(theirs["access"], Bundle.parse(bytes.fromhex(answer["bundle"])))
    assert access == AccessList.of(file_id, 2, [own.fingerprint], [file_id])
    assert unwrap_for_link(theirs["link_wrap"], link.wrap_key, other.fingerprint, file_id, VERSION) == key
