"""People: a root, the keys from it, the bundle, signatures, what two share (docs/protocol.md §9, §12.1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maker.agreement import dh_public, dh_secret, exponent, kem_public, x_public, x_secret
from maker.basics import Json, hash_of, kdf, lp, seeded, u8
from maker.curve import public_of, sign


@dataclass(frozen=True)
class Person:
    """One identity."""

    root: bytes

    def derive(self, label: str, length: int = 32, context: bytes = b"") -> bytes:
        return kdf(self.root, b"", label, context, length)

    @property
    def ed25519(self) -> bytes:
        return self.derive("identity-ed25519")

    @property
    def x25519(self) -> bytes:
        return self.derive("identity-x25519")

    @property
    def kem_seed(self) -> bytes:
        return self.derive("identity-ml-kem", 64)

    @property
    def dh14(self) -> bytes:
        return exponent(self.derive("identity-dh14"))

    @cached_property
    def parts(self) -> tuple[bytes, bytes, bytes, bytes]:
        """The four public keys in the order of the bundle."""
        return (
            public_of(self.ed25519),
            x_public(self.x25519),
            kem_public(self.kem_seed),
            dh_public(self.dh14),
        )

    @property
    def bundle(self) -> bytes:
        return lp(*self.parts)

    @property
    def fingerprint(self) -> bytes:
        return fingerprint_of(self.bundle)

    def sign(self, kind: str, body: bytes) -> bytes:
        return sign(self.ed25519, signed_text(kind, self.fingerprint, body))

    def signed(self, kind: str, body: bytes) -> bytes:
        """`u8 1 ‖ LP(body, signature)`."""
        return u8(1) + lp(body, self.sign(kind, body))

    def pairwise(self, peer: Person) -> bytes:
        own, other = self.bundle, peer.bundle
        ikm = lp(dh_secret(self.dh14, peer.parts[3]), x_secret(self.x25519, peer.parts[1]))
        return kdf(ikm, hash_of(lp(*sorted([own, other]))), "pairwise", b"", 32)

    def as_json(self) -> dict[str, Json]:
        return {"root": self.root.hex(), "bundle": self.bundle.hex(), "fingerprint": self.fingerprint.hex()}


def fingerprint_of(bundle: bytes) -> bytes:
    return hash_of(lp(b"peerseal/1 bundle", bundle))


def signed_text(kind: str, fingerprint: bytes, body: bytes) -> bytes:
    return lp(b"peerseal/1 sig-" + kind.encode("ascii"), fingerprint, body)


def sealed(key: bytes, name: str, plaintext: bytes, aad: bytes) -> bytes:
    """IV ‖ tag ‖ ciphertext; the IV is another for every name and input."""
    iv = seeded(f"{name} {key.hex()} {plaintext.hex()} {aad.hex()} iv", 12)
    text = AESGCM(key).encrypt(iv, plaintext, aad)
    return iv + text[-16:] + text[:-16]


ADA = Person(seeded("identity ada", 32))
BOB = Person(seeded("identity bob", 32))
EVE = Person(seeded("identity eve", 32))
EVERYBODY = {"ada": ADA, "bob": BOB, "eve": EVE}


def people(*names: str) -> dict[str, Json]:
    """What a file says of the people its cases name."""
    return {"people": {name: EVERYBODY[name].as_json() for name in names}}
