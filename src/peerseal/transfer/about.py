"""What a journal says about its transfer: `about.json`, one strict JSON object (docs/architecture.md, the journal).

It holds keys: it shows itself in no `repr`, and lies in the user's own folder alone.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from peerseal.crypto_engine import FileKey, Secret
from peerseal.wire import fields as f
from peerseal.wire import limits
from peerseal.wire.strict_json import dumps, loads_object, malformed
from peerseal.wire.value import Value

if TYPE_CHECKING:
    from peerseal.transfer.away import Store
    from peerseal.transfer.lanes import Wanted

ABOUT_MAX_BYTES: Final = limits.MIB
_VERSION: Final = 1
_HASH: Final = 32
_PATH_MAX: Final = 4096
_TITLE_MAX: Final = 4096
_DEPTH: Final = 5

Kind: TypeAlias = Literal["send", "receive", "upload", "download", "several"]
Role: TypeAlias = Literal["initiator", "responder"]


class _Quiet(Value):
    """A value that holds secrets: it says only what it is."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class With(Value):
    """With whom: the name they are shown by, the contact they proved to be, whether a person compared words."""

    name: str
    contact: str | None = None
    verified: bool = False


class Parked(_Quiet):
    """The park a sender made (protocol.md §17): its id (16 bytes) and its upload token (32).

    `expires`: everything is there, until then (ms since 1970), and the sender has nothing left to do; None before that.
    """

    park: bytes
    token: Secret
    expires: int | None = None


class Live(_Quiet):
    """What a live transfer goes on with: the role and resume secret of the first channel, the park secret if there is one.

    `unchecked`: this side chose not to compare words. `parked`: the park of a sender. `paths` and `store`: what this
    person wanted of the way, so that a later process tells nobody more than the first one did.
    """

    role: Role
    resume: Secret
    unchecked: bool = False
    park: Secret | None = None
    parked: Parked | None = None
    paths: Wanted = "any"
    store: Store = "auto"


class Admitted(_Quiet):
    """One of several receivers, who has the file key: who it is, and the park secret of its channel."""

    peer: With
    park: Secret


class Several(_Quiet):
    """What a send to several goes on with: its park, the sender's own place in it, and who has come so far.

    `own`: id of that reader (16 bytes) and its token (32), joined.
    """

    parked: Parked
    own: Secret
    to: tuple[Admitted, ...]


class Taken(Value):
    """What a sender reads from: absolute paths as the disk spells them, the manifest's SHA-256, `Source.stamp`."""

    paths: tuple[bytes, ...]
    manifest: bytes
    stamp: bytes

    @property
    def names(self) -> list[str]:
        """The paths as this system opens them."""
        return [os.fsdecode(path) for path in self.paths]


class Put(Value):
    """Where a receiver puts it: an absolute folder, the name of its part folder there, whether hidden names are shown.

    `offer`: the plaintext of the offer of a live transfer (§5.2), else empty.
    """

    target: bytes
    part: str
    unhide: bool
    offer: bytes = b""

    @property
    def folder(self) -> str:
        """The folder as this system opens it."""
        return os.fsdecode(self.target)


class Upload(_Quiet):
    """An upload that was begun: its id (hex), the signed opening head, the sealed card, and what it was to become.

    `to`: names of the contacts; `expires` in ms since 1970; `next`: the next version of a file that is there.
    """

    upload: str
    opening: bytes
    card: bytes
    to: tuple[str, ...] = ()
    expires: int | None = None
    next: bool = False


class Download(Value):
    """Which version comes down: the id of its upload (hex), the hash of its opening head, and how it was asked for.

    `asked`: the version somebody named, None for the current one. `link`: the id of the link (hex), None with an account.
    """

    upload: str
    opening: bytes
    asked: int | None = None
    link: str | None = None


class About(_Quiet):
    """One unfinished transfer. `id` (16 bytes) and `version` name the sealed file; `total` in bytes, None if not known.

    `started` in ms since 1970. `live` for `send` and `receive`, `taken` for `send`, `several` and `upload`, `put` for
    `receive` and `download`, `upload`, `download` and `several` for their own kind.
    """

    kind: Kind
    server: str
    title: str
    peer: With
    id: bytes
    version: int
    record_size: int
    key: FileKey
    total: int | None
    files: int
    text: bool
    started: int
    live: Live | None = None
    taken: Taken | None = None
    put: Put | None = None
    upload: Upload | None = None
    download: Download | None = None
    several: Several | None = None

    @property
    def parked(self) -> Parked | None:
        """The park a sender made, if it has made one."""
        if self.several is not None:
            return self.several.parked
        return None if self.live is None else self.live.parked


