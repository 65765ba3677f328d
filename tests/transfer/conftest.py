"""A live server, and people who hand things over on threads of this process."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import peerseal
from peerseal.crypto_engine import random_bytes
from peerseal.transfer.events import Event, Ready
from support.live_server import LiveServer

WAIT = 30.0


class Doing:
    """A call on its own thread: its events as they come, its result or error at the end."""

    def __init__(self, call: Callable[..., Any], *args: Any, **options: Any) -> None:
        self.events: list[Event] = []
        self._news: queue.Queue[Event] = queue.Queue()
        self._outcome: list[Any] = []
        self.cancel = peerseal.Cancel()
        options = {"on_event": self._hear, "cancel": self.cancel, "timeout": WAIT, **options}
        self._thread = threading.Thread(target=self._run, args=(call, args, options), daemon=True)
        self._thread.start()

    def wait_for(self, kind: type[Event]) -> Any:
        """The next event of a kind."""
        while True:
            event = self._news.get(timeout=WAIT)
            if isinstance(event, kind):
                return event

    @property
    def over(self) -> bool:
        """Whether the call has returned or raised."""
        return bool(self._outcome)

    def code(self) -> str:
        """The code a sender shows."""
        return str(self.wait_for(Ready).code)

    def result(self) -> Any:
        """What the call returned; raises what it raised."""
        self._thread.join(WAIT)
        assert not self._thread.is_alive(), f"still running: {self.events[-5:]}"
        if isinstance(self._outcome[0], BaseException):
            raise self._outcome[0]
        return self._outcome[0]

    def error(self) -> peerseal.PeersealError:
        """The error it ended with."""
        with pytest.raises(peerseal.PeersealError) as caught:
            self.result()
        return caught.value

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self._news.put(event)

    def _run(self, call: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> None:
        try:
            self._outcome.append(call(*args, **options))
        except BaseException as error:  # noqa: BLE001 - told to the test
            self._outcome.append(error)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with LiveServer() as live:
        yield live.url


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


@pytest.fixture
def folder(outbox: Path) -> Path:
    """Two files and an empty folder: several chunks of records."""
    tree = outbox / "tree"
    (tree / "empty").mkdir(parents=True)
    (tree / "big.bin").write_bytes(random_bytes(700_000))
    (tree / "small.txt").write_text("hello")
    return tree
