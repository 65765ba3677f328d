"""Key exchanges: ask, accept, decline, withdraw, and what they mean for the contact book.

The keys of an accepted exchange are pinned once, the first time: the server could have lied then. After that nothing
but the owner's comparison of safety numbers changes a pin; other keys under a known name are a hard stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from peerseal.client.account import OpenAccount
from peerseal.client.refusals import typed
from peerseal.client.said import check_own_keys, said_name
from peerseal.crypto_engine import Bundle, canonical_name, safety_number
from peerseal.errors import IntegrityFailed, NotFound, PeersealError, Refused, UsageError, VerificationFailed
from peerseal.protocol.book import Book, Contact
from peerseal.wire import accounts as wire
from peerseal.wire.limits import HTTP_WAIT_MAX_SECONDS
from peerseal.wire.value import Value

#: So many contacts are asked about before one sealing: a server that was asked 60 times within a minute takes no
#: names for a new file either.
_ASKED_MAX: Final = 40


class Comparison(Value):
    """What two people compare before `keys` (an encoded bundle) count as `name`'s: the 60 digits of `number`.

    `pinned`: the digits with the keys in the book, None if there are none. `verified`: the book's are these, compared
    before. `waiting`: the id of the request that brought the keys, if it is not answered yet.
    """

    name: str
    number: str
    keys: bytes
    pinned: str | None
    verified: bool
    waiting: str | None

    @property
    def changed(self) -> bool:
        """Other keys than the book's."""
        return self.pinned is not None and self.pinned != self.number


class Found(Value):
    """All exchanges, and what follows from the accepted ones.

    `pinned`: whose keys were pinned just now; `changed`: whose are others than the book's and must be compared first;
    `unusable`: who answered with something that is no public keys.
    """

    exchanges: tuple[wire.Exchange, ...]
    pinned: tuple[str, ...]
    changed: tuple[Comparison, ...]
    unusable: tuple[str, ...]


def ask(account: OpenAccount, name: str) -> wire.Exchange:
    """Ask `name` to exchange keys. Raises NotFound, Refused (`already_asked`, `they_asked`), UsageError (`invalid`)."""
    user = canonical_name(name)
    if user == account.user:
        raise UsageError(
            "That is yourself.", code="oneself", hint="Ask somebody else, by their account name."
        )
    body = wire.AskExchange(user, account.identity.bundle.encoded)
    try:
        return account.api.ask(wire.Exchange, "ask_exchange", body)
    except NotFound:
        raise NotFound(
            f"Nobody called {name} has an account at {account.server}.",
            code="no_such_user",
            hint="Check the spelling: it is the name they registered with.",
        ) from None
    except UsageError:  # it takes only the account's own keys: perhaps these are so no more
        check_own_keys(account.identity, account.api.ask(wire.SignedIn, "me").account)
        raise


def look(account: OpenAccount, now: int) -> Found:
    """All exchanges, newest first. The keys somebody answered us with are pinned if the name is new (`now` in ms).

    Requests of others that were accepted are not pinned here but by `accept`: a server could make them up.
    """
    rows = account.api.ask(wire.Exchanges, "exchanges").exchanges
    accepted = [row for row in _newest_first(rows) if row.state == "accepted"]
    keys, unusable = _readable(accepted)
    ours = {said_name(row.peer) for row in accepted if row.direction == "out"}
    pinned: list[str] = []

    def pin_new(book: Book) -> Book:
        pinned.clear()
        for user, bundle in keys.items():
            known = book.contact(user) or book.by_fingerprint(bundle.fingerprint)
            if known is None and user in ours:
                book = book.pin(user, bundle, now)
                pinned.append(user)
        return book

    book = account.contacts.change(pin_new)
    changed = [
        _comparison(account, user, contact, bundle)
        for user, bundle in keys.items()
        if (contact := book.contact(user)) is not None and contact.encoded != bundle.encoded
    ]
    return Found(rows, tuple(pinned), tuple(changed), tuple(unusable))


def known(account: OpenAccount, names: Sequence[str], now: int) -> Book:
    """The newest book. If one of `names` is not in it, answers that came meanwhile are pinned first."""
    book = account.contacts.load()
    if all(book.contact(name) is not None for name in names):
        return book
    look(account, now)
    return account.contacts.book


def wait(
    account: OpenAccount, exchange: str, seconds: float, clock: Callable[[], float] = time.monotonic
) -> wire.Exchange | None:
    """Wait until a request is answered; None if nobody answered in time. Raises NotFound if it is gone."""
    end = clock() + seconds
    at = account.api.news(None, 0).at
    while True:
        rows = account.api.ask(wire.Exchanges, "exchanges").exchanges
        row = next((row for row in rows if row.id == exchange), None)
        if row is None:
            raise NotFound(
                "The request is gone.",
                code="request_gone",
                hint="It was withdrawn, perhaps on another device.",
            )
        left = end - clock()
        if row.state != "pending":
            return row
        if left <= 0:
            return None
        at = account.api.news(at, max(1, min(HTTP_WAIT_MAX_SECONDS, int(left)))).at


