"""How the command line speaks: calm lines for people on standard error, NDJSON for machines on standard output.

One line changes while bytes move. Names and messages of other people are made visible before they are printed.
"""

from __future__ import annotations

import os
import sys
import threading
import unicodedata
from typing import Final, TextIO

from peerseal.files.names import visible
from peerseal.transfer.events import (
    Check,
    Complete,
    Event,
    Failure,
    FileDone,
    Notice,
    Offer,
    OfferedFile,
    Path,
    Peer,
    Progress,
    Ready,
    Request,
    Text,
    Waiting,
    to_json,
)
from peerseal.wire.strict_json import JsonObject

_BOLD: Final = "1"
_QUIET: Final = "2"
_SEAL: Final = "31"
_VERIFIED: Final = "32"
_MAX_LISTED: Final = 8


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
        self._quiet = quiet
        self._verbose = verbose
        self._err = err or sys.stderr
        self._out = out or sys.stdout
        self.terminal = self._err.isatty()
        self._colour = colour and self.terminal
        self._line_open = False
        self._path = ""
        self._lock = threading.RLock()

    def event(self, event: Event) -> None:
        """Tell one event, in whichever form was asked for."""
        if self._json:
            self.object(to_json(event))
            return
        self._tell(event)

    def object(self, value: JsonObject) -> None:
        """One NDJSON line."""
        import json

        with self._lock:
            _write(self._out, json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")

    def line(self, text: str, *, always: bool = False) -> None:
        """One line for people; `-q` and `--json` leave it out unless `always`."""
        if (self._quiet or self._json) and not always:
            return
        with self._lock:
            self.end_line()
            _write(self._err, text + "\n")

    def detail(self, text: str) -> None:
        """A line only `-v` shows."""
        if self._verbose:
            self.line(self.paint(text, _QUIET))

    def payload(self, text: str) -> None:
        """Text for standard output: what was asked for, and nothing else."""
        with self._lock:
            self.end_line()
            _write(self._out, text)

    def prompt(self, text: str) -> None:
        """The question, without a line end."""
        with self._lock:
            self.end_line()
            _write(self._err, text)

    def paint(self, text: str, style: str) -> str:
        """`text` in an ANSI style, if colour is wanted and possible."""
        return f"\x1b[{style}m{text}\x1b[0m" if self._colour else text

    def bold(self, text: str) -> str:
        """`text` emphasised."""
        return self.paint(text, _BOLD)

    def qr(self, text: str) -> None:
        """A small QR code, only on a terminal that is wide enough."""
        if not self.terminal or self._quiet or self._json:
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
        self.line(self.paint(_sentence(visible(event.message)), _SEAL), always=True)
        if event.hint:
            self.line(_sentence(visible(event.hint)), always=True)

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
            case Notice():
                self._notice(event)
            case Failure():
                self.failure(event)

    def _ready(self, event: Ready) -> None:
        if event.code is None or event.link is None:
            self._listed(event)
            return
        together = self._out.isatty() and self.terminal
        self.line("On the other device, open this server's page or run")
        self.line(f"    peerseal receive {event.code}")
        self.qr(event.link)
        self.line("The code, good for one try:" + ("\n" if together else ""))
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
        if event.verified:
            state = self.paint("verified", _VERIFIED)
        self.line(f"Connected to {self.bold(visible(event.name))}, {state}.")

    def _check(self, event: Check) -> None:
        self.line(f"Check words: {self.bold(' '.join(event.words))}")

    def _offer(self, event: Offer) -> None:
        for text in offer_lines(event):
            self.line(text)

    def _path_found(self, event: Path) -> None:
        self._path = event.kind if event.detail != "http" else f"{event.kind} over http"
        self.detail(f"Path: {self._path}.")

    def _progress(self, event: Progress) -> None:
        if not self.terminal or self._quiet:
            return
        with self._lock:
            _write(self._err, "\r\x1b[K" + _fit(progress_line(event, self._path), _columns() - 1))
            self._line_open = True

    def _file_done(self, event: FileDone) -> None:
        self.detail(f"Done: {visible(event.path)}")

    def _complete(self, event: Complete) -> None:
        speed = f"{size(event.bytes)} in {duration(event.seconds)}, {self._path or event.kind}"
        where = "here, from" if event.received else "with"
        for path in event.paths:
            self.line(f"Saved {self.bold(visible(path))}")
        self.line(f"{_files(event.files)} {where} {visible(event.peer)}. {speed}.")

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


_NO_LOBBY: Final = "use a code or a room link instead."
_LOBBY_REASONS: Final = {
    "proxied": "the server is behind a proxy. Use a code or a room link instead.",
}


def offer_lines(offer: Offer) -> list[str]:
    """An offer for people: what, how much, where to, and what to look at twice."""
    total = "size not known yet" if offer.bytes is None else size(offer.bytes)
    name = visible(offer.name)
    if offer.text:
        return [f"{name} sends a text, {total}."]
    lines = [f"{name} offers {_count(offer.count)}, {total}:"]
    lines += [_offered(file) for file in offer.files[:_MAX_LISTED]]
    rest = offer.count - sum(1 for file in offer.files[:_MAX_LISTED] if file.kind != "directory")
    if rest > 0:
        lines.append(f"  … and {rest} more")
    hidden = [file.path for file in offer.files if file.path.startswith(".")]
    if hidden:
        lines.append(
            f"Look twice: {visible(hidden[0])} is a hidden name that programs may read settings from."
        )
    if offer.target is not None:
        lines.append(f"It goes to {visible(offer.target)}")
    return lines


def progress_line(event: Progress, path: str) -> str:
    """The one line that changes: percent, file, bytes, speed, time left, path."""
    parts = [size(event.done)]
    if event.total:
        parts = [f"{event.done * 100 // event.total:3d} %", f"{size(event.done)} of {size(event.total)}"]
    parts.append(f"{size(event.rate)}/s")
    if event.eta:
        parts.append(f"{duration(event.eta)} left")
    if path:
        parts.append(path)
    if event.file:
        parts.append(visible(event.file))
    return "  ".join(parts)


def size(count: int) -> str:
    """Bytes for people, in powers of 1000: `24.1 MB`."""
    if count < 1000:
        return f"{count} B"
    value = count / 1000
    for unit in ("kB", "MB", "GB", "TB"):
        if value < 999.95:
            return f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} PB"


def duration(seconds: float) -> str:
    """Seconds for people: `0.8 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _offered(file: OfferedFile) -> str:
    if file.kind == "directory":
        return f"  {visible(file.path)}/"
    return f"  {visible(file.path)}" + ("" if file.size is None else f"  {size(file.size)}")


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"


def _files(files: int) -> str:
    return "1 file is" if files == 1 else f"{files} files are"


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "…", ":")) else text + "."


def _columns() -> int:
    try:
        return os.get_terminal_size(2).columns or 80
    except OSError:
        return 80


def _fit(text: str, columns: int) -> str:
    """Cut to a width in terminal cells; wide characters count two."""
    if text.isascii():
        return text if len(text) <= columns else text[: columns - 1] + "…"
    used = 0
    for place, character in enumerate(text):
        used += 2 if unicodedata.east_asian_width(character) in "WF" else not unicodedata.combining(character)
        if used > columns:
            return text[: place - 1] + "…"
    return text


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
