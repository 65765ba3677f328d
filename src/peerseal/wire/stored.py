"""Stored files, their versions, uploads, recipients and links as they stand in JSON (docs/api.md)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.wire import fields as f
from peerseal.wire import limits
from peerseal.wire.accounts import BUNDLE, NAME, TIME
from peerseal.wire.value import Value

VersionState: TypeAlias = Literal["arriving", "committed"]
Purpose: TypeAlias = Literal["upload", "download"]


class RecipientWrap(Value):
    """A file key wrapped for one account (protocol.md §12.2)."""

    name: str
    wrap: bytes


class LinkWrap(Value):
    """A file key wrapped for one link (§14)."""

    link: str
    wrap: bytes


class SetSender(Value):
    """Whether one takes the files of the account `name`: any of them, or none."""

    name: str
    wanted: bool


class UploadWrap(Value):
    """The file key of one version, named by its upload, wrapped for whoever the request is about."""

    upload: str
    wrap: bytes


class NewVersion(Value):
    """The start of an upload: heads and sizes. `wrap` is the owner's own.

    `manifest_bytes` and `content_bytes` count sealed bytes, records with their overhead; exact unless `open`,
    then what is reserved so far.
    """

    upload: str
    version: int
    opening: bytes
    card: bytes
    record_size: int
    manifest_bytes: int
    content_bytes: int
    open: bool
    wrap: bytes


class NewFile(Value):
    """A new stored file: its first version, for whom, until when (ms, None: as long as the server keeps files)."""

    id: str
    access: bytes
    recipients: tuple[RecipientWrap, ...]
    version: NewVersion
    expires: int | None


class NewFileVersion(Value):
    """A new version of a file, wrapped for everybody on the access list."""

    version: NewVersion
    access: bytes
    recipients: tuple[RecipientWrap, ...]
    links: tuple[LinkWrap, ...]


class StoreTicket(Value):
    """Opens the chunks of one upload, in one direction, until `expires` (ms); ask again for more."""

    ticket: str
    expires: int

    def __repr__(self) -> str:
        return "StoreTicket(…)"


class AskStoreTicket(Value):
    """What the ticket is for."""

    purpose: Purpose


class Range(Value):
    """Chunks from `first` to `last`, both included."""

    first: int
    last: int


class Upload(Value):
    """How far an upload is: which chunks the server holds."""

    file: str
    version: int
    state: VersionState
    manifest_bytes: int
    content_bytes: int
    manifest: tuple[Range, ...]
    content: tuple[Range, ...]


class Reserve(Value):
    """New sizes of an open upload, in sealed bytes."""

    manifest_bytes: int
    content_bytes: int


class Commit(Value):
    """The end of an upload: the closing head and the exact sizes in sealed bytes."""

    closing: bytes
    manifest_bytes: int
    content_bytes: int


class Version(Value):
    """One version as its reader sees it. `wrap` is the reader's own, None if this version was never theirs.

    `kept`: the records are still there; the heads are kept as long as the file is.
    """

    upload: str
    version: int
    state: VersionState
    opening: bytes
    closing: bytes | None
    card: bytes
    record_size: int
    manifest_bytes: int
    content_bytes: int
    kept: bool
    created: int
    committed: int | None
    wrap: bytes | None


class LinkRow(Value):
    """A link as its owner sees it. `secret` is sealed for the owner (92 B)."""

    id: str
    secret: bytes
    password: bool
    expires: int | None
    downloads: int | None
    used: int
    created: int


class File(Value):
    """A stored file. `recipients` and `links` only for its owner; `current` None until the first commit."""

    id: str
    owner: str
    mine: bool
    access: bytes
    current: Version | None
    arriving: Version | None
    recipients: tuple[str, ...] | None
    links: tuple[LinkRow, ...] | None
    expires: int | None
    created: int


class Files(Value):
    """A page of them, newest change first; `next` continues."""

    files: tuple[File, ...]
    next: str | None


class Versions(Value):
    """All versions of a file, oldest first; `next` continues."""

    versions: tuple[Version, ...]
    next: str | None


class ChangeFile(Value):
    """What of a file may change without a new version."""

    expires: int | None


class Share(Value):
    """Give a recipient these versions; `access` is the new signed list."""

    access: bytes
    wraps: tuple[UploadWrap, ...]


class Revoke(Value):
    """The new signed access list; None if a recipient leaves a file themselves."""

    access: bytes | None


class NewLink(Value):
    """A link: `token_hash` (32 B) for the server, `secret` sealed for the owner, until when, how many downloads."""

    link: str
    token_hash: bytes
    secret: bytes
    password: bool
    wraps: tuple[UploadWrap, ...]
    access: bytes
    expires: int | None
    downloads: int | None


class LinkAsk(Value):
    """What a link's page may know before the token: whether a password belongs to it."""

    password: bool


