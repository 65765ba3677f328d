"""What becomes of a `send`: live, by the server's park, or stored for a contact who is not there; each is said.

`--store auto` goes live with whoever is there and stores for contacts who are not; `always` needs nobody to stay;
`never` is live or nothing.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from peerseal.cli.options import Options, store_choice
from peerseal.cli.output import Output
from peerseal.client.refusals import typed
from peerseal.errors import UsageError
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.events import Notice
from peerseal.transfer.person import Person
from peerseal.transfer.send import SendWish, send
from peerseal.transfer.wanted import NotThere
from peerseal.wire.strict_json import JsonValue

if TYPE_CHECKING:
    from peerseal.transfer.desk import Desk

RECEIVERS_MAX: Final = 63
ABSENT_SECONDS: Final = 5.0


def options_of_fates(options: Options) -> None:
    """--receivers and --store."""
    options.number(
        "--receivers",
        dest="receivers",
        read=receiver_count,
        default=1,
        metavar="N",
        help="how many may use the code (default 1); the sender may leave once all have come and it is up",
    )
    options.text(
        "--store",
        dest="store",
        default="auto",
        metavar="WHEN",
        help="let the server keep it, sealed, for who is not there: auto (default), always or never",
    )


def receiver_count(text: str) -> int:
    """How many receivers one code may have."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= RECEIVERS_MAX:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {RECEIVERS_MAX}")
    return int(text)


def check_fates(arguments: argparse.Namespace, names: list[str]) -> None:
    """Whether these options go together. Raises UsageError."""
    store = store_choice(arguments.store)
    if names and arguments.receivers > 1:
        raise UsageError(
            "--receivers is for a code; people called by their names are as many as you name.",
            hint="Give --to several times instead.",
        )
    several = len(names) > 1 or arguments.receivers > 1
    if several and store == "never":
        raise UsageError(
            "Several receivers take it from the server, each at their own pace.",
            hint="Leave --store never away, or send to one after the other.",
        )
    if arguments.direct_only and (several or store == "always"):
        raise UsageError(
            "What the server keeps does not come directly.",
            hint="--direct-only is for one receiver who is there.",
        )
    if several and arguments.words is not None:
        raise UsageError("--words belongs to one receiver: each sees other words.")


def hand_over(
    arguments: argparse.Namespace,
    wish: SendWish,
    names: list[str],
    *,
    person: Person,
    output: Output,
    cancel: Cancel,
) -> None:
    """Carry the wish out, for these names or by a code. Raises PeersealError."""
    _Fates(arguments, wish, person, output, cancel).run(names)


