"""Heads of a stored version: signed by its owner, belonging together, and what came is what they say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerseal.crypto_engine import lp, sha256, u64
from peerseal.protocol.heads import ClosingHead, OpeningHead, read_closing, read_opening
from support.people_with_keys import person
from support.refusals import refused
from support.versions import CARD, ID, closing_of, opening_of

ADA = person("ada")
OPENING = opening_of(1)
CLOSING = closing_of(OPENING)


def _signed(kind: str, *parts: bytes) -> bytes:
    return ADA.signed(kind, lp(*parts))  # type: ignore[arg-type]


def _parts() -> list[bytes]:
    return [
        *(OPENING.owner, ID, u64(1), b"", OPENING.commitment),
        *((512).to_bytes(4, "big"), OPENING.card, OPENING.head_part),
    ]


def test_heads_are_read_as_they_were_signed() -> None:
    assert read_opening(OPENING.sign(ADA), ADA.bundle) == OPENING
    assert read_closing(CLOSING.sign(ADA), ADA.bundle, OPENING) == CLOSING
    assert OPENING.hash == sha256(lp(*_parts()))
    assert len(OPENING.sign(ADA)) <= 512
    second = opening_of(2, CLOSING.hash)
    assert read_opening(second.sign(ADA), ADA.bundle) == second


def test_heads_of_somebody_else_are_refused() -> None:
    with refused("signature_invalid"):
        read_opening(OPENING.sign(ADA), person("bob").bundle)
    with refused("signature_invalid"):
        read_closing(CLOSING.sign(ADA), person("bob").bundle, OPENING)
    with refused("unknown_owner"):
        read_opening(person("bob").signed("opening", OPENING.body), person("bob").bundle)
    with refused("unknown_owner"):
        OPENING.sign(person("bob"))


def test_an_opening_is_no_closing() -> None:
    with refused("signature_invalid"):
        read_closing(OPENING.sign(ADA), ADA.bundle, OPENING)


def test_a_closing_of_another_version_does_not_belong() -> None:
    other = opening_of(2, CLOSING.hash)
    with refused("content_differs"):
        read_closing(CLOSING.sign(ADA), ADA.bundle, other)
    assert read_closing(CLOSING.sign(ADA), ADA.bundle) == CLOSING


def test_another_file_or_version_than_asked_for_is_noticed() -> None:
    OPENING.check_asked(ID, 1)
    for file_id, version in ((bytes(16), 1), (ID, 2)):
        with refused("content_differs"):
            OPENING.check_asked(file_id, version)


def test_another_card_or_head_part_is_noticed() -> None:
    OPENING.check_card(CARD)
    OPENING.check_head_part(OPENING.head_part)
    with refused("content_differs"):
        OPENING.check_card(CARD + b"\0")
    with refused("content_differs"):
        OPENING.check_head_part(bytes(32))


@pytest.mark.parametrize("changed", [(2, 3, 0, 0), (1, 4, 0, 0), (1, 2, 0, 0), (1, 3, 1, 0), (1, 3, 0, 1)])
def test_other_records_than_signed_are_noticed(changed: tuple[int, int, int, int]) -> None:
    manifest, content, other_manifest, other_root = changed
    CLOSING.check_content(1, 3, CLOSING.manifest_hash, CLOSING.root)
    with refused("content_differs"):
        CLOSING.check_content(
            *(manifest, content),
            bytes(32) if other_manifest else CLOSING.manifest_hash,
            bytes(32) if other_root else CLOSING.root,
        )


@pytest.mark.parametrize(
    ("place", "part"),
    [
        *((place, b"x" * 31) for place in (0, 4, 6, 7)),
        *((1, b"x" * 15), (2, bytes(8)), (2, bytes(7) + b"\x01\0"), (2, b"\x01"), (2, u64(2**53))),
        *((3, b"x" * 32), (3, b"x"), (2, u64(2)), (5, bytes(4)), (5, (63).to_bytes(4, "big"))),
        *((5, (1048577).to_bytes(4, "big")), (5, u64(512))),
    ],
)
def test_an_opening_whose_parts_do_not_hold_is_malformed(place: int, part: bytes) -> None:
    parts = _parts()
    parts[place] = part
    with refused("malformed"):
        read_opening(_signed("opening", *parts), ADA.bundle)


@pytest.mark.parametrize("count", [0, 2**32 + 1, 2**64 - 1])
def test_a_closing_with_impossible_counts_is_malformed(count: int) -> None:
    for counts in ((count, 1), (1, count)):
        parts = (OPENING.hash, *map(u64, counts), bytes(32), bytes(32))
        with refused("malformed"):
            read_closing(_signed("closing", *parts), ADA.bundle)


@settings(max_examples=40)
@given(st.binary(max_size=250))
def test_any_other_signed_bytes_are_malformed(body: bytes) -> None:
    with refused("malformed"):
        read_opening(ADA.signed("opening", body), ADA.bundle)
    with refused("malformed"):
        read_closing(ADA.signed("closing", body), ADA.bundle)


@given(st.integers(1, 2**53 - 1), st.integers(64, 2**20), st.integers(1, 2**32), st.integers(1, 2**32))
def test_every_possible_head_is_read(version: int, size: int, manifest: int, content: int) -> None:
    previous = b"" if version == 1 else b"p" * 32
    opening = OpeningHead(ADA.fingerprint, ID, version, previous, b"c" * 32, size, b"d" * 32, b"h" * 32)
    closing = ClosingHead(opening.hash, manifest, content, b"m" * 32, b"r" * 32)
    assert read_opening(opening.sign(ADA), ADA.bundle) == opening
    assert read_closing(closing.sign(ADA), ADA.bundle, opening) == closing
