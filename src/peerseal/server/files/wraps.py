"""For whom a version is wrapped: recipients, readers and links. The wraps themselves mean nothing to the server."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Signed
from peerseal.server.accounts.look_ups import LookUps
from peerseal.server.accounts.models import User
from peerseal.server.accounts.names import canonical
from peerseal.server.files.models import Link, LinkWrap, Reader, StoredFile, StoredVersion, Wrap
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire


def account_of(session: Session, name: str) -> int:
    """The account of that name. Raises `NotFound`, also for what can be nobody's name."""
    try:
        user = canonical(name)
    except HttpProblem as malformed:
        raise NotFound from malformed
    found = session.scalar(select(User.id).where(User.user == user))
    if found is None:
        raise NotFound
    return found


def recipients_of(
    session: Session, look_ups: LookUps, signed: Signed, wanted: Sequence[wire.RecipientWrap]
) -> dict[int, bytes]:
    """Whom a new file is for, by account.

    Raises `NotFound` for a stranger, 422 for the owner or somebody twice, 429 after too many strangers.
    """
    found: dict[int, bytes] = {}
    for recipient in wanted:
        user_id = look_ups.recipient(session, signed, recipient.name).id
        if user_id == signed.user_id or user_id in found:
            raise HttpProblem(422)
        found[user_id] = recipient.wrap
    return found


def wraps_of_readers(
    session: Session, file: StoredFile, wanted: Sequence[wire.RecipientWrap]
) -> dict[int, bytes]:
    """Wraps for those who still have the file, by account; the others' are left out."""
    rows = session.execute(
        select(User.user, User.id)
        .join(Reader, Reader.user_id == User.id)
        .where(Reader.file_number == file.number, User.id != file.owner_id)
    ).all()
    ids = dict(rows)
    named = {canonical(recipient.name): recipient.wrap for recipient in wanted}
    return {ids[user]: wrap for user, wrap in named.items() if user in ids}


def wrap_for(session: Session, version: StoredVersion, wraps: dict[int, bytes]) -> None:
    """Keep these wraps of a version, by account."""
    for user_id, wrap in wraps.items():
        session.add(Wrap(version_number=version.number, user_id=user_id, wrap=wrap))


def wrap_for_links(session: Session, version: StoredVersion, wanted: Iterable[wire.LinkWrap]) -> None:
    """Keep the wraps for links that are still there; the others' are left out."""
    rows = session.execute(select(Link.id, Link.number).where(Link.file_number == version.file_number)).all()
    numbers = dict(rows)
    for number, wrap in {numbers.get(one.link): one.wrap for one in wanted}.items():
        if number is not None:
            session.add(LinkWrap(link_number=number, version_number=version.number, wrap=wrap))
