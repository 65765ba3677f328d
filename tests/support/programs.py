"""A program under test: started, read event by event, stopped by its own process id, never left behind."""

from __future__ import annotations

import bisect
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Condition, Thread

Event = dict[str, object]


class Program:
    """A running program that writes one JSON object a line (`--json`); its other words go to a file."""

    def __init__(self, argv: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.log = log
        self.events: list[Event] = []
        #: When each of them came, by this machine's monotonic clock.
        self.times: list[float] = []
        self._news = Condition()
        self._ended = False
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [str(word) for word in argv],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **(env or {})},
            )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event: Event = json.loads(line)
            with self._news:
                self.events.append(event)
                self.times.append(time.monotonic())
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def seen(self, name: str) -> list[Event]:
        """All events of one name so far."""
        with self._news:
            return [event for event in self.events if event.get("event") == name]

    def until(self, wanted: Callable[[Event], bool], seconds: float = 60, after: float = 0.0) -> float:
        """When the first such event came (later than `after`), waiting for it; fails if the program ends without it."""
        end = time.monotonic() + seconds
        with self._news:
            looked = bisect.bisect_right(self.times, after)
            while True:
                for number in range(looked, len(self.events)):
                    if wanted(self.events[number]):
                        return self.times[number]
                looked = len(self.events)
                left = end - time.monotonic()
                if self._ended or left <= 0:
                    raise AssertionError(f"what was waited for did not come: {self.story()}")
                self._news.wait(left)

    def event(self, name: str, seconds: float = 60) -> Event:
        """The first event called `name`, waiting for it; fails if the program ends without it."""
        end = time.monotonic() + seconds
        with self._news:
            while True:
                for event in self.events:
                    if event.get("event") == name:
                        return event
                left = end - time.monotonic()
                if self._ended or left <= 0:
                    raise AssertionError(f"no event {name!r}: {self.story()}")
                self._news.wait(left)

    def exit_code(self, seconds: float = 60) -> int:
        """Wait for the end; every line it wrote has been read then."""
        code = self.process.wait(seconds)
        self._reader.join(10)
        return code

    def succeed(self, seconds: float = 60) -> None:
        """Wait for exit code 0; anything else fails with the program's own words."""
        try:
            code = self.exit_code(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running: {self.story()}") from None
        assert code == 0, f"exit {code}: {self.story()}"

    def error(self) -> Event:
        """The one error it reported."""
        errors = self.seen("error")
        assert len(errors) == 1, self.story()
        return errors[0]

    def story(self) -> str:
        """What it said, for a failure's message."""
        told = [event for event in self.events if event.get("event") != "progress"]
        return f"{told[-12:]}\n{self.log.read_text(errors='replace')[-3000:]}"

    def press_ctrl_c(self) -> None:
        """What a terminal does on Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def stop(self) -> None:
        """End it, whatever it is doing."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
        self._reader.join(5)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
