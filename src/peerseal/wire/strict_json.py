"""The one JSON decoder: what it accepts has one meaning in every language, and no input can hurt it.

UTF-8, no duplicate keys, no floats or NaN, integers within ±(2⁵³ − 1), no lone surrogates, bounded size and
depth. Everything else is `IntegrityFailed` with code `malformed`.
"""

from __future__ import annotations

import json
import math
from typing import Final, NoReturn, TypeAlias

from peerseal.errors import IntegrityFailed
from peerseal.wire.limits import INTEGER_MAX, JSON_MAX_BYTES, JSON_MAX_DEPTH

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"
JsonObject: TypeAlias = dict[str, JsonValue]

_INTEGER_MAX_TEXT: Final = len(str(-INTEGER_MAX))


def loads_object(
    text: str | bytes,
    max_bytes: int = JSON_MAX_BYTES,
    max_depth: int = JSON_MAX_DEPTH,
    max_values: int | None = None,
) -> JsonObject:
    """The JSON object `text` spells; a text of anything else is `malformed`."""
    value = loads(text, max_bytes, max_depth, max_values)
    if not isinstance(value, dict):
        raise malformed("not a JSON object")
    return value


def loads(
    text: str | bytes,
    max_bytes: int = JSON_MAX_BYTES,
    max_depth: int = JSON_MAX_DEPTH,
    max_values: int | None = None,
) -> JsonValue:
    """The JSON value `text` spells. An object or array at the top is depth 1.

    `max_values` bounds the signs `{`, `[` and `,` (those within texts count as well) before any object is made:
    a few bytes of text can be a hundred of memory.
    """
    if len(text) > max_bytes:
        raise malformed("too long")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        elif len(text.encode("utf-8")) > max_bytes:
            raise malformed("too long")
        if max_values is not None and sum(map(text.count, "{[,")) > max_values:
            raise malformed("too many values")
        value: JsonValue = _DECODER.decode(text)
    except (ValueError, RecursionError) as wrong:
        raise malformed("not strict JSON") from wrong
    _check(value, max_depth)
    return value


def loads_measures(text: bytes, max_bytes: int = JSON_MAX_BYTES) -> dict[str, object]:
    """The same for a file of measurements, where numbers may have fractions; infinities are none."""
    if len(text) > max_bytes:
        raise malformed("too long")
    try:
        value = _MEASURES.decode(text.decode("utf-8"))
    except (ValueError, RecursionError) as wrong:
        raise malformed("not strict JSON") from wrong
    _check(value, JSON_MAX_DEPTH)
    if not isinstance(value, dict):
        raise malformed("not a JSON object")
    return value


def dumps(value: JsonValue) -> str:
    """`value` as compact JSON, in UTF-8 characters rather than escapes."""
    return _ENCODER.encode(value)


def malformed(why: str) -> IntegrityFailed:
    """The error for a text, field or message that does not have the agreed form."""
    return IntegrityFailed(why, code="malformed")


def _check(value: JsonValue, depth_left: int) -> None:
    if isinstance(value, str):
        if not value.isascii():
            _refuse_lone_surrogates(value)
    elif isinstance(value, list | dict):
        if depth_left == 0:
            raise malformed("too deep")
        for key in value if isinstance(value, dict) else ():
            _check(key, depth_left)
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, depth_left - 1)


def _refuse_lone_surrogates(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as wrong:
        raise malformed("lone surrogate") from wrong


def _object(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate key")
    return value


def _integer(text: str) -> int:
    # The length comes first: converting a million digits is quadratic.
    if len(text) > _INTEGER_MAX_TEXT or abs(value := int(text)) > INTEGER_MAX:
        raise ValueError("integer out of range")
    return value


def _refuse_number(text: str) -> NoReturn:
    raise ValueError(f"not an integer: {text[:20]}")


def _fraction(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("number out of range")
    return value


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_refuse_number,
    parse_constant=_refuse_number,
)
_MEASURES: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_fraction, parse_constant=_refuse_number
)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
