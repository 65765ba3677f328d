"""What the server says about people, checked where it is read: their names, and one's own keys."""

from __future__ import annotations

from peerseal.client.refusals import typed
from peerseal.crypto_engine import Identity, canonical_name
from peerseal.errors import IntegrityFailed, UsageError, VerificationFailed
from peerseal.wire.accounts import Account


def said_name(name: str) -> str:
    """The canonical form of a name in the server's answer.

    Raises IntegrityFailed (`malformed`) for what can be nobody's name: that is no mistake of whoever typed the command.
    """
    try:
        return canonical_name(name)
    except UsageError:
        raise IntegrityFailed(
            f"The server speaks of somebody called {name!a}, and nobody can be called that.",
            code="malformed",
            hint="Nothing was changed. Tell the person who runs the server.",
        ) from None


def check_own_keys(identity: Identity, said: Account) -> None:
    """The account still has this device's keys. Raises VerificationFailed (`key_changed`), with the way on."""
    if said.bundle != identity.bundle.encoded:
        raise VerificationFailed(
            "Your account has other keys by now than this device: new ones were made on another.",
            code="key_changed",
            hint="Nothing was changed or sealed. If that was you, `peerseal logout` and `peerseal login "
            f"{typed(said.user)}` bring them here, with the new 24 words if you keep no vault. If not, tell the "
            "person who runs the server.",
        )
