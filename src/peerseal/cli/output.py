"""How the command line speaks: calm lines for people on standard error, NDJSON for machines on standard output.

One line changes while bytes move. Names and messages of other people are made visible before they are printed.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import Final, TextIO

from peerseal.cli.phrases import complete_line, fit, offer_lines, progress_line, sentence
from peerseal.client.settings import DEFAULT_SERVER
from peerseal.errors import LocalFileFailed
from peerseal.files.names import visible
from peerseal.transfer.events import (
    Check,
    Complete,
    Event,
    Failure,
    FileDone,
    Gone,
    Notice,
    Offer,
    Parked,
    Path,
    Peer,
    Progress,
    Ready,
    Request,
    Resume,
    Text,
    Waiting,
    to_json,
)
from peerseal.wire.strict_json import JsonObject

_BOLD: Final = "1"
_QUIET: Final = "2"
#: `comeback.RETURN_SECONDS`, which costs too much to import for one sentence.
_GONE_MINUTES: Final = 5
_SEAL: Final = "31"
_VERIFIED: Final = "32"


class Output:
    """Prints events. Safe to call from any thread; a closed terminal never stops a transfer."""

    def __init__(
        self,
        *,
        json: bool,
        quiet: bool,
        verbose: bool,
        colour: bool,
        err: TextIO | None = None,
        out: TextIO | None = None,
    ) -> None:
        self._json = json
        self.quiet = quiet
        self._verbose = verbose
        self._err = err or sys.stderr
        self._out = out or sys.stdout
        self.terminal = self._err.isatty()
        self._colour = colour and self.terminal
        self._line_open = False
        self._prompt_open = False
        self._path = ""
        self._lock = threading.RLock()

    def event(self, event: Event) -> None:
        """Tell one event, in whichever form was asked for."""
        if self._json:
            self.object(to_json(event))
            return
        if type(event) is FileDone and not self._verbose:
            return  # asked first: there may be thousands
        self._tell(event)

    def object(self, value: JsonObject) -> None:
        """One NDJSON line."""
        import json

        with self._lock:
            _write(self._out, json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")

    def line(self, text: str, *, always: bool = False) -> None:
        """One line for people; `-q` and `--json` leave it out unless `always`."""
        if (self.quiet or self._json) and not always:
            return
        with self._lock:
            self.end_line()
            _write(self._err, text + "\n")

    def warning(self, text: str) -> None:
        """What nobody may miss: a line for people, with `-q` too; with `--json` a `notice`."""
        if self._json:
            self.object(to_json(Notice(text)))
        else:
            self.line(text, always=True)

    def detail(self, text: str) -> None:
        """A line only `-v` shows."""
        if self._verbose:
            self.line(self.paint(text, _QUIET))

    def payload(self, text: str) -> None:
        """Text for standard output: what was asked for, and nothing else."""
        with self._lock:
            self.end_line()
            _write(self._out, text)

    def row(self, text: str) -> None:
        """A line of a list on standard output, cut to the width of a terminal."""
        try:
            wide = os.get_terminal_size(self._out.fileno()).columns
        except (OSError, ValueError):  # no terminal: whole, for whatever reads it
            wide = 0
        self.payload((fit(text, wide) if wide else text) + "\n")

    def prompt(self, text: str) -> None:
        """The question, without a line end."""
        with self._lock:
            self.end_line()
            _write(self._err, text)
            self._prompt_open = True

    def answered(self) -> None:
        """The question was answered by a line, so the terminal stands on a new one."""
        with self._lock:
            self._prompt_open = False

    def paint(self, text: str, style: str) -> str:
        """`text` in an ANSI style, if colour is wanted and possible."""
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour else text

    def bold(self, text: str) -> str:
        """`text` emphasised."""
        return self.paint(text, _BOLD)

    def qr(self, text: str) -> None:
        """A small QR code, only on a terminal that is wide enough."""
        if not self.terminal or self.quiet or self._json:
            return
        import segno

        code = segno.make(text, error="l", micro=False)
        if code.symbol_size(border=2)[0] + 2 > _columns():
            return
        import io

        drawn = io.StringIO()
        code.terminal(drawn, border=2, compact=True)
        self.line(drawn.getvalue().rstrip("\n"))

    def failure(self, event: Failure) -> None:
        """How it ended, if it ended badly: what happened, then what to do."""
        if self._json:
            self.object(to_json(event))
            return
        self.line(self.paint(sentence(visible(event.message)), _SEAL), always=True)
        if event.hint:
            self.line(sentence(visible(event.hint)), always=True)

    def _tell(self, event: Event) -> None:  # noqa: C901, PLR0912 - one line for each event
        match event:
            case Ready():
                self._ready(event)
            case Waiting():
                self._waiting(event)
            case Request():
                self._request(event)
            case Peer():
                self._peer(event)
            case Check():
                self._check(event)
            case Offer():
                self._offer(event)
            case Path():
                self._path_found(event)
            case Progress():
                self._progress(event)
            case FileDone():
                self._file_done(event)
            case Text():
                self._text(event)
            case Complete():
                self._complete(event)
            case Gone():
                self.line(
                    f"{visible(event.name)} is gone, or the way there. Waiting up to {_GONE_MINUTES} minutes for them to "
                    "come back… Ctrl-C ends this; what has arrived of more than 4 MiB is kept."
                )
            case Resume():
                self._resume(event)
            case Parked():
                self._parked(event)
            case Notice():
                self._notice(event)
            case Failure():
                self.failure(event)

    def _ready(self, event: Ready) -> None:
        if event.code is None or event.link is None:
            self._listed(event)
            return
        together = self._out.isatty() and self.terminal
        page = event.link.partition("/#")[0]
        server = "" if page == DEFAULT_SERVER else f" --server {page}"
        self.line("On the other device, open")
        self.line(f"    {event.link}")
        self.line("or run")
        self.line(f"    peerseal receive {event.code}{server}")
        self.qr(event.link)
        good = "one try" if event.receivers == 1 else f"{event.receivers} receivers, and no wrong try"
        self.line(f"The code, good for {good}:" + ("\n" if together else ""))
        self.payload(("    " + self.bold(event.code) + "\n\n") if together else event.code + "\n")

    def _listed(self, event: Ready) -> None:
        if event.lobby == "none":
            self.line("Nobody can see you here: " + _LOBBY_REASONS.get(event.reason or "", _NO_LOBBY))
            return
        self.line(
            f"You are listed as {self.bold(visible(event.name))} ({event.tag}). Waiting for somebody to connect."
        )

    def _waiting(self, event: Waiting) -> None:
        name = visible(event.name)
        self.line(f"Asking {name}…" if event.asked else f"Waiting for {name} to appear…")

    def _request(self, event: Request) -> None:
        self.detail(f"{visible(event.name)} ({event.tag}) asks to connect.")

    def _peer(self, event: Peer) -> None:
        state = "by code" if event.mode == "code" else "not verified"
        if event.contact is not None and event.mode == "words":
            state = "in your contacts, not verified"
        if event.verified:
            state = self.paint("verified", _VERIFIED)
        self.line(f"Connected to {self.bold(visible(event.name))}, {state}.")

    def _check(self, event: Check) -> None:
        words = " ".join(event.words)
        if not event.needed:
            self.line(self.paint(f"Should they ask, your check words are: {words}", _QUIET))
            return
        self.line(f"Check words: {self.bold(words)}")

    def _offer(self, event: Offer) -> None:
        for text in offer_lines(event):
            self.line(text)

    def _path_found(self, event: Path) -> None:
        self._path = event.kind if event.detail != "http" else f"{event.kind} over http"
        self.detail(f"Path: {self._path}.")

    def _progress(self, event: Progress) -> None:
        if not self.terminal or self.quiet:
            return
        with self._lock:
            _write(self._err, "\r\x1b[K" + fit(progress_line(event, self._path), _columns() - 1))
            self._line_open = True

    def _file_done(self, event: FileDone) -> None:
        self.detail(f"Done: {visible(event.path)}")

    def _complete(self, event: Complete) -> None:
        for path in event.paths:
            self.line(f"Saved {self.bold(visible(path))}")
        self.line(complete_line(event, self._path))

    def _resume(self, event: Resume) -> None:
        share = f", at {event.from_ * 100 // event.total} %" if event.total else ""
        if self._path == "store":
            self.line(f"The rest is on the server. Fetching it{share}.")
            return
        self.line(f"{visible(event.name)} is back. Going on{share}.")

    def _parked(self, event: Parked) -> None:
        until = time.strftime("%Y-%m-%d %H:%M", time.localtime(event.expires / 1000))
        self.line(
            f"Everything is on the server, sealed for {visible(event.name)}, until {until}. You may leave now."
        )

    def _text(self, event: Text) -> None:
        text = event.text
        if self._out.isatty():  # escape sequences must not reach a terminal
            text = (
                "\n".join(visible(line.replace("\t", "    ")) for line in text.split("\n")).rstrip("\n")
                + "\n"
            )
        self.payload(text)

    def _notice(self, event: Notice) -> None:
        self.line(visible(event.message))

    def end_line(self) -> None:
        """Leave the line that changes, so that the next words stand on a line of their own."""
        if self._line_open:
            self._line_open = False
            _write(self._err, "\r\x1b[K")
        if self._prompt_open:
            self._prompt_open = False
            _write(self._err, "\n")


_NO_LOBBY: Final = "use a code or a room link instead."
_LOBBY_REASONS: Final = {
    "proxied": "the server is behind a proxy. Use a code or a room link instead.",
}


def _columns() -> int:
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 80


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except UnicodeEncodeError:
        stream.write(
            text.encode(stream.encoding or "ascii", "backslashreplace").decode(stream.encoding or "ascii")
        )
        stream.flush()
    except (BrokenPipeError, ValueError):
        return  # nobody reads this any more; the transfer matters more
    except OSError as error:
        _write_no_more(stream)
        if stream is not sys.stderr:
            raise LocalFileFailed(
                f"Standard output cannot be written: {error.strerror or 'it failed'}.",
                code="standard_output",
                hint="Make room where it goes, or send it elsewhere.",
            ) from None


def _write_no_more(stream: TextIO) -> None:
    """What is still in its buffer goes nowhere: the end of the program would trip over it."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)
