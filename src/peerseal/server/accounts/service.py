"""Accounts: register, sign in, sign out, and what an account is told of itself."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest, Signed, has_own_origin
from peerseal.server.accounts.models import Server, SpentChallenge, User
from peerseal.server.accounts.names import canonical
from peerseal.server.accounts.passwords import Passwords
from peerseal.server.accounts.sessions import Sessions, Started
from peerseal.server.accounts.throttle import Throttle
from peerseal.server.accounts.turns import Line
from peerseal.server.config import ServerConfig
from peerseal.server.database import Database
from peerseal.server.guard.budgets import Budget
from peerseal.server.guard.detector.routes import LOGIN_PARAMS
from peerseal.server.guard.detector.subjects import network_of
from peerseal.server.guard.entrance import Entrance
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.operator.invites import Invites
from peerseal.wire import accounts as wire
from peerseal.wire import limits

_HOUR: Final = 3600.0
#: A site with IPv6 (/48) has thousands of networks (/64), and so many times the registrations of one.
_OF_SITE: Final = 3


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """This server's public id, and the secret from which it makes what it need not store."""

    server_id: bytes
    secret: bytes

    def __repr__(self) -> str:
        return f"ServerIdentity({self.server_id.hex()})"

    @classmethod
    def read(cls, database: Database) -> ServerIdentity:
        """As the first start made it."""
        with database.reading() as session:
            row = session.scalars(select(Server)).one()
            return cls(row.server_id, row.secret)

    def keyed(self, purpose: str, text: bytes) -> bytes:
        """HMAC-SHA256 of `text` for one purpose (32 B)."""
        key = hmac.digest(self.secret, purpose.encode(), hashlib.sha256)
        return hmac.digest(key, text, hashlib.sha256)


