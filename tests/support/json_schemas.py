"""The part of JSON Schema that docs/openapi.json uses: what does not hold of a value, and values that hold or do not."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st

Schema = dict[str, Any]
#: For the fields of these names, values that mean something where the body is sent.
Known = Mapping[str, Sequence[Any]]

_TYPES: Final[dict[str, type]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
}
_UNDERSTOOD: Final = frozenset({
    "type", "properties", "required", "additionalProperties", "items", "maxItems", "anyOf", "enum", "const",
    "pattern", "minLength", "maxLength", "minimum", "maximum", "description", "default",
})  # fmt: skip
_JUNK: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 2**53, 1.5, "", "x" * 300, "\x00", "é", "\U0001f4e6", [], [[]], {}, {"a": 1},
)  # fmt: skip
_LETTERS: Final = st.characters(categories=["L", "N", "P", "Z", "S"])


def mistakes(value: Any, schema: Schema, at: str = "$") -> Iterator[str]:
    """What of `schema` does not hold for `value`, each with its place."""
    unknown = schema.keys() - _UNDERSTOOD
    assert not unknown, f"a keyword nobody checks: {unknown}"
    if "anyOf" in schema:
        if all(any(mistakes(value, choice, at)) for choice in schema["anyOf"]):
            yield f"{at}: none of the choices"
    elif value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{at}: not one of the words"
    elif "type" in schema and not _is(value, schema["type"]):
        yield f"{at}: not of type {schema['type']}"
    elif isinstance(value, dict):
        yield from _of_object(value, schema, at)
    elif isinstance(value, list):
        yield from _of_array(value, schema, at)
    elif isinstance(value, str):
        yield from _of_text(value, schema, at)
    elif isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at}: out of bounds"


def _is(value: Any, kind: str) -> bool:
    if kind == "null":
        return value is None
    return isinstance(value, _TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))


def _of_array(value: list[Any], schema: Schema, at: str) -> Iterator[str]:
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{at}: too many"
    for number, item in enumerate(value):
        yield from mistakes(item, schema.get("items", {}), f"{at}[{number}]")


def _of_text(value: str, schema: Schema, at: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{at}: a text of {len(value)} characters"
    if re.search(schema.get("pattern", ""), value) is None:
        yield f"{at}: not of the pattern"


def _of_object(value: dict[str, Any], schema: Schema, at: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in set(schema.get("required", ())) - value.keys():
        yield f"{at}: {name} is missing"
    for name, item in value.items():
        if name in properties:
            yield from mistakes(item, properties[name], f"{at}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{at}: {name} should not be there"


def valid(schema: Schema, known: Known) -> st.SearchStrategy[Any]:
    """Values that hold; sizes stay small, and fields of a known name often have a known value."""
    if "anyOf" in schema:
        return st.one_of([valid(choice, known) for choice in schema["anyOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    if kind == "object":
        properties = schema.get("properties", {})
        return st.fixed_dictionaries({name: _field(name, of, known) for name, of in properties.items()})
    if kind == "array":
        return st.lists(valid(schema["items"], known), max_size=min(3, schema.get("maxItems", 3)))
    if kind == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    return {"boolean": st.booleans(), "null": st.none(), "string": _text(schema)}[kind]


@st.composite
def spoiled(draw: st.DrawFn, value: Any) -> Any:
    """`value` with something in it replaced, left out or added."""
    spoilt, junk = copy.deepcopy(value), draw(st.sampled_from(_JUNK))
    places = list(_places(spoilt))
    if not places:
        return junk
    holder, key = draw(st.sampled_from(places))
    how = draw(st.sampled_from(("replace", "replace", "add", "leave out")))
    if isinstance(holder, list) or how == "replace":
        holder[key] = junk
    elif how == "add":
        holder["surplus"] = junk
    else:
        del holder[key]
    return spoilt


def mostly(usual: st.SearchStrategy[Any], other: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Four of five from `usual`."""
    return st.integers(0, 4).flatmap(lambda chance: other if chance == 4 else usual)


def _field(name: str, schema: Schema, known: Known) -> st.SearchStrategy[Any]:
    generated = valid(schema, known)
    return mostly(st.sampled_from(known[name]), generated) if known.get(name) else generated


def _text(schema: Schema) -> st.SearchStrategy[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 40)
    pattern = schema.get("pattern", "")
    if pattern == "^[A-Za-z0-9_-]*$":  # base64url
        short, long = least * 3 // 4, min(most * 3 // 4, least * 3 // 4 + 40)
        return st.binary(min_size=short, max_size=long).map(_base64url)
    if pattern:
        return st.from_regex(re.compile(pattern), fullmatch=True)
    return st.text(_LETTERS, min_size=least, max_size=min(most, least + 12))


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])
