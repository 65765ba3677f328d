"""This device's accounts: for each server its pinned id, who is signed in, root and token, and the last book seen.

One file for each server in `PEERSEAL_HOME/accounts`. Root and token lie in it too, or in the system's keyring where
there is one; then the file says under which name. A second file has what makes this device known to the accounts that
signed in on it (docs/guard.md §5): it opens nothing, and outlives signing out.
"""

from __future__ import annotations

# Plain paths: importing pathlib costs start-up time.
# ruff: noqa: PTH118, PTH120
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from peerseal.client.home import (
    Notice,
    home_folder,
    locked,
    private_folder,
    read_private,
    remove_private,
    write_private,
)
from peerseal.client.refusals import not_signed_in
from peerseal.client.settings import ServerUrl
from peerseal.client.system_keyring import SystemKeyring, find
from peerseal.errors import IntegrityFailed, LocalFileFailed, VerificationFailed
from peerseal.wire import fields as f
from peerseal.wire import limits
from peerseal.wire.accounts import NAME
from peerseal.wire.strict_json import dumps, loads_object
from peerseal.wire.value import Value

_SEEN_MAX: Final = 100
_DEVICES_MAX: Final = 100


class SeenBook(Value):
    """The newest contact book this device saw of the identity `fingerprint`: counter and SHA-256."""

    fingerprint: bytes
    counter: int
    hash: bytes


class Member(Value):
    """Who is signed in: `token` names session `session` to the server, `root` (32 B) is everything else."""

    name: str
    user: str
    session: str
    token: str
    root: bytes
    fingerprint: bytes

    def __repr__(self) -> str:
        return f"Member(name={self.name!r})"


class _Place(Value):
    """A member as the file has it: the secrets themselves, or the name they have in the system's keyring."""

    name: str
    user: str
    session: str
    token: str | None
    root: bytes | None
    fingerprint: bytes
    keyring: str | None

    def __repr__(self) -> str:
        return f"_Place(name={self.name!r})"


class _Stored(Value):
    """One server's file."""

    server: str
    server_id: bytes
    member: _Place | None
    seen: tuple[SeenBook, ...]


class _Known(Value):
    """What makes this device known to the account `user`."""

    user: str
    device: str

    def __repr__(self) -> str:
        return "_Known(…)"


class _Devices(Value):
    """One server's file of them, the latest last."""

    server: str
    devices: tuple[_Known, ...]


