"""Parks: both ends of a channel know the same, nothing of it shows, and a closing opens only for its reader."""

import pytest

from peerseal.crypto.park import PARK_CLOSING_BYTES, ParkClosing, ParkSecret, park_secret
from support.refusals import refusal_of

EXPORTED, ID = b"e" * 32, b"i" * 16
PARK = park_secret(EXPORTED, ID, 1)
CLOSING = ParkClosing(b"m" * 32, b"r" * 32, 2, 9)


def test_both_ends_and_a_journal_come_to_the_same() -> None:
    for again in (park_secret(EXPORTED, ID, 1), ParkSecret(PARK.secret, ID, 1)):
        assert (again.secret, again.reader, again.token) == (PARK.secret, PARK.reader, PARK.token)
        assert again.open_closing(PARK.seal_closing(CLOSING)) == CLOSING
    assert (len(PARK.secret), len(PARK.reader), len(PARK.token)) == (32, 16, 32)


def test_every_receiver_file_and_version_has_other_names() -> None:
    parks = [
        PARK,
        park_secret(b"f" * 32, ID, 1),
        park_secret(EXPORTED, b"j" * 16, 1),
        park_secret(EXPORTED, ID, 2),
    ]
    assert len({park.reader for park in parks}) == 4
    assert len({park.token for park in parks}) == 4
    sealed = PARK.seal_closing(CLOSING)
    for other in parks[1:]:
        assert refusal_of(other.open_closing, sealed) == "not_authentic"


def test_the_same_secret_for_another_version_opens_nothing() -> None:
    sealed = PARK.seal_closing(CLOSING)
    assert refusal_of(ParkSecret(PARK.secret, ID, 2).open_closing, sealed) == "not_authentic"
    assert refusal_of(ParkSecret(PARK.secret, b"j" * 16, 1).open_closing, sealed) == "not_authentic"


def test_secrets_do_not_show() -> None:
    assert repr(PARK) == str(PARK) == f"{PARK}" == "ParkSecret(…)"
    for secret in (PARK.secret, PARK.token):
        assert repr(secret) == f"{secret}" == "Secret(…)"


@pytest.mark.parametrize("at", range(0, 124, 9))
def test_one_bit_opens_nothing(at: int) -> None:
    sealed = bytearray(PARK.seal_closing(CLOSING))
    sealed[at] ^= 1
    assert refusal_of(PARK.open_closing, bytes(sealed)) == "not_authentic"


def test_every_closing_has_an_iv_of_its_own() -> None:
    assert len({PARK.seal_closing(CLOSING)[:12] for _ in range(20)}) == 20


def test_another_length_is_malformed() -> None:
    sealed = PARK.seal_closing(CLOSING)
    assert len(sealed) == PARK_CLOSING_BYTES == 124
    for wrong in (sealed[:-1], sealed + b"\0", b""):
        assert refusal_of(PARK.open_closing, wrong) == "malformed"


@pytest.mark.parametrize(
    "closing",
    [
        CLOSING._replace(manifest_hash=bytes(31)),
        CLOSING._replace(root=bytes(33)),
        CLOSING._replace(manifest_records=0),
        CLOSING._replace(content_records=0),
        CLOSING._replace(manifest_records=2**32 + 1),
        CLOSING._replace(content_records=2**32 + 1),
    ],
)
def test_what_a_reader_would_refuse_is_not_sealed(closing: ParkClosing) -> None:
    assert refusal_of(PARK.seal_closing, closing) == "malformed"


def test_a_secret_id_or_version_that_cannot_be_is_malformed() -> None:
    assert refusal_of(ParkSecret, bytes(31), ID, 1) == "malformed"
    assert refusal_of(ParkSecret, bytes(33), ID, 1) == "malformed"
    assert refusal_of(ParkSecret, bytes(32), ID[:-1], 1) == "malformed"
    assert refusal_of(park_secret, EXPORTED, ID, 0) == "malformed"
