"""A plain WebSocket between two pages through the same server: its relay, without sealing, files or checks.

The two come as any client does (docs/wire.md §1 and §2), from here; the pages only send and count random bytes.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench.cdp import Chromium

RECEIVE = """
(ticket) => {
  window.raw = new Promise((done, failed) => {
    let got = 0;
    const socket = new WebSocket(location.origin.replace("http", "ws") + "/api/v1/relay", ["peerseal.relay.1", "ticket." + ticket]);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (message) => { got += message.data.byteLength; };
    socket.onclose = (close) => close.code === 1000 ? done(got) : failed(new Error("closed with " + close.code));
  });
  return true;
}
"""
SEND = """
async (ticket, total) => {
  const piece = new Uint8Array(524288);
  for (let at = 0; at < piece.length; at += 65536) crypto.getRandomValues(piece.subarray(at, at + 65536));
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/api/v1/relay", ["peerseal.relay.1", "ticket." + ticket]);
  await new Promise((done, failed) => { socket.onopen = done; socket.onerror = failed; });
  const turn = new MessageChannel();
  const soon = () => new Promise((done) => { turn.port1.onmessage = done; turn.port2.postMessage(0); });
  for (let sent = 0; sent < total; sent += piece.length) {
    while (socket.bufferedAmount > 4194304) await soon();
    socket.send(total - sent < piece.length ? piece.subarray(0, total - sent) : piece);
  }
  socket.close(1000);
  return true;
}
"""


class Visitor:
    """A client of the meeting that does only what is needed for a room and its tickets."""

    def __init__(self, server: str, role: str, name: str) -> None:
        url = server.replace("http", "ws", 1) + "/api/v1/meet"
        self._socket: ClientConnection = connect(
            url, subprotocols=[Subprotocol("peerseal.meet.1")], compression=None, proxy=None
        )
        self._ref = 0
        self._told: list[dict[str, object]] = []
        self.id = ""
        joined = self.ask("join", role=role, name=name, room=None, listed=True)["you"]
        assert isinstance(joined, dict)
        self.id = joined["id"]

    def ask(self, kind: str, **fields: object) -> dict[str, object]:
        """One message and its reply."""
        self._ref += 1
        self._socket.send(json.dumps({"type": kind, "ref": self._ref, **fields}))
        while True:
            message = self._next()
            if message["type"] == "reply" and message["ref"] == self._ref:
                if not message["ok"]:
                    raise RuntimeError(f"{kind}: {message}")
                return message
            self._told.append(message)

    def hear(self, kind: str) -> dict[str, object]:
        """The next message of this kind."""
        for message in self._told:
            if message["type"] == kind:
                self._told.remove(message)
                return message
        while True:
            message = self._next()
            if message["type"] == kind:
                return message

    def close(self) -> None:
        self._socket.close()

    def _next(self) -> dict[str, object]:
        message: dict[str, object] = json.loads(self._socket.recv(timeout=30))
        return message


def seconds(sender: Chromium, receiver: Chromium, server: str, size: int) -> float:
    """Seconds to carry `size` random bytes in messages of 512 KiB, until the receiving page has counted them all.

    Both browsers show a page of the server's.
    """
    one, two = Visitor(server, "sender", "One"), Visitor(server, "receiver", "Two")
    try:
        one.ask("connect", to=two.id)
        two.ask("answer", request=two.hear("request")["request"], accept=True)
        room, stream = one.hear("room")["room"], urlsafe_b64encode(os.urandom(8)).decode().rstrip("=")
        take = two.ask("ticket", room=room, stream=stream, end="receive")["ticket"]
        give = one.ask("ticket", room=room, stream=stream, end="send")["ticket"]
        receiver.page.run(f"({RECEIVE})({json.dumps(take)})")
        began = receiver.page.run("performance.timeOrigin + performance.now()")
        sender.page.run(f"({SEND})({json.dumps(give)}, {size})")
        got, ended = _pair(
            receiver.page.run("raw.then((got) => [got, performance.timeOrigin + performance.now()])")
        )
    finally:
        one.close()
        two.close()
    if got != size:
        raise RuntimeError(f"{got} of {size} bytes came through the plain WebSocket")
    assert isinstance(began, int | float)
    return (ended - float(began)) / 1000


def _pair(value: object) -> tuple[float, float]:
    assert isinstance(value, list)
    first, second = value
    return float(first), float(second)