class Keyring:
    """The accounts in `folder`, or only in memory (None). Safe with several processes at once.

    `system` finds the system's keyring when it is needed; `notice` is told what was repaired. Every method raises
    LocalFileFailed if the folder, a file or the system's keyring cannot be used.
    """

    def __init__(
        self,
        folder: str | None,
        *,
        system: Callable[[], SystemKeyring | None] = lambda: None,
        notice: Notice = lambda _text: None,
    ) -> None:
        self.folder: Final = folder
        self._system = system
        self._notice = notice
        self._memory: dict[str, _Stored] = {}
        self._known: dict[str, _Devices] = {}

    def signed_in(self, server: ServerUrl) -> Member | None:
        """Who is signed in at `server`, if anybody."""
        stored = self._load(server)
        if stored is None or stored.member is None:
            return None
        place = stored.member
        token, root = place.token, place.root
        if place.keyring is not None:
            token, root = self._secrets(place.keyring)
        if token is None or root is None:
            return None
        return Member(place.name, place.user, place.session, token, root, place.fingerprint)

    def member(self, server: ServerUrl) -> Member:
        """Who is signed in at `server`. Raises Refused (`not_signed_in`) if nobody is."""
        member = self.signed_in(server)
        if member is None:
            raise not_signed_in(server)
        return member

    def check_server(self, server: ServerUrl, server_id: bytes) -> None:
        """Refuse a server whose id is not the pinned one: VerificationFailed (`key_changed`)."""
        stored = self._load(server)
        if stored is not None and stored.server_id != server_id:
            raise VerificationFailed(
                f"What answers at {server} is not the server you used there before.",
                code="key_changed",
                hint="Your password was not sent. Ask the person who runs it: only if it was set up anew, "
                "run `peerseal logout --forget` and sign in again.",
            )

    def sign_in(self, server: ServerUrl, server_id: bytes, member: Member) -> None:
        """Keep `member` in the place of whoever was signed in; the server's id is pinned or must be the same."""
        with self._changing():
            self.check_server(server, server_id)
            stored = self._load(server)
            self._forget_secrets(stored)
            seen = () if stored is None else stored.seen
            self._save(server, _Stored(_address(server), server_id, self._keep(member), seen))

    def sign_out(self, server: ServerUrl) -> None:
        """Forget token and root; the server's pin and the books seen stay."""
        with self._changing():
            stored = self._load(server)
            if stored is not None:
                self._forget_secrets(stored)
                self._save(server, _Stored(stored.server, stored.server_id, None, stored.seen))

    def forget(self, server: ServerUrl) -> None:
        """Forget everything about `server`, its pin too."""
        with self._changing():
            self._forget_secrets(self._load(server))
            self._memory.pop(_address(server), None)
            self._known.pop(_address(server), None)
            if self.folder is not None:
                remove_private(self._path(server))
                remove_private(self._devices_path(server))

    def device(self, server: ServerUrl, user: str) -> str | None:
        """What makes this device known to the account `user` at `server`; None if it is not."""
        return next((known.device for known in self._devices(server).devices if known.user == user), None)

    def keep_device(self, server: ServerUrl, user: str, device: str) -> None:
        """Keep what a sign-in gave, in the place of what an earlier one did."""
        with self._changing():
            others = tuple(known for known in self._devices(server).devices if known.user != user)
            kept = _Devices(_address(server), (*others, _Known(user, device))[-_DEVICES_MAX:])
            if self.folder is None:
                self._known[_address(server)] = kept
            else:
                write_private(self._devices_path(server), dumps(_DEVICES.write(kept)).encode())

    def seen_book(self, server: ServerUrl, fingerprint: bytes) -> SeenBook:
        """The newest book seen of an identity; counter 0 and a hash of zeros if none was."""
        stored = self._load(server)
        known = () if stored is None else (seen for seen in stored.seen if seen.fingerprint == fingerprint)
        return next(iter(known), SeenBook(fingerprint, 0, bytes(32)))

    def see_book(self, server: ServerUrl, seen: SeenBook) -> None:
        """Remember the newest book; one with a higher counter that another process saw stays."""
        with self._changing():
            stored = self._load(server)
            if stored is None or self.seen_book(server, seen.fingerprint).counter > seen.counter:
                return
            others = tuple(old for old in stored.seen if old.fingerprint != seen.fingerprint)
            newest = (*others, seen)[-_SEEN_MAX:]
            self._save(server, _Stored(stored.server, stored.server_id, stored.member, newest))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        if self.folder is None:
            yield
            return
        private_folder(os.path.dirname(self.folder), self._notice)
        private_folder(self.folder, self._notice)
        with locked(self.folder):
            yield

    def _path(self, server: ServerUrl) -> str:
        scheme = "https" if server.tls else "http"
        host = "".join(mark if mark.isalnum() or mark in ".-" else "_" for mark in server.host.lower())
        return os.path.join(self.folder or "", f"{scheme}_{host}_{server.port}.json")

    def _devices_path(self, server: ServerUrl) -> str:
        return self._path(server).removesuffix(".json") + ".devices"

    def _devices(self, server: ServerUrl) -> _Devices:
        """Those of `server`; a file that does not hold them counts as none, because they open nothing."""
        none = _Devices(_address(server), ())
        if self.folder is None:
            return self._known.get(_address(server), none)
        content = read_private(self._devices_path(server), self._notice)
        try:
            kept: _Devices = none if content is None else _DEVICES.read(loads_object(content, limits.MIB))
        except IntegrityFailed:
            return none
        return kept if kept.server == _address(server) else none

    def _load(self, server: ServerUrl) -> _Stored | None:
        if self.folder is None:
            return self._memory.get(_address(server))
        path = self._path(server)
        content = read_private(path, self._notice)
        if content is None:
            return None
        try:
            stored: _Stored = _STORED.read(loads_object(content, limits.MIB))
        except IntegrityFailed:
            raise _broken(path) from None
        if stored.server != _address(server):
            raise _broken(path)
        return stored

    def _save(self, server: ServerUrl, stored: _Stored) -> None:
        if self.folder is None:
            self._memory[_address(server)] = stored
        else:
            write_private(self._path(server), dumps(_STORED.write(stored)).encode())

    def _keep(self, member: Member) -> _Place:
        system = None if self.folder is None else self._system()
        secrets = dumps({"token": member.token, "root": member.root.hex()})
        name = os.urandom(16).hex()
        kept = system is not None and system.keep(name, secrets)
        return _Place(
            member.name,
            member.user,
            member.session,
            None if kept else member.token,
            None if kept else member.root,
            member.fingerprint,
            name if kept else None,
        )

    def _secrets(self, name: str) -> tuple[str | None, bytes | None]:
        system = self._system()
        text = None if system is None else system.read(name)
        if text is None:
            return None, None
        try:
            secrets = loads_object(text)
            token, root = secrets.get("token"), bytes.fromhex(str(secrets.get("root")))
        except (IntegrityFailed, ValueError):
            return None, None
        if not isinstance(token, str) or len(root) != limits.ROOT_BYTES:
            return None, None
        return token, root

    def _forget_secrets(self, stored: _Stored | None) -> None:
        name = None if stored is None or stored.member is None else stored.member.keyring
        system = None if name is None else self._system()
        if name is not None and system is not None:
            system.forget(name)


