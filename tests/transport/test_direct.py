"""Direct TCP: two honest peers find each other whatever strangers do; nobody is made to knock where they should not."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from peerseal.crypto_engine import DIRECT_GREETING, ChannelRole, DirectKey, direct_here, direct_proof
from peerseal.errors import Interrupted, TimedOut
from peerseal.transport.addresses import Address, Interface
from peerseal.transport.attempts import ATTEMPTS_MAX, PORTS_MAX, Attempts
from peerseal.transport.direct import UNPROVED_MAX, DirectEnd, DirectTcp, Listening, Own
from peerseal.transport.transport import PathEnded

KEY = DirectKey(b"k" * 32)
MACHINE = b"this very machine"
HOME: tuple[Interface, ...] = (ipaddress.IPv4Interface("127.0.0.1/8"),)
PATIENCE = 10.0


class Sides(list[DirectTcp]):
    """What a test made, and the ends its senders got: all closed after it."""

    ready: list[DirectEnd]


@pytest.fixture
def made() -> Iterator[Sides]:
    everything = Sides()
    everything.ready = []
    yield everything
    for one in everything:
        one.close()
    for end in everything.ready:
        end.close()


def side(
    made: Sides, role: ChannelRole, own: Own, key: DirectKey = KEY, attempts: Attempts | None = None
) -> DirectTcp:
    """A side on this machine; what a sender gets is in `made.ready`."""
    side = DirectTcp(
        key, role, own, made.ready.append, attempts=attempts, interfaces=lambda: HOME, machine=MACHINE
    )
    made.append(side)
    return side


def listening(side: DirectTcp) -> Listening:
    said = side.listen()
    assert said is not None
    return said


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def knock(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), PATIENCE)
    sock.settimeout(PATIENCE)
    return sock


def closes(sock: socket.socket) -> bool:
    """Whether the other end closes, and says nothing more before."""
    try:
        return sock.recv(1) == b""
    except ConnectionError:
        return True


def exchange(sender: DirectEnd, receiver: DirectEnd) -> None:
    content = bytes(range(256)) * 4096

    def send() -> None:
        sender.send(memoryview(content))
        sender.finish()

    sending = threading.Thread(target=send)
    sending.start()
    came = bytearray(len(content))
    receiver.receive_into(memoryview(came))
    sending.join(PATIENCE)
    assert came == content
    with pytest.raises(PathEnded):
        receiver.receive_into(memoryview(bytearray(1)))


@pytest.mark.parametrize("connects", ["sender", "receiver", "both"])
def test_whoever_connects_the_file_goes_from_its_sender_to_its_receiver(made: Sides, connects: str) -> None:
    sender, receiver = side(made, "initiator", "sends"), side(made, "responder", "receives")
    of_sender, of_receiver = listening(sender), listening(receiver)
    if connects != "receiver":
        sender.attempt(of_receiver)
    if connects != "sender":
        receiver.attempt(of_sender)
    until(lambda: made.ready)
    end = receiver.take(made.ready[0].stream, PATIENCE)
    assert (end.kind, end.detail, len(end.stream)) == ("direct", "tcp", 8)
    exchange(made.ready[0], end)
    for one in (*made.ready, end):
        one.close()


def test_aborting_wakes_a_blocked_reader(made: Sides) -> None:
    sender, receiver = side(made, "initiator", "sends"), side(made, "responder", "receives")
    receiver.attempt(listening(sender))
    until(lambda: made.ready)
    end = receiver.take(made.ready[0].stream, PATIENCE)
    threading.Timer(0.05, end.abort).start()
    with pytest.raises(Interrupted):
        end.receive_into(memoryview(bytearray(10)))
    end.close()
    made.ready[0].close()


def test_a_connection_nobody_made_does_not_come(made: Sides) -> None:
    receiver = side(made, "responder", "receives")
    listening(receiver)
    with pytest.raises(TimedOut):
        receiver.take(bytes(8), 0.01)
    receiver.close()
    with pytest.raises(Interrupted):
        receiver.take(bytes(8), PATIENCE)


def test_another_key_proves_nothing(made: Sides) -> None:
    sender = side(made, "initiator", "sends")
    stranger = side(made, "responder", "receives", key=DirectKey(b"x" * 32))
    said = listening(sender)
    stranger.attempt(said._replace(here=direct_here(DirectKey(b"x" * 32), "initiator", MACHINE)))
    until(lambda: stranger._tried and not stranger._unproved)
    assert not made.ready
    assert not stranger._untaken


def test_a_listener_says_nothing_to_who_does_not_greet(made: Sides) -> None:
    said = listening(side(made, "initiator", "sends"))
    with contextlib.closing(knock(said.port)) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert closes(sock)


def test_a_reflected_proof_is_refused(made: Sides) -> None:
    """The listener's own code, sent back to it."""
    said = listening(side(made, "initiator", "sends"))
    with contextlib.closing(knock(said.port)) as sock:
        sock.sendall(DIRECT_GREETING + bytes(16))
        answer = sock.recv(48, socket.MSG_WAITALL)
        assert answer[16:] == direct_proof(KEY, "initiator", bytes(16), answer[:16])
        sock.sendall(answer[16:])
        assert closes(sock)
    assert not made.ready


