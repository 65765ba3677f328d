"""What the application learns of a request that its answer does not say: left in the request for the watch to find."""

from __future__ import annotations

import hashlib

from flask import has_request_context, request

from peerseal.server.guard.proven import Good


def noted_point(point: str, shown: bytes | None = None) -> None:
    """The present request is this point, whatever its answer looks like.

    `shown`: what tells a wrong secret from other wrong ones. It is not kept itself.
    """
    _note("peerseal.point", point)
    if shown is not None:
        _note("peerseal.shown", hashlib.sha256(b"peerseal shown " + shown).hexdigest()[:16])


def noted_early() -> None:
    """The present request asks for what may be there in a moment: its 404 is no point."""
    _note("peerseal.point", "")


def noted_claim(user: str, *, known: bool = False) -> None:
    """The present request claims to be this account's; `known`: from a device that is known to it."""
    _note("peerseal.account", user)
    _note("peerseal.known", known)


def noted_sign_in(session: str, user: str) -> None:
    """The present request signed in."""
    _note("peerseal.signed", Good(session, user))


def _note(name: str, value: object) -> None:
    if has_request_context():
        scope = request.environ.get("asgi.scope")
        if scope is not None:
            scope[name] = value