def write_about(about: About) -> bytes:
    """The JSON of it. Raises `malformed` if it is too long to be kept, or not what its kind needs."""
    text = dumps({"v": _VERSION, **f.write_fields(_ABOUT, about)}).encode()
    read_about(text)
    return text


def read_about(text: bytes) -> About:
    """What `text` says; `malformed` for anything but exactly that."""
    value = loads_object(text, ABOUT_MAX_BYTES, _DEPTH)
    if value.pop("v", None) != _VERSION:
        raise malformed("a journal of another version")
    value.setdefault("several", None)  # which journals of before do not know
    about = About(**f.read_fields(_ABOUT, value))
    if {name for name in _PARTS if getattr(about, name) is not None} != _NEEDS[about.kind]:
        raise malformed("not what this kind of transfer needs")
    return about


def _exactly(length: int) -> f.Field:
    return f.octets(length, length)


def _secret(make: Any, length: int) -> f.Field:
    octets = _exactly(length)
    return f.Field(lambda value: make(octets.read(value)), octets.write, octets.schema)


_PARTS: Final = ("live", "taken", "put", "upload", "download", "several")
_NEEDS: Final[dict[str, set[str]]] = {
    "send": {"live", "taken"},
    "receive": {"live", "put"},
    "upload": {"taken", "upload"},
    "download": {"put", "download"},
    "several": {"taken", "several"},
}
_WITH: Final = f.record(
    With,
    {
        "name": f.text(0, _TITLE_MAX),
        "contact": f.nullable(f.text(1, _TITLE_MAX)),
        "verified": f.BOOLEAN,
    },
)
_PARKED: Final = f.record(
    Parked,
    {
        "park": _exactly(limits.ID_BYTES),
        "token": _secret(Secret, _HASH),
        "expires": f.nullable(f.integer(0)),
    },
)
_LIVE: Final = f.record(
    Live,
    {
        "role": f.one_of("initiator", "responder"),
        "resume": _secret(Secret, _HASH),
        "unchecked": f.BOOLEAN,
        "park": f.nullable(_secret(Secret, _HASH)),
        "parked": f.nullable(_PARKED),
        "paths": f.one_of("any", "direct", "relay"),
        "store": f.one_of("auto", "always", "never"),
    },
)
_ADMITTED: Final = f.record(Admitted, {"peer": _WITH, "park": _secret(Secret, _HASH)})
_SEVERAL: Final = f.record(
    Several,
    {
        "parked": _PARKED,
        "own": _secret(Secret, limits.ID_BYTES + limits.PARK_TOKEN_BYTES),
        "to": f.array(_ADMITTED, limits.PARK_READERS_MAX),
    },
)
_TAKEN: Final = f.record(
    Taken,
    {
        "paths": f.array(f.octets(1, ABOUT_MAX_BYTES)),
        "manifest": _exactly(_HASH),
        "stamp": _exactly(_HASH),
    },
)
_PUT: Final = f.record(
    Put,
    {
        "target": f.octets(1, _PATH_MAX),
        "part": f.text(1, 255),
        "unhide": f.BOOLEAN,
        "offer": f.octets(0, limits.CONTROL_MAX_BYTES),
    },
)
_UPLOAD: Final = f.record(
    Upload,
    {
        "upload": f.ID,
        "opening": f.octets(1, limits.OPENING_MAX_BYTES),
        "card": f.octets(1, limits.CARD_MAX_BYTES),
        "to": f.array(f.text(1, _TITLE_MAX), limits.RECIPIENTS_MAX),
        "expires": f.nullable(f.integer(0)),
        "next": f.BOOLEAN,
    },
)
_DOWNLOAD: Final = f.record(
    Download,
    {
        "upload": f.ID,
        "opening": _exactly(_HASH),
        "asked": f.nullable(f.integer(1)),
        "link": f.nullable(f.ID),
    },
)
_ABOUT: Final = {
    "kind": f.one_of("send", "receive", "upload", "download", "several"),
    "server": f.text(1, _TITLE_MAX),
    "title": f.text(0, _TITLE_MAX),
    "peer": _WITH,
    "id": _exactly(limits.ID_BYTES),
    "version": f.integer(1),
    "record_size": f.integer(limits.RECORD_SIZE_MIN, limits.RECORD_SIZE_MAX),
    "key": _secret(FileKey, _HASH),
    "total": f.nullable(f.integer(0)),
    "files": f.integer(0, limits.ENTRIES_MAX),
    "text": f.BOOLEAN,
    "started": f.integer(0),
    "live": f.nullable(_LIVE),
    "taken": f.nullable(_TAKEN),
    "put": f.nullable(_PUT),
    "upload": f.nullable(_UPLOAD),
    "download": f.nullable(_DOWNLOAD),
    "several": f.nullable(_SEVERAL),
}
