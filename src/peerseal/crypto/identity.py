"""Identities (protocol.md §9): one root, the keys that follow from it, what they sign and agree on."""

from __future__ import annotations

from typing import Final, Literal, Self, TypeAlias

from peerseal.crypto import dh14
from peerseal.crypto.kdf import Secret, SharedSecret, derive, lp
from peerseal.crypto.primitives import (
    ED25519_BYTES,
    ML_KEM_PUBLIC_BYTES,
    ML_KEM_SEED_BYTES,
    SIGNATURE_BYTES,
    X25519_BYTES,
    check_ed25519_public,
    check_ml_kem_public,
    ed25519_public,
    ed25519_sign,
    ed25519_verify,
    equal,
    ml_kem_public,
    random_bytes,
    sha256,
    x25519_public,
    x25519_shared,
)
from peerseal.errors import IntegrityFailed, VerificationFailed
from peerseal.wire.limits import ROOT_BYTES
from peerseal.wire.value import Value

#: What a signature is for; one of another kind never fits.
SignatureKind: TypeAlias = Literal["transcript", "opening", "closing", "access", "recover"]

SAFETY_GROUPS: Final = 6
_SIGNED_VERSION: Final = b"\x01"
_PARTS: Final = (ED25519_BYTES, X25519_BYTES, ML_KEM_PUBLIC_BYTES, dh14.DH_BYTES)
#: Any private key will do to see whether a public one leads to zero: all are multiples of the cofactor.
_PROBE: Final = bytes(X25519_BYTES)


class Root(Secret):
    """The 32 random bytes an identity is made of. Never shown by `repr`."""

    __slots__ = ()

    def __new__(cls, root: bytes) -> Self:
        """Raises `malformed` unless there are 32 bytes."""
        if len(root) != ROOT_BYTES:
            raise IntegrityFailed("a root of the wrong length", code="malformed")
        return super().__new__(cls, root)


def new_root() -> Root:
    """A fresh identity's root."""
    return Root(random_bytes(ROOT_BYTES))


class Bundle(Value):
    """Somebody's public keys, every part checked; made by `parse`. `fingerprint`: 32 bytes that name them."""

    encoded: bytes
    fingerprint: bytes
    ed25519: bytes
    x25519: bytes
    ml_kem: bytes
    dh14: bytes

    @classmethod
    def parse(cls, encoded: bytes) -> Self:
        """The bundle in 1 520 bytes. Raises `malformed` for its form, `invalid_peer_key` for its values."""
        parts = _split(encoded, _PARTS)
        ed25519, x25519, ml_kem, dh = parts
        check_ed25519_public(ed25519)
        x25519_shared(_PROBE, x25519)
        check_ml_kem_public(ml_kem)
        dh14.check_public_value(dh)
        return cls(encoded, fingerprint_of(encoded), *parts)

    def verify(self, kind: SignatureKind, body: bytes, signature: bytes) -> None:
        """Raises `signature_invalid` unless this identity signed `body` as `kind`; `malformed` for a length."""
        ed25519_verify(self.ed25519, _to_sign(kind, self.fingerprint, body), signature)

    def read_signed(self, kind: SignatureKind, signed: bytes) -> bytes:
        """The body of `u8 1 ‖ LP(body, signature)` after verifying it; `malformed` for another form."""
        length = len(signed) - len(_SIGNED_VERSION) - 8 - SIGNATURE_BYTES
        if length < 0 or signed[:1] != _SIGNED_VERSION:
            raise IntegrityFailed("not a signed statement", code="malformed")
        body, signature = _split(signed[1:], (length, SIGNATURE_BYTES))
        self.verify(kind, body, signature)
        return body

    def __repr__(self) -> str:
        return f"Bundle({self.fingerprint[:4].hex()}…)"


def fingerprint_of(bundle: bytes) -> bytes:
    """The 32 bytes that name a bundle, whatever it holds."""
    return sha256(lp(b"peerseal/1 bundle", bundle))