class LinkToken(Value):
    """The proof of having the whole link (and its password)."""

    token: bytes

    def __repr__(self) -> str:
        return "LinkToken(…)"


class LinkFile(Value):
    """What a link opens: the file's current version and its owner. `version.wrap` is the link's."""

    file: str
    owner: str
    bundle: bytes
    version: Version
    expires: int | None
    left: int | None


class Confirm(Value):
    """The receiver holds and has verified everything: the download counts."""

    ticket: str

    def __repr__(self) -> str:
        return "Confirm(…)"


class News(Value):
    """What has changed since: any of `exchanges`, `files`, `contacts`, `account`. Ask again from `at`."""

    at: int
    changed: tuple[str, ...]


_VERSION_NUMBER: Final = f.integer(1)
_RECORD_SIZE: Final = f.integer(limits.RECORD_SIZE_MIN, limits.RECORD_SIZE_MAX)
_SEALED_BYTES: Final = f.integer(limits.RECORD_OVERHEAD)
_OPENING: Final = f.octets(1, limits.OPENING_MAX_BYTES)
_CLOSING: Final = f.octets(1, limits.CLOSING_MAX_BYTES)
_CARD: Final = f.octets(limits.RECORD_OVERHEAD, limits.CARD_MAX_BYTES)
_ACCESS: Final = f.octets(1, limits.ACCESS_MAX_BYTES)
_WRAP: Final = f.octets(limits.LINK_WRAP_BYTES, limits.WRAP_BYTES)
_STATE: Final = f.one_of("arriving", "committed")
_EXPIRES: Final = f.nullable(TIME)
_DOWNLOADS: Final = f.nullable(f.integer(1, 1_000_000))
_HASH: Final = f.octets(32, 32)
_RECIPIENTS: Final = f.array(f.record(RecipientWrap, {"name": NAME, "wrap": _WRAP}), limits.RECIPIENTS_MAX)
_UPLOAD_WRAPS: Final = f.array(f.record(UploadWrap, {"upload": f.ID, "wrap": _WRAP}), 64)
_NEW_VERSION: Final = f.record(
    NewVersion,
    {
        "upload": f.ID,
        "version": _VERSION_NUMBER,
        "opening": _OPENING,
        "card": _CARD,
        "record_size": _RECORD_SIZE,
        "manifest_bytes": _SEALED_BYTES,
        "content_bytes": _SEALED_BYTES,
        "open": f.BOOLEAN,
        "wrap": _WRAP,
    },
)

