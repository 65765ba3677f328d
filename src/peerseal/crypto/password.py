"""Account names and passwords (protocol.md §10): what the server gets to see, and what it never does."""

from __future__ import annotations

from typing import Final, NamedTuple

from peerseal.crypto.kdf import Secret, derive, lp
from peerseal.crypto.primitives import argon2id, sha256
from peerseal.errors import IntegrityFailed, UsageError, VerificationFailed
from peerseal.wire.invisible import is_invisible
from peerseal.wire.limits import (
    ACCOUNT_NAME_MAX_CHARACTERS,
    ARGON2_LANES_MAX,
    ARGON2_MEMORY_KIB,
    ARGON2_MEMORY_MAX_KIB,
    ARGON2_PASSES,
    ARGON2_PASSES_MAX,
    AUTH_BYTES,
    SALT_BYTES,
    SERVER_ID_BYTES,
)

_SIGNS: Final = frozenset("._-' ")
_KINDS: Final = frozenset("LMN")


class PasswordKeys(NamedTuple):
    """`auth` (32 B) proves the password to the server; `vault_key` (32 B) seals the root and stays here."""

    auth: Secret
    vault_key: Secret


def canonical_name(text: str) -> str:
    """The account name in what somebody typed: one spelling for each account.

    Raises `UsageError` (`name_malformed`).
    """
    from unicodedata import category, normalize

    name = normalize("NFKC", normalize("NFKC", text).lower())
    if not 1 <= len(name) <= ACCOUNT_NAME_MAX_CHARACTERS:
        raise _malformed(f"a name has 1 to {ACCOUNT_NAME_MAX_CHARACTERS} characters")
    kinds = [category(character)[0] for character in name]
    if not all(c in _SIGNS or kind in _KINDS for c, kind in zip(name, kinds, strict=True)):
        raise _malformed("a name is made of letters, digits, spaces and . _ - '")
    if name != name.strip(" ") or "  " in name:
        raise _malformed("spaces in a name stand alone and between other characters")
    if any(map(is_invisible, name)):
        raise _malformed("a name has only characters that can be seen")
    if kinds[0] == "M" or not ("L" in kinds or "N" in kinds):
        raise _malformed("a name has a letter or digit, and does not begin with an accent alone")
    return name


def check_parameters(memory: int, passes: int, lanes: int) -> None:
    """Refuses (`weak_parameters`) what would make the password easy to guess, or this machine fall over."""
    if not (
        ARGON2_MEMORY_KIB <= memory <= ARGON2_MEMORY_MAX_KIB
        and ARGON2_PASSES <= passes <= ARGON2_PASSES_MAX
        and 1 <= lanes <= ARGON2_LANES_MAX
    ):
        raise VerificationFailed(
            "the server asks for a way of protecting the password that is not safe",
            code="weak_parameters",
            hint="The password was not used. Ask whoever runs the server.",
        )


def stretch(  # noqa: PLR0917 - one row of what the server says, in its order
    password: str, user: str, server: bytes, salt: bytes, memory: int, passes: int, lanes: int
) -> PasswordKeys:
    """Both keys of a password: Argon2id with `memory` KiB, about 0.2 s.

    `user` is canonical, `server` and `salt` have 16 bytes (`malformed`). Raises `weak_parameters`.
    """
    check_parameters(memory, passes, lanes)
    if len(server) != SERVER_ID_BYTES or len(salt) != SALT_BYTES:
        raise IntegrityFailed("a server id or salt of the wrong length", code="malformed")
    bound = sha256(lp(b"peerseal/1 pw-salt", user.encode(), server, salt))
    stretched = argon2id(password_bytes(password), bound, memory=memory, passes=passes, lanes=lanes)
    return PasswordKeys(*(Secret(derive(stretched, b"", label, b"", 32)) for label in ("auth", "vault")))


def password_bytes(password: str) -> Secret:
    """NFKC of a password in UTF-8: the same on every keyboard. `usage` for lone surrogates."""
    from unicodedata import normalize

    try:
        return Secret(normalize("NFKC", password).encode())
    except UnicodeEncodeError:
        raise UsageError("the password holds characters that are none") from None


def recovery_body(
    server: bytes,
    user: str,
    challenge: bytes,
    *,
    auth: bytes,
    salt: bytes,
    memory: int,
    passes: int,
    lanes: int,
    vault: bytes | None,
) -> bytes:
    """What a recovery signs (§10.2): the server's challenge and everything of the new password."""
    if len(auth) != AUTH_BYTES or len(salt) != SALT_BYTES:
        raise IntegrityFailed("an auth or salt of the wrong length", code="malformed")
    numbers = (number.to_bytes(4, "big") for number in (memory, passes, lanes))
    return lp(server, user.encode(), challenge, sha256(lp(auth, salt, *numbers, vault or b"")))


def _malformed(why: str) -> UsageError:
    return UsageError(why, code="name_malformed", hint="Choose another spelling, for example: alice")
