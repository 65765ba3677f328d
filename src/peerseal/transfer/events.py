"""What a transfer tells while it happens: the same events for the SDK, for `--json` and for the terminal."""

from __future__ import annotations

from typing import ClassVar

from peerseal.errors import PeersealError
from peerseal.wire.strict_json import JsonObject, JsonValue
from peerseal.wire.value import Value

SCHEMA_VERSION = 1


class Event(Value):
    """Base of all; `event` is its name in NDJSON."""

    event: ClassVar[str]


class Ready(Event):
    """Others can come: to whoever types `code` or opens `link`, or, without a code, by the list we stand in.

    A code and its link are secrets until used; so many `receivers` may use it, one after the other. `lobby` says who sees the list (docs/wire.md §1.4), `reason` why.
    """

    event: ClassVar[str] = "ready"
    code: str | None
    link: str | None
    name: str
    tag: str
    lobby: str
    reason: str | None
    receivers: int = 1

    def __repr__(self) -> str:
        return f"Ready(name={self.name!r})"


class Waiting(Event):
    """We wait for somebody called `name` to appear, or, if `asked`, to accept."""

    event: ClassVar[str] = "waiting"
    name: str
    asked: bool


class Request(Event):
    """Somebody asks to connect."""

    event: ClassVar[str] = "request"
    name: str
    tag: str


class Peer(Event):
    """The other side of the sealed channel. `mode`: met by `words` or `code`. `verified`: the words were compared.

    A code proves the peer as long as nobody else was told it; it never sets `verified`. `contact`: whose keys the
    other side proved to hold, by this person's contact book; a verified contact is `verified` without words.
    """

    event: ClassVar[str] = "peer"
    name: str
    verified: bool
    mode: str
    contact: str | None = None


class Check(Event):
    """The words both screens must show. `needed`: not for a verified contact, but the other side may ask for them."""

    event: ClassVar[str] = "check"
    words: tuple[str, ...]
    needed: bool = True


class Path(Event):
    """How the records travel now: `kind` relay, direct or store; `detail` pipe, http, tcp or chunks."""

    event: ClassVar[str] = "path"
    kind: str
    detail: str


class OfferedFile(Value):
    """One line of an offer. `size` in bytes, None if only known at the end."""

    path: str
    size: int | None
    kind: str


class Offer(Event):
    """What is offered: the first files (at most 50), how many there are, bytes in all (None: not known yet).

    `contact`: the contact who offers it, by the keys they proved to hold.
    """

    event: ClassVar[str] = "offer"
    files: tuple[OfferedFile, ...]
    count: int
    bytes: int | None
    text: bool
    name: str
    verified: bool
    mode: str
    target: str | None = None
    contact: str | None = None


class Progress(Event):
    """Bytes done of total, bytes a second, seconds left, the file at hand. At most ten a second."""

    event: ClassVar[str] = "progress"
    done: int
    total: int | None
    rate: int
    eta: int | None
    file: str


class Gone(Event):
    """The other side, or the way to it, is gone. Both sides try to meet again; what has arrived is kept."""

    event: ClassVar[str] = "gone"
    name: str


class Resume(Event):
    """The two have met again: so many bytes of `total` (None: not known) are there, the rest follows. NDJSON: `from`."""

    event: ClassVar[str] = "resume"
    from_: int
    total: int | None
    name: str


class Parked(Event):
    """The other side is not there, and the rest lies on the server, sealed for it, until `expires` (ms since 1970)."""

    event: ClassVar[str] = "parked"
    expires: int
    name: str


class FileDone(Event):
    """A file is across. For the receiver: under this final path."""

    event: ClassVar[str] = "file_done"
    path: str

    def __init__(self, path: str) -> None:
        # There may be a million of them: what `Value` does for any fields, for the one there is.
        self.__dict__["path"] = path


class Text(Event):
    """A text has arrived."""

    event: ClassVar[str] = "text"
    text: str


class Complete(Event):
    """Everything is across and the receiver has it under its final names.

    `files` counts files or the one text, not folders: 0 for an empty folder.
    """

    event: ClassVar[str] = "complete"
    files: int
    bytes: int
    seconds: float
    kind: str
    peer: str
    received: bool
    paths: tuple[str, ...] = ()
    text: bool = False


class Notice(Event):
    """Something the person should know that stops nothing."""

    event: ClassVar[str] = "notice"
    message: str


class Failure(Event):
    """How it ended instead."""

    event: ClassVar[str] = "error"
    code: str
    exit: int
    message: str
    retryable: bool
    hint: str

    @classmethod
    def of(cls, error: PeersealError) -> Failure:
        """The event for an error."""
        return cls(error.code, error.exit_code, error.message, error.retryable, error.hint)


def to_json(event: Event) -> JsonObject:
    """The event as one NDJSON object."""
    json: JsonObject = {"v": SCHEMA_VERSION, "event": event.event}
    for name in event.field_names:
        json[name.rstrip("_")] = _value(getattr(event, name))
    return json


def _value(value: object) -> JsonValue:
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    if isinstance(value, Value):
        return {name: _value(getattr(value, name)) for name in value.field_names}
    if isinstance(value, float):
        return round(value, 3)  # type: ignore[return-value]  # our own output; the strict reader never sees it
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(type(value).__name__)
