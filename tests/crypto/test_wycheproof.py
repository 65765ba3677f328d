"""Project Wycheproof's cases through our own wrappers: every verdict agrees, and what ran is counted.

Our rules are stricter in places (protocol.md §2.2, §9.1): there "acceptable" means refused. Cases of sizes that are not
offered run too: they have to be refused. Twin of web/tests/crypto/wycheproof.test.ts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from peerseal.crypto.kdf import extract, hkdf_expand
from peerseal.crypto.primitives import (
    ML_KEM_CIPHERTEXT_BYTES,
    aes_256_gcm,
    ed25519_verify,
    ml_kem_decapsulate,
    ml_kem_encapsulate,
    ml_kem_public,
    open_in_place,
    open_message,
    x25519_shared,
)
from peerseal.errors import PeersealError
from support import wycheproof
from support.wycheproof import Case

SAME = "the same result"
TAKEN = "taken, with randomness of the library"
NO_SUCH_SIZE = "no such size"  # ValueError: only a mistake in the program could ask for it

#: How many cases of each file came to which end.
COUNTS = {
    "aes_gcm": {SAME: 39, "not_authentic": 27, "malformed": 39, NO_SUCH_SIZE: 211},
    "ed25519": {SAME: 138, "signature_invalid": 52, "malformed": 12, "invalid_peer_key": 8},
    "hkdf_sha256": {SAME: 83, NO_SUCH_SIZE: 3},
    "mlkem_768": {SAME: 161, "malformed": 20, NO_SUCH_SIZE: 20},
    "mlkem_768_encaps": {TAKEN: 133, "invalid_peer_key": 112, "malformed": 20},
    "mlkem_768_keygen_seed": {SAME: 100},
    "x25519": {SAME: 474, "invalid_peer_key": 44},
}


def aes_gcm(case: Case) -> str:
    key, nonce, bound = _bytes(case["key"]), _bytes(case["iv"]), _bytes(case["aad"])
    plaintext, sealed = _bytes(case["msg"]), _bytes(case["ct"] + case["tag"])
    aead = aes_256_gcm(key)
    out = memoryview(bytearray(b"x" * len(plaintext)))
    in_place = _end(lambda: open_in_place(aead, nonce, memoryview(sealed), bound, out))
    assert _end(lambda: open_message(aead, nonce, sealed, bound)) == in_place
    if in_place != SAME:
        assert in_place == "malformed" or not any(out), "what does not authenticate was left in the buffer"
        return in_place
    assert out == open_message(aead, nonce, sealed, bound) == plaintext
    assert aead.encrypt(nonce, plaintext, bound) == sealed
    return SAME


def expected_of_aes_gcm(case: Case) -> str:
    if case["keySize"] != 256:
        return NO_SUCH_SIZE
    return "malformed" if case["ivSize"] != 96 else _valid(case, "not_authentic")


def ed25519(case: Case) -> str:
    ed25519_verify(_bytes(case["publicKey"]["pk"]), _bytes(case["msg"]), _bytes(case["sig"]))
    return SAME


def expected_of_ed25519(case: Case) -> str:
    if len(case["sig"]) != 128:
        return "malformed"
    if "SmallOrderPublicKey" in case["flags"]:
        return "invalid_peer_key"
    # What is only "acceptable" is a key of mixed order, whose signatures here hold without the cofactor too.
    return "signature_invalid" if case["result"] == "invalid" else SAME


def hkdf_sha256(case: Case) -> str:
    key = extract(_bytes(case["ikm"]), _bytes(case["salt"]))
    assert hkdf_expand(key, _bytes(case["info"]), case["size"]).hex() == case["okm"]
    return SAME


def expected_of_hkdf_sha256(case: Case) -> str:
    return _valid(case, NO_SUCH_SIZE)


def mlkem_768(case: Case) -> str:
    seed = _bytes(case["seed"])
    assert "ek" not in case or ml_kem_public(seed).hex() == case["ek"]
    assert ml_kem_decapsulate(seed, _bytes(case["c"])).hex() == case["K"]
    return SAME


def expected_of_mlkem_768(case: Case) -> str:
    if len(case["seed"]) != 128:
        return NO_SUCH_SIZE
    return _valid(case, "malformed")


def mlkem_768_encaps(case: Case) -> str:
    ciphertext, secret = ml_kem_encapsulate(_bytes(case["ek"]))
    assert (len(ciphertext), len(secret)) == (ML_KEM_CIPHERTEXT_BYTES, 32)
    return TAKEN


def expected_of_mlkem_768_encaps(case: Case) -> str:
    if case["result"] == "valid":
        return TAKEN
    return "malformed" if len(case["ek"]) != 2 * 1184 else "invalid_peer_key"


def mlkem_768_keygen_seed(case: Case) -> str:
    assert ml_kem_public(_bytes(case["seed"])).hex() == case["ek"]
    return SAME


def x25519(case: Case) -> str:
    assert x25519_shared(_bytes(case["private"]), _bytes(case["public"])).hex() == case["shared"]
    return SAME


def expected_of_x25519(case: Case) -> str:
    refused = {"NonCanonicalPublic", "ZeroSharedSecret"} & set(case["flags"])
    return "invalid_peer_key" if refused else SAME


#: What runs a case of each file, and what has to come of it.
RUNS: dict[str, tuple[Callable[[Case], str], Callable[[Case], str]]] = {
    "aes_gcm": (aes_gcm, expected_of_aes_gcm),
    "ed25519": (ed25519, expected_of_ed25519),
    "hkdf_sha256": (hkdf_sha256, expected_of_hkdf_sha256),
    "mlkem_768": (mlkem_768, expected_of_mlkem_768),
    "mlkem_768_encaps": (mlkem_768_encaps, expected_of_mlkem_768_encaps),
    "mlkem_768_keygen_seed": (mlkem_768_keygen_seed, lambda _: SAME),
    "x25519": (x25519, expected_of_x25519),
}


@pytest.mark.parametrize("name", wycheproof.RUN)
def test_every_verdict_agrees(name: str) -> None:
    run, expected = RUNS[name]
    ends: Counter[str] = Counter()
    for case in wycheproof.cases(name):
        end = _end(partial(run, case))
        assert end == expected(case), (case["tcId"], case.get("comment"))
        ends[end] += 1
    assert ends == COUNTS[name]
    assert ends.total() == wycheproof.document(name)["numberOfTests"]


def test_no_file_of_our_algorithms_is_left_out_unsaid() -> None:
    assert set(wycheproof.files()) == {*wycheproof.RUN, *wycheproof.NOT_RUN}
    for name, not_run in wycheproof.NOT_RUN.items():
        assert (len(wycheproof.cases(name)), bool(not_run.reason)) == (not_run.cases, True)


def test_a_wrong_expectation_is_noticed() -> None:
    case = next(case for case in wycheproof.cases("x25519") if case["result"] == "valid")
    with pytest.raises(AssertionError):
        x25519({**case, "shared": "00" * 32})


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text)


def _valid(case: Case, otherwise: str) -> str:
    return SAME if case["result"] == "valid" else otherwise


def _end(step: Callable[[], object]) -> str:
    try:
        end = step()
    except PeersealError as refused:
        return refused.code
    except ValueError:
        return NO_SUCH_SIZE
    return end if isinstance(end, str) else SAME
