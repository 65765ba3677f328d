"""Direct TCP connections between two peers, beside the relay (docs/protocol.md §16.1).

Both listen and both connect; whichever connection proves itself carries the path. One thread does all of it without
blocking: strangers who connect and say nothing cost a slot and five seconds, not a thread. Imported only on use.
"""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from peerseal.crypto_engine import ChannelRole, DirectKey, direct_here, equal, random_bytes
from peerseal.errors import Interrupted, PeersealError, TimedOut, VerificationFailed
from peerseal.transport.addresses import (
    Address,
    Interface,
    addresses_to_say,
    addresses_to_try,
    own_interfaces,
)
from peerseal.transport.attempts import Attempts
from peerseal.transport.byte_stream import ByteStream
from peerseal.transport.direct_proof import OTHER, Proof
from peerseal.transport.transport import PathKind

Own: TypeAlias = Literal["sends", "receives"]

CONNECT_SECONDS: Final = 3.0
PROOF_SECONDS: Final = 5.0
UNPROVED_MAX: Final = 8
_UNTAKEN_MAX: Final = 8
_BACKLOG: Final = 16
_END_SECONDS: Final = 1.0
_PORT_TRIES: Final = 8
_PORT_MIN: Final = 1024
_MACHINE: Final = "/proc/sys/kernel/random/boot_id"
_BREATH_SECONDS: Final = 0.1
_NO_DESCRIPTOR: Final = (errno.EMFILE, errno.ENFILE)
_UNDER_WAY: Final = (
    errno.EINPROGRESS,
    errno.EWOULDBLOCK,
    getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK),
)


class Listening(NamedTuple):
    """Where this side listens: what `candidates` says (protocol.md §5.2) but the transfer's id."""

    port: int
    addresses: tuple[str, ...]
    here: bytes


class Whereabouts(Protocol):
    """Where the peer says it listens: its `candidates`."""

    @property
    def port(self) -> int:
        """One for all addresses."""

    @property
    def addresses(self) -> Sequence[str]:
        """IP literals."""

    @property
    def here(self) -> bytes:
        """Names its machine to those who share it."""


class DirectEnd(ByteStream):
    """One end of a proved connection: a SendEnd at the file's sender, a ReceiveEnd at its receiver."""

    kind: PathKind = "direct"
    detail = "tcp"

    def __init__(self, sock: socket.socket, stream: bytes) -> None:
        super().__init__(sock)
        #: By this the channel's `path` names it.
        self.stream: Final = stream


