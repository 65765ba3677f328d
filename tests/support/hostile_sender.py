"""A sender with the right keys and bad intentions: an honest handshake, then whatever the test wants to offer.

It seals and frames by the specification (docs/protocol.md §4, §8) but writes the manifest itself, so names and
sizes that no honest client would write reach the receiver properly sealed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from peerseal import crypto_engine as crypto
from peerseal.crypto_engine import RecordSealer, Stream
from peerseal.protocol.control import (
    Answer,
    ControlMessage,
    FileKeyMessage,
    Offer,
    Ping,
    Pong,
    PreviewEntry,
)
from peerseal.protocol.handshake import Handshake
from peerseal.protocol.moves import Path
from support.raw_peer import RawPeer, decoded, encoded

RECORD = 65_536


@dataclass(frozen=True)
class Entry:
    """One manifest entry as it shall stand on the wire."""

    path: bytes
    content: bytes = b""
    kind: int = 1
    size: int | None = None

    @property
    def body(self) -> bytes:
        size = len(self.content) if self.size is None else self.size
        texts = b"".join(len(text).to_bytes(4, "big") + text for text in (self.path, b""))
        body = bytes([self.kind]) + size.to_bytes(8, "big") + bytes(8) + bytes(1) + texts
        return len(body).to_bytes(4, "big") + body


@dataclass(frozen=True)
class Trick:
    """What to send: entries, what the offer says about them, and what to do to the stream."""

    entries: tuple[Entry, ...]
    preview: tuple[PreviewEntry, ...] = ()
    files: int | None = None
    total: int | None = None
    flip: bool = False
    cut: int | None = None
    extra: bytes = b""
    order: tuple[Stream, ...] = field(default=("manifest", "content"))


class HostileSender:
    """Asks for a connection, agrees on keys honestly, then plays a trick."""

    def __init__(self, server: str, name: str = "Mallory") -> None:
        self.peer = RawPeer(server)
        self.joined = self.peer.join(name)
        self._said: list[ControlMessage] = []
        self._room = ""

    def close(self) -> None:
        self.peer.close()

    def ask(self, name: str) -> None:
        """Ask the listed peer of that name for a connection."""
        reply = self.peer.call("connect", to=self.peer.peer_called(name, self.joined))
        assert reply["ok"] is True, reply

    def agree(self) -> None:
        """Once accepted: the handshake."""
        room = str(self.peer.hear("room", 30)["room"])
        self._room = room
        self._handshake = Handshake.initiator(bytes.fromhex(room), "words")
        self._signal(self._handshake.start())
        end = time.monotonic() + 20
        while not self._handshake.established:
            assert time.monotonic() < end, "no handshake"
            self._signal(self._handshake.receive(self._hear_body()))

    def offer(self, trick: Trick) -> bytes:
        """Offer it; the file id."""
        self._key, self._id = crypto.new_file_key(), crypto.new_file_id()
        content = sum(len(entry.content) for entry in trick.entries)
        self._say(
            Offer(
                self._id,
                1,
                RECORD,
                crypto.commitment(self._key, self._id, 1),
                len(trick.entries) if trick.files is None else trick.files,
                content if trick.total is None else trick.total,
                open=False,
                text=False,
                shared=False,
                preview=trick.preview,
            )
        )
        return self._id

    def accepted(self, seconds: float = 30) -> bool:
        """The receiver's answer."""
        answer = self._expect(Answer, seconds)
        assert isinstance(answer, Answer)
        return answer.accept

    def deliver(self, trick: Trick) -> None:
        """Key, path, and the records, as far as the receiver takes them."""
        stream = crypto.random_bytes(8)
        self._say(FileKeyMessage(self._id, self._key))
        self._say(Path(self._id, "relay", stream, 0, 0))
        frames = self._frames(trick)
        if trick.flip:
            frames[-1] ^= 1
        frames = frames[: trick.cut] + trick.extra if trick.cut is not None else frames + trick.extra
        with self.peer.open_pipe(self._room, stream, "send") as pipe:
            try:
                pipe.sendall(frames)
                pipe.shutdown(1)
                pipe.settimeout(5)
                pipe.recv(1)
            except OSError:
                return  # the receiver had enough

    def told(self, kind: type[ControlMessage], seconds: float = 30) -> ControlMessage:
        """The first message of a kind that the receiver says."""
        return self._expect(kind, seconds)

    def _frames(self, trick: Trick) -> bytearray:
        entries = b"".join(entry.body for entry in trick.entries)
        records = -(-(len(entries) + 13) // RECORD)
        plain = {
            "manifest": b"PSM1" + bytes(1) + records.to_bytes(8, "big") + entries,
            "content": b"".join(entry.content for entry in trick.entries),
        }
        framed = bytearray()
        for stream in trick.order:
            sealer = RecordSealer(self._key, stream, self._id, 1, RECORD)
            text = plain[stream]
            pieces = [text[at : at + RECORD] for at in range(0, len(text), RECORD)] or [b""]
            for index, piece in enumerate(pieces):
                final = index == len(pieces) - 1
                record = sealer.seal(index, final, piece)
                number = 1 if stream == "manifest" else 2
                framed += len(record).to_bytes(4, "big") + bytes([number, final, 0, 0])
                framed += index.to_bytes(8, "big") + record
        return framed

    def _expect(self, kind: type[ControlMessage], seconds: float) -> ControlMessage:
        end = time.monotonic() + seconds
        while True:
            for message in self._said:
                if isinstance(message, kind):
                    self._said.remove(message)
                    return message
            message = self._handshake.channel.open(self._hear_body(end - time.monotonic()))
            if isinstance(message, Ping):
                self._say(Pong(message.n))
            self._said.append(message)

    def _hear_body(self, seconds: float = 20) -> bytes:
        return decoded(self.peer.hear("signal", seconds)["body"])

    def _say(self, message: ControlMessage) -> None:
        self._signal([self._handshake.channel.seal(message)])

    def _signal(self, bodies: list[bytes]) -> None:
        for body in bodies:
            reply = self.peer.call("signal", room=self._room, body=encoded(body))
            assert reply["ok"] is True, reply
