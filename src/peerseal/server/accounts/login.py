"""Flask-Login over sessions of our own: nothing about anybody stands in a cookie but the secret of a session."""

from __future__ import annotations

from typing import Any

from flask import Flask, Request, Response, session
from flask.sessions import SessionInterface, SessionMixin
from flask_login import LoginManager, login_user, logout_user

from peerseal.server.accounts.asking import COOKIE, SECURE_COOKIE, Signed
from peerseal.server.accounts.sessions import UNUSED_SECONDS, Sessions, Started
from peerseal.server.api import asking
from peerseal.server.guard.problems import HttpProblem


class _RequestSession(dict[str, Any], SessionMixin):
    """Flask's session for the time of one request; what outlives it is in the database."""

    #: What becomes of the cookie: a new secret, "" to remove it, None to leave it alone.
    cookie: str | None = None

    def __init__(self) -> None:
        super().__init__()
        #: Other cookies to write, by name (without `__Host-`): value and seconds, 0 to remove it.
        self.others: dict[str, tuple[str, int]] = {}


class _NothingKept(SessionInterface):
    """Writes the cookie of a session that has just begun or ended, and stores nothing."""

    def open_session(self, app: Flask, request: Request) -> _RequestSession:
        del app, request
        return _RequestSession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        del app
        if not isinstance(session, _RequestSession):
            return
        secure = asking().secure
        if session.cookie is not None:
            response.set_cookie(
                SECURE_COOKIE if secure else COOKIE,
                session.cookie,
                max_age=UNUSED_SECONDS if session.cookie else 0,
                path="/",
                secure=secure,
                httponly=True,
                samesite="Lax",
            )
        for name, (value, seconds) in session.others.items():
            response.set_cookie(
                f"__Host-{name}" if secure else name,
                value,
                max_age=seconds,
                path="/",
                secure=secure,
                httponly=True,
                samesite="Strict",
            )


def install(app: Flask, sessions: Sessions) -> None:
    """Make Flask-Login ask `sessions` who somebody is."""
    app.session_interface = _NothingKept()
    login = LoginManager(app)
    login.session_protection = None  # it compares addresses and browsers; ours end by revocation

    def load(_request: Request) -> Signed | None:
        return sessions.identify(asking())

    def refuse() -> None:
        raise HttpProblem(401, "not_signed_in")

    login.request_loader(load)
    login.unauthorized_handler(refuse)


def signed_in(started: Started, signed: Signed) -> None:
    """From now on this request, and the browser's next ones, are `signed`'s."""
    login_user(signed)
    if started.credential.kind == "cookie":
        _present().cookie = started.credential.secret


def keep_cookie(secret: str) -> None:
    """Give a cookie that is in use its full time again."""
    _present().cookie = secret


def strict_cookie(name: str, value: str, seconds: int) -> None:
    """Give the browser a cookie it sends from this server's own pages only; under TLS its name has `__Host-` before it."""
    _present().others[name] = (value, seconds)


def signed_out(signed: Signed) -> None:
    """Nobody is signed in any more, and a browser forgets its cookie."""
    logout_user()
    if signed.kind == "cookie":
        _present().cookie = ""


def _present() -> _RequestSession:
    held: Any = session
    present: _RequestSession = held._get_current_object()  # noqa: SLF001 - werkzeug's documented way
    return present
