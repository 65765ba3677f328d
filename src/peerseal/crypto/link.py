"""Links (protocol.md §14): a secret behind the `#`, what follows from it, and the file key under that."""

from __future__ import annotations

from typing import Final, NamedTuple, Self

from peerseal.crypto.file_key import FileKey, file_context
from peerseal.crypto.identity import Bundle
from peerseal.crypto.kdf import Secret, derive, lp
from peerseal.crypto.password import password_bytes
from peerseal.crypto.primitives import argon2id, equal, random_bytes
from peerseal.crypto.sealed import seal, unseal
from peerseal.errors import IntegrityFailed, VerificationFailed
from peerseal.wire.encoding import base64url_decode, base64url_encode
from peerseal.wire.limits import ARGON2_LANES, ARGON2_MEMORY_KIB, ARGON2_PASSES, ID_BYTES, LINK_WRAP_BYTES

LINK_SEED_BYTES: Final = 32
_OWNER_BYTES: Final = 16


class LinkSecret(Secret):
    """The 32 random bytes of one link. Never shown by `repr`."""

    __slots__ = ()

    def __new__(cls, secret: bytes) -> Self:
        """Raises `malformed` unless there are 32 bytes."""
        if len(secret) != LINK_SEED_BYTES:
            raise IntegrityFailed("a link secret of the wrong length", code="malformed")
        return super().__new__(cls, secret)


class LinkKeys(NamedTuple):
    """What a link's secret and password become: `m`, the `token` for the server, the key the wrap lies under."""

    m: Secret
    token: Secret
    wrap_key: Secret


class Fragment(NamedTuple):
    """What stands behind a link's `#`: its secret and the first 16 bytes of its owner's fingerprint."""

    secret: LinkSecret
    owner: bytes

    @property
    def text(self) -> str:
        """64 characters of base64url."""
        return base64url_encode(self.secret + self.owner)

    def check_owner(self, bundle: Bundle) -> None:
        """Raises `unknown_owner` unless the served bundle is the one the link speaks of."""
        if not equal(bundle.fingerprint[:_OWNER_BYTES], self.owner):
            raise VerificationFailed(
                "the server shows somebody else's file for this link",
                code="unknown_owner",
                hint="Nothing was opened. Ask whoever sent the link.",
            )


def new_link_secret() -> LinkSecret:
    """A fresh link's secret."""
    return LinkSecret(random_bytes(LINK_SEED_BYTES))


def link_fragment(secret: LinkSecret, owner: bytes) -> Fragment:
    """The fragment of a link of the owner with this fingerprint."""
    return Fragment(secret, owner[:_OWNER_BYTES])


def parse_fragment(text: str) -> Fragment:
    """Reads a link's fragment, without the `#`; `malformed`."""
    both = base64url_decode(text, LINK_SEED_BYTES + _OWNER_BYTES)
    return Fragment(LinkSecret(both[:LINK_SEED_BYTES]), both[LINK_SEED_BYTES:])


def link_keys(secret: LinkSecret, password: str | None, link: bytes) -> LinkKeys:
    """The keys of the link with this id (16 bytes); with a password (not empty), about 0.2 s of Argon2id."""
    if len(link) != ID_BYTES:
        raise IntegrityFailed("a link id of the wrong length", code="malformed")
    stretched = b""
    if password:
        salt = derive(secret, b"", "link-salt", link, 16)
        stretched = argon2id(
            password_bytes(password), salt, memory=ARGON2_MEMORY_KIB, passes=ARGON2_PASSES, lanes=ARGON2_LANES
        )
    return keys_of_m(derive(lp(secret, stretched), b"", "link", link, 32))


def keys_of_m(m: bytes) -> LinkKeys:
    """The same keys from m, as the owner kept it: later versions are wrapped without the password."""
    token, wrap_key = (derive(m, b"", label, b"", 32) for label in ("link-token", "link-wrap"))
    return LinkKeys(Secret(m), Secret(token), Secret(wrap_key))


def wrap_for_link(file_key: FileKey, wrap_key: bytes, owner: bytes, file_id: bytes, version: int) -> bytes:
    """The file key for whoever has the link; `owner` is the fingerprint. 60 bytes."""
    return seal(wrap_key, file_key, file_context(file_id, version) + lp(owner))


def unwrap_for_link(wrapped: bytes, wrap_key: bytes, owner: bytes, file_id: bytes, version: int) -> FileKey:
    """The file key in a link's wrap. Raises `malformed` or `not_authentic`; the commitment is the caller's."""
    if len(wrapped) != LINK_WRAP_BYTES:
        raise IntegrityFailed("not a link's wrapped key", code="malformed")
    return FileKey(unseal(wrap_key, wrapped, file_context(file_id, version) + lp(owner)))
