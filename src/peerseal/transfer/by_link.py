"""A stored file by its link, without an account: everything that may be trusted stands behind the `#` (protocol.md §14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from peerseal.client.api import Api
from peerseal.client.settings import Link
from peerseal.crypto_engine import Bundle, LinkKeys, link_keys, parse_fragment, unwrap_for_link
from peerseal.errors import IntegrityFailed, NotFound, UsageError
from peerseal.protocol.heads import ClosingHead, read_closing
from peerseal.transfer.download import Origin
from peerseal.transfer.download_notes import Keeping
from peerseal.transfer.trust import Owner, Sealed, accusing, check_version
from peerseal.transport.store import Tickets
from peerseal.wire.stored import Confirm, LinkAsk, LinkFile, LinkToken, StoreTicket


class LinkVisit:
    """One visit of a link: ask for its password if it has one, `open`, download, `confirm`."""

    def __init__(self, link: Link) -> None:
        """Raises UsageError if the fragment was cut off or changed on its way here."""
        self._id, _, fragment = link.value.partition("#")
        try:
            self._fragment: Final = parse_fragment(fragment)
        except IntegrityFailed:
            raise UsageError(
                "This link is not whole: what stands behind the # is its key.",
                code="link",
                hint="Copy it again, all of it.",
            ) from None
        self._server: Final = link.server
        self._api: Final = Api(link.server)
        self._keys: LinkKeys | None = None
        self._tickets: Tickets | None = None

    def has_password(self) -> bool:
        """Whether a password belongs to it. Raises NotFound for a link that leads nowhere."""
        return self._api.ask(LinkAsk, "link", link=self._id).password

    def open(self, password: str | None) -> Sealed:
        """What the link opens, checked against its fragment. Raises NotFound, also for a wrong password."""
        self._keys = keys = link_keys(self._fragment.secret, password, bytes.fromhex(self._id))
        try:
            given = self._ask(keys)
        except NotFound as error:
            if password is None:
                raise
            raise NotFound(
                "The password is wrong, or the link is used up, expired or was revoked.",
                code=error.code,
                hint="Try again, or ask its sender.",
            ) from None
        owner = self._owner(given)
        file_id = bytes.fromhex(given.file)
        with accusing(
            owner.name, not_authentic="The key behind this link opens something else: it was swapped."
        ):
            wrap = given.version.wrap or b""
            fingerprint = owner.bundle.fingerprint
            key = unwrap_for_link(wrap, keys.wrap_key, fingerprint, file_id, given.version.version)
        return check_version(owner, file_id, given.version, key)

    def origin(self, sealed: Sealed) -> Origin:
        """Where the opened version comes from. The first content chunk counts as a download under way."""
        self._tickets = tickets = Tickets(self._ticket, lasting=True)

        def again() -> ClosingHead | None:
            version = self._ask(self._opened()).version
            if version.upload != sealed.upload or version.closing is None:
                return None
            with accusing(sealed.owner.name):
                return read_closing(version.closing, sealed.owner.bundle, sealed.opening)

        return Origin(self._server, tickets, again)

    def keeping(self, home: str, notice: Callable[[str], None]) -> Keeping:
        """Who keeps a journal of it: the file key and the link's id, never the link. The same link goes on."""
        return Keeping(home, str(self._server), notice, link=self._id)

    def confirm(self) -> None:
        """Everything verified: the download counts."""
        if self._tickets is not None:
            self._api.call("confirm_link", Confirm(self._tickets.current()), link=self._id)

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def _ask(self, keys: LinkKeys) -> LinkFile:
        return self._api.ask(LinkFile, "open_link", LinkToken(keys.token), link=self._id)

    def _ticket(self) -> StoreTicket:
        return self._api.ask(StoreTicket, "link_ticket", LinkToken(self._opened().token), link=self._id)

    def _opened(self) -> LinkKeys:
        if self._keys is None:
            raise UsageError("The link was not opened.")
        return self._keys

    def _owner(self, given: LinkFile) -> Owner:
        with accusing(given.owner):
            bundle = Bundle.parse(given.bundle)
            self._fragment.check_owner(bundle)
        return Owner(given.owner, bundle, mine=False, verified=False)
