"""Every decoder of Python, as a function of bytes that either takes them or refuses them with a typed error.

Seeds come from vectors/: they are right, or wrong in one thing. What may be raised is `PeersealError`, and
`HttpProblem` or `ValueError` where a decoder's page says so; anything else is a finding.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from engineio import payload
from socketio.packet import Packet

from peerseal.client.settings import parse_link, parse_server
from peerseal.crypto_engine import (
    Bundle,
    Identity,
    new_root,
    open_book,
    parse_code,
    parse_fragment,
    unwrap_own,
)
from peerseal.errors import PeersealError
from peerseal.protocol import card, control
from peerseal.protocol.access import read_access
from peerseal.protocol.book import decode_book
from peerseal.protocol.heads import read_closing, read_opening
from peerseal.protocol.manifest import ManifestReader
from peerseal.protocol.parts import split
from peerseal.protocol.paths import decode_path, read_path
from peerseal.server.files.access_list import counter_of
from peerseal.server.files.ranges import byte_range
from peerseal.server.guard.challenge import Challenges
from peerseal.server.guard.detector import Scoring
from peerseal.server.guard.detector.replay import Replay, lines_of
from peerseal.server.guard.events import broken_at
from peerseal.server.guard.origin import origin_allowed, parse_host
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.live.discovery import parse_ip
from peerseal.server.live.meet_socketio import StrictJson
from peerseal.transfer.about import read_about
from peerseal.wire import challenge as wire_guard
from peerseal.wire.api import ENDPOINTS
from peerseal.wire.codec import read_client, read_frame, read_server
from peerseal.wire.frames import FrameReader, read_frame_header
from peerseal.wire.strict_json import loads, loads_object

VECTORS: Final = Path(__file__).parents[2] / "vectors"
ALLOWED: Final = (PeersealError, HttpProblem)
_ME: Final = Identity(new_root())
_HEADER: Final = 16


class Target(NamedTuple):
    """A decoder. `refuses`: what it may raise besides `ALLOWED`."""

    run: Callable[[bytes], object]
    vectors: tuple[str, ...] = ()
    seeds: tuple[bytes, ...] = ()
    refuses: tuple[type[Exception], ...] = ()


def once(target: Target, octets: bytes) -> bool:
    """Whether it took them; everything it may not raise goes through."""
    try:
        target.run(octets)
    except ALLOWED:
        return False
    except target.refuses:
        return False
    return True


def seeds_of(target: Target) -> list[bytes]:
    """What it starts from."""
    found = [*target.seeds, b"", b"\0"]
    for name in target.vectors:
        for case in json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["cases"]:
            found += _octets(case["in"])
    return sorted(set(found))


def _octets(value: Any) -> Iterator[bytes]:
    """Every byte string and text inside a case."""
    if isinstance(value, str):
        try:
            yield bytes.fromhex(value)
        except ValueError:
            yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _octets(item)


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")


def _frames(octets: bytes) -> None:
    """Headers one after another, as a path of records brings them."""
    reader = FrameReader(65_536)
    reader.allow_content()
    for at in range(0, len(octets) - _HEADER + 1, _HEADER):
        read_frame_header(octets[at : at + _HEADER])
        reader.check_length(reader.accept(octets[at : at + _HEADER]))
    reader.end()


def _manifest(octets: bytes) -> None:
    """Records of up to 255 bytes, each behind its length; the last is final."""
    reader = ManifestReader(4096)
    position, index = 0, 0
    while position < len(octets):
        length = octets[position]
        piece = octets[position + 1 : position + 1 + length]
        position += 1 + length
        reader.feed(index, piece, position >= len(octets))
        index += 1


def _signed(kind: Any, read: Callable[[bytes, Bundle], object]) -> Callable[[bytes], object]:
    """Read bytes that somebody signed who may sign anything."""
    return lambda octets: read(_ME.sign(kind, octets), _ME.bundle)


def _statement(kind: Any, read: Callable[[bytes, Bundle], object]) -> Callable[[bytes], object]:
    signed = _signed(kind, read)

    def run(octets: bytes) -> None:
        if octets[:1] == b"\1":
            read(octets, _ME.bundle)
        else:
            signed(octets)

    return run


def _shapes(octets: bytes) -> None:
    """One JSON body at every shape of the API."""
    value = loads(octets)
    for entry in ENDPOINTS.values():
        for shape in (entry.takes, entry.gives):
            if shape is not None:
                try:
                    shape.read(value)
                except PeersealError:
                    continue


def _control(octets: bytes) -> None:
    control.decode(octets[0] if octets else 0, octets[1:])


def _messages(octets: bytes) -> None:
    frame = loads_object(octets)
    kind = str(frame.get("type"))
    rest = {key: value for key, value in frame.items() if key not in ("type", "ref")}
    for read in (lambda: read_frame(frame), lambda: read_client(kind, rest), lambda: read_server(kind, rest)):
        try:
            read()
        except PeersealError:
            continue


def _socketio(octets: bytes) -> None:
    """What a page posts: Engine.IO packets with Socket.IO packets inside, by our own decoder of JSON."""
    Packet.json = StrictJson
    try:
        for one in payload.Payload(encoded_payload=_text(octets)).packets:
            if isinstance(one.data, str):
                Packet(encoded_packet=one.data)
    finally:
        Packet.json = json


def _challenge(octets: bytes) -> None:
    challenges = Challenges(lambda: 1_800_000_000_000)
    made = challenges.make("192.0.2.1", 0, needed=True)
    text = made.challenge if octets[:1] == b"\1" else _text(octets)
    count = min(64, max(1, len(octets) // 4))
    numbers = struct.unpack(f">{count}I", octets.ljust(4 * count, b"\0")[: 4 * count])
    challenges.spend("192.0.2.1", wire_guard.Solved(text, numbers))


def _replay(octets: bytes) -> None:
    replay = Replay(Scoring(), lambda: 0.0)
    for line in lines_of(octets.splitlines()):
        replay.step(line)


def _hosts(octets: bytes) -> None:
    text = _text(octets)
    parse_host(text)
    parse_ip(text)
    origin_allowed(text, "localhost:5000", ())


def _links(octets: bytes) -> None:
    text = _text(octets)
    parse_link(text)
    parse_server(text)


def _sealed(octets: bytes) -> None:
    """Sealed things of one's own: nothing made up opens."""
    for read in (lambda: open_book(_ME, octets), lambda: unwrap_own(octets, _ME, bytes(16), 1)):
        try:
            read()
        except PeersealError:
            continue
        raise AssertionError("something that nobody sealed opened")