class DirectTcp:
    """The direct connections of one transfer in one channel. Close it when the transfer is over."""

    def __init__(
        self,
        key: DirectKey,
        role: ChannelRole,
        own: Own,
        on_ready: Callable[[DirectEnd], None] = lambda end: end.close(),
        *,
        attempts: Attempts | None = None,
        interfaces: Callable[[], Sequence[Interface]] = own_interfaces,
        machine: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`key`: K of §16.1. `own`: what this side does with the file.

        A sender hears of every connection that stands by `on_ready`, on this object's own thread, and owns the end
        from then on. `attempts`: what the transfer may still try, over all its channels. `machine`: what only processes of this machine know; by default asked of the system.
        """
        self._key = key
        self._role: Final[ChannelRole] = role
        self._own: Final[Own] = own
        self._on_ready = on_ready
        self._attempts = attempts or Attempts()
        self._interfaces = interfaces
        self._machine = _this_machine() if machine is None else machine
        self._clock = clock
        self._changed = threading.Condition()
        self._untaken: dict[bytes, DirectEnd] = {}
        self._orders: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._selector = selectors.DefaultSelector()
        self._wake, self._woken = socket.socketpair()
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._listeners: list[socket.socket] = []
        self._unproved: dict[socket.socket, _Unproved] = {}
        self._tried: set[Address] = set()

    def __repr__(self) -> str:
        return "DirectTcp(…)"

    def listen(self) -> Listening | None:
        """Listen on every address of this machine until closed; None if it cannot. Call it once."""
        listeners = [] if self._closed else _listeners(self._attempts.own_port)
        if not listeners:
            return None
        self._attempts.own_port = listeners[0].getsockname()[1]
        families = [sock.family for sock in listeners]
        said = addresses_to_say(self._interfaces(), families)
        self._do(lambda: self._accept_from(listeners))
        return Listening(
            listeners[0].getsockname()[1], said, direct_here(self._key, self._role, self._machine)
        )

    def attempt(self, candidates: Whereabouts) -> None:
        """Try those of the peer's addresses that may be tried from here; returns at once."""
        if self._closed or candidates.port < _PORT_MIN:
            return
        same_machine = equal(candidates.here, direct_here(self._key, OTHER[self._role], self._machine))
        wanted = addresses_to_try(candidates.addresses, self._interfaces(), same_machine=same_machine)
        port = candidates.port
        self._do(lambda: self._connect_to(wanted, port))

    def take(self, stream: bytes, timeout: float) -> DirectEnd:
        """A receiver's end of the connection the sender names. Raises TimedOut, Interrupted once closed."""
        deadline = self._clock() + timeout
        with self._changed:
            while stream not in self._untaken:
                if self._closed:
                    raise Interrupted("The direct connections are closed.", code="stream_cut", retryable=True)
                left = deadline - self._clock()
                if left <= 0:
                    raise TimedOut("The direct connection did not come.", code="stream_cut", retryable=True)
                self._changed.wait(left)
            return self._untaken.pop(stream)

    def close(self) -> None:
        """Listen and try no more, and close every connection nobody has taken. May be called twice."""
        with self._changed:
            self._closed = True
            thread = self._thread
            untaken, self._untaken = list(self._untaken.values()), {}
            self._changed.notify_all()
        for end in untaken:
            end.close()
        if thread is None:
            self._release()
            return
        self._nudge()
        if thread is not threading.current_thread():
            thread.join(_END_SECONDS)

    # --- the thread ---

    def _do(self, order: Callable[[], None]) -> None:
        with self._changed:
            self._orders.append(order)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, daemon=True, name="direct")
                self._thread.start()
        self._nudge()

    def _nudge(self) -> None:
        with contextlib.suppress(OSError):
            self._wake.send(b"\0")

    def _run(self) -> None:
        try:
            while not self._closed:
                self._obey()
                for key, _ in self._selector.select(self._patience()):
                    self._serve(key.data, key.fileobj)
                self._expire()
            self._obey()  # listeners that were opened meanwhile are closed with the rest
        finally:
            self._release()

    def _obey(self) -> None:
        with contextlib.suppress(IndexError):
            while True:
                self._orders.popleft()()

    def _serve(self, role: object, sock: object) -> None:
        if isinstance(role, _Unproved):
            self._advance(role)
        elif sock is self._woken:
            with contextlib.suppress(OSError):
                self._woken.recv(64)
        elif isinstance(sock, socket.socket):
            self._accept(sock)

    def _patience(self) -> float | None:
        if not self._unproved:
            return None
        return max(0.0, min(one.deadline for one in self._unproved.values()) - self._clock())

    def _expire(self) -> None:
        now = self._clock()
        for one in [one for one in self._unproved.values() if one.deadline <= now]:
            self._drop(one)

    def _release(self) -> None:
        for one in list(self._unproved.values()):
            self._drop(one)
        for sock in (*self._listeners, self._wake, self._woken):
            sock.close()
        self._selector.close()

    # --- connections that have not proved themselves ---

    def _accept_from(self, listeners: list[socket.socket]) -> None:
        self._listeners += listeners
        for sock in listeners:
            self._selector.register(sock, selectors.EVENT_READ)

    def _accept(self, listener: socket.socket) -> None:
        try:
            sock, _ = listener.accept()
        except OSError as error:
            if error.errno in _NO_DESCRIPTOR:
                time.sleep(_BREATH_SECONDS)  # it stays readable: do not spin until one is free
            return
        came = [one for one in self._unproved.values() if one.address is None]
        if len(came) >= UNPROVED_MAX:
            self._drop(
                came[0]
            )  # the oldest: an honest peer needs a moment, whoever keeps silent the longest is none
        self._begin(
            _Unproved(sock, Proof(self._key, self._role, connects=False), self._clock() + PROOF_SECONDS)
        )

    def _connect_to(self, wanted: list[Address], port: int) -> None:
        for address in wanted:
            if address in self._tried or not self._attempts.take(address, port):
                continue
            self._tried.add(address)
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError:
                continue
            sock.setblocking(False)
            if sock.connect_ex((str(address), port)) not in (0, *_UNDER_WAY):
                sock.close()
                continue
            proof = Proof(self._key, self._role, connects=True)
            self._begin(_Unproved(sock, proof, self._clock() + CONNECT_SECONDS, address))

    def _begin(self, one: _Unproved) -> None:
        one.sock.setblocking(False)
        with contextlib.suppress(OSError):
            one.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unproved[one.sock] = one
        self._selector.register(one.sock, one.interest, one)

    def _advance(self, one: _Unproved) -> None:
        if one.sock not in self._unproved:
            return  # dropped while its turn waited
        try:
            if one.advance():
                one.deadline = self._clock() + PROOF_SECONDS
            if one.proved:
                self._stands(one)
            else:
                self._selector.modify(one.sock, one.interest, one)
        except (OSError, VerificationFailed):
            self._drop(one)

    def _stands(self, one: _Unproved) -> None:
        self._forget(one)
        if one.address is not None:
            self._attempts.proved(one.address)
        end = DirectEnd(one.sock, one.proof.stream)
        if self._own == "sends":
            try:
                self._on_ready(end)
            except PeersealError:  # the transfer is over; the thread that drives it knows why
                end.close()
            return
        with self._changed:
            if self._closed:
                end.close()
                return
            if len(self._untaken) >= _UNTAKEN_MAX:
                self._untaken.pop(next(iter(self._untaken))).close()
            self._untaken[end.stream] = end
            self._changed.notify_all()

    def _drop(self, one: _Unproved) -> None:
        self._forget(one)
        one.sock.close()

    def _forget(self, one: _Unproved) -> None:
        del self._unproved[one.sock]
        self._selector.unregister(one.sock)


