"""The physical limit beside each figure: a bare TCP copy from file to file in Python, and AES alone."""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PIECE = 512 * 1024


def tcp_copy(source: Path, target: Path) -> float:
    """Seconds to copy a file through one loopback TCP connection, one thread a side, no cryptography."""
    listener = socket.create_server(("127.0.0.1", 0))

    def receive() -> None:
        connection, _ = listener.accept()
        view = memoryview(bytearray(PIECE))
        with connection, target.open("wb", buffering=0) as out:
            while got := connection.recv_into(view, PIECE, socket.MSG_WAITALL):
                out.write(view[:got])

    began = time.perf_counter()
    receiver = threading.Thread(target=receive)
    receiver.start()
    view = memoryview(bytearray(PIECE))
    with socket.create_connection(listener.getsockname()) as out, source.open("rb", buffering=0) as data:
        while got := data.readinto(view):
            out.sendall(view[:got])
    receiver.join()
    listener.close()
    return time.perf_counter() - began


def aes_rate(seconds: float = 0.5) -> float:
    """Bytes a second one core seals with AES-256-GCM in records of 512 KiB."""
    cipher, plain = AESGCM(os.urandom(32)), os.urandom(PIECE)
    out = bytearray(PIECE + 16)
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        cipher.encrypt_into(os.urandom(12), plain, None, out)
        done += PIECE
    return done / spent