_JSON_SEEDS: Final = (
    b'{"type":"ping","ref":1}',
    b'{"type":"join","ref":1,"role":"sender","name":"a","room":null,"listed":true}',
)
_LINES: Final = (
    b'{"v":1,"seq":0,"prev":"","hash":"0"}\n',
    (
        b'{"t":0.5,"ip":"192.0.2.1","account":null,"device":null,"session":null,"point":"login_failed",'
        b'"route":"/api/v1/login","status":401,"detail":{},"label":"attack","actor":"a"}\n'
    ),
)
_PACKETS: Final = (
    b"40",
    b'42["join",{"role":"sender"}]',
    b'42["x"]\x1e2',
    b"451-[]",
    b'420["a",{}]',
    b"b4AAAA",
)

TARGETS: Final[dict[str, Target]] = {
    "frames": Target(_frames, ("frames", "stream")),
    "manifest": Target(_manifest, ("manifest",)),
    "paths": Target(lambda octets: (decode_path(octets), read_path(octets)), ("paths",)),
    "parts": Target(lambda octets: split(octets, 1 + len(octets) % 8), ("heads", "access")),
    "opening_head": Target(_statement("opening", read_opening), ("heads",)),
    "closing_head": Target(_statement("closing", read_closing), ("heads",)),
    "access_list": Target(_statement("access", read_access), ("access",)),
    "access_list_of_the_server": Target(lambda octets: counter_of(octets, "00" * 16), ("access",)),
    "book": Target(decode_book, ("book",)),
    "card": Target(card.decode, ("card",)),
    "bundle": Target(Bundle.parse, ("identity",)),
    "fragment": Target(lambda octets: parse_fragment(_text(octets)), ("link",)),
    "link": Target(
        _links, ("link",), (b"http://localhost:5000/#code=7-apple-pear", b"https://x/s/" + b"0" * 32 + b"#A")
    ),
    "code": Target(lambda octets: parse_code(_text(octets)), ("code",)),
    "control": Target(_control, ("control",)),
    "strict_json": Target(loads, ("strict_json",), _JSON_SEEDS),
    "messages": Target(_messages, ("strict_json",), _JSON_SEEDS),
    "shapes": Target(
        _shapes, ("strict_json",), (b'{"name":"a","auth":"' + b"A" * 43 + b'","keep":"token","label":"x"}',)
    ),
    "journal": Target(read_about, (), (b'{"v":1,"kind":"send"}',)),
    "sealed": Target(_sealed, ("wrap", "book")),
    "challenge": Target(_challenge, ("challenge",)),
    "events": Target(lambda octets: broken_at(_text(octets).splitlines()), (), _LINES, (ValueError,)),
    "socketio": Target(_socketio, ("strict_json",), _PACKETS, (ValueError,)),
    "ranges": Target(
        lambda octets: byte_range([_text(octets)], 1000), (), (b"bytes=0-9", b"bytes=-5", b"bytes=9-")
    ),
    "replay": Target(_replay, (), _LINES),
    "hosts": Target(_hosts, (), (b"localhost:5000", b"[::1]:80", b"http://localhost:5000", b"null")),
}


def named(names: Sequence[str]) -> dict[str, Target]:
    """Those targets, all if none is named."""
    return {name: TARGETS[name] for name in names or TARGETS}
