"""Two people hand something over: one story, whatever each of them uses (browser, command line, SDK).

A step that a program does by itself is empty in its driver; a person at a page has to click. Every wait is bounded.
"""

from __future__ import annotations

from typing import Protocol

from support.payloads import Payload, Tree

WAIT = 30.0


class Sender(Protocol):
    """Somebody who has something to hand over."""

    def ask(self, payload: Payload, to: str) -> None:
        """Ask the person called `to` for a connection; returns before the answer."""

    def show_code(self, payload: Payload) -> str:
        """Make a code and return it; returns before anybody used it."""

    def hand_over(self) -> None:
        """Once connected: compare the words and send."""

    def sent(self) -> None:
        """Return when the other side has everything; raise if not."""

    def words(self) -> tuple[str, ...]:
        """The check words this side showed."""


class Receiver(Protocol):
    """Somebody who gets it."""

    def wait_as(self, name: str) -> None:
        """Be there for others, listed under `name`."""

    def use_code(self, code: str) -> None:
        """Type a code."""

    def accept_request(self) -> None:
        """Say yes to the connection request."""

    def accept_offer(self) -> None:
        """Say yes to what is offered."""

    def received(self) -> Tree:
        """Return the files that arrived, under their names; raise if it failed."""

    def received_text(self) -> str:
        """Return the text that arrived."""

    def words(self) -> tuple[str, ...]:
        """The check words this side showed."""


class Person(Sender, Receiver, Protocol):
    """Somebody who can be either."""


def hand_over_by_name(sender: Sender, receiver: Receiver, payload: Payload, name: str) -> Tree | str:
    """The whole story by name: listed, asked, accepted, words equal on both sides, offered, accepted, here."""
    receiver.wait_as(name)
    sender.ask(payload, name)
    receiver.accept_request()
    sender.hand_over()
    receiver.accept_offer()
    arrived = receiver.received() if payload.text is None else receiver.received_text()
    sender.sent()
    assert len(sender.words()) == 4
    assert sender.words() == receiver.words()
    return arrived


def hand_over_by_code(sender: Sender, receiver: Receiver, payload: Payload) -> Tree | str:
    """The whole story by code: no list, no request, no words."""
    receiver.use_code(sender.show_code(payload))
    sender.hand_over()
    receiver.accept_offer()
    arrived = receiver.received() if payload.text is None else receiver.received_text()
    sender.sent()
    return arrived