def test_a_proof_of_another_connection_is_refused(made: Sides) -> None:
    """Nonces and code overheard on one connection open no second one."""
    said = listening(side(made, "initiator", "sends"))
    with contextlib.closing(knock(said.port)) as first, contextlib.closing(knock(said.port)) as second:
        for sock in (first, second):
            sock.sendall(DIRECT_GREETING + bytes(16))
        one, other = first.recv(48, socket.MSG_WAITALL), second.recv(48, socket.MSG_WAITALL)
        assert one[:16] != other[:16]
        code = direct_proof(KEY, "responder", bytes(16), one[:16])
        second.sendall(code)
        assert closes(second)
        assert not made.ready
        first.sendall(code)
        until(lambda: made.ready)
        made.ready[0].close()


def test_a_connector_gives_no_proof_to_a_listener_that_has_none(made: Sides) -> None:
    receiver = side(made, "responder", "receives")
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(PATIENCE)
        port = listener.getsockname()[1]
        receiver.attempt(Listening(port, ("127.0.0.1",), direct_here(KEY, "initiator", MACHINE)))
        sock, _ = listener.accept()
        sock.settimeout(PATIENCE)
        with contextlib.closing(sock):
            greeting = sock.recv(32, socket.MSG_WAITALL)
            # Its own role's code: what an echo of it, or a connection to itself, would bring.
            sock.sendall(bytes(16) + direct_proof(KEY, "responder", greeting[16:], bytes(16)))
            assert closes(sock)


def test_nothing_is_read_beyond_the_proof(made: Sides) -> None:
    """The first frames may come right behind the proof."""
    receiver = side(made, "responder", "receives")
    said = listening(receiver)
    with contextlib.closing(knock(said.port)) as sock:
        sock.sendall(DIRECT_GREETING + bytes(16))
        answer = sock.recv(48, socket.MSG_WAITALL)
        sock.sendall(direct_proof(KEY, "initiator", bytes(16), answer[:16]) + b"frames")
        until(lambda: receiver._untaken)
        end = receiver.take(next(iter(receiver._untaken)), PATIENCE)
        came = bytearray(6)
        end.receive_into(memoryview(came))
        assert came == b"frames"
        end.close()


def test_an_honest_pair_connects_while_strangers_hold_every_place(made: Sides) -> None:
    sender, receiver = side(made, "initiator", "sends"), side(made, "responder", "receives")
    said = listening(sender)
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(contextlib.closing(knock(said.port))) for _ in range(3 * UNPROVED_MAX)]
        for sock in silent[::2]:
            sock.sendall(DIRECT_GREETING[:7])
        until(lambda: len(sender._unproved) == UNPROVED_MAX)
        receiver.attempt(said)
        until(lambda: made.ready)
        assert len(sender._unproved) <= UNPROVED_MAX
        end = receiver.take(made.ready[0].stream, PATIENCE)
        exchange(made.ready[0], end)
        end.close()


def test_who_connects_and_never_speaks_is_closed(made: Sides) -> None:
    now = [0.0]
    sender = DirectTcp(
        KEY,
        "initiator",
        "sends",
        interfaces=lambda: HOME,
        machine=MACHINE,
        clock=lambda: now[0],
    )
    made.append(sender)
    said = listening(sender)
    with contextlib.closing(knock(said.port)) as sock:
        until(lambda: sender._unproved)
        now[0] = 5.1
        sender._nudge()
        assert closes(sock)


