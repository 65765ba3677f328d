"""The physical limit beside each figure: a bare TCP copy from file to file in Python, AES alone, the disk alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench import bare
from bench.measure import ENVIRONMENT

PIECE = 512 * 1024


def tcp_copy(source: Path, target: Path) -> float:
    """Seconds to copy a file through one loopback TCP connection by two plain Python programs, their start included."""
    began = time.perf_counter()
    receiver = _bare("receive", target, stdout=subprocess.PIPE)
    assert receiver.stdout is not None
    sender = _bare("send", source, receiver.stdout.readline().decode().strip())
    statuses = sender.wait(600), receiver.wait(600)
    took = time.perf_counter() - began
    receiver.stdout.close()
    if any(statuses):
        raise RuntimeError(f"the bare copy ended with {statuses}")
    return took


def _bare(*words: str | Path, stdout: int | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", bare.__file__, *map(str, words)]
    return subprocess.Popen(command, stdout=stdout, env=ENVIRONMENT)


def aes_rate(seconds: float = 0.5) -> float:
    """Bytes a second one core seals with AES-256-GCM in records of 512 KiB."""
    cipher, plain = AESGCM(os.urandom(32)), os.urandom(PIECE)
    out = bytearray(PIECE + 16)
    done, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        cipher.encrypt_into(os.urandom(12), plain, None, out)
        done += PIECE
    return done / spent


def write_rate(folder: Path, size: int = 512 * 2**20) -> float:
    """Bytes a second one thread writes into a new file, as everything here does: the page cache takes it."""
    target, plain = folder / "written", os.urandom(PIECE)
    began = time.perf_counter()
    with target.open("wb", buffering=0) as out:
        for _ in range(size // PIECE):
            out.write(plain)
    spent = time.perf_counter() - began
    target.unlink()
    return size / spent


def write_files(folder: Path, count: int, size: int) -> float:
    """Seconds a plain loop takes to write `count` new files of `size` bytes into a new folder."""
    plain = os.urandom(size)
    began = time.perf_counter()
    folder.mkdir()
    parent = os.open(folder, os.O_RDONLY)
    for number in range(count):
        file = os.open(f"{number:05}.bin", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644, dir_fd=parent)
        os.write(file, plain)
        os.close(file)
    spent = time.perf_counter() - began
    os.close(parent)
    return spent