NEW_FILE: Final = f.record(
    NewFile,
    {
        "id": f.ID,
        "access": _ACCESS,
        "recipients": _RECIPIENTS,
        "version": _NEW_VERSION,
        "expires": _EXPIRES,
    },
)
NEW_FILE_VERSION: Final = f.record(
    NewFileVersion,
    {
        "version": _NEW_VERSION,
        "access": _ACCESS,
        "recipients": _RECIPIENTS,
        "links": f.array(f.record(LinkWrap, {"link": f.ID, "wrap": _WRAP}), limits.LINKS_MAX),
    },
)
STORE_TICKET: Final = f.record(StoreTicket, {"ticket": f.token(limits.TICKET_BYTES), "expires": TIME})
ASK_STORE_TICKET: Final = f.record(AskStoreTicket, {"purpose": f.one_of("upload", "download")})
_RANGES: Final = f.array(f.record(Range, {"first": f.integer(0), "last": f.integer(0)}))
UPLOAD: Final = f.record(
    Upload,
    {
        "file": f.ID,
        "version": _VERSION_NUMBER,
        "state": _STATE,
        "manifest_bytes": _SEALED_BYTES,
        "content_bytes": _SEALED_BYTES,
        "manifest": _RANGES,
        "content": _RANGES,
    },
)
RESERVE: Final = f.record(Reserve, {"manifest_bytes": _SEALED_BYTES, "content_bytes": _SEALED_BYTES})
COMMIT: Final = f.record(
    Commit, {"closing": _CLOSING, "manifest_bytes": _SEALED_BYTES, "content_bytes": _SEALED_BYTES}
)
VERSION: Final = f.record(
    Version,
    {
        "upload": f.ID,
        "version": _VERSION_NUMBER,
        "state": _STATE,
        "opening": _OPENING,
        "closing": f.nullable(_CLOSING),
        "card": _CARD,
        "record_size": _RECORD_SIZE,
        "manifest_bytes": _SEALED_BYTES,
        "content_bytes": _SEALED_BYTES,
        "kept": f.BOOLEAN,
        "created": TIME,
        "committed": f.nullable(TIME),
        "wrap": f.nullable(_WRAP),
    },
)
_LINK: Final = f.record(
    LinkRow,
    {
        "id": f.ID,
        "secret": f.octets(limits.LINK_SECRET_BYTES, limits.LINK_SECRET_BYTES),
        "password": f.BOOLEAN,
        "expires": _EXPIRES,
        "downloads": _DOWNLOADS,
        "used": f.integer(0),
        "created": TIME,
    },
)
FILE: Final = f.record(
    File,
    {
        "id": f.ID,
        "owner": NAME,
        "mine": f.BOOLEAN,
        "access": _ACCESS,
        "current": f.nullable(VERSION),
        "arriving": f.nullable(VERSION),
        "recipients": f.nullable(f.array(NAME)),
        "links": f.nullable(f.array(_LINK)),
        "expires": _EXPIRES,
        "created": TIME,
    },
)
_NEXT: Final = f.nullable(f.text(1, 200))
FILES: Final = f.record(Files, {"files": f.array(FILE), "next": _NEXT})
VERSIONS: Final = f.record(Versions, {"versions": f.array(VERSION), "next": _NEXT})
CHANGE_FILE: Final = f.record(ChangeFile, {"expires": _EXPIRES})
SHARE: Final = f.record(Share, {"access": _ACCESS, "wraps": _UPLOAD_WRAPS})
REVOKE: Final = f.record(Revoke, {"access": f.nullable(_ACCESS)})
SET_SENDER: Final = f.record(SetSender, {"name": NAME, "wanted": f.BOOLEAN})
NEW_LINK: Final = f.record(
    NewLink,
    {
        "link": f.ID,
        "token_hash": _HASH,
        "secret": f.octets(limits.LINK_SECRET_BYTES, limits.LINK_SECRET_BYTES),
        "password": f.BOOLEAN,
        "wraps": _UPLOAD_WRAPS,
        "access": _ACCESS,
        "expires": _EXPIRES,
        "downloads": _DOWNLOADS,
    },
)
LINK_ASK: Final = f.record(LinkAsk, {"password": f.BOOLEAN})
LINK_TOKEN: Final = f.record(LinkToken, {"token": f.octets(limits.LINK_TOKEN_BYTES, limits.LINK_TOKEN_BYTES)})
LINK_FILE: Final = f.record(
    LinkFile,
    {
        "file": f.ID,
        "owner": NAME,
        "bundle": BUNDLE,
        "version": VERSION,
        "expires": _EXPIRES,
        "left": f.nullable(f.integer(0)),
    },
)
CONFIRM: Final = f.record(Confirm, {"ticket": f.token(limits.TICKET_BYTES)})
NEWS: Final = f.record(
    News,
    {"at": f.integer(0), "changed": f.array(f.one_of("exchanges", "files", "contacts", "account"), 4)},
)
