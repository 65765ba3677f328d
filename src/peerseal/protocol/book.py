"""The contact book (protocol.md §11): whose keys this person trusts, and what was seen of their files.

A pure value: every change gives another book. Keeping it in step with the server's is `client.contacts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal, Self, TypeAlias, TypeVar

from peerseal.crypto_engine import (
    Bundle,
    canonical_name,
    check_bundle_form,
    fingerprint_of,
)
from peerseal.errors import IntegrityFailed, NotFound, UsageError, VerificationFailed
from peerseal.protocol.heads import HASH_BYTES
from peerseal.wire import fields as f
from peerseal.wire.encoding import base64url_encode
from peerseal.wire.limits import (
    ACCOUNT_NAME_MAX_CHARACTERS,
    BOOK_PLAINTEXT_MAX_BYTES,
    BUNDLE_BYTES,
    FINGERPRINT_BYTES,
    ID_BYTES,
)
from peerseal.wire.strict_json import JsonValue, dumps, loads_object, malformed
from peerseal.wire.value import Value

ContactState: TypeAlias = Literal["pinned", "verified"]
_Item = TypeVar("_Item")

BOOK_MAX_DEPTH: Final = 4
NO_CLOSING: Final = bytes(HASH_BYTES)
"""The closing hash of a file no closing head was seen of."""


class Contact(Value):
    """One person: canonical name, the 1 520 bytes of public keys, how far they are trusted, since when (ms)."""

    name: str
    encoded: bytes
    state: ContactState
    since: int

    @property
    def fingerprint(self) -> bytes:
        """The 32 bytes that name the keys."""
        return fingerprint_of(self.encoded)

    @property
    def bundle(self) -> Bundle:
        """The keys, checked anew each time. Raises `malformed` or `invalid_peer_key`."""
        return Bundle.parse(self.encoded)

    @property
    def verified(self) -> bool:
        """Whether this person compared a safety number or check words with them."""
        return self.state == "verified"

    def __repr__(self) -> str:
        return f"Contact(name={self.name!r}, state={self.state!r})"


class FileSeen(Value):
    """The newest seen of one file: version and its closing hash (0 and `NO_CLOSING`: none), access counter."""

    id: bytes
    owner: bytes
    version: int
    closing: bytes
    access: int


class Book(Value):
    """Contacts and files seen; names, fingerprints and file ids are unique."""

    contacts: tuple[Contact, ...] = ()
    files: tuple[FileSeen, ...] = ()

    def contact(self, name: str) -> Contact | None:
        """Whose name this is, however it is written; None if nobody's. Raises `name_malformed`."""
        wanted = canonical_name(name)
        return next((contact for contact in self.contacts if contact.name == wanted), None)

    def by_fingerprint(self, fingerprint: bytes) -> Contact | None:
        """Whose keys have this fingerprint."""
        return next((contact for contact in self.contacts if contact.fingerprint == fingerprint), None)

    def file(self, file_id: bytes) -> FileSeen | None:
        """What was seen of a file."""
        return next((file for file in self.files if file.id == file_id), None)

    def pin(self, name: str, bundle: Bundle, now: int) -> Self:
        """The book with a new contact whose keys came in an exchange; the same if they are there already.

        `key_changed` for other keys under that name, or these keys under another.
        """
        known = self.contact(name)
        if known is not None:
            known_as(known, bundle)
            return self
        self._check_nobody_elses(bundle, "")
        return self._with(Contact(canonical_name(name), bundle.encoded, "pinned", now))

    def verify(self, name: str, fingerprint: bytes | None = None) -> Self:
        """The book with that contact verified: this person compared the safety number or check words.

        `fingerprint`: of the keys that were compared; `key_changed` if the book has others by now. `not_found`.
        """
        known = self._known(name)
        if fingerprint is not None and known.fingerprint != fingerprint:
            raise key_changed(known.name)
        return self._with(Contact(known.name, known.encoded, "verified", known.since))

    def replace(self, name: str, bundle: Bundle) -> Self:
        """The book with other keys for that contact, after a comparison: verified. `not_found`, `key_changed`."""
        known = self._known(name)
        self._check_nobody_elses(bundle, known.name)
        return self._with(Contact(known.name, bundle.encoded, "verified", known.since))

    def remove(self, name: str) -> Self:
        """The book without that contact; what was seen of their files stays."""
        gone = self._known(name)
        return type(self)(tuple(contact for contact in self.contacts if contact != gone), self.files)

    def remember(self, file_id: bytes, owner: bytes, version: int, closing: bytes, access: int) -> Self:
        """The book with what was seen of a file, once it was judged. Numbers only grow: the higher stays.

        Raises `unknown_owner` or `rolled_back` (the same version with another closing hash).
        """
        seen = self.file(file_id)
        if seen is not None:
            _check_owner(seen.owner, owner)
            if seen.version == version and seen.closing != closing:
                raise _forked(version)
            if seen.version > version:
                version, closing = seen.version, seen.closing
            access = max(access, seen.access)
        now = FileSeen(file_id, owner, version, closing, access)
        if now == seen:
            return self
        others = tuple(file for file in self.files if file.id != file_id)
        return type(self)(self.contacts, (*others, now))

    def encode(self) -> bytes:
        """Its strict JSON; `malformed` for what `decode_book` would refuse, `limit` for a full book."""
        encoded = dumps(f.write_fields(_FIELDS, self)).encode()
        if len(encoded) > BOOK_PLAINTEXT_MAX_BYTES:
            raise IntegrityFailed("the contact book is full", code="limit")
        decode_book(encoded)
        return encoded

    def _known(self, name: str) -> Contact:
        known = self.contact(name)
        if known is None:
            raise NotFound(f"{canonical_name(name)} is not in your contacts")
        return known

    def _check_nobody_elses(self, bundle: Bundle, name: str) -> None:
        holder = self.by_fingerprint(bundle.fingerprint)
        if holder is not None and holder.name != name:
            raise VerificationFailed(
                f"these are the keys of {holder.name}, who is in your contacts",
                code="key_changed",
                hint=f"If {holder.name} has a new name, remove the old contact first.",
            )

    def _with(self, changed: Contact) -> Self:
        others = (contact for contact in self.contacts if contact.name != changed.name)
        return type(self)(tuple(sorted((*others, changed), key=lambda contact: contact.name)), self.files)