class Accounts:
    """What anybody may ask about accounts, and what the signed-in may ask about their own."""

    def __init__(
        self,
        *,
        config: ServerConfig,
        database: Database,
        identity: ServerIdentity,
        sessions: Sessions,
        passwords: Passwords,
        throttle: Throttle,
        entrance: Entrance,
        invites: Invites,
        now: Callable[[], int],
        clock: Callable[[], float],
    ) -> None:
        #: Other origins that may use this server.
        self.origins = config.origins
        self._config = config
        self._database = database
        self._identity = identity
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._entrance = entrance
        self._invites = invites
        self._now = now
        self._registrations = Budget(config.registrations_per_hour, _HOUR, clock)
        self._of_sites = Budget(_OF_SITE * config.registrations_per_hour, _HOUR, clock)

    def _take_registration(self, source: str) -> None:
        if ":" in source:
            self._of_sites.check(network_of(source))
        self._registrations.take(source)
        if ":" in source:
            self._of_sites.take(network_of(source))

    def register(self, guest: Guest, wanted: wire.Register) -> wire.Registered:
        """Make the account if the name is free; whether it was, the answer does not say."""
        if self._config.registration == "closed":
            raise HttpProblem(403, "registration_closed")
        user = canonical(wanted.name)
        self._take_registration(guest.source)
        invited = self._config.registration == "invite"
        if invited:
            self._invites.check(wanted.invite)
        line: Line = "strangers" if self._entrance.pass_subject(guest) is None else "paid"
        auth_hash = self._passwords.hash(wanted.password.auth, guest.source, line=line)
        with contextlib.suppress(IntegrityError), self._database.writing() as session:
            if session.scalar(select(exists().where(User.user == user))):
                # Writing takes its time, for a taken name as well: a challenge spent by nobody, which the next
                # one takes away again. (SQLite would skip writing what does not change.)
                session.execute(delete(SpentChallenge).where(SpentChallenge.expires < self._now()))
                session.add(SpentChallenge(challenge=secrets.token_bytes(32), expires=self._now()))
            else:
                if invited:
                    self._invites.spend(session, wanted.invite, user)
                session.add(self._new(user, wanted, auth_hash))
        return wire.Registered("if_free")

    def parameters(self, guest: Guest, named: wire.Named) -> wire.PasswordParameters:
        """How the client stretches the password; for a name nobody has, made up, and always the same."""
        user = canonical(named.name)
        made_up = self._identity.keyed("salt", user.encode())[: limits.SALT_BYTES]
        with self._database.reading() as session:
            found = session.execute(
                select(User.salt, User.memory, User.passes, User.lanes).where(User.user == user)
            ).one_or_none()
            user_id = session.scalar(select(User.id).where(User.user == user))
            self._entrance.ask(session, guest, user, user_id, LOGIN_PARAMS)
        usual = (made_up, limits.ARGON2_MEMORY_KIB, limits.ARGON2_PASSES, limits.ARGON2_LANES)
        return wire.PasswordParameters(self._identity.server_id, *(found or usual))

    def login(self, guest: Guest, wanted: wire.Login) -> tuple[wire.SignedIn, Started, Signed]:
        """A new session, and who asks with it from now on; its `device` is for programs and cookies alike.

        Raises HttpProblem 401 `login_failed`, the same for every reason, 403 `origin`, 429 `challenge` and to wait.
        """
        if wanted.keep == "cookie" and not has_own_origin(guest.asking, self._config.origins):
            raise HttpProblem(403, "origin")
        user = canonical(wanted.name)
        with self._database.reading() as session:
            found = session.execute(
                select(User.id, User.auth_hash).where(User.user == user, User.suspended.is_(None))
            ).one_or_none()
            entrant = self._entrance.look(session, guest, found.id if found else None)
        self._entrance.check(guest, user, entrant)
        with self._throttle.attempt(user, guest.source, entrant.subject, paid=entrant.paid):
            kept = found.auth_hash if found else None
            right = self._passwords.matches(kept, wanted.auth, guest.source, line=entrant.line)
            if not right or found is None:
                raise HttpProblem(401, "login_failed")
        with self._database.writing() as session:
            row = session.get(User, found.id)
            if row is None or row.auth_hash != found.auth_hash or row.suspended is not None:
                raise HttpProblem(401, "login_failed")  # gone or changed while we looked
            before = self._sessions.of_cookie(session, guest.asking) if wanted.keep == "cookie" else []
            self._sessions.end(session, before)
            started, over = self._sessions.start(session, row.id, wanted.keep, wanted.label)
            device = self._entrance.devices.remember(session, row.id, entrant.device)
            account = self.shown(row)
        self._sessions.tell_ended([*before, *over])
        kind, csrf = started.credential.kind, started.csrf
        signed = Signed(found.id, user, account.name, started.id, kind, csrf, guest.source)
        return wire.SignedIn(account, started.id, csrf, started.token, device), started, signed

    def logout(self, signed: Signed) -> None:
        """End the session that asks."""
        self.end_session(signed, signed.session_id)

    def me(self, signed: Signed) -> wire.SignedIn:
        """The account, as it is."""
        with self._database.reading() as session:
            return wire.SignedIn(self.shown(own(session, signed)), signed.session_id, signed.csrf, None)

    def sessions(self, signed: Signed) -> wire.Sessions:
        """The account's signed-in devices."""
        with self._database.reading() as session:
            return wire.Sessions(self._sessions.rows(session, signed))

    def end_session(self, signed: Signed, id_: str) -> None:
        """End one of the account's sessions. Raises NotFound."""
        with self._database.writing() as session:
            if not self._sessions.belongs(session, id_, signed.user_id):
                raise NotFound
            self._sessions.end(session, [id_])
        self._sessions.tell_ended([id_])

    def shown(self, row: User) -> wire.Account:
        """An account as its owner sees it."""
        return wire.Account(
            row.name,
            row.user,
            row.bundle,
            row.vault,
            row.used,
            quota_of(row, self._config.quota),
            row.created,
        )

    def _new(self, user: str, wanted: wire.Register, auth_hash: str) -> User:
        password = wanted.password
        return User(
            user=user,
            name=wanted.name,
            bundle=wanted.bundle,
            auth_hash=auth_hash,
            salt=password.salt,
            memory=password.memory,
            passes=password.passes,
            lanes=password.lanes,
            vault=password.vault,
            created=self._now(),
        )


def quota_of(row: User, usual: int) -> int:
    """Sealed bytes an account may have: its own figure, if it was given one."""
    return usual if row.quota is None else row.quota


def own(session: Session, signed: Signed) -> User:
    """The row of the account that asks. Raises HttpProblem 401 if it has gone meanwhile."""
    row = session.get(User, signed.user_id)
    if row is None:
        raise HttpProblem(401, "not_signed_in")
    return row