class Trap:
    """A listener that counts who knocks, on one address."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.create_server((host, 0), family=family)
        self.sock.setblocking(False)
        self.port = self.sock.getsockname()[1]

    def knocks(self) -> int:
        found = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self.sock.accept()[0].close()
                found += 1
        return found


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.sock.close()


def tried(side: DirectTcp, said: Listening) -> set[str]:
    """What a side tries of these candidates; returns once it has begun."""
    side.attempt(said)
    done = threading.Event()
    side._do(done.set)
    assert done.wait(PATIENCE)
    return {str(address) for address in side._tried}


@pytest.mark.parametrize(
    "here",
    [
        bytes(16),
        direct_here(KEY, "responder", MACHINE),  # an echo of what the side itself says
        direct_here(KEY, "initiator", b"another machine"),
    ],
)
def test_loopback_is_not_tried_for_a_peer_on_another_machine(made: Sides, trap: Trap, here: bytes) -> None:
    receiver = side(made, "responder", "receives")
    hosts = ("127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::")
    assert tried(receiver, Listening(trap.port, hosts, here)) == set()
    time.sleep(0.05)
    assert trap.knocks() == 0


def test_a_peer_on_this_machine_may_name_its_two_loopback_addresses_only(made: Sides, trap: Trap) -> None:
    receiver = side(made, "responder", "receives")
    hosts = ("127.0.0.1", "127.0.0.2", "127.1.2.3", "::1")
    same = direct_here(KEY, "initiator", MACHINE)
    assert tried(receiver, Listening(trap.port, hosts, same)) == {"127.0.0.1", "::1"}
    until(trap.knocks)


def test_one_address_is_tried_once_whatever_ports_a_peer_names(made: Sides, trap: Trap) -> None:
    receiver = side(made, "responder", "receives")
    same = direct_here(KEY, "initiator", MACHINE)
    second = Trap()
    try:
        tried(receiver, Listening(trap.port, ("127.0.0.1", "127.0.0.1"), same))
        tried(receiver, Listening(second.port, ("127.0.0.1",), same))
        until(trap.knocks)
        time.sleep(0.05)
        assert (trap.knocks(), second.knocks()) == (0, 0)
    finally:
        second.sock.close()


def test_ports_of_the_system_are_not_tried(made: Sides) -> None:
    receiver = side(made, "responder", "receives")
    same = direct_here(KEY, "initiator", MACHINE)
    assert tried(receiver, Listening(22, ("127.0.0.1",), same)) == set()


def test_many_messages_make_no_more_than_sixteen_attempts(made: Sides) -> None:
    receiver = side(made, "responder", "receives")
    neighbours: list[Address] = [ipaddress.IPv4Address(f"127.7.0.{place + 1}") for place in range(32)]
    for message in range(4):
        wanted = neighbours[8 * message : 8 * message + 8]
        receiver._do(lambda wanted=wanted: receiver._connect_to(wanted, 2000))  # type: ignore[misc]
    tried(receiver, Listening(2000, (), bytes(16)))
    assert len(receiver._tried) == ATTEMPTS_MAX


@pytest.mark.parametrize(("attempts", "ports"), [(Attempts(), PORTS_MAX), (Attempts.of_a_later_process(), 2)])
def test_a_line_that_is_cut_again_and_again_makes_nobody_knock_at_many_ports(
    made: Sides, attempts: Attempts, ports: int
) -> None:
    """Every channel is new, and the peer names another port in each."""
    same = direct_here(KEY, "initiator", MACHINE)
    traps = [Trap() for _ in range(8)]
    try:
        knocked = 0
        for trap in traps:
            receiver = side(made, "responder", "receives", attempts=attempts)
            tried(receiver, Listening(trap.port, ("127.0.0.1",), same))
            receiver.close()
            time.sleep(0.02)
            knocked += bool(trap.knocks())
        assert 1 <= knocked <= ports
    finally:
        for trap in traps:
            trap.sock.close()


def test_over_all_channels_there_are_no_more_than_sixteen_attempts_in_vain(made: Sides) -> None:
    attempts = Attempts()
    neighbours: list[Address] = [ipaddress.IPv4Address(f"127.7.0.{place + 1}") for place in range(7)]
    begun = 0
    for _ in range(5):
        receiver = side(made, "responder", "receives", attempts=attempts)
        receiver._do(lambda receiver=receiver: receiver._connect_to(neighbours, 2000))  # type: ignore[misc]
        begun += len(tried(receiver, Listening(2000, (), bytes(16))))
        receiver.close()
    assert begun == ATTEMPTS_MAX


def test_an_honest_pair_finds_each_other_however_often_the_line_is_cut(made: Sides) -> None:
    ours, theirs = Attempts(), Attempts()
    ports = set()
    for turn in range(ATTEMPTS_MAX + 4):
        sender = side(made, "initiator", "sends", attempts=ours)
        receiver = side(made, "responder", "receives", attempts=theirs)
        said = listening(sender)
        ports.add(said.port)
        receiver.attempt(said)
        until(lambda turn=turn: len(made.ready) > turn)  # type: ignore[misc]
        receiver.take(made.ready[turn].stream, PATIENCE).close()
        made.ready[turn].close()
        sender.close()
        receiver.close()
    assert len(ports) <= PORTS_MAX


def test_closing_closes_listeners_and_whoever_waits(made: Sides) -> None:
    sender = side(made, "initiator", "sends")
    said = listening(sender)
    with contextlib.closing(knock(said.port)) as sock:
        until(lambda: sender._unproved)
        sender.close()
        sender.close()
        assert closes(sock)
    with pytest.raises(ConnectionRefusedError):
        until(lambda: knock(said.port).close())
