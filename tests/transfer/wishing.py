"""Senders and receivers by code with every choice a wish has, on threads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import peerseal
from peerseal.client.settings import parse_server
from peerseal.files.scan import scan
from peerseal.transfer.person import Settled
from peerseal.transfer.receive import ReceiveWish, receive
from peerseal.transfer.send import SendWish, send

from .conftest import Doing


def sending(server: str, file: Path, **wish: object) -> Doing:
    """A sender by code, over the relay unless `paths` says else."""
    options: dict[str, object] = {"paths": "relay", "store": "never", **wish}

    def run(on_event: Callable[..., None], cancel: peerseal.Cancel, timeout: float) -> object:
        made = SendWish(
            parse_server(server),
            "Alice",
            lambda: scan([str(file)]),
            timeout=timeout,
            **options,  # type: ignore[arg-type]
        )
        return send(made, Settled(), on_event, cancel)

    return Doing(run)


def receiving(server: str, code: str, inbox: Path, **wish: object) -> Doing:
    """A receiver by code."""

    def run(on_event: Callable[..., None], cancel: peerseal.Cancel, timeout: float) -> object:
        options: dict[str, object] = {"paths": "relay", **wish}
        made = ReceiveWish(
            parse_server(server),
            "Bob",
            code=code,
            target=str(inbox),
            timeout=timeout,
            **options,  # type: ignore[arg-type]
        )
        return receive(made, Settled(), on_event, cancel)

    return Doing(run)


def noise(file: Path, size: int) -> bytes:
    content = hashlib.shake_256(size.to_bytes(8, "big")).digest(size)
    file.write_bytes(content)
    return content