class _Unproved:
    """One connection until it is proved or dropped. `address`: whom this side connected to; None if somebody came."""

    def __init__(
        self, sock: socket.socket, proof: Proof, deadline: float, address: Address | None = None
    ) -> None:
        self.sock: Final = sock
        self.proof: Final = proof
        self.deadline = deadline
        self.address: Final = address
        self._connecting = address is not None
        self._unsent = proof.start()

    @property
    def proved(self) -> bool:
        """Whether the other side has proved itself and everything of one's own is said."""
        return self.proof.proved and not self._unsent

    @property
    def interest(self) -> int:
        """What to wait for."""
        return selectors.EVENT_WRITE if self._connecting or self._unsent else selectors.EVENT_READ

    def advance(self) -> bool:
        """Do what can be done without waiting; True when a connection has just been made."""
        connected = False
        if self._connecting:
            if self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise ConnectionError
            self._connecting, connected = False, True
        elif not self._unsent:
            content = self.sock.recv(self.proof.wants)
            if not content:
                raise ConnectionError
            self._unsent = self.proof.receive(content)
        if self._unsent:
            self._unsent = self._unsent[self.sock.send(self._unsent) :]
        return connected


def _listeners(port: int) -> list[socket.socket]:
    """Listening sockets for IPv4 and IPv6 on one port that is free in both; fewer where the system has only one.

    On this port if it is free, on any if it is 0 or not.
    """
    for tries in range(_PORT_TRIES):
        wish = port if tries == 0 else 0
        first = _listener(socket.AF_INET, "0.0.0.0", wish)  # noqa: S104 - the proof lets nobody but the peer in
        if first is None and wish:
            continue
        taken = 0 if first is None else first.getsockname()[1]
        second = _listener(socket.AF_INET6, "::", taken)
        found = [sock for sock in (first, second) if sock is not None]
        if first is None or second is not None or not socket.has_ipv6:
            return found
        if not _taken(taken):
            return found
        first.close()
    return []


def _listener(family: socket.AddressFamily, host: str, port: int) -> socket.socket | None:
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        return None
    try:
        if os.name == "posix":  # the port of the channel before, whose connections may still be ending
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
        sock.listen(_BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        return None
    return sock


def _taken(port: int) -> bool:
    """Whether IPv6 works here and it is this port that is not free."""
    probe = _listener(socket.AF_INET6, "::", 0)
    if probe is None:
        return False
    probe.close()
    return port != 0


def _this_machine() -> bytes:
    """What processes of this machine share; random where the system has nothing like it."""
    try:
        with open(_MACHINE, "rb") as boot:  # noqa: PTH123 - pathlib costs start-up time
            return boot.read(64).strip() or random_bytes(16)
    except OSError:
        return random_bytes(16)
