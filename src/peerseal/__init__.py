"""Peerseal: hand files to people, sealed end to end.

    import peerseal

    peerseal.send(["photo.jpg"], on_event=print)      # a Ready event tells the code
    peerseal.receive("7-harbor-velvet", into="inbox")

    with peerseal.sign_in("http://localhost:5000", "alice", password) as alice:
        print(alice.contacts)
        peerseal.upload(alice, ["photo.jpg"], to=["bob"])   # waits on the server until Bob downloads it

Lazy on purpose: importing the package costs nothing until a name is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from peerseal.errors import PeersealError
    from peerseal.transfer.account import Account, account, register, sign_in
    from peerseal.transfer.arrival import ReceiveResult
    from peerseal.transfer.cancel import Cancel
    from peerseal.transfer.sdk import receive, send
    from peerseal.transfer.send import SendResult
    from peerseal.transfer.stored_sdk import (
        delete,
        download,
        make_link,
        receive_link,
        restore,
        revoke,
        revoke_link,
        share,
        stored_files,
        update,
        upload,
    )

__all__ = [
    "Account",
    "Cancel",
    "PeersealError",
    "ReceiveResult",
    "SendResult",
    "account",
    "delete",
    "download",
    "make_link",
    "receive",
    "receive_link",
    "register",
    "restore",
    "revoke",
    "revoke_link",
    "send",
    "share",
    "sign_in",
    "stored_files",
    "update",
    "upload",
]

_STORED = (
    "delete",
    "download",
    "make_link",
    "receive_link",
    "restore",
    "revoke",
    "revoke_link",
    "share",
    "stored_files",
    "update",
    "upload",
)


def __dir__() -> list[str]:
    """The public names, whether used yet or not."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    places = {
        "Cancel": "peerseal.transfer.cancel",
        "PeersealError": "peerseal.errors",
        "ReceiveResult": "peerseal.transfer.arrival",
        "SendResult": "peerseal.transfer.send",
        "Account": "peerseal.transfer.account",
        "account": "peerseal.transfer.account",
        "register": "peerseal.transfer.account",
        "sign_in": "peerseal.transfer.account",
        "receive": "peerseal.transfer.sdk",
        "send": "peerseal.transfer.sdk",
        **dict.fromkeys(_STORED, "peerseal.transfer.stored_sdk"),
    }
    value: object = getattr(import_module(places[name]), name)
    globals()[name] = value
    return value