def accept(account: OpenAccount, name: str, now: int) -> Contact:
    """Answer `name`'s request with one's own keys and pin theirs; one that was answered already is only pinned.

    Raises NotFound if there is none, VerificationFailed (`key_changed`) before anything is answered if the book has
    other keys under this name.
    """
    row = _request(account, name, "in", ("pending", "accepted"))
    bundle = _parsed(row)
    _check_pin(account, account.contacts.load(), said_name(row.peer), bundle)
    if row.state == "pending":
        _answer(account, row.id, row.peer, bundle)
    return pin(account, row.peer, bundle, now)


def decline(account: OpenAccount, name: str) -> wire.Exchange:
    """Refuse `name`'s request. Raises NotFound."""
    row = _request(account, name, "in", ("pending",))
    return account.api.ask(wire.Exchange, "decline_exchange", wire.Empty(), exchange=row.id)


def withdraw(account: OpenAccount, name: str) -> None:
    """Take back one's own request to `name`. Raises NotFound."""
    account.api.call("withdraw_exchange", exchange=_request(account, name, "out", ("pending",)).id)


def pin(account: OpenAccount, name: str, bundle: Bundle, now: int) -> Contact:
    """Pin `bundle` for `name`, if nobody of that name is known; the same again changes nothing, another is `key_changed`."""
    user = canonical_name(name)

    def apply(book: Book) -> Book:
        _check_pin(account, book, user, bundle)
        return book if book.contact(user) is not None else book.pin(user, bundle, now)

    return _contact(account.contacts.change(apply), user)


def compare(account: OpenAccount, name: str) -> Comparison:
    """What to compare with `name`: the newest keys an exchange brought, else those in the book. Raises NotFound.

    For somebody who was asked and has not answered, the server's word for their keys: they may have to compare before
    they can answer, and a comparison proves keys wherever they came from.
    """
    user = canonical_name(name)
    rows = account.api.ask(wire.Exchanges, "exchanges").exchanges
    contact = account.contacts.load().contact(user)
    row = next((row for row in _newest_first(rows) if said_name(row.peer) == user), None)
    if contact is not None and (row is None or row.bundle == contact.encoded):
        changed = changed_keys(account, [contact])
        if changed:
            return changed[0]
    if row is not None:
        waiting = row.id if row.state == "pending" else None
        return _comparison(account, user, contact, _parsed(row), waiting)
    if contact is not None:
        return _comparison(account, user, contact, contact.bundle)
    if not any(said_name(row.peer) == user and row.direction == "out" for row in rows):
        raise _no_contact(name)
    said = account.api.ask(wire.PublicKeys, "user_key", name=user)
    return _comparison(account, user, None, Bundle.parse(said.bundle))


def verify(account: OpenAccount, comparison: Comparison, now: int) -> Contact:
    """The owner compared and both show the same: the keys compared are pinned and verified, in the place of others.

    A request that still waited is answered with one's own keys.
    """
    bundle = Bundle.parse(comparison.keys)

    def apply(book: Book) -> Book:
        contact = book.contact(comparison.name)
        if contact is None:
            return book.pin(comparison.name, bundle, now).verify(comparison.name)
        if contact.encoded == bundle.encoded:
            return book.verify(comparison.name)
        return book.replace(comparison.name, bundle)

    if comparison.waiting is not None:
        _answer(account, comparison.waiting, comparison.name, bundle)
    return _contact(account.contacts.change(apply), comparison.name)


def remove(account: OpenAccount, name: str) -> None:
    """Take a contact out of the book, and their answered exchanges off the list. Raises NotFound."""
    user = canonical_name(name)
    if account.contacts.load().contact(user) is None:
        raise _no_contact(name)
    # The exchanges first: they would bring the contact back.
    for row in account.api.ask(wire.Exchanges, "exchanges").exchanges:
        if said_name(row.peer) == user and row.state != "pending":
            account.api.call("withdraw_exchange", exchange=row.id)
    account.contacts.change(lambda book: book if book.contact(user) is None else book.remove(user))


def changed_keys(account: OpenAccount, contacts: Sequence[Contact]) -> list[Comparison]:
    """Of these contacts, those for whom the server shows other keys than the book: they made new ones, or it lies.

    Who has no account any more is not among them, nor whoever could not be asked for: it answers only 60 a minute.
    """
    changed = []
    for contact in contacts:
        try:
            said = account.api.ask(wire.PublicKeys, "user_key", name=contact.name)
        except NotFound:
            continue
        except Refused as refused:
            if refused.code != "too_many_requests":
                raise
            break
        if said.bundle != contact.encoded:
            bundle = _parsed_of(contact.name, said.bundle)
            changed.append(_comparison(account, contact.name, contact, bundle))
    return changed


