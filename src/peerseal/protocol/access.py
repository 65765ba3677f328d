"""The access list of a stored file (protocol.md §13.4): who may open it, signed by its owner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from peerseal.crypto_engine import FILE_ID_BYTES, Bundle, Identity, lp, u64
from peerseal.errors import IntegrityFailed
from peerseal.protocol.parts import read_number, split
from peerseal.wire.limits import FINGERPRINT_BYTES, ID_BYTES, INTEGER_MAX
from peerseal.wire.strict_json import malformed
from peerseal.wire.value import Value


class AccessList(Value):
    """Fingerprints of all recipients but the owner and ids (16 B) of all links, sorted; `counter` from 1."""

    id: bytes
    counter: int
    recipients: tuple[bytes, ...] = ()
    links: tuple[bytes, ...] = ()

    @classmethod
    def of(
        cls, file_id: bytes, counter: int, recipients: Iterable[bytes] = (), links: Iterable[bytes] = ()
    ) -> Self:
        """A list of these, in whatever order they come."""
        return cls(file_id, counter, tuple(sorted(set(recipients))), tuple(sorted(set(links))))

    @property
    def body(self) -> bytes:
        """The bytes that are signed."""
        return lp(self.id, u64(self.counter), b"".join(self.recipients), b"".join(self.links))

    def sign(self, identity: Identity) -> bytes:
        """The signed list; `malformed` for what `read_access` would refuse."""
        _check(self)
        return identity.signed("access", self.body)

    def next(self, recipients: Iterable[bytes], links: Iterable[bytes]) -> Self:
        """The list after a change, with the next counter."""
        return self.of(self.id, self.counter + 1, recipients, links)

    def check(self, file_id: bytes, remembered: int = 0) -> None:
        """Raises `content_differs` for another file's list, `rolled_back` for one older than `remembered`."""
        if self.id != file_id:
            raise IntegrityFailed("the access list of another file", code="content_differs")
        if self.counter < remembered:
            raise IntegrityFailed(
                f"the server shows an old list of who may open this file ({self.counter}, "
                f"{remembered} was seen)",
                code="rolled_back",
                hint="Nothing was sealed. Ask whoever runs the server.",
            )

    def check_listed(self, fingerprint: bytes) -> None:
        """Raises `not_listed` unless the recipient with this fingerprint may open the file."""
        if fingerprint not in self.recipients:
            raise IntegrityFailed(
                "the owner's list of who may open this file does not name you",
                code="not_listed",
                hint="Ask the owner to share it with you.",
            )


def read_access(signed: bytes, owner: Bundle) -> AccessList:
    """The list in `signed`. Raises `malformed` or `signature_invalid`."""
    file_id, counter, recipients, links = split(owner.read_signed("access", signed), 4)
    access = AccessList(
        file_id, read_number(counter, 8), _cut(recipients, FINGERPRINT_BYTES), _cut(links, ID_BYTES)
    )
    _check(access)
    return access


def _cut(joined: bytes, length: int) -> tuple[bytes, ...]:
    if len(joined) % length:
        raise malformed("a list with a part of the wrong length")
    return tuple(joined[at : at + length] for at in range(0, len(joined), length))


def _check(access: AccessList) -> None:
    if len(access.id) != FILE_ID_BYTES or not 1 <= access.counter <= INTEGER_MAX:
        raise malformed("an access list with an id or counter out of range")
    for names, length in ((access.recipients, FINGERPRINT_BYTES), (access.links, ID_BYTES)):
        if list(names) != sorted(set(names)) or any(len(name) != length for name in names):
            raise malformed("an access list that is not sorted")
