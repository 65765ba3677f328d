"""Senders to several and receivers of their codes, on threads of their own; and a folder to hand over."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peerseal.client.settings import parse_server
from peerseal.files.scan import scan
from peerseal.files.source import Source
from peerseal.transfer.arrival import ReceiveResult
from peerseal.transfer.cancel import Cancel
from peerseal.transfer.events import Event, Progress
from peerseal.transfer.events import Path as PathEvent
from peerseal.transfer.fan_out import send_to_many
from peerseal.transfer.person import Settled
from peerseal.transfer.receive import ReceiveWish, receive
from peerseal.transfer.send import SendWish
from peerseal.transfer.shared_upload import ManyResult

WAIT = 30.0
RECORD = 4096


class Sending:
    """`send_to_many` on a thread of its own."""

    def __init__(
        self,
        server: str,
        paths: list[str],
        to: int,
        *,
        timeout: float = WAIT,
        source: Callable[[], Source] | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.news: queue.Queue[Event] = queue.Queue()
        self.cancel = Cancel()
        self._wish = SendWish(
            server=parse_server(server),
            name="Ada",
            open_source=source or (lambda: scan(paths)),
            timeout=timeout,
            record_size=RECORD,
        )
        self._to = to
        self._outcome: list[ManyResult | BaseException] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome.append(send_to_many(self._wish, self._to, Settled(), self._hear, self.cancel))
        except BaseException as error:  # noqa: BLE001 - told to the test
            self._outcome.append(error)

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self.news.put(event)

    def wait_for(self, kind: type[Event]) -> Any:
        while True:
            event = self.news.get(timeout=WAIT)
            if isinstance(event, kind):
                return event

    def result(self) -> ManyResult:
        self._thread.join(WAIT)
        assert self._outcome, f"still running: {self.events[-5:]}"
        outcome = self._outcome[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class Receiving:
    """One receiver of a code, on a thread of its own. With `slow`, it stands still before the first record until told."""

    def __init__(
        self,
        server: str,
        code: str,
        target: Path,
        *,
        accept: bool = True,
        slow: threading.Event | None = None,
        person: Settled | None = None,
        keep_in: Path | None = None,
    ) -> None:
        self._slow = slow
        self.events: list[Event] = []
        #: Something has come.
        self.began = threading.Event()
        self._outcome: list[ReceiveResult | BaseException] = []
        target.mkdir(exist_ok=True)
        wish = ReceiveWish(
            server=parse_server(server),
            name=target.name,
            code=code,
            target=str(target),
            keep_in=None if keep_in is None else str(keep_in),
        )
        self._thread = threading.Thread(
            target=self._run, args=(wish, person or Settled(accept=accept)), daemon=True
        )
        self._thread.start()

    def _run(self, wish: ReceiveWish, person: Settled) -> None:
        try:
            self._outcome.append(receive(wish, person, self._hear, Cancel()))
        except BaseException as error:  # noqa: BLE001 - told to the test
            self._outcome.append(error)

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Progress):
            self.began.set()
        if isinstance(event, PathEvent) and self._slow is not None:
            assert self._slow.wait(WAIT), "nobody let this one go on"

    @property
    def over(self) -> bool:
        return bool(self._outcome)

    def result(self) -> ReceiveResult:
        self._thread.join(WAIT)
        assert self._outcome, "still running"
        outcome = self._outcome[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def same(folder: Path, target: Path) -> bool:
    """Whether `target` has the tree of the fixture `folder` as it is."""
    there = target / folder.name
    return (
        (there / "big.bin").read_bytes() == (folder / "big.bin").read_bytes()
        and (there / "small.txt").read_text() == "hello"
        and (there / "empty").is_dir()
    )


def pour(write: int, content: bytes) -> None:
    """All of it into the writing end of a pipe, which is closed then."""
    with os.fdopen(write, "wb") as pipe:
        pipe.write(content)
