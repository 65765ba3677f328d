"""The strict decoder takes JSON objects with one meaning, and nothing else."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerseal.errors import IntegrityFailed
from peerseal.wire.strict_json import dumps, loads, loads_object

INTEGERS = st.integers(-(2**53 - 1), 2**53 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_what_is_written_reads_back_the_same(value: dict[str, object]) -> None:
    assert loads_object(json.dumps(value), max_depth=100) == value
    assert loads_object(dumps(value).encode(), max_depth=100) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        "null",
        '"a"',
        '{"a":1,"a":2}',
        '{"a":{"b":1,"b":1}}',
        '{"a":1.0}',
        '{"a":1e3}',
        '{"a":NaN}',
        '{"a":-Infinity}',
        '{"a":9007199254740992}',
        '{"a":-9007199254740992}',
        '{"a":"\\ud800"}',
        '{"a":["\\udfff x"]}',
        '{"\\ud800":1}',
        '{"a":1}x',
        '{"a":1,}',
        "{'a':1}",
        '{"a":"\n"}',
        '{"a":01}',
        '\ufeff{"a":1}',
        '{"a":"\ud800"}',
        nested(9),
        '{"a":' + "[" * 30_000,
        '{"a":' + "9" * 60_000 + "}",
        '{"a":"' + "x" * 65_536 + '"}',
        '{"a":"' + "ä" * 40_000 + '"}',
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(IntegrityFailed) as refused:
        loads_object(text)
    assert refused.value.code == "malformed"


@pytest.mark.parametrize("text", [b'{"a":"\xff"}', b'{"a":"\xed\xa0\x80"}', b"\xff\xfe{\x00}\x00"])
def test_bytes_that_are_not_utf8_are_malformed(text: bytes) -> None:
    with pytest.raises(IntegrityFailed):
        loads_object(text)


def test_eight_levels_are_allowed_and_integers_to_the_edge() -> None:
    assert loads_object(nested(8))
    assert loads('{"a":9007199254740991,"b":-9007199254740991}') == {"a": 2**53 - 1, "b": -(2**53 - 1)}


def test_surrogate_pairs_are_one_character() -> None:
    assert loads_object('{"a":"\\ud83d\\ude00"}') == {"a": "😀"}


def test_the_largest_hostile_text_is_refused_quickly() -> None:
    start = time.perf_counter()
    with pytest.raises(IntegrityFailed):
        loads_object('{"a":' + "[" * 65_000)
    assert time.perf_counter() - start < 1


def test_values_are_counted_before_they_are_made() -> None:
    text = '{"a":[' + "{}," * 99 + "{}]}"
    assert loads_object(text) == loads_object(text.encode(), max_values=201)
    with pytest.raises(IntegrityFailed) as refused:
        loads_object(text, max_values=200)
    assert refused.value.code == "malformed"
