"""A bare TCP copy, one plain program a side: `bare.py receive FILE` says its port, `bare.py send FILE PORT`.

Nothing but the file, a buffer and the connection: what any Python program that copies a file could do at best.
"""

from __future__ import annotations

import socket
import sys

PIECE = 512 * 1024


def send(path: str, port: int) -> None:
    view = memoryview(bytearray(PIECE))
    with socket.create_connection(("127.0.0.1", port)) as out, open(path, "rb", buffering=0) as source:  # noqa: PTH123
        while got := source.readinto(view):
            out.sendall(view[:got])


def receive(path: str) -> None:
    view = memoryview(bytearray(PIECE))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        connection, _ = listener.accept()
    with connection, open(path, "wb", buffering=0) as out:  # noqa: PTH123
        while got := connection.recv_into(view, PIECE, socket.MSG_WAITALL):
            out.write(view[:got])


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        receive(sys.argv[2])
    else:
        send(sys.argv[2], int(sys.argv[3]))
