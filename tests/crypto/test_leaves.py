"""Leaves: keyed by file, version and stream, and the root over all of them."""

import hashlib
import hmac
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.file_key import FileKey
from peerseal.crypto.leaves import Leaves, root_of_leaves
from support.refusals import refused

KEY, ID = FileKey(b"f" * 32), b"i" * 16


@given(st.binary(max_size=2000))
def test_a_leaf_is_the_same_for_any_kind_of_buffer(plaintext: bytes) -> None:
    leaves = Leaves(KEY, "content", ID, 1)
    around = memoryview(b"before" + plaintext + b"after")
    assert leaves.leaf(around[6 : 6 + len(plaintext)]) == leaves.leaf(plaintext)
    assert leaves.leaf(bytearray(plaintext)) == leaves.leaf(plaintext)


def test_a_leaf_depends_on_key_stream_file_and_version() -> None:
    made = {
        Leaves(KEY, "content", ID, 1).leaf(b"x"),
        Leaves(KEY, "manifest", ID, 1).leaf(b"x"),
        Leaves(KEY, "content", ID, 2).leaf(b"x"),
        Leaves(KEY, "content", bytes(16), 1).leaf(b"x"),
        Leaves(FileKey(bytes(32)), "content", ID, 1).leaf(b"x"),
        Leaves(KEY, "content", ID, 1).leaf(b""),
    }
    assert len(made) == 6
    assert hmac.digest(KEY, b"x", "sha256") not in made


def test_several_threads_make_the_leaves_one_would() -> None:
    leaves = Leaves(KEY, "content", ID, 1)
    records = [bytes([number]) * 100_000 for number in range(16)]
    made: dict[int, bytes] = {}

    def work(numbers: range) -> None:
        for number in numbers:
            made[number] = leaves.leaf(memoryview(records[number]))

    threads = [threading.Thread(target=work, args=(range(first, 16, 4),)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [made[number] for number in range(16)] == [leaves.leaf(record) for record in records]


def test_the_root_is_the_hash_of_all_leaves_in_order() -> None:
    one, other = b"1" * 32, b"2" * 32
    assert root_of_leaves(one + other) == hashlib.sha256(one + other).digest()
    assert root_of_leaves(one + other) != root_of_leaves(other + one)


@pytest.mark.parametrize("length", [1, 31, 33])
def test_leaves_of_another_length_are_malformed(length: int) -> None:
    with refused("malformed"):
        root_of_leaves(bytes(length))
