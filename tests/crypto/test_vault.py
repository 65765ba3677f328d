"""The vault opens with its own key, for its own account at its own server, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.crypto.identity import Root
from peerseal.crypto.vault import open_vault, seal_vault
from support.refusals import refused

ROOT, KEY, SERVER = Root(bytes(range(32))), b"k" * 32, b"s" * 16
VAULT = seal_vault(ROOT, KEY, "ada", SERVER)


def test_the_root_comes_back() -> None:
    assert open_vault(VAULT, KEY, "ada", SERVER) == ROOT
    assert len(VAULT) == 93


def test_two_vaults_of_one_root_differ() -> None:
    assert seal_vault(ROOT, KEY, "ada", SERVER) != VAULT


@pytest.mark.parametrize(
    ("key", "user", "server"),
    [(b"x" * 32, "ada", SERVER), (KEY, "bob", SERVER), (KEY, "ada", b"t" * 16)],
    ids=["another password", "another account", "another server"],
)
def test_it_opens_nowhere_else(key: bytes, user: str, server: bytes) -> None:
    with refused("not_authentic"):
        open_vault(VAULT, key, user, server)


def test_the_commitment_of_another_key_does_not_fit() -> None:
    other = seal_vault(ROOT, b"x" * 32, "ada", SERVER)
    with refused("not_authentic"):
        open_vault(VAULT[:1] + other[1:33] + VAULT[33:], KEY, "ada", SERVER)


@given(st.integers(8, 93 * 8 - 1))
def test_one_changed_bit_does_not_open(bit: int) -> None:
    changed = (int.from_bytes(VAULT) ^ 1 << (93 * 8 - 1 - bit)).to_bytes(93)
    with refused("not_authentic"):
        open_vault(changed, KEY, "ada", SERVER)


@pytest.mark.parametrize(
    "vault",
    [b"", VAULT[:-1], VAULT + b"\0", b"\2" + VAULT[1:], b"\0" + VAULT[1:]],
    ids=["nothing", "short", "long", "form 2", "form 0"],
)
def test_another_form_is_malformed(vault: bytes) -> None:
    with refused("malformed"):
        open_vault(vault, KEY, "ada", SERVER)
