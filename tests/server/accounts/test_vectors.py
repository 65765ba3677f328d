"""The two things of the protocol a server computes, names and signatures, by the same vectors as everybody."""

import pytest

from peerseal.server.accounts.names import canonical
from peerseal.server.accounts.signature import recovery_holds, signature_holds
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire.accounts import NewPassword, Recover
from support.vectors import Case, Values, load

CASES = load()


def of(op: str) -> list[Case]:
    found = [case for case in CASES if case.op == op]
    assert found
    return found


@pytest.mark.parametrize("case", of("account_name.canonical"), ids=lambda case: case.id)
def test_names(case: Case) -> None:
    if case.expect == "ok":
        assert canonical(case.given["text"]) == case.out["name"]
        return
    with pytest.raises(HttpProblem) as refused:
        canonical(case.given["text"])
    assert (refused.value.status, refused.value.code) == (422, case.expect)


@pytest.mark.parametrize("case", of("ed25519.verify"), ids=lambda case: case.id)
def test_signatures(case: Case) -> None:
    given = case.given
    people = {name: bytes.fromhex(person["bundle"]) for name, person in case.shared["people"].items()}
    bundle = people.get(given["bundle"]) or bytes.fromhex(given["bundle"])
    body, signature = bytes.fromhex(given["body"]), bytes.fromhex(given["signature"])
    assert signature_holds(bundle, given["kind"], body, signature) == (case.expect == "ok")


@pytest.mark.parametrize("case", [*of("recovery.sign"), *of("recovery.verify")], ids=lambda case: case.id)
def test_recoveries(case: Case) -> None:
    given: Values = case.given | case.out
    raw = {name: bytes.fromhex(given[name]) for name in ("server", "challenge", "auth", "salt", "signature")}
    vault = None if given["vault"] is None else bytes.fromhex(given["vault"])
    password = NewPassword(raw["auth"], raw["salt"], given["memory"], given["passes"], given["lanes"], vault)
    wanted = Recover(given["user"], raw["challenge"], raw["signature"], password)
    bundle = bytes.fromhex(case.shared["people"][given["person"]]["bundle"])
    assert recovery_holds(bundle, raw["server"], given["user"], wanted) == (case.expect == "ok")


@pytest.mark.parametrize("y", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18])
def test_a_key_of_small_order_signs_nothing(y: int) -> None:
    bundle = bytes(4) + y.to_bytes(32, "little") + bytes(1484)
    assert not signature_holds(bundle, "recover", b"", b"\1" + bytes(63))
