"""A new password for who has the words: a challenge, and the identity's signature over it (docs/protocol.md §10.2).

Challenges are not stored before they are used: each carries its own end and the server's seal, so strangers can
fill nothing by asking, and names nobody has are answered alike.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from collections.abc import Callable
from typing import Final

from sqlalchemy import delete, select

from peerseal.server.accounts.asking import Guest
from peerseal.server.accounts.changes import set_password
from peerseal.server.accounts.models import SpentChallenge, User
from peerseal.server.accounts.names import canonical
from peerseal.server.accounts.passwords import Passwords
from peerseal.server.accounts.service import ServerIdentity
from peerseal.server.accounts.sessions import Sessions
from peerseal.server.accounts.signature import recovery_holds
from peerseal.server.accounts.throttle import Throttle
from peerseal.server.database import Database
from peerseal.server.guard.entrance import Entrance
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.news import News
from peerseal.wire import accounts as wire
from peerseal.wire import limits

_SEAL_BYTES: Final = 16
_CHALLENGE_ROUTE: Final = "/api/v1/recover/challenge"


class Recovery:
    """Challenges, and what a signed one may do. Every reason to refuse is the same 401 `login_failed`."""

    def __init__(
        self,
        *,
        database: Database,
        identity: ServerIdentity,
        sessions: Sessions,
        passwords: Passwords,
        throttle: Throttle,
        entrance: Entrance,
        news: News,
        now: Callable[[], int],
    ) -> None:
        self._database = database
        self._identity = identity
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._entrance = entrance
        self._news = news
        self._now = now
        # A name nobody has is checked against keys that nothing signs for.
        self._nobodys = bytes(4) + identity.keyed("nobody", b"") + bytes(limits.BUNDLE_BYTES - 36)

    def challenge(self, guest: Guest, named: wire.Named) -> wire.Challenge:
        """Something to sign within five minutes."""
        user = canonical(named.name)
        with self._database.reading() as session:
            user_id = session.scalar(select(User.id).where(User.user == user))
            self._entrance.ask(session, guest, user, user_id, _CHALLENGE_ROUTE)
        expires = self._now() + limits.CHALLENGE_SECONDS * 1000
        open_ = struct.pack(">Q", expires) + secrets.token_bytes(8)
        return wire.Challenge(self._identity.server_id, open_ + self._seal(user, open_), expires)

    def recover(self, guest: Guest, wanted: wire.Recover) -> None:
        """Set the new password and end all sessions."""
        user = canonical(wanted.name)
        with self._database.reading() as session:
            user_id = session.scalar(select(User.id).where(User.user == user))
            entrant = self._entrance.look(session, guest, user_id)
        self._entrance.check(guest, user, entrant)
        with self._throttle.attempt(user, guest.source, entrant.subject, paid=entrant.paid):
            bundle = self._checked(user, wanted)
        auth_hash = self._passwords.hash(wanted.password.auth, guest.source, line="known")
        now = self._now()
        with self._database.writing() as session:
            row = session.scalars(select(User).where(User.user == user)).one_or_none()
            spent = session.get(SpentChallenge, wanted.challenge)
            if row is None or row.bundle != bundle or spent is not None or row.suspended is not None:
                raise HttpProblem(401, "login_failed")
            session.execute(delete(SpentChallenge).where(SpentChallenge.expires < now))
            session.add(SpentChallenge(challenge=wanted.challenge, expires=_expires(wanted.challenge)))
            set_password(row, wanted.password, auth_hash)
            self._entrance.devices.forget_others(session, row.id, entrant.device)
            ended = self._sessions.end_all(session, row.id)
            user_id = row.id
        self._sessions.tell_ended(ended)
        self._news.publish(user_id, "account")

    def _checked(self, user: str, wanted: wire.Recover) -> bytes:
        """The bundle whose owner signed. Raises HttpProblem 401."""
        open_ = wanted.challenge[:-_SEAL_BYTES]
        ours = hmac.compare_digest(wanted.challenge[-_SEAL_BYTES:], self._seal(user, open_))
        in_time = self._now() <= _expires(wanted.challenge)
        with self._database.reading() as session:
            bundle = session.scalar(select(User.bundle).where(User.user == user, User.suspended.is_(None)))
            spent = session.get(SpentChallenge, wanted.challenge) is not None
        signed = recovery_holds(bundle or self._nobodys, self._identity.server_id, user, wanted)
        if bundle is None or spent or not (ours and in_time and signed):
            raise HttpProblem(401, "login_failed")
        return bundle

    def _seal(self, user: str, open_: bytes) -> bytes:
        return self._identity.keyed("challenge", open_ + user.encode())[:_SEAL_BYTES]


def _expires(challenge: bytes) -> int:
    (expires,) = struct.unpack_from(">Q", challenge)
    return min(int(expires), limits.INTEGER_MAX)
