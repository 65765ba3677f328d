"""What an account changes of itself by proving its password once more: a stolen session alone is not enough."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeAlias

from sqlalchemy.orm import Session

from peerseal.server.accounts.asking import Signed
from peerseal.server.accounts.models import User
from peerseal.server.accounts.passwords import Passwords
from peerseal.server.accounts.service import Accounts, own
from peerseal.server.accounts.sessions import Sessions, Started
from peerseal.server.accounts.throttle import Throttle
from peerseal.server.database import Database
from peerseal.server.guard.devices import Devices
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.news import News
from peerseal.wire import accounts as wire

#: Called within the transaction that removes an account or its identity; removes what else belongs to it, and
#: returns what is to be done once that is kept.
Forget: TypeAlias = Callable[[Session, int], Callable[[], None]]


class Changes:
    """Changes that need the password's proof: HttpProblem 403 `password` without it, 429 after too many tries."""

    def __init__(
        self,
        *,
        database: Database,
        accounts: Accounts,
        sessions: Sessions,
        passwords: Passwords,
        throttle: Throttle,
        devices: Devices,
        news: News,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._throttle = throttle
        self._devices = devices
        self._news = news
        self._forgetting: list[Forget] = []

    def on_forget(self, forget: Forget) -> None:
        """Call `forget` when an account is deleted, or starts over with other keys."""
        self._forgetting.append(forget)

    def password(
        self, signed: Signed, wanted: wire.ChangePassword, device: str | None = None
    ) -> tuple[wire.SignedIn, Started]:
        """Another password. All other sessions end, this one goes on under a new secret.

        No device but `device` is known any more.
        """
        kept = self._prove(signed, wanted.auth)
        auth_hash = self._passwords.hash(wanted.password.auth, signed.source, line="known")
        with self._proved(signed, kept) as (session, row):
            set_password(row, wanted.password, auth_hash)
            self._devices.forget_others(session, row.id, device)
            ended = self._sessions.end_all(session, row.id, but=signed.session_id)
            started = self._sessions.renew(session, signed)
            account = self._accounts.shown(row)
        self._sessions.tell_ended(ended)
        self._news.publish(signed.user_id, "account")
        return wire.SignedIn(account, started.id, started.csrf, started.token), started

    def vault(self, signed: Signed, wanted: wire.ChangeVault) -> None:
        """Keep the vault, or no longer."""
        with self._proved(signed, self._prove(signed, wanted.auth)) as (_, row):
            row.vault = wanted.vault
        self._news.publish(signed.user_id, "account")

    def identity(self, signed: Signed, wanted: wire.ChangeIdentity, device: str | None = None) -> None:
        """Other keys: what belonged to the old ones is gone, and no device but `device` is known any more."""
        with self._proved(signed, self._prove(signed, wanted.auth)) as (session, row):
            row.bundle, row.vault = wanted.bundle, wanted.vault
            row.book, row.book_counter = None, 0
            self._devices.forget_others(session, row.id, device)
            after = [forget(session, row.id) for forget in self._forgetting]
        for done in after:
            done()
        self._news.publish(signed.user_id, "account", "contacts", "exchanges", "files")

    def delete(self, signed: Signed, proof: wire.Proof) -> None:
        """The account and everything of it is gone."""
        with self._proved(signed, self._prove(signed, proof.auth)) as (session, row):
            after = [forget(session, row.id) for forget in self._forgetting]
            ended = self._sessions.end_all(session, row.id)
            session.delete(row)
        for done in after:
            done()
        self._sessions.tell_ended(ended)
        self._news.forget(signed.user_id)

    def _prove(self, signed: Signed, proof: bytes) -> str:
        """The hash that `proof` was compared with."""
        with self._throttle.attempt(signed.user, signed.source, session=signed.session_id):
            with self._database.reading() as session:
                kept = own(session, signed).auth_hash
            if not self._passwords.matches(kept, proof, signed.source, line="known"):
                raise HttpProblem(403, "password")
        return kept

    @contextlib.contextmanager
    def _proved(self, signed: Signed, kept: str) -> Iterator[tuple[Session, User]]:
        """One transaction, if the password is still the one that was proved."""
        with self._database.writing() as session:
            row = own(session, signed)
            if row.auth_hash != kept:
                raise HttpProblem(403, "password")
            yield session, row


def set_password(row: User, password: wire.NewPassword, auth_hash: str) -> None:
    """Proof, salt, parameters and vault, all together."""
    row.auth_hash = auth_hash
    row.salt = password.salt
    row.memory, row.passes, row.lanes = password.memory, password.passes, password.lanes
    row.vault = password.vault
