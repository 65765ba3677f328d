"""The vault (protocol.md §10.1): the root, kept by the server and sealed under the password.

vault = u8 1 ‖ commitment(32) ‖ IV(12) ‖ Tag(16) ‖ Ciphertext(32), 93 bytes
"""

from __future__ import annotations

from typing import Final

from peerseal.crypto.identity import Root
from peerseal.crypto.kdf import derive, lp
from peerseal.crypto.primitives import equal
from peerseal.crypto.sealed import seal, unseal
from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import VAULT_BYTES

_VERSION: Final = b"\x01"
_HEAD_BYTES: Final = 33


def seal_vault(root: Root, vault_key: bytes, user: str, server: bytes) -> bytes:
    """The vault of account `user` (canonical) at `server` (id, 16 bytes)."""
    return _VERSION + _commitment(vault_key) + seal(_key(vault_key), root, _bound(user, server))


def open_vault(vault: bytes, vault_key: bytes, user: str, server: bytes) -> Root:
    """The root in a vault. Raises `malformed`, or `not_authentic`: another password, account or server.

    The caller then checks that it is the account's: `Identity(root).check_bundle`.
    """
    if len(vault) != VAULT_BYTES or vault[:1] != _VERSION:
        raise IntegrityFailed("not a vault", code="malformed")
    # The commitment fits one key only: the server cannot make one vault that several passwords would open.
    if not equal(vault[1:_HEAD_BYTES], _commitment(vault_key)):
        raise IntegrityFailed("the vault does not open with this password", code="not_authentic")
    return Root(unseal(_key(vault_key), vault[_HEAD_BYTES:], _bound(user, server)))


def _commitment(vault_key: bytes) -> bytes:
    return derive(vault_key, b"", "vault-commit", b"", 32)


def _key(vault_key: bytes) -> bytes:
    return derive(vault_key, b"", "vault-key", b"", 32)


def _bound(user: str, server: bytes) -> bytes:
    return lp(b"peerseal/1 vault", user.encode(), server)
