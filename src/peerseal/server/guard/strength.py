"""Whether a secret an operator set is one: the server does not start with what others can guess."""

from __future__ import annotations

import re
from typing import Final

from peerseal.errors import LocalFileFailed, UsageError

SECRET_MIN_CHARACTERS: Final = 16
KEY_BYTES: Final = 32
_DIFFERENT: Final = 8
#: What stands in examples until somebody puts a secret in its place.
_PHRASE: Final = re.compile(r"change.?(me|this|it)|replace.?(me|this)|goes.?here|lorem.?ipsum")
_WORDS: Final = frozenset({"example", "placeholder", "random", "secret", "password", "passwort", "default"})
_RUN: Final = "01234567890abcdefghijklmnopqrstuvwxyz qwertyuiopasdfghjklzxcvbnm"


def check_secret(name: str, value: str) -> str:
    """`value` of the setting `name`, if it is no example and not short. Raises UsageError `weak_secret`, without it."""
    if value and (_is_short(value) or _is_known(value)):
        raise UsageError(
            f"{name} is too weak: it is short, taken from a manual, or easy to guess.",
            code="weak_secret",
            hint=f"Set {SECRET_MIN_CHARACTERS} random characters or more; `openssl rand -base64 24` prints some.",
        )
    return value


def check_key(secret: bytes) -> None:
    """The server's own secret, as its database has it. Raises LocalFileFailed `weak_secret`."""
    if len(secret) < KEY_BYTES or len(set(secret)) < _DIFFERENT:
        raise LocalFileFailed(
            "The server's secret in its database is not a random one, so the server does not start.",
            code="weak_secret",
            hint="Was the database made or changed by hand? Put a backup in its place.",
        )


def _is_short(value: str) -> bool:
    return len(value) < SECRET_MIN_CHARACTERS or len(set(value)) < _DIFFERENT


def _is_known(value: str) -> bool:
    """A placeholder of an example, as far as words tell, or a run along the alphabet or the keys."""
    plain = value.lower()
    words = set(re.split(r"[^a-z0-9]+", plain))
    return _PHRASE.search(plain) is not None or bool(words & _WORDS) or plain in _RUN