def decode_book(plaintext: bytes) -> Book:
    """The book in its JSON, padded or not; `malformed`."""
    value = loads_object(plaintext, BOOK_PLAINTEXT_MAX_BYTES, BOOK_MAX_DEPTH)
    book = Book(**f.read_fields(_FIELDS, value))
    _check_unique(contact.name for contact in book.contacts)
    _check_unique(contact.encoded for contact in book.contacts)
    _check_unique(file.id for file in book.files)
    return book


def known_as(contact: Contact, bundle: Bundle) -> None:
    """Raises `key_changed` unless `bundle` is what this person trusts as that contact."""
    if contact.encoded != bundle.encoded:
        raise key_changed(contact.name)


def key_changed(name: str) -> VerificationFailed:
    """Somebody shows other keys for a contact than this person trusts."""
    return VerificationFailed(
        f"the keys shown for {name} are not the ones you know",
        code="key_changed",
        hint=f"Nothing was sealed. Compare the safety number with {name} before you accept new keys.",
    )


def _check_owner(known: bytes, owner: bytes) -> None:
    if known != owner:
        raise VerificationFailed(
            "this file belonged to somebody else before",
            code="unknown_owner",
            hint="Nothing was opened. Ask whoever runs the server.",
        )


def _forked(version: int) -> IntegrityFailed:
    return IntegrityFailed(
        f"the server shows another version {version} than the one seen before",
        code="rolled_back",
        hint="Ask whoever runs the server.",
    )


def _check_unique(names: Iterable[str | bytes]) -> None:
    seen = list(names)
    if len(set(seen)) != len(seen):
        raise malformed("a contact book that names something twice")


def _checked(field: f.Field, check: Callable[[_Item], object]) -> f.Field:
    def read(value: JsonValue) -> _Item:
        item: _Item = field.read(value)
        check(item)
        return item

    return f.Field(read, field.write, field.schema)


def _check_name(name: str) -> None:
    try:
        if canonical_name(name) == name:
            return
    except UsageError:
        pass
    raise malformed("a contact without an account name")


def _read_contact(value: JsonValue) -> Contact:
    if not isinstance(value, dict):
        raise malformed("not a contact")
    read = f.read_fields(_CONTACT_FIELDS, value)
    return Contact(read["name"], read["bundle"], read["state"], read["since"])


def _write_contact(contact: Contact) -> JsonValue:
    # By hand: `contact.bundle` would check every key again.
    bundle = base64url_encode(contact.encoded)
    return {"name": contact.name, "bundle": bundle, "state": contact.state, "since": contact.since}


_HASH: Final = f.octets(HASH_BYTES, HASH_BYTES)
_CONTACT_FIELDS: Final = {
    "name": _checked(f.text(1, ACCOUNT_NAME_MAX_CHARACTERS), _check_name),
    "bundle": _checked(f.octets(BUNDLE_BYTES, BUNDLE_BYTES), check_bundle_form),
    "state": f.one_of("pinned", "verified"),
    "since": f.integer(0),
}
_CONTACT: Final = f.Field(_read_contact, _write_contact, lambda: f.object_schema(_CONTACT_FIELDS))
_FILE_SEEN: Final = f.record(
    FileSeen,
    {
        "id": f.octets(ID_BYTES, ID_BYTES),
        "owner": f.octets(FINGERPRINT_BYTES, FINGERPRINT_BYTES),
        "version": f.integer(0),
        "closing": _HASH,
        "access": f.integer(0),
    },
)
_FIELDS: Final = {"contacts": f.array(_CONTACT), "files": f.array(_FILE_SEEN)}
