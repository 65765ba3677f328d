"""Passwords, vaults, recovery and contact books from given values (docs/protocol.md §10, §11)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from argon2.low_level import Type, hash_secret_raw

from maker.basics import Json, compact, hash_of, kdf, lp, u8, u32, u64
from maker.identities import Person, sealed
from maker.stored import padded


@dataclass(frozen=True)
class Stretching:
    """Parameters of Argon2id; memory in KiB."""

    memory: int = 65_536
    passes: int = 3
    lanes: int = 1

    def as_json(self) -> dict[str, Json]:
        return {"memory": self.memory, "passes": self.passes, "lanes": self.lanes}

    def stretched(self, password: str, salt: bytes) -> bytes:
        secret = unicodedata.normalize("NFKC", password).encode("utf-8")
        return hash_secret_raw(secret, salt, self.passes, self.memory, self.lanes, 32, Type.ID, 19)


def password_salt(user: str, server: bytes, salt: bytes) -> bytes:
    return hash_of(lp(b"peerseal/1 pw-salt", user.encode("utf-8"), server, salt))


def auth_of(m: bytes) -> bytes:
    return kdf(m, b"", "auth", b"", 32)


def vault_key_of(m: bytes) -> bytes:
    return kdf(m, b"", "vault", b"", 32)


def vault(root: bytes, vault_key: bytes, user: str, server: bytes) -> bytes:
    commitment = kdf(vault_key, b"", "vault-commit", b"", 32)
    aad = lp(b"peerseal/1 vault", user.encode("utf-8"), server)
    return u8(1) + commitment + sealed(kdf(vault_key, b"", "vault-key", b"", 32), "vault", root, aad)


@dataclass(frozen=True)
class Recovery:
    """A new password as it is signed for."""

    server: bytes
    user: str
    challenge: bytes
    auth: bytes
    salt: bytes
    stretching: Stretching
    vault: bytes | None

    def body(self) -> bytes:
        s = self.stretching
        new = lp(self.auth, self.salt, u32(s.memory), u32(s.passes), u32(s.lanes), self.vault or b"")
        return lp(self.server, self.user.encode("utf-8"), self.challenge, hash_of(new))

    def as_json(self) -> dict[str, Json]:
        return {
            "server": self.server.hex(),
            "user": self.user,
            "challenge": self.challenge.hex(),
            "auth": self.auth.hex(),
            "salt": self.salt.hex(),
            **self.stretching.as_json(),
            "vault": None if self.vault is None else self.vault.hex(),
        }


def book(
    owner: Person, counter: int, previous: bytes, value: Json | bytes, block: int = 1024, first: int = 1
) -> bytes:
    """A sealed book of this value, or of bytes that are none."""
    text = padded(value if isinstance(value, bytes) else compact(value), block)
    aad = lp(b"peerseal/1 book", owner.fingerprint, u64(counter), previous)
    return u8(first) + u64(counter) + previous + sealed(owner.derive("book"), "book", text, aad)
