"""Direct paths: a code for each role, nonce pair and transfer; nothing said by one side is worth anything for the other."""

from peerseal.crypto.direct import direct_here, direct_key, direct_proof, direct_stream
from support.refusals import refusal_of

EXPORTED, ID = b"e" * 32, b"i" * 16
KEY = direct_key(EXPORTED, ID)


def test_every_transfer_and_channel_has_a_key_of_its_own_which_does_not_show() -> None:
    assert len({KEY, direct_key(EXPORTED, b"j" * 16), direct_key(b"f" * 32, ID)}) == 3
    assert len(KEY) == 32
    assert repr(KEY) == str(KEY) == "DirectKey(…)"
    for file_id in (ID[:-1], ID + b"i"):
        assert refusal_of(direct_key, EXPORTED, file_id) == "malformed"


def test_a_proof_is_of_one_role_both_nonces_and_one_key() -> None:
    c, l = b"c" * 16, b"l" * 16  # noqa: E741 - connector and listener, as in the page
    proofs = {
        direct_proof(KEY, "initiator", c, l),
        direct_proof(KEY, "responder", c, l),
        direct_proof(KEY, "initiator", l, c),
        direct_proof(KEY, "initiator", c, c),
        direct_proof(direct_key(b"f" * 32, ID), "initiator", c, l),
    }
    assert len(proofs) == 5
    assert {len(proof) for proof in proofs} == {32}


def test_here_tells_the_machine_to_the_peer_and_an_echo_is_not_it() -> None:
    said = direct_here(KEY, "initiator", b"machine")
    assert said == direct_here(KEY, "initiator", b"machine")
    others = {direct_here(KEY, "responder", b"machine"), direct_here(KEY, "initiator", b"another")}
    assert said not in others
    assert direct_here(direct_key(b"f" * 32, ID), "initiator", b"machine") != said
    assert len(said) == 16


def test_every_connection_has_a_name_of_its_own() -> None:
    one, other = direct_stream(KEY, b"c" * 16, b"l" * 16), direct_stream(KEY, b"c" * 16, b"m" * 16)
    assert one != other
    assert len(one) == len(other) == 8
    assert direct_stream(KEY, b"l" * 16, b"c" * 16) != one
