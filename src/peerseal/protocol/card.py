"""The card of a stored version (protocol.md §13.2): what a list shows without opening the manifest."""

from __future__ import annotations

from typing import Final, TypeAlias

from peerseal.crypto_engine import FileKey, open_card, seal_card
from peerseal.errors import IntegrityFailed
from peerseal.wire import fields as f
from peerseal.wire.limits import CARD_MAX_BYTES
from peerseal.wire.strict_json import dumps, loads_object
from peerseal.wire.value import Value

#: `bytes` is a field of a card.
Octets: TypeAlias = bytes

TITLE_MAX_CHARACTERS: Final = 255


class Card(Value):
    """`title` is only shown. `files`: entries of kind file and text; `bytes`: None if not known at the start."""

    title: str
    files: int
    bytes: int | None
    text: bool

    def encode(self) -> Octets:
        """Its strict JSON; `malformed` for what `decode` would refuse."""
        encoded = dumps(f.write_fields(_FIELDS, self)).encode()
        decode(encoded)
        return encoded

    def seal(self, key: FileKey, file_id: Octets, version: int) -> Octets:
        """The sealed card of this version."""
        return seal_card(key, file_id, version, self.encode())

    def check(self, files: int, size: int, text: bool) -> None:
        """Raises `manifest_invalid` unless the manifest says the same; `size`: the sum of its sizes in bytes."""
        if (self.files, self.text) != (files, text) or self.bytes not in (None, size):
            raise IntegrityFailed(
                "the card says something else than the list of files", code="manifest_invalid"
            )


def read_card(key: FileKey, file_id: bytes, version: int, card: bytes) -> Card:
    """The card in its sealed form. Raises `malformed` or `not_authentic`."""
    return decode(open_card(key, file_id, version, card))


def decode(plaintext: bytes) -> Card:
    """The card in its JSON, padded or not; `malformed`."""
    return Card(**f.read_fields(_FIELDS, loads_object(plaintext, CARD_MAX_BYTES)))


_FIELDS: Final = {
    "title": f.text(0, TITLE_MAX_CHARACTERS),
    "files": f.integer(0),
    "bytes": f.nullable(f.integer(0)),
    "text": f.BOOLEAN,
}
