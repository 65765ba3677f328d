"""File keys: one for every version, committed to before it is given."""

import pytest

from peerseal.crypto.file_key import (
    FileKey,
    check_commitment,
    commitment,
    new_file_id,
    new_file_key,
    record_key,
)
from peerseal.errors import IntegrityFailed, VerificationFailed

ID = bytes(range(16))


def test_keys_and_ids_are_fresh() -> None:
    assert len({new_file_key() for _ in range(50)}) == 50
    assert len({new_file_id() for _ in range(50)}) == 50
    assert len(new_file_id()) == 16


def test_the_committed_key_passes() -> None:
    key = new_file_key()
    check_commitment(key, ID, 1, commitment(key, ID, 1))


def test_another_key_id_or_version_does_not_fit_the_commitment() -> None:
    key = new_file_key()
    offered = commitment(key, ID, 1)
    for other in ((new_file_key(), ID, 1), (key, bytes(16), 1), (key, ID, 2)):
        with pytest.raises(VerificationFailed) as refused:
            check_commitment(*other, offered)
        assert refused.value.code == "commitment_mismatch"


def test_streams_files_and_versions_have_keys_of_their_own() -> None:
    key = new_file_key()
    keys = {
        record_key(key, "content", ID, 1),
        record_key(key, "manifest", ID, 1),
        record_key(key, "content", bytes(16), 1),
        record_key(key, "content", ID, 2),
        commitment(key, ID, 1),
    }
    assert len(keys) == 5


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_has_32_bytes(length: int) -> None:
    with pytest.raises(IntegrityFailed) as refused:
        FileKey(bytes(length))
    assert refused.value.code == "malformed"


@pytest.mark.parametrize(("file_id", "version"), [(b"", 1), (bytes(15), 1), (ID, 0), (ID, -1), (ID, 2**64)])
def test_ids_have_16_bytes_and_versions_start_at_1(file_id: bytes, version: int) -> None:
    with pytest.raises(IntegrityFailed) as refused:
        commitment(new_file_key(), file_id, version)
    assert refused.value.code == "malformed"
