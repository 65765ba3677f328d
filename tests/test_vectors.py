"""Every case of `vectors/` holds in Python: what comes out, or the code of the one failure."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pytest

from peerseal.crypto import dh14, file_key, kdf, primitives, words
from peerseal.crypto.code import Code, check_strength, code_generator, parse_code
from peerseal.crypto.record import RecordOpener
from peerseal.errors import IntegrityFailed, PeersealError
from peerseal.protocol import channel, control, handshake
from peerseal.protocol.manifest import ManifestReader
from peerseal.protocol.paths import read_path
from peerseal.wire import encoding, strict_json
from peerseal.wire.frames import FrameReader, read_frame_header
from peerseal.wire.limits import FRAME_HEADER_BYTES

VECTORS = Path(__file__).parents[1] / "vectors"
Values: TypeAlias = dict[str, Any]


class Case(NamedTuple):
    """One case and the shared material of its file."""

    id: str
    op: str
    given: Values
    expect: str
    out: Values
    shared: Values


def _cases() -> list[Any]:
    found = []
    for path in sorted(VECTORS.glob("*.json")):
        document = json.loads(path.read_text())
        for case in document["cases"]:
            loaded = Case(
                case["id"],
                f"{document['file']}.{case['op']}",
                case["in"],
                case["expect"],
                case.get("out", {}),
                document,
            )
            found.append(pytest.param(loaded, id=case["id"]))
    return found


@pytest.mark.parametrize("case", _cases())
def test_vector(case: Case) -> None:
    seen: Values = {}  # filled as things come out, so that a failure leaves what came before it
    try:
        OPS[case.op](case, seen)
        verdict = "ok"
    except PeersealError as error:
        verdict = error.code
    assert verdict == case.expect
    assert {name: seen.get(name) for name in case.out} == case.out


def test_there_are_vectors_of_every_format() -> None:
    assert {case.values[0].op for case in _cases()} == set(OPS)
    assert len(_cases()) >= 80


def _hex(value: str) -> bytes:
    return bytes.fromhex(value)


def _base64url_encode(case: Case, seen: Values) -> None:
    seen["text"] = encoding.base64url_encode(_hex(case.given["bytes"]))


def _base64url_decode(case: Case, seen: Values) -> None:
    seen["bytes"] = encoding.base64url_decode(case.given["text"], case.given["length"]).hex()


def _id(case: Case, _: Values) -> None:
    if not encoding.is_id(case.given["text"]):
        raise strict_json.malformed("not an id")


def _json(case: Case, seen: Values) -> None:
    text = _hex(case.given["bytes"]) + b" " * case.given["append_spaces"]
    seen["value"] = strict_json.loads_object(text, case.given["limit"])


def _lp(case: Case, seen: Values) -> None:
    seen["bytes"] = kdf.lp(*map(_hex, case.given["parts"])).hex()


def _kdf(case: Case, seen: Values) -> None:
    ikm, salt, context = (_hex(case.given[name]) for name in ("ikm", "salt", "context"))
    seen["bytes"] = kdf.derive(ikm, salt, case.given["label"], context, case.given["length"]).hex()


def _dh14_exponent(case: Case, seen: Values) -> None:
    seen["exponent"] = dh14.exponent_from(_hex(case.given["random"])).to_bytes(32, "big").hex()


def _dh14_public(case: Case, seen: Values) -> None:
    exponent, generator = int(case.given["exponent"], 16), int(case.given["generator"], 16)
    seen["public"] = dh14.public_value(exponent, generator).hex()


def _dh14_shared(case: Case, seen: Values) -> None:
    secret = dh14.shared_secret(int(case.given["exponent"], 16), _hex(case.given["public"]))
    seen["secret"] = secret.hex()


def _x25519_public(case: Case, seen: Values) -> None:
    seen["public"] = primitives.x25519_public(_hex(case.given["private"])).hex()


def _x25519_shared(case: Case, seen: Values) -> None:
    private, public = _hex(case.given["private"]), _hex(case.given["public"])
    seen["secret"] = primitives.x25519_shared(private, public).hex()


def _mlkem_public(case: Case, seen: Values) -> None:
    seen["public"] = primitives.ml_kem_public(_hex(case.given["seed"])).hex()


def _mlkem_check(case: Case, _: Values) -> None:
    primitives.ml_kem_encapsulate(_hex(case.given["public"]))


def _mlkem_encapsulate(case: Case, seen: Values) -> None:
    # The library draws its own randomness: what it makes must open, and so must what was given.
    ciphertext, secret = primitives.ml_kem_encapsulate(_hex(case.given["public"]))
    seed = _hex(case.given["seed"])
    assert primitives.ml_kem_decapsulate(seed, ciphertext) == secret
    seen["ciphertext"] = case.out["ciphertext"]
    seen["secret"] = primitives.ml_kem_decapsulate(seed, _hex(case.out["ciphertext"])).hex()


def _mlkem_decapsulate(case: Case, seen: Values) -> None:
    seed, ciphertext = _hex(case.given["seed"]), _hex(case.given["ciphertext"])
    seen["secret"] = primitives.ml_kem_decapsulate(seed, ciphertext).hex()


def _file(case: Case) -> tuple[file_key.FileKey, bytes, int]:
    return file_key.FileKey(_hex(case.given["key"])), _hex(case.given["id"]), case.given["version"]


def _commitment(case: Case, seen: Values) -> None:
    seen["commitment"] = file_key.commitment(*_file(case)).hex()


def _record_key(case: Case, seen: Values) -> None:
    key, file_id, version = _file(case)
    seen["bytes"] = file_key.record_key(key, case.given["stream"], file_id, version).hex()


def _commitment_check(case: Case, _: Values) -> None:
    file_key.check_commitment(*_file(case), _hex(case.given["commitment"]))


def _record_open(case: Case, seen: Values) -> None:
    key, file_id, version = _file(case)
    opener = RecordOpener(key, case.given["stream"], file_id, version, case.given["record_size"])
    seen["plaintext"] = ""
    for record in case.given["records"]:
        seen["plaintext"] += opener.open(record["index"], record["final"], _hex(record["record"])).hex()
    opener.end()


def _words_list(_: Case, seen: Values) -> None:
    lines = "".join(f"{word}\n" for word in words.WORDS)
    seen.update(count=len(words.WORDS), first=words.WORDS[0], last=words.WORDS[-1])
    seen["sha256"] = hashlib.sha256(lines.encode()).hexdigest()


def _words_from_bytes(case: Case, seen: Values) -> None:
    seen["words"] = list(words.check_words(_hex(case.given["bytes"])))


def _words_derive(case: Case, seen: Values) -> None:
    derived = kdf.derive(_hex(case.given["ikm"]), _hex(case.given["transcript"]), "words", b"", 8)
    seen["words"] = list(words.check_words(derived))


def _code_parse(case: Case, seen: Values) -> None:
    seen["nameplate"], seen["words"] = parse_code(case.given["text"])


def _code_strength(case: Case, _: Values) -> None:
    check_strength(parse_code(case.given["text"]))


def _code_generator(case: Case, seen: Values) -> None:
    code = Code(case.given["nameplate"], case.given["words"])
    seen["generator"] = code_generator(code, _hex(case.given["room"])).to_bytes(256, "big").hex()


def _side(case: Case, role: str) -> handshake.Handshake:
    session = case.shared["sessions"][case.given["session"]]
    own = session[role]
    ephemeral = handshake.Ephemeral(
        int(own["dh14"], 16), _hex(own["x25519"]), _hex(own.get("kem_seed", "00" * 64)), _hex(own["nonce"])
    )
    mode: handshake.Mode = "words" if session["mode"] == 1 else "code"
    code = parse_code(session["code"]) if session["code"] else None

    def encapsulate(public: bytes) -> tuple[bytes, bytes]:
        primitives.ml_kem_encapsulate(public)  # for its checks; the result is given
        return _hex(own["kem_ciphertext"]), _hex(own["kem_secret"])

    if role == "initiator":
        return handshake.Handshake.initiator(_hex(session["room"]), mode, code, ephemeral=ephemeral)
    return handshake.Handshake.responder(
        _hex(session["room"]), mode, code, ephemeral=ephemeral, encapsulate=encapsulate
    )


def _message(case: Case, name: str) -> bytes:
    return _hex(case.shared["messages"][name] if "." in name else name)


def _named(case: Case, message: bytes) -> str:
    names = {text: name for name, text in case.shared["messages"].items()}
    return str(names.get(message.hex(), message.hex()))


def _transcript(case: Case, seen: Values) -> None:
    initiator, responder = _side(case, "initiator"), _side(case, "responder")
    [m1] = initiator.start()
    [m2] = responder.receive(m1)
    m3, m4 = initiator.receive(m2)
    assert responder.receive(m3) == []
    [m5] = responder.receive(m4)
    assert initiator.receive(m5) == []
    assert initiator.words == responder.words
    seen["messages"] = [_named(case, message) for message in (m1, m2, m3, m4, m5)]
    transcript = primitives.sha256(kdf.lp(b"peerseal/1 transcript", m1, m2, m3))
    session = case.shared["sessions"][case.given["session"]]
    own, peer = session["initiator"], session["responder"]
    ikm = kdf.lp(
        dh14.shared_secret(int(own["dh14"], 16), m2[5:261]),
        primitives.x25519_shared(_hex(own["x25519"]), primitives.x25519_public(_hex(peer["x25519"]))),
        _hex(peer["kem_secret"]),
    )
    seen.update(transcript=transcript.hex(), ikm=ikm.hex(), words=list(initiator.words) or None)
    for role in ("initiator", "responder"):
        for purpose in ("confirm", "key"):
            derived = kdf.derive(ikm, transcript, f"{purpose}-{role}", b"", 32)
            seen[f"{purpose}_{role}"] = derived.hex()
    for use in ("resume", "direct", "relay", "park"):
        exported = initiator.channel.export(use)
        assert exported == responder.channel.export(use)
        seen[f"export_{use}"] = exported.hex()
    # What the handshake really uses are these keys: a message sealed by one side opens on the other.
    assert responder.channel.open(initiator.channel.seal(control.Ping(7))) == control.Ping(7)


def _one_side(role: str) -> "Run":
    def run(case: Case, seen: Values) -> None:
        side = _side(case, role)
        seen["sent"] = [_named(case, message) for message in side.start()]
        try:
            for name in case.given["receive"]:
                seen["sent"] += [_named(case, message) for message in side.receive(_message(case, name))]
        finally:
            seen["established"] = side.established

    return run


def _dead_handshake(case: Case, seen: Values) -> None:
    side = _side(case, case.given["role"])
    seen["sent"] = [_named(case, message) for message in side.start()]
    *before, last = case.given["receive"]
    for name in before:
        seen["sent"] += [_named(case, message) for message in side.receive(_message(case, name))]
    with pytest.raises(PeersealError):
        side.receive(_message(case, last))
    side.receive(_message(case, case.given["then"]))


def _written(message: control.ControlMessage) -> Values:
    number, plaintext = control.encode(message)
    return {"type": number, "value": json.loads(plaintext)}


def _control_read(case: Case, seen: Values) -> None:
    message = control.decode(case.given["type"], _hex(case.given["plaintext"]))
    seen["value"] = _written(message)["value"]


def _channel_end(case: Case) -> channel.Channel:
    # The file gives the two direction keys themselves, so that a channel can be tried without a handshake.
    def given(_secret: object, label: str, _context: bytes, _length: int) -> bytes:
        return _hex(case.shared[label.replace("-", "_")])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(channel, "expand", given)
        return channel.Channel(kdf.PseudoRandomKey(), case.given["role"])


def _channel_open(case: Case, seen: Values) -> None:
    end = _channel_end(case)
    seen["opened"] = []
    for message in case.given["messages"]:
        seen["opened"].append(_written(end.open(_hex(message))))


def _dead_channel(case: Case, seen: Values) -> None:
    end = _channel_end(case)
    *before, last = case.given["messages"]
    seen["opened"] = [_written(end.open(_hex(message))) for message in before]
    with pytest.raises(PeersealError):
        end.open(_hex(last))
    end.open(_hex(case.given["then"]))


def _path(case: Case, seen: Values) -> None:
    seen["components"] = list(read_path(_hex(case.given["path"])))


def _manifest_read(case: Case, seen: Values) -> ManifestReader:
    reader = ManifestReader(case.given["record_size"])
    last = len(case.given["records"]) - 1
    for index, record in enumerate(case.given["records"]):
        reader.feed(index, _hex(record), index == last)
    if case.given["content_length"] is not None:
        reader.check(case.given["content_length"])
    seen.update(open=reader.open, head_records=reader.head_records)
    seen["entries"] = [
        {
            name: getattr(entry, name)
            for name in ("kind", "path", "size", "modified", "executable", "media_type")
        }
        for entry in reader.entries
    ]
    return reader


def _manifest_offer(case: Case, seen: Values) -> None:
    reader = _manifest_read(case, seen)
    offer = dict(case.given["offer"])
    preview = tuple(control.PreviewEntry(**entry) for entry in offer.pop("preview"))
    reader.check_offer(
        control.Offer(
            bytes(16), 1, case.given["record_size"], bytes(32), offer["files"], offer["bytes"],
            offer["open"], offer["text"], preview,
        )
    )  # fmt: skip


def _frame_header(case: Case, seen: Values) -> None:
    header = _hex(case.given["header"])
    read = read_frame_header(header)
    seen.update(length=read.length, stream=read.stream, final=read.final, index=read.index)
    FrameReader(case.given["record_size"]).check_length(read)


def _stream(case: Case, seen: Values) -> None:
    key, file_id, version = _file(case)
    size = case.given["record_size"]
    frames, manifest = FrameReader(size), ManifestReader(size)
    openers = {
        "manifest": RecordOpener(key, "manifest", file_id, version, size),
        "content": RecordOpener(key, "content", file_id, version, size),
    }
    seen.update(manifest="", content="")
    rest = _hex(case.given["bytes"])
    while rest:
        header = frames.accept(rest[:1] if frames.ended else _piece(rest, FRAME_HEADER_BYTES))
        rest = rest[FRAME_HEADER_BYTES:]
        record = _piece(rest, header.length)
        rest = rest[header.length :]
        plaintext = openers[header.stream].open(header.index, header.final, record)
        seen[header.stream] += plaintext.hex()
        if header.stream == "content":
            manifest.place(len(plaintext))
        else:
            manifest.feed(header.index, plaintext, header.final)
            if manifest.head_complete:
                frames.allow_content()
    frames.end()
    manifest.check(len(seen["content"]) // 2)


def _piece(rest: bytes, length: int) -> bytes:
    if len(rest) < length:
        raise IntegrityFailed("an end inside a frame", code="truncated")
    return rest[:length]


Run: TypeAlias = Callable[[Case, Values], object]
OPS: dict[str, Run] = {
    "encoding.base64url_encode": _base64url_encode,
    "encoding.base64url_decode": _base64url_decode,
    "encoding.id": _id,
    "strict_json.decode": _json,
    "kdf.lp": _lp,
    "kdf.kdf": _kdf,
    "dh14.exponent": _dh14_exponent,
    "dh14.public": _dh14_public,
    "dh14.shared": _dh14_shared,
    "x25519.public": _x25519_public,
    "x25519.shared": _x25519_shared,
    "mlkem.public": _mlkem_public,
    "mlkem.check": _mlkem_check,
    "mlkem.encapsulate": _mlkem_encapsulate,
    "mlkem.decapsulate": _mlkem_decapsulate,
    "file_key.commitment": _commitment,
    "file_key.record_key": _record_key,
    "file_key.check": _commitment_check,
    "record.open": _record_open,
    "words.list": _words_list,
    "words.from_bytes": _words_from_bytes,
    "words.derive": _words_derive,
    "code.parse": _code_parse,
    "code.strength": _code_strength,
    "code.generator": _code_generator,
    "handshake.transcript": _transcript,
    "handshake.initiator": _one_side("initiator"),
    "handshake.responder": _one_side("responder"),
    "handshake.dead": _dead_handshake,
    "control.read": _control_read,
    "channel.open": _channel_open,
    "channel.dead": _dead_channel,
    "paths.check": _path,
    "manifest.read": _manifest_read,
    "manifest.offer": _manifest_offer,
    "frames.header": _frame_header,
    "stream.receive": _stream,
}
