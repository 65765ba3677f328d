"""Stored files on one server: its rules in their parts, and what happens by the clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from peerseal.server.accounts.look_ups import LookUps
from peerseal.server.accounts.sessions import Sessions
from peerseal.server.database import Database
from peerseal.server.files.arrivals import Arrivals
from peerseal.server.files.kind import UploadKind
from peerseal.server.files.leases import Leases
from peerseal.server.files.links import Links
from peerseal.server.files.listing import Listing
from peerseal.server.files.models import Reader, StoredFile, StoredVersion, Wrap
from peerseal.server.files.parts import Parts, Rules
from peerseal.server.files.refusing import Refusing
from peerseal.server.files.sharing import Sharing, forget_file
from peerseal.server.files.sweep import Sweep
from peerseal.server.files.tickets import Tickets
from peerseal.server.files.uploads import Uploads
from peerseal.server.guard.brakes import Brakes
from peerseal.server.storage import BlobStorage


class Files:
    """Everything about stored files. `publish` tells an account that its files have changed."""

    def __init__(
        self,
        *,
        database: Database,
        storage: BlobStorage,
        sessions: Sessions,
        look_ups: LookUps,
        rules: Rules,
        now: Callable[[], int],
        brakes: Brakes,
        publish: Callable[[int], object],
    ) -> None:
        storage.sweep()
        tickets = Tickets(now)
        sessions.on_session_ended(tickets.session_ended)
        self.parts = Parts(database, storage, tickets, Arrivals(), look_ups, rules, now, publish)
        self.listing = Listing(self.parts)
        self.uploads = Uploads(self.parts, self.listing)
        self.sharing = Sharing(self.parts, self.listing)
        self.refusing = Refusing(self.parts)
        self.leases = Leases(self.parts)
        self.links = Links(self.parts, self.leases, brakes)
        self.parts.kinds["upload"] = UploadKind(self.parts, self.leases)
        self.sweep = Sweep(self.parts)

    def forget_account(self, session: Session, user_id: int) -> Callable[[], None]:
        """In the caller's transaction: all files an account owns or was given are gone for it (and others).

        Call what is returned after the transaction.
        """
        owned = list(session.scalars(select(StoredFile).where(StoredFile.owner_id == user_id)))
        told = set(
            session.scalars(select(Reader.user_id).join(StoredFile).where(StoredFile.owner_id == user_id))
        )
        told.add(user_id)
        versions: list[StoredVersion] = []
        for file in owned:
            versions += forget_file(session, file)
        of_others = defaultdict[int, set[int]](set)
        given = select(StoredFile.owner_id, StoredFile.number).join(Reader).where(Reader.user_id == user_id)
        for owner, number in session.execute(given):
            of_others[owner].add(number)
        session.execute(delete(Reader).where(Reader.user_id == user_id))
        session.execute(delete(Wrap).where(Wrap.user_id == user_id))
        for owner, numbers in {user_id: set[int](), **of_others}.items():
            self.parts.charge(session, owner, *numbers, grows=False)

        def after() -> None:
            self.parts.tickets.kill(lambda grant: grant.user_id == user_id)
            self.parts.over(versions)
            self.parts.tell(told)

        return after

    def close(self) -> None:
        """Let what is being cleared away end."""
        self.parts.cleaning.shutdown(wait=True, cancel_futures=True)