def _address(server: ServerUrl) -> str:
    """One spelling for each server: names of hosts know no case."""
    return str(server).lower()


def own_keyring(environ: Mapping[str, str], notice: Notice) -> Keyring:
    """The keyring of whoever runs this program."""
    return Keyring(
        os.path.join(home_folder(environ), "accounts"), system=lambda: find(environ), notice=notice
    )


def _broken(path: str) -> LocalFileFailed:
    return LocalFileFailed(
        f"{path} does not hold an account as Peerseal writes it.",
        code="home",
        hint="Move it away and sign in again; without the vault you will need your 24 words.",
    )


_FINGERPRINT: Final = f.octets(limits.FINGERPRINT_BYTES, limits.FINGERPRINT_BYTES)
_STORED: Final = f.record(
    _Stored,
    {
        "server": f.text(1, 1000),
        "server_id": f.octets(limits.SERVER_ID_BYTES, limits.SERVER_ID_BYTES),
        "member": f.nullable(
            f.record(
                _Place,
                {
                    "name": NAME,
                    "user": NAME,
                    "session": f.ID,
                    "token": f.nullable(f.text(1, 200)),
                    "root": f.nullable(f.octets(limits.ROOT_BYTES, limits.ROOT_BYTES)),
                    "fingerprint": _FINGERPRINT,
                    "keyring": f.nullable(f.ID),
                },
            )
        ),
        "seen": f.array(
            f.record(SeenBook, {"fingerprint": _FINGERPRINT, "counter": f.integer(1), "hash": _FINGERPRINT}),
            _SEEN_MAX,
        ),
    },
)
_DEVICES: Final = f.record(
    _Devices,
    {
        "server": f.text(1, 1000),
        "devices": f.array(f.record(_Known, {"user": NAME, "device": f.text(1, 200)}), _DEVICES_MAX),
    },
)
