"""Everything behind the endpoints, made once for one server."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from peerseal.server.accounts.changes import Changes
from peerseal.server.accounts.look_ups import LookUps
from peerseal.server.accounts.passwords import Passwords
from peerseal.server.accounts.recovery import Recovery
from peerseal.server.accounts.service import Accounts, ServerIdentity
from peerseal.server.accounts.sessions import Sessions
from peerseal.server.accounts.throttle import Throttle
from peerseal.server.config import ServerConfig
from peerseal.server.damage import Ledger
from peerseal.server.database import Database
from peerseal.server.exchange.service import Exchanges
from peerseal.server.files.models import StoredVersion
from peerseal.server.files.ownership import claim
from peerseal.server.files.parts import Rules
from peerseal.server.files.service import Files
from peerseal.server.guard.challenge import Challenges
from peerseal.server.guard.devices import Devices
from peerseal.server.guard.entrance import Entrance
from peerseal.server.guard.guard import Guard
from peerseal.server.guard.passes import Passes
from peerseal.server.guard.proven import Proven
from peerseal.server.guard.strength import check_key
from peerseal.server.lock import FolderLock
from peerseal.server.news import News
from peerseal.server.operator.accounts import OperatedAccounts
from peerseal.server.operator.invites import Invites
from peerseal.server.operator.reports import Reports
from peerseal.server.operator.rights import OperatorRights, canonical_names
from peerseal.server.parking.ledger import ParkRules
from peerseal.server.parking.models import ParkRow
from peerseal.server.parking.service import Parking
from peerseal.server.storage.local_disk import LocalDisk


def milliseconds() -> int:
    """The time as the API writes it: milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class Services:
    """One of each."""

    config: ServerConfig
    database: Database
    identity: ServerIdentity
    sessions: Sessions
    accounts: Accounts
    changes: Changes
    recovery: Recovery
    exchanges: Exchanges
    files: Files
    parking: Parking
    news: News
    invites: Invites
    operated: OperatedAccounts
    reports: Reports
    guard: Guard
    challenges: Challenges
    passes: Passes
    devices: Devices
    proven: Proven
    rights: OperatorRights
    damage: Ledger
    #: The time in ms.
    now: Callable[[], int]
    lock: FolderLock

    @classmethod
    def make(
        cls,
        config: ServerConfig,
        database: Database,
        now: Callable[[], int] = milliseconds,
        clock: Callable[[], float] = time.monotonic,
        lock: FolderLock | None = None,
    ) -> Services:
        """All of them, on this database. `now` is the time in ms, `clock` monotonic seconds.

        `lock`: the folder's, if it is held already; it is released with them.

        Raises LocalFileFailed (`folder_in_use`, `storage_foreign`, `storage_unusable`).
        """
        if lock is None:
            lock = FolderLock(config.data)
        try:
            return cls._made(config, database, lock, now, clock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def _made(
        cls,
        config: ServerConfig,
        database: Database,
        lock: FolderLock,
        now: Callable[[], int],
        clock: Callable[[], float],
    ) -> Services:
        identity = ServerIdentity.read(database)
        check_key(identity.secret)
        news = News(now)
        sessions = Sessions(database, now, config.origins)
        sessions.on_session_ended(news.session_ended)
        devices, passes, proven = Devices(database, now), Passes(now), Proven(clock)
        sessions.on_identified(proven.remember)
        sessions.on_session_ended(proven.ended)
        guard = Guard(
            config.data,
            now,
            clock,
            mode=config.guard,
            allow=config.guard_allow,
            addresses=config.guard_addresses,
        )
        passwords, throttle = Passwords(), Throttle(guard.brakes)
        entrance = Entrance(guard, devices, passes)
        invites = Invites(database, now)
        accounts = Accounts(
            config=config,
            database=database,
            identity=identity,
            sessions=sessions,
            passwords=passwords,
            throttle=throttle,
            entrance=entrance,
            invites=invites,
            now=now,
            clock=clock,
        )
        changes = Changes(
            database=database,
            accounts=accounts,
            sessions=sessions,
            passwords=passwords,
            throttle=throttle,
            devices=devices,
            news=news,
        )
        recovery = Recovery(
            database=database,
            identity=identity,
            sessions=sessions,
            passwords=passwords,
            throttle=throttle,
            entrance=entrance,
            news=news,
            now=now,
        )
        look_ups = LookUps(clock)
        storage = LocalDisk(config.data / "blobs")
        claim(storage, database, identity.server_id, (StoredVersion.blobs, ParkRow.blobs))
        exchanges = Exchanges(
            database, news, look_ups, now, lambda text: identity.keyed("exchange source", text)
        )
        files = Files(
            database=database,
            storage=storage,
            sessions=sessions,
            look_ups=look_ups,
            rules=Rules(config.quota, config.keep_days, config.versions),
            now=now,
            brakes=guard.brakes,
            publish=lambda user_id: news.publish(user_id, "files"),
        )
        parking = Parking(
            files.parts,
            ParkRules(config.parking == "on", config.park_bytes, config.park_total, config.park_hours),
            lambda text: identity.keyed("park source", text),
            clock,
            guard.brakes,
        )
        changes.on_forget(exchanges.forget)
        changes.on_forget(files.forget_account)
        return cls(
            config,
            database,
            identity,
            sessions,
            accounts,
            changes,
            recovery,
            exchanges,
            files,
            parking,
            news,
            invites,
            OperatedAccounts(files.parts, sessions, now, canonical_names(config.operators)),
            Reports(
                files.parts,
                now,
                clock,
                lambda guest: guard.mode != "enforce" or entrance.pass_subject(guest) is not None,
            ),
            guard,
            Challenges(now),
            passes,
            devices,
            proven,
            OperatorRights(config.data, config.operators, config.origins, sessions.identify, now),
            Ledger(config.data, now, guard.note),
            now,
            lock,
        )

    def close(self) -> None:
        """Let go of storage and the database."""
        self.rights.close()
        self.guard.close()
        self.files.close()
        self.database.close()
        self.lock.release()
