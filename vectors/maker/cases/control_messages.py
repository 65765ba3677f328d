"""One good message of every type (§5.2), for others to change."""

from __future__ import annotations

from collections.abc import Mapping

from maker.basics import Json, b64, lp, seeded, u8
from maker.identities import ADA

LARGEST = 2**53 - 1
ID = b64(seeded("control id", 16))
OFFER: Mapping[str, Json] = {
    "id": ID,
    "version": 1,
    "record_size": 524288,
    "commitment": b64(seeded("control commitment", 32)),
    "files": 2,
    "bytes": 7,
    "open": False,
    "text": False,
    "shared": False,
    "preview": [
        {"path": "d", "size": 0, "kind": "directory"},
        {"path": "d/gr\u00fc\u00df", "size": 3, "kind": "file"},
        {"path": "b", "size": 4, "kind": "file"},
    ],
}
ANSWER: Mapping[str, Json] = {"id": ID, "accept": True, "code": None, "message": None}
FILE_KEY: Mapping[str, Json] = {"id": ID, "key": b64(seeded("control key", 32))}
ACK: Mapping[str, Json] = {"id": ID, "manifest": 1, "content": 3, "bytes": 150}
CANCEL: Mapping[str, Json] = {"id": ID, "code": "cancelled", "message": "Not now"}
PATH: Mapping[str, Json] = {
    "id": ID,
    "kind": "relay",
    "stream": b64(seeded("control stream", 8)),
    "manifest": 1,
    "content": 3,
}
CANDIDATES: Mapping[str, Json] = {
    "id": ID,
    "port": 47000,
    "addresses": ["192.0.2.7", "2001:db8::7"],
    "here": b64(seeded("control here", 16)),
}
WHERE: Mapping[str, Json] = {"id": ID}
HAVE: Mapping[str, Json] = {
    "id": ID,
    "manifest": 1,
    "content": 3,
    "bytes": 150,
    "marks": b64(seeded("control marks", 32)),
}
DESCRIPTION: Mapping[str, Json] = {
    "id": ID,
    "role": "offer",
    "ufrag": "8hhY",
    "pwd": "asd88fgpdd777uzjYhagZg",
    "fingerprint": b64(seeded("control certificate", 32)),
    "setup": "actpass",
}
CANDIDATE: Mapping[str, Json] = {
    "host": "192.0.2.7",
    "port": 47001,
    "kind": "srflx",
    "priority": 1694498815,
}
ICE: Mapping[str, Json] = {"id": ID, "candidates": [CANDIDATE]}
PING: Mapping[str, Json] = {"n": 5}
DONE: Mapping[str, Json] = {"id": ID}
BYE: Mapping[str, Json] = {"code": None}
IDENTITY: Mapping[str, Json] = {
    "bundle": b64(ADA.bundle),
    "signature": b64(ADA.sign("transcript", lp(seeded("control transcript", 32), u8(1)))),
}


def preview_of(count: int) -> list[Json]:
    return [{"path": f"f{n}", "size": 1, "kind": "file"} for n in range(count)]