def check_unchanged(account: OpenAccount, contacts: Sequence[Contact]) -> None:
    """Before anything is sealed for them: the book's keys are still theirs, as far as the server says.

    Raises VerificationFailed (`key_changed`). What the server shows is never sealed for, only compared.
    """
    for comparison in changed_keys(account, contacts[:_ASKED_MAX]):
        raise key_changed(comparison)


def key_changed(comparison: Comparison) -> VerificationFailed:
    """The hard stop for other keys under a known name, with both safety numbers and the way on."""
    before, after = groups(comparison.pinned or ""), groups(comparison.number)
    return VerificationFailed(
        f"The server shows other keys for {comparison.name} than those you know.",
        code="key_changed",
        hint=f"Nothing was sealed or sent. Safety number so far: {before}. With the new keys: {after}. "
        f"Ask {comparison.name} on another way, best face to face, which one their device shows; "
        f"only then `peerseal exchange verify {typed(comparison.name)}` accepts the new keys.",
    )


def groups(number: str) -> str:
    """A safety number in groups of five."""
    return " ".join(number[at : at + 5] for at in range(0, len(number), 5))


def _newest_first(rows: tuple[wire.Exchange, ...]) -> list[wire.Exchange]:
    """The exchanges that brought keys, by when they did."""
    brought = [row for row in rows if row.bundle is not None and row.state != "declined"]
    return sorted(brought, key=_brought_at, reverse=True)


def _brought_at(row: wire.Exchange) -> int:
    return row.created if row.direction == "in" else row.answered or row.created


def _readable(rows: list[wire.Exchange]) -> tuple[dict[str, Bundle], list[str]]:
    """The keys of each peer's first row, and the peers whose are none: one of them must not hide the others."""
    keys: dict[str, Bundle] = {}
    unusable: list[str] = []
    for row in rows:
        user = said_name(row.peer)
        if user in keys or user in unusable:
            continue
        try:
            keys[user] = _parsed(row)
        except IntegrityFailed:
            unusable.append(user)
    return keys, unusable


def _answer(account: OpenAccount, exchange: str, name: str, bundle: Bundle) -> None:
    body = wire.AcceptExchange(account.identity.bundle.encoded)
    answered = account.api.ask(wire.Exchange, "accept_exchange", body, exchange=exchange)
    if answered.bundle != bundle.encoded:
        raise VerificationFailed(
            f"The server showed two different keys for {name}.",
            code="key_changed",
            hint="Nothing was pinned. Do not trust this server with this exchange.",
        )


def _contact(book: Book, user: str) -> Contact:
    contact = book.contact(user)
    if contact is None:
        raise PeersealError("The contact book lost a contact.")
    return contact


def _parsed(row: wire.Exchange) -> Bundle:
    return _parsed_of(row.peer, row.bundle or b"")


def _parsed_of(name: str, encoded: bytes) -> Bundle:
    try:
        return Bundle.parse(encoded)
    except PeersealError as error:
        raise IntegrityFailed(
            f"What the server shows as {name}'s keys is none.",
            code=error.code,
            hint=f"Ask {name} to update Peerseal and to ask again.",
        ) from None


def _check_pin(account: OpenAccount, book: Book, user: str, bundle: Bundle) -> None:
    contact = book.contact(user)
    if contact is not None and contact.encoded != bundle.encoded:
        raise key_changed(_comparison(account, user, contact, bundle))


def _comparison(
    account: OpenAccount, user: str, contact: Contact | None, bundle: Bundle, waiting: str | None = None
) -> Comparison:
    own = account.identity.fingerprint
    pinned = None if contact is None else safety_number(own, contact.fingerprint)
    number = safety_number(own, bundle.fingerprint)
    verified = contact is not None and contact.state == "verified" and contact.encoded == bundle.encoded
    return Comparison(user, number, bundle.encoded, pinned, verified, waiting)


def _request(
    account: OpenAccount, name: str, direction: wire.Direction, states: tuple[wire.ExchangeState, ...]
) -> wire.Exchange:
    """The newest request between us and `name` in one of `states`, one that waits before any other."""
    user = canonical_name(name)
    rows = account.api.ask(wire.Exchanges, "exchanges").exchanges
    for state in states:
        for row in sorted(rows, key=_brought_at, reverse=True):
            if (said_name(row.peer), row.direction, row.state) == (user, direction, state):
                return row
    whose = f"No request of {name}'s waits for you." if direction == "in" else f"You have not asked {name}."
    raise NotFound(whose, code="request_gone", hint="`peerseal exchange list` shows what waits.")


def _no_contact(name: str) -> NotFound:
    return NotFound(
        f"{name} is not among your contacts.",
        code="no_contact",
        hint=f"`peerseal exchange request {typed(name)}` asks for their keys.",
    )
