"""Recovery with the words: a signature over a challenge sets a new password, once, and tells strangers nothing."""

import hashlib
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from werkzeug.test import TestResponse

from peerseal.wire import accounts as a
from peerseal.wire.encoding import base64url_decode
from support.api_client import ApiServer, Caller, problem

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)


def lp(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


BUNDLE = lp(KEY.public_key().public_bytes_raw(), bytes(32), bytes(1184), bytes(256))
NEW = a.NewPassword(b"n" * 32, b"t" * 16, 65_536, 3, 1, b"v" * 93)


def ask(caller: Caller, name: str) -> tuple[bytes, bytes]:
    said = caller.call("recover_challenge", a.Named(name)).get_json()
    return base64url_decode(said["server"]), base64url_decode(said["challenge"])


def sign(server: bytes, user: str, challenge: bytes, new: a.NewPassword = NEW) -> bytes:
    numbers = (struct.pack(">I", number) for number in (new.memory, new.passes, new.lanes))
    password = hashlib.sha256(lp(new.auth, new.salt, *numbers, new.vault or b"")).digest()
    fingerprint = hashlib.sha256(lp(b"peerseal/1 bundle", BUNDLE)).digest()
    body = lp(server, user.encode(), challenge, password)
    return KEY.sign(lp(b"peerseal/1 sig-recover", fingerprint, body))


def recover(caller: Caller, name: str, challenge: bytes, signature: bytes) -> TestResponse:
    return caller.call("recover", a.Recover(name, challenge, signature, NEW))


def test_who_has_the_words_sets_a_new_password_and_all_sessions_end(api: ApiServer) -> None:
    person = api.person("Zoe", bundle=BUNDLE)
    ended: list[str] = []
    api.services.sessions.on_session_ended(ended.append)
    stranger = api.caller()
    server, challenge = ask(stranger, "zoe")
    assert recover(stranger, "ZOE", challenge, sign(server, "zoe", challenge)).status_code == 204
    assert ended == [person.session]
    assert person.call("me").status_code == 401
    assert api.caller().sign_in("zoe").status_code == 401
    assert api.caller().sign_in("zoe", b"n" * 32).status_code == 200


def test_a_challenge_works_once(api: ApiServer) -> None:
    api.person("zoe", bundle=BUNDLE)
    caller = api.caller()
    server, challenge = ask(caller, "zoe")
    signature = sign(server, "zoe", challenge)
    assert recover(caller, "zoe", challenge, signature).status_code == 204
    assert problem(recover(caller, "zoe", challenge, signature)) == (401, "login_failed")


def test_a_challenge_works_for_five_minutes(api: ApiServer) -> None:
    api.person("zoe", bundle=BUNDLE)
    caller = api.caller()
    server, challenge = ask(caller, "zoe")
    api.pass_time(300.5)
    late = recover(caller, "zoe", challenge, sign(server, "zoe", challenge))
    assert problem(late) == (401, "login_failed")
    said = caller.call("recover_challenge", a.Named("zoe")).get_json()
    assert said["expires"] == int(api.seconds * 1000) + 300_000


def test_every_reason_to_refuse_looks_the_same(api: ApiServer) -> None:
    api.person("zoe", bundle=BUNDLE)
    api.person("yan")
    caller = api.caller()
    server, challenge = ask(caller, "zoe")
    good = sign(server, "zoe", challenge)
    made_up = challenge[:8] + bytes(24)
    far = b"\xff" * 8 + challenge[8:]
    tries = [
        ("zoe", challenge, good[:-1] + bytes([good[-1] ^ 1])),
        ("zoe", challenge, sign(bytes(16), "zoe", challenge)),
        ("zoe", made_up, sign(server, "zoe", made_up)),
        ("zoe", far, sign(server, "zoe", far)),
        ("yan", challenge, good),
        ("yan", ask(caller, "yan")[1], good),
        ("nobody", ask(caller, "nobody")[1], good),
        ("zoe", ask(caller, "nobody")[1], good),
    ]
    answers = [recover(caller, *one) for one in tries]
    assert {(answer.status_code, answer.get_data()) for answer in answers} == {(401, answers[0].get_data())}
    assert problem(answers[0]) == (401, "login_failed")
    assert recover(caller, "zoe", challenge, good).status_code == 204


def test_a_signature_for_another_password_sets_none(api: ApiServer) -> None:
    api.person("zoe", bundle=BUNDLE)
    caller = api.caller()
    server, challenge = ask(caller, "zoe")
    other = a.NewPassword(b"n" * 32, b"t" * 16, 65_536, 3, 1, None)
    refused = recover(caller, "zoe", challenge, sign(server, "zoe", challenge, other))
    assert problem(refused) == (401, "login_failed")


def test_challenges_for_unknown_names_look_alike(api: ApiServer) -> None:
    api.person("zoe", bundle=BUNDLE)
    known = api.caller().call("recover_challenge", a.Named("zoe"))
    unknown = api.caller().call("recover_challenge", a.Named("nobody"))
    assert known.status_code == unknown.status_code == 200
    assert known.get_json().keys() == unknown.get_json().keys()
    assert len(known.get_data()) == len(unknown.get_data())
    assert known.get_json()["server"] == unknown.get_json()["server"]


def test_guessing_signatures_is_braked(api: ApiServer) -> None:
    caller = api.caller()
    _, challenge = ask(caller, "zoe")
    codes = [recover(caller, "zoe", challenge, bytes(64)).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]
