"""What belongs to a stored file beside its records: wraps, leaves, card, heads, access list, links (§12.2-14)."""

from __future__ import annotations

from collections.abc import Sequence

from maker.agreement import kem_encapsulate, x_public, x_secret
from maker.basics import hash_of, kdf, lp, mac, seeded, u8, u32, u64
from maker.identities import Person, sealed
from maker.sealed import SealedFile, Stream


def wrap(file: SealedFile, sender: Person, recipient: Person, name: str = "wrap") -> bytes:
    """The file key for another person."""
    ephemeral = seeded(f"{name} ephemeral", 32)
    e, (ct, secret) = x_public(ephemeral), kem_encapsulate(recipient.parts[2], seeded(f"{name} kem", 32))
    ikm = lp(sender.pairwise(recipient), x_secret(ephemeral, recipient.parts[1]), secret)
    key = kdf(ikm, hash_of(lp(sender.bundle, recipient.bundle, e, ct)), "wrap", file.context, 32)
    return u8(1) + e + ct + sealed(key, name, file.key, wrap_aad(file, sender, recipient))


def own_wrap(file: SealedFile, owner: Person) -> bytes:
    key = owner.derive("own-wrap", 32, file.context)
    return u8(2) + sealed(key, "own wrap", file.key, wrap_aad(file, owner, owner))


def wrap_aad(file: SealedFile, sender: Person, recipient: Person) -> bytes:
    return lp(file.id, u64(file.version), sender.fingerprint, recipient.fingerprint)


def leaf(file: SealedFile, stream: Stream, plaintext: bytes) -> bytes:
    label = "root" if stream == "content" else "manifest-root"
    return mac(kdf(file.key, b"", label, file.context, 32), plaintext)


def root_of(leaves: Sequence[bytes]) -> bytes:
    return hash_of(b"".join(leaves))


def card(file: SealedFile, text: bytes, block: int = 256) -> bytes:
    """`text` padded with spaces and sealed."""
    return sealed(kdf(file.key, b"", "card", file.context, 32), "card", padded(text, block), file.context)


def padded(text: bytes, block: int) -> bytes:
    return text + b" " * (-len(text) % block)


def opening_body(
    owner: bytes,
    file: SealedFile,
    previous: bytes = b"",
    *,
    version: int | None = None,
    record_size: int = 64,
    card_hash: bytes | None = None,
) -> bytes:
    return lp(
        owner,
        file.id,
        u64(file.version if version is None else version),
        previous,
        file.commitment,
        u32(record_size),
        seeded("card hash", 32) if card_hash is None else card_hash,
        seeded("head part hash", 32),
    )


def closing_body(opening: bytes, manifest: int = 1, content: int = 3, root: bytes | None = None) -> bytes:
    """The closing head of the version whose opening head has this body."""
    root = seeded("content root", 32) if root is None else root
    return lp(hash_of(opening), u64(manifest), u64(content), seeded("manifest root", 32), root)


def access_body(
    file_id: bytes, counter: int, fingerprints: Sequence[bytes], links: Sequence[bytes] = ()
) -> bytes:
    return lp(file_id, u64(counter), b"".join(fingerprints), b"".join(links))


def link_master(secret: bytes, link: bytes, stretched: bytes = b"") -> bytes:
    return kdf(lp(secret, stretched), b"", "link", link, 32)


def link_token(m: bytes) -> bytes:
    return kdf(m, b"", "link-token", b"", 32)


def link_wrap(file: SealedFile, m: bytes, owner: bytes) -> bytes:
    key = kdf(m, b"", "link-wrap", b"", 32)
    return sealed(key, "link wrap", file.key, lp(file.id, u64(file.version), owner))


def link_kept(owner: Person, link: bytes, file_id: bytes, secret: bytes, m: bytes) -> bytes:
    """Secret and m as the owner keeps them."""
    return sealed(owner.derive("link-secret", 32, link), "link secret", secret + m, lp(link, file_id))
