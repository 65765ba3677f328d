"""Identities that tests share: making one costs some milliseconds."""

from functools import cache

from peerseal.crypto_engine import Identity, Root, SharedSecret


@cache
def person(name: str) -> Identity:
    """The same identity for the same name, for example "ada"."""
    return Identity(Root(name.encode().ljust(32, b".")))


@cache
def between(one: str, other: str) -> SharedSecret:
    """The pairwise secret of two of them."""
    return person(one).pairwise(person(other).bundle)
