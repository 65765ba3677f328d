"""Every case of `vectors/` holds in Python: what comes out, or the code of the one failure."""

import pytest

from peerseal.errors import PeersealError
from support import (
    vectors_of_breaks,
    vectors_of_files,
    vectors_of_guard,
    vectors_of_keys,
    vectors_of_people,
    vectors_of_stored,
)
from support.vectors import Case, Values, load

CASES = load()
OPS = {
    **vectors_of_keys.OPERATIONS,
    **vectors_of_files.OPERATIONS,
    **vectors_of_people.OPERATIONS,
    **vectors_of_stored.OPERATIONS,
    **vectors_of_breaks.OPERATIONS,
    **vectors_of_guard.OPERATIONS,
}


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_vector(case: Case) -> None:
    seen: Values = {}
    try:
        OPS[case.op](case, seen)
        verdict = "ok"
    except PeersealError as error:
        verdict = error.code
    assert verdict == case.expect
    assert {name: seen.get(name) for name in case.out} == case.out


def test_there_are_vectors_of_every_format() -> None:
    assert {case.op for case in CASES} == set(OPS)
    assert len(CASES) >= 1_200
