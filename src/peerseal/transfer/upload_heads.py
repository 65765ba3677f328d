"""What the owner signs of an upload: its opening before anything leaves, its closing when everything is up."""

from __future__ import annotations

from peerseal.crypto_engine import FileKey, Identity, Leaves, commitment, root_of_leaves, sha256
from peerseal.protocol.heads import ClosingHead, OpeningHead
from peerseal.transfer.chunks_up import Carried
from peerseal.transfer.destination import Destination
from peerseal.transfer.payload import Payload


def opening_of(
    payload: Payload, card: bytes, key: FileKey, to: Destination, identity: Identity, *, record_size: int
) -> OpeningHead:
    """Of what is about to be uploaded under `key`. `card`: sealed."""
    leaves = Leaves(key, "manifest", to.id, to.version)
    head_part = root_of_leaves(b"".join(leaves.leaf(piece) for piece in payload.writer.cut(payload.head)))
    return OpeningHead(
        owner=identity.fingerprint,
        id=to.id,
        version=to.version,
        previous=to.previous,
        commitment=commitment(key, to.id, to.version),
        record_size=record_size,
        card=sha256(card),
        head_part=head_part,
    )


def closing_of(opening: OpeningHead, manifest: Carried, content: Carried) -> ClosingHead:
    """Of what was carried up since then."""
    return ClosingHead(
        opening=opening.hash,
        manifest_records=manifest.records,
        content_records=content.records,
        manifest_hash=root_of_leaves(manifest.leaves),
        root=root_of_leaves(content.leaves),
    )
