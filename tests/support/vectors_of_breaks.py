"""How Python runs the vectors about going on after a break, direct paths and parks."""

from peerseal.crypto_engine import (
    DirectKey,
    FileKey,
    Marks,
    ParkSecret,
    direct_here,
    direct_key,
    direct_proof,
    direct_stream,
    mark_holds,
    park_secret,
    resume_room,
)
from support.vectors import Case, Run, Values, from_hex, its_own


def _hash(case: Case, seen: Values) -> None:
    marks = Marks()
    with its_own():
        for index, mark in enumerate(case.given["manifest"]):
            marks.put("manifest", index, from_hex(mark))
        for index, mark in enumerate(case.given["content"]):
            marks.put("content", index, from_hex(mark))
    seen["marks"] = marks.hash(case.given["manifest_count"], case.given["content_count"]).hex()


def _holds(case: Case, seen: Values) -> None:
    given = case.given
    key, file_id, plaintext = (from_hex(given[name]) for name in ("key", "id", "plaintext"))
    where = given["version"], given["index"], given["final"]
    seen["holds"] = mark_holds(
        FileKey(key), given["stream"], file_id, *where, from_hex(given["mark"]), plaintext
    )


def _room(case: Case, seen: Values) -> None:
    seen["room"] = resume_room(from_hex(case.given["resume"])).hex()


def _key(case: Case, seen: Values) -> None:
    seen["key"] = direct_key(from_hex(case.given["exported"]), from_hex(case.given["id"])).hex()


def _direct(case: Case) -> DirectKey:
    return DirectKey(from_hex(case.given["key"]))


def _here(case: Case, seen: Values) -> None:
    seen["here"] = direct_here(_direct(case), case.given["role"], from_hex(case.given["machine"])).hex()


def _nonces(case: Case) -> tuple[bytes, bytes]:
    return from_hex(case.given["nonce_c"]), from_hex(case.given["nonce_l"])


def _proof(case: Case, seen: Values) -> None:
    seen["proof"] = direct_proof(_direct(case), case.given["role"], *_nonces(case)).hex()


def _stream(case: Case, seen: Values) -> None:
    seen["stream"] = direct_stream(_direct(case), *_nonces(case)).hex()


def _secret(case: Case, seen: Values) -> None:
    park = park_secret(from_hex(case.given["exported"]), from_hex(case.given["id"]), case.given["version"])
    seen.update(secret=park.secret.hex(), reader=park.reader.hex(), token=park.token.hex())


def _open_closing(case: Case, seen: Values) -> None:
    given = case.given
    park = ParkSecret(from_hex(given["secret"]), from_hex(given["id"]), given["version"])
    closing = park.open_closing(from_hex(given["closing"]))
    seen.update(manifest_hash=closing.manifest_hash.hex(), root=closing.root.hex())
    seen.update(manifest_records=closing.manifest_records, content_records=closing.content_records)
    with its_own():
        assert park.open_closing(park.seal_closing(closing)) == closing


OPERATIONS: dict[str, Run] = {
    "marks.hash": _hash,
    "marks.holds": _holds,
    "marks.resume_room": _room,
    "direct.key": _key,
    "direct.here": _here,
    "direct.proof": _proof,
    "direct.stream": _stream,
    "park.secret": _secret,
    "park.open_closing": _open_closing,
}
