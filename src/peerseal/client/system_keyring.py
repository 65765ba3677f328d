"""The system's own keyring (macOS Keychain, Secret Service, KWallet), if the optional package `keyring` reaches one.

Looked for only when secrets are first kept or when an account's file says that they lie there: looking is slow.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final, Protocol, cast

from peerseal.errors import LocalFileFailed

_SERVICE: Final = "peerseal"


class _Backend(Protocol):
    """What is used of the package's backends."""

    priority: float

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class SystemKeyring:
    """Keeps one secret text under a name. Raises LocalFileFailed when the keyring is locked or refuses."""

    def __init__(self, backend: _Backend) -> None:
        self._backend = backend

    def keep(self, name: str, secret: str) -> bool:
        """Keep it; False if this keyring does not give back what it was given."""
        try:
            self._backend.set_password(_SERVICE, name, secret)
            return self._backend.get_password(_SERVICE, name) == secret
        except Exception:  # noqa: BLE001 - each backend has errors of its own, and a file does it as well
            return False

    def read(self, name: str) -> str | None:
        """The secret kept under `name`."""
        try:
            return self._backend.get_password(_SERVICE, name)
        except Exception:  # noqa: BLE001 - each backend has errors of its own
            raise _locked() from None

    def forget(self, name: str) -> None:
        """Remove it, if it is there."""
        try:
            if self._backend.get_password(_SERVICE, name) is not None:
                self._backend.delete_password(_SERVICE, name)
        except Exception:  # noqa: BLE001 - each backend has errors of its own
            raise _locked() from None


def find(environ: Mapping[str, str]) -> SystemKeyring | None:
    """The system's keyring; None without one, without the package, or with `PEERSEAL_KEYRING=file`."""
    if environ.get("PEERSEAL_KEYRING", "").lower() == "file":
        return None
    try:
        module = import_module("keyring")
        backend = cast("_Backend", module.get_keyring())
        return SystemKeyring(backend) if backend.priority >= 1 else None
    except Exception:  # noqa: BLE001 - whatever is wrong with it: the file remains
        return None


def _locked() -> LocalFileFailed:
    return LocalFileFailed(
        "The system's keyring does not give the keys out.",
        code="keyring_locked",
        hint="Unlock it, or sign in again with PEERSEAL_KEYRING=file to keep the keys in a file.",
    )
