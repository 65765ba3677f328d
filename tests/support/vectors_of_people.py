"""How Python runs the vectors about identities, accounts, contact books and what two people share."""

import json
from typing import Any

from peerseal.crypto_engine import (
    Bundle,
    Identity,
    Root,
    canonical_name,
    lp,
    open_book,
    open_vault,
    recovery_body,
    root_of,
    safety_number,
    seal_book,
    seal_vault,
    stretch,
    words_of,
)
from peerseal.protocol.book import Book, decode_book
from peerseal.protocol.rollback import BookSeen, judge_book
from peerseal.wire.encoding import base64url_decode
from support.vectors import Case, Run, Values, from_hex, its_own


def identity(case: Case, name: str) -> Identity:
    """The person a case calls by the field `name`."""
    return Identity(Root(from_hex(case.shared["people"][case.given[name]]["root"])))


def bundle(case: Case, name: str) -> Bundle:
    """Their public keys."""
    return Bundle.parse(from_hex(case.shared["people"][case.given[name]]["bundle"]))


def _keys(case: Case, seen: Values) -> None:
    own = Identity(Root(from_hex(case.given["root"])))
    seen.update(bundle=own.bundle.encoded.hex(), fingerprint=own.fingerprint.hex())


def _sign(case: Case, seen: Values) -> None:
    own = Identity(Root(from_hex(case.given["root"])))
    seen["signature"] = own.sign(case.given["kind"], from_hex(case.given["body"])).hex()


def _bundle(case: Case, seen: Values) -> None:
    seen["fingerprint"] = Bundle.parse(from_hex(case.given["bundle"])).fingerprint.hex()


def _channel_identity(case: Case, _: Values) -> None:
    body = lp(from_hex(case.given["transcript"]), bytes([case.given["role"]]))
    bundle(case, "person").verify("transcript", body, from_hex(case.given["signature"]))


def _verify(case: Case, _: Values) -> None:
    said = case.given["bundle"]
    encoded = case.shared["people"][said]["bundle"] if said in case.shared["people"] else said
    signer = Bundle.parse(from_hex(encoded))
    signer.verify(case.given["kind"], from_hex(case.given["body"]), from_hex(case.given["signature"]))


def _words(case: Case, seen: Values) -> None:
    seen["words"] = list(words_of(Root(from_hex(case.given["root"]))))


def _root(case: Case, seen: Values) -> None:
    seen["root"] = root_of(case.given["text"]).hex()


def _safety_number(case: Case, seen: Values) -> None:
    seen["digits"] = safety_number(from_hex(case.given["a"]), from_hex(case.given["b"]))


def _canonical(case: Case, seen: Values) -> None:
    seen["name"] = canonical_name(case.given["text"])


def _stretch(case: Case, seen: Values) -> None:
    server, salt = (from_hex(case.given[name]) for name in ("server", "salt"))
    cost = (case.given[name] for name in ("memory", "passes", "lanes"))
    keys = stretch(case.given["password"], case.given["user"], server, salt, *cost)
    seen.update(auth=keys.auth.hex(), vault_key=keys.vault_key.hex())


def _open_vault(case: Case, seen: Values) -> None:
    key, server = (from_hex(case.given[name]) for name in ("vault_key", "server"))
    root = open_vault(from_hex(case.given["vault"]), key, case.given["user"], server)
    seen["root"] = root.hex()
    # What is sealed here opens here, so it has the form that was just shown to be right.
    with its_own():
        again = seal_vault(root, key, case.given["user"], server)
        assert open_vault(again, key, case.given["user"], server) == root


def _account(case: Case, _: Values) -> None:
    Identity(Root(from_hex(case.given["root"]))).check_bundle(from_hex(case.given["bundle"]))


def _recovery(case: Case) -> bytes:
    vault = case.given["vault"]
    return recovery_body(
        from_hex(case.given["server"]),
        case.given["user"],
        from_hex(case.given["challenge"]),
        auth=from_hex(case.given["auth"]),
        salt=from_hex(case.given["salt"]),
        memory=case.given["memory"],
        passes=case.given["passes"],
        lanes=case.given["lanes"],
        vault=None if vault is None else from_hex(vault),
    )


def _sign_recovery(case: Case, seen: Values) -> None:
    body = _recovery(case)
    seen.update(body=body.hex(), signature=identity(case, "person").sign("recover", body).hex())


def _verify_recovery(case: Case, _: Values) -> None:
    bundle(case, "person").verify("recover", _recovery(case), from_hex(case.given["signature"]))


def _value(book: Book) -> Any:
    return json.loads(book.encode())


def _book_of(value: Any) -> Book:
    return decode_book(json.dumps(value).encode())


def _open_book(case: Case, seen: Values) -> None:
    own = identity(case, "person")
    opened = open_book(own, from_hex(case.given["book"]))
    book = decode_book(opened.plaintext)
    seen.update(counter=opened.counter, previous=opened.previous.hex(), value=_value(book))
    with its_own():
        again = open_book(own, seal_book(own, opened.counter, opened.previous, book.encode()))
        assert decode_book(again.plaintext) == book


def _follows(case: Case, _: Values) -> None:
    ada = Identity(Root(from_hex(case.shared["people"]["ada"]["root"])))
    remembered = case.given["remembered"]
    seen = None if remembered is None else BookSeen(remembered["counter"], from_hex(remembered["hash"]))
    judge_book(seen, open_book(ada, from_hex(case.given["book"])))


def _pin(case: Case, seen: Values) -> None:
    book = _book_of(case.given["value"])
    seen["value"] = _value(book.pin(case.given["name"], bundle(case, "person"), case.given["now"]))


def _remember(case: Case, seen: Values) -> None:
    file = case.given["file"]
    file_id, owner, closing = (base64url_decode(file[name]) for name in ("id", "owner", "closing"))
    book = _book_of(case.given["value"])
    seen["value"] = _value(book.remember(file_id, owner, file["version"], closing, file["access"]))


def _pairwise(case: Case, seen: Values) -> None:
    seen["secret"] = identity(case, "person").pairwise(bundle(case, "peer")).hex()


OPERATIONS: dict[str, Run] = {
    "identity.keys": _keys,
    "identity.sign": _sign,
    "identity.bundle": _bundle,
    "identity.channel": _channel_identity,
    "ed25519.verify": _verify,
    "mnemonic.words": _words,
    "mnemonic.root": _root,
    "safety_number.number": _safety_number,
    "account_name.canonical": _canonical,
    "password.stretch": _stretch,
    "vault.open": _open_vault,
    "vault.account": _account,
    "recovery.sign": _sign_recovery,
    "recovery.verify": _verify_recovery,
    "book.open": _open_book,
    "book.follows": _follows,
    "book.pin": _pin,
    "book.remember": _remember,
    "pairwise.secret": _pairwise,
}