def check_bundle_form(encoded: bytes) -> None:
    """Raises `malformed` unless these could be a bundle's 1 520 bytes; their values are `Bundle.parse`'s."""
    _split(encoded, _PARTS)


class Identity:
    """A root and its keys. Holds secrets: never shown, never sent."""

    def __init__(self, root: Root) -> None:
        def key(label: str, length: int) -> Secret:
            return Secret(derive(root, b"", f"identity-{label}", b"", length))

        self.root: Final = root
        self._ed25519: Final = key("ed25519", 32)
        self._x25519: Final = key("x25519", X25519_BYTES)
        self._ml_kem: Final = key("ml-kem", ML_KEM_SEED_BYTES)
        self._dh14: Final = dh14.exponent_from(key("dh14", dh14.EXPONENT_BYTES))
        parts = (
            ed25519_public(self._ed25519),
            x25519_public(self._x25519),
            ml_kem_public(self._ml_kem),
            dh14.blinded_public_value(self._dh14),
        )
        encoded = lp(*parts)
        self.bundle: Final = Bundle(encoded, fingerprint_of(encoded), *parts)

    @property
    def fingerprint(self) -> bytes:
        """The bundle's."""
        return self.bundle.fingerprint

    @property
    def ml_kem_seed(self) -> Secret:
        """D ‖ z, for unwrapping."""
        return self._ml_kem

    def sign(self, kind: SignatureKind, body: bytes) -> bytes:
        """The 64-byte signature of `body` as `kind` (§9.1)."""
        return ed25519_sign(self._ed25519, _to_sign(kind, self.fingerprint, body))

    def signed(self, kind: SignatureKind, body: bytes) -> bytes:
        """`u8 1 ‖ LP(body, signature)`; `Bundle.read_signed` reads it."""
        return _SIGNED_VERSION + lp(body, self.sign(kind, body))

    def pairwise(self, peer: Bundle) -> SharedSecret:
        """The 32 bytes only these two identities can compute (§12.1); some milliseconds of work."""
        ikm = lp(dh14.blinded_shared_secret(self._dh14, peer.dh14), self.x25519_shared(peer.x25519))
        salt = sha256(lp(*sorted((self.bundle.encoded, peer.encoded))))
        return SharedSecret(derive(ikm, salt, "pairwise", b"", 32))

    def x25519_shared(self, public: bytes) -> SharedSecret:
        """The secret of this identity's X25519 key with `public`; raises as `primitives.x25519_shared`."""
        return SharedSecret(x25519_shared(self._x25519, public))

    def check_bundle(self, said: bytes) -> None:
        """Raises `key_changed` unless these are this identity's public keys: the server's word for them."""
        if not equal(self.bundle.encoded, said):
            raise VerificationFailed(
                "the server holds other public keys for this account than this identity's",
                code="key_changed",
                hint="Nothing was changed. Ask whoever runs the server, or check the 24 words.",
            )

    def __repr__(self) -> str:
        return "Identity(…)"


def safety_number(one: bytes, other: bytes) -> str:
    """60 digits two people compare, of both fingerprints, the same for both (§9.2)."""
    return "".join(map(_digits, sorted((one, other))))


def _digits(fingerprint: bytes) -> str:
    derived = derive(fingerprint, b"", "safety-number", b"", 5 * SAFETY_GROUPS)
    groups = (derived[at : at + 5] for at in range(0, len(derived), 5))
    return "".join(f"{int.from_bytes(group, 'big') % 100_000:05}" for group in groups)


def _to_sign(kind: SignatureKind, fingerprint: bytes, body: bytes) -> bytes:
    return lp(f"peerseal/1 sig-{kind}".encode("ascii"), fingerprint, body)


def _split(encoded: bytes, lengths: tuple[int, ...]) -> list[bytes]:
    parts, position = [], 0
    for length in lengths:
        start = position + 4
        if encoded[position:start] != length.to_bytes(4, "big"):
            raise IntegrityFailed("parts of the wrong length", code="malformed")
        position = start + length
        parts.append(encoded[start:position])
    if position != len(encoded):
        raise IntegrityFailed("left-over or missing bytes", code="malformed")
    return parts