class _Fates:
    def __init__(
        self, arguments: argparse.Namespace, wish: SendWish, person: Person, output: Output, cancel: Cancel
    ) -> None:
        self._arguments = arguments
        self._wish = wish
        self._person = person
        self._output = output
        self._cancel = cancel
        self._store = store_choice(arguments.store)

    def run(self, names: list[str]) -> None:
        if not names:
            if self._store == "always" or self._arguments.receivers > 1:
                self._many(self._arguments.receivers)
            else:
                self._live()
        elif self._store == "always":
            contacts = [name for name in names if self._is_contact(name)]
            others = [name for name in names if name not in contacts]
            if contacts:
                self._check_again(others)
                self._stored(contacts, absent=False)
            if others:
                self._many(others, wait=self._arguments.timeout is not None)
        elif len(names) > 1:
            self._many(names)
        else:
            self._one(names[0])

    def _one(self, name: str) -> None:
        """Live if they are there. A guest waits for whoever it may be; who is signed in has another way."""
        signed_in = self._wish.account is not None
        if self._store == "never" or self._arguments.direct_only or not signed_in:
            self._live(name)
            return
        try:
            self._live(name, patience=ABSENT_SECONDS)
        except NotThere:
            if self._is_contact(name):
                self._stored([name], absent=True)
            elif self._wants_link(name):
                self._link()
            else:
                self._live(name)

    def _live(self, name: str | None = None, patience: float | None = None) -> None:
        wish = SendWish(**{**vars(self._wish), "to": name, "patience": patience, "store": self._store})
        send(wish, self._person, self._output.event, self._cancel)

    def _many(self, to: int | list[str], *, wait: bool = True) -> None:
        """`wait`: for those who are not there and can get it in no other way."""
        from peerseal.transfer.fan_out import send_to_many

        result = send_to_many(
            self._wish,
            to,
            self._person,
            self._output.event,
            self._cancel,
            # Standard input can be read once: who is not there is waited for.
            may_be_absent=lambda name: (
                not wait or (self._arguments.paths != ["-"] and self._is_contact(name))
            ),
        )
        if result.absent and not wait:
            self._nothing_for(list(result.absent))
        elif result.absent:
            self._stored(list(result.absent), absent=True)

    def _nothing_for(self, names: list[str]) -> None:
        """They are neither there nor contacts: a link, if the person wants one and can have it. Raises NotThere."""
        who = " and ".join(visible(name) for name in names)
        are, contact = ("is", "no contact") if len(names) == 1 else ("are", "no contacts")
        if self._wish.account is None:
            raise NotThere(
                f"{who} {are} not here, and a guest can store nothing for them.",
                hint="Leave --to away: that makes a code they can use later. "
                "Who is signed in can also store it for a contact, or share it by a link.",
                retryable=True,
            )
        if self._arguments.yes and self._arguments.paths != ["-"]:
            self._output.line(f"{who} {are} not here, and {contact} of yours: a link is made instead.")
            self._link()
            return
        raise NotThere(
            f"{who} {are} not here, and {contact} of yours: nothing can be stored for them.",
            hint=f"Leave --to away for a code, or add -y for a link; `peerseal exchange request {typed(names[0])}` "
            "makes them a contact.",
            retryable=True,
        )

    # --- stored ---

    def _is_contact(self, name: str) -> bool:
        account = self._wish.account
        return account is not None and account.contact(name) is not None

    def _check_again(self, others: list[str]) -> None:
        """Standard input can be read once."""
        if others and self._arguments.paths == ["-"]:
            raise UsageError(
                "Standard input cannot be sent live to one and stored for another.",
                hint="Write it to a file first, or name only people who are there.",
            )

    def _stored(self, names: list[str], *, absent: bool) -> None:
        """As `peerseal upload` for these contacts."""
        from peerseal.cli.stored import confirm_pinned, source_of, stored_line
        from peerseal.transfer.destination import contacts_named

        arguments, output = self._arguments, self._output
        at = self._desk()
        contacts = contacts_named(at.account, names)
        who = " and ".join(visible(contact.name) for contact in contacts)
        confirm_pinned(arguments, output, contacts)
        if absent:
            are = "is" if len(contacts) == 1 else "are"
            output.line(f"{who} {are} not here. Storing it for them on the server, sealed…")
        _, again = source_of(arguments.paths, arguments.text)
        stored = at.upload(self._wish.open_source, contacts, again=again)
        output.line(stored_line(stored))
        output.line(f"You may leave: {who} can fetch it any time.")
        self._tell_id(stored.id, {"recipients": list(stored.recipients), "link": None})

    def _link(self) -> None:
        """As `peerseal upload` for oneself and `peerseal share --link`."""
        from peerseal.cli.stored import source_of, stored_line
        from peerseal.transfer.sharing import make_link

        at = self._desk()
        _, again = source_of(self._arguments.paths, self._arguments.text)
        stored = at.upload(self._wish.open_source, (), again=again)
        made = make_link(at.reader, stored.id)
        self._output.line(stored_line(stored))
        self._output.line("Whoever has this link can read it:")
        if not self._arguments.json:
            self._output.payload(made.url + "\n")
        self._tell_id(stored.id, {"recipients": [], "link": made.url}, id_too=False)

    def _wants_link(self, name: str) -> bool:
        """Whether to make a link instead of waiting. Who cannot be asked is told how, and waits."""
        from peerseal.cli.member import questions

        who = visible(name)
        if self._arguments.yes:
            self._output.line(f"{who} is not here, and no contact of yours: a link is made instead.")
            return True
        asking = questions(self._arguments, self._output)
        if asking.terminal and not self._arguments.json:
            self._output.line(f"{who} is not here, and no contact of yours.", always=True)
            return asking.yes_or_no("Store it and make a link instead? (n: wait for them)")
        self._output.event(
            Notice(
                f"{who} is not here, and no contact of yours, so it waits for them. -y makes a link instead; "
                f"`peerseal exchange request {typed(who)}` makes them a contact."
            )
        )
        return False

    def _desk(self) -> Desk:
        from peerseal.transfer.desk import Desk

        account = self._wish.account
        if account is None:
            raise UsageError("Only who is signed in can store something.", hint="`peerseal login` signs in.")
        return Desk(account.opened, self._output.event, self._cancel)

    def _tell_id(self, stored: str, more: dict[str, JsonValue], *, id_too: bool = True) -> None:
        from peerseal.cli.member import result

        if id_too and not self._arguments.json:
            self._output.payload(stored + "\n")
        result(self._output, self._arguments, {"id": stored, **more})
