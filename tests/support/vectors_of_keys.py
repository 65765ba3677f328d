"""How Python runs the vectors about text, keys, codes and handshakes."""

import hashlib

import pytest

from peerseal.crypto import dh14, kdf, primitives, words
from peerseal.crypto.code import Code, check_strength, code_generator, parse_code
from peerseal.errors import PeersealError
from peerseal.protocol import control, handshake
from peerseal.wire import encoding, strict_json
from support.vectors import Case, Run, Values, from_hex


def _base64url_encode(case: Case, seen: Values) -> None:
    seen["text"] = encoding.base64url_encode(from_hex(case.given["bytes"]))


def _base64url_decode(case: Case, seen: Values) -> None:
    seen["bytes"] = encoding.base64url_decode(case.given["text"], case.given["length"]).hex()


def _id(case: Case, _: Values) -> None:
    if not encoding.is_id(case.given["text"]):
        raise strict_json.malformed("not an id")


def _json(case: Case, seen: Values) -> None:
    text = from_hex(case.given["bytes"]) + b" " * case.given["append_spaces"]
    seen["value"] = strict_json.loads_object(text, case.given["limit"])


def _lp(case: Case, seen: Values) -> None:
    seen["bytes"] = kdf.lp(*map(from_hex, case.given["parts"])).hex()


def _kdf(case: Case, seen: Values) -> None:
    ikm, salt, context = (from_hex(case.given[name]) for name in ("ikm", "salt", "context"))
    seen["bytes"] = kdf.derive(ikm, salt, case.given["label"], context, case.given["length"]).hex()


def _dh14_exponent(case: Case, seen: Values) -> None:
    seen["exponent"] = dh14.exponent_from(from_hex(case.given["random"])).to_bytes(32, "big").hex()


def _dh14_public(case: Case, seen: Values) -> None:
    exponent, generator = int(case.given["exponent"], 16), int(case.given["generator"], 16)
    seen["public"] = dh14.public_value(exponent, generator).hex()


def _dh14_shared(case: Case, seen: Values) -> None:
    secret = dh14.shared_secret(int(case.given["exponent"], 16), from_hex(case.given["public"]))
    seen["secret"] = secret.hex()


def _x25519_public(case: Case, seen: Values) -> None:
    seen["public"] = primitives.x25519_public(from_hex(case.given["private"])).hex()


def _x25519_shared(case: Case, seen: Values) -> None:
    private, public = from_hex(case.given["private"]), from_hex(case.given["public"])
    seen["secret"] = primitives.x25519_shared(private, public).hex()


def _mlkem_public(case: Case, seen: Values) -> None:
    seen["public"] = primitives.ml_kem_public(from_hex(case.given["seed"])).hex()


def _mlkem_check(case: Case, _: Values) -> None:
    primitives.ml_kem_encapsulate(from_hex(case.given["public"]))


def _mlkem_encapsulate(case: Case, seen: Values) -> None:
    # The library draws its own randomness: what it makes must open, and so must what was given.
    ciphertext, secret = primitives.ml_kem_encapsulate(from_hex(case.given["public"]))
    seed = from_hex(case.given["seed"])
    assert primitives.ml_kem_decapsulate(seed, ciphertext) == secret
    seen["ciphertext"] = case.out["ciphertext"]
    seen["secret"] = primitives.ml_kem_decapsulate(seed, from_hex(case.out["ciphertext"])).hex()


def _mlkem_decapsulate(case: Case, seen: Values) -> None:
    seed, ciphertext = from_hex(case.given["seed"]), from_hex(case.given["ciphertext"])
    seen["secret"] = primitives.ml_kem_decapsulate(seed, ciphertext).hex()


def _words_list(_: Case, seen: Values) -> None:
    lines = "".join(f"{word}\n" for word in words.WORDS)
    seen.update(count=len(words.WORDS), first=words.WORDS[0], last=words.WORDS[-1])
    seen["sha256"] = hashlib.sha256(lines.encode()).hexdigest()


def _words_from_bytes(case: Case, seen: Values) -> None:
    seen["words"] = list(words.check_words(from_hex(case.given["bytes"])))


def _words_derive(case: Case, seen: Values) -> None:
    derived = kdf.derive(from_hex(case.given["ikm"]), from_hex(case.given["transcript"]), "words", b"", 8)
    seen["words"] = list(words.check_words(derived))


def _code_parse(case: Case, seen: Values) -> None:
    seen["nameplate"], seen["words"] = parse_code(case.given["text"])


def _code_strength(case: Case, _: Values) -> None:
    check_strength(parse_code(case.given["text"]))


def _code_generator(case: Case, seen: Values) -> None:
    code = Code(case.given["nameplate"], case.given["words"])
    seen["generator"] = code_generator(code, from_hex(case.given["room"])).to_bytes(256, "big").hex()


_MODES: dict[int, handshake.Mode] = {1: "words", 2: "code", 3: "resume"}


def _side(case: Case, role: str) -> handshake.Handshake:
    session = case.shared["sessions"][case.given["session"]]
    own = session[role]
    ephemeral = handshake.Ephemeral(
        int(own["dh14"], 16),
        from_hex(own["x25519"]),
        from_hex(own.get("kem_seed", "00" * 64)),
        from_hex(own["nonce"]),
    )
    mode = _MODES[session["mode"]]
    code = parse_code(session["code"]) if session["code"] else None
    resume = from_hex(session["resume"]) if session["resume"] else None

    def encapsulate(public: bytes) -> tuple[bytes, bytes]:
        primitives.ml_kem_encapsulate(public)  # for its checks; the result is given
        return from_hex(own["kem_ciphertext"]), from_hex(own["kem_secret"])

    if role == "initiator":
        return handshake.Handshake.initiator(
            from_hex(session["room"]), mode, code, resume=resume, ephemeral=ephemeral
        )
    return handshake.Handshake.responder(
        from_hex(session["room"]), mode, code, resume=resume, ephemeral=ephemeral, encapsulate=encapsulate
    )


def _message(case: Case, name: str) -> bytes:
    return from_hex(case.shared["messages"][name] if "." in name else name)


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
        primitives.x25519_shared(from_hex(own["x25519"]), primitives.x25519_public(from_hex(peer["x25519"]))),
        from_hex(peer["kem_secret"]),
        *([from_hex(session["resume"])] if session["resume"] else []),
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


def _one_side(role: str) -> Run:
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


OPERATIONS: dict[str, Run] = {
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
}
