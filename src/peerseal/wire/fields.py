"""What one field of a JSON message may hold: read strictly, written back, and described as a JSON schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from peerseal.wire.encoding import base64url_decode, base64url_encode, is_id
from peerseal.wire.limits import INTEGER_MAX, NAMEPLATE_MAX_DIGITS
from peerseal.wire.strict_json import JsonObject, JsonValue, malformed
from peerseal.wire.value import Value

#: Words of the wire that Python keeps for itself, and the attribute that holds them.
_ATTRIBUTE: Final = {"from": "peer", "pass": "pass_"}
_NAMEPLATE: Final = re.compile(rf"[1-9][0-9]{{0,{NAMEPLATE_MAX_DIGITS - 1}}}", re.ASCII)


class Field(Value):
    """Reads a JSON value into what a program uses (`malformed` otherwise) and writes it back."""

    read: Callable[[JsonValue], Any]
    write: Callable[[Any], JsonValue]
    schema: Callable[[], JsonObject]


def read_fields(fields: Mapping[str, Field], value: JsonObject) -> dict[str, Any]:
    """Every field of `fields`, read; one that is missing, mistyped or unknown is `malformed`."""
    if value.keys() != fields.keys():
        raise malformed("missing or unknown fields")
    return {_ATTRIBUTE.get(name, name): field.read(value[name]) for name, field in fields.items()}


def write_fields(fields: Mapping[str, Field], message: object) -> JsonObject:
    """The JSON object of `message`'s attributes named in `fields`."""
    return {name: field.write(getattr(message, _ATTRIBUTE.get(name, name))) for name, field in fields.items()}


def text(least: int, most: int) -> Field:
    """A string of `least` to `most` characters."""

    def read(value: JsonValue) -> str:
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise malformed(f"not a text of {least} to {most} characters")
        return value

    return Field(read, _same, lambda: {"type": "string", "minLength": least, "maxLength": most})


def one_of(*choices: str) -> Field:
    """One of a few words."""

    def read(value: JsonValue) -> str:
        if not isinstance(value, str) or value not in choices:
            raise malformed("not one of: " + ", ".join(choices))
        return value

    return Field(read, _same, lambda: {"type": "string", "enum": list(choices)})


def integer(least: int, most: int = INTEGER_MAX) -> Field:
    """A whole number within bounds, both included."""

    def read(value: JsonValue) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise malformed(f"not an integer from {least} to {most}")
        return value

    return Field(read, _same, lambda: {"type": "integer", "minimum": least, "maximum": most})


def octets(least: int, most: int) -> Field:
    """A byte string of `least` to `most` bytes, as base64url."""

    def read(value: JsonValue) -> bytes:
        if not isinstance(value, str):
            raise malformed("not base64url")
        decoded = base64url_decode(value)
        if not least <= len(decoded) <= most:
            raise malformed(f"{len(decoded)} bytes where {least} to {most} belong")
        return decoded

    return Field(read, base64url_encode, lambda: _base64url(least, most))


def nullable(field: Field) -> Field:
    """What `field` holds, or null."""
    return Field(
        lambda value: None if value is None else field.read(value),
        lambda value: None if value is None else field.write(value),
        lambda: {"anyOf": [field.schema(), {"type": "null"}]},
    )


def token(length: int) -> Field:
    """`length` bytes as base64url, kept as text because nobody looks inside."""

    def read(value: JsonValue) -> str:
        if not isinstance(value, str):
            raise malformed("not base64url")
        base64url_decode(value, length)
        return value

    return Field(read, _same, lambda: _base64url(length, length))


def array(field: Field, most: int | None = None, least: int = 0) -> Field:
    """A list of what `field` holds, as a tuple, of `least` to `most`."""

    def read(value: JsonValue) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) < least or (most is not None and len(value) > most):
            raise malformed("not a list, or of the wrong length")
        return tuple(field.read(item) for item in value)

    def schema() -> JsonObject:
        bound: JsonObject = {} if most is None else {"maxItems": most}
        if least:
            bound["minItems"] = least
        return {"type": "array", "items": field.schema(), **bound}

    return Field(read, lambda items: [field.write(item) for item in items], schema)


def record(make: Callable[..., Any], fields: Mapping[str, Field]) -> Field:
    """A nested object of exactly these fields, made into a dataclass by `make`."""

    def read(value: JsonValue) -> Any:
        if not isinstance(value, dict):
            raise malformed("not an object")
        return make(**read_fields(fields, value))

    return Field(read, lambda item: write_fields(fields, item), lambda: object_schema(fields))


def object_schema(fields: Mapping[str, Field]) -> JsonObject:
    """The JSON schema of an object of exactly these fields."""
    properties: JsonObject = {name: field.schema() for name, field in fields.items()}
    required: list[JsonValue] = list(fields)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _base64url(least: int, most: int) -> JsonObject:
    def characters(octets: int) -> int:
        return -(-octets * 4 // 3)

    return {
        "type": "string",
        "pattern": "^[A-Za-z0-9_-]*$",
        "minLength": characters(least),
        "maxLength": characters(most),
        "description": f"base64url of {least} bytes"
        if least == most
        else f"base64url, {least} to {most} bytes",
    }


def _same(value: Any) -> JsonValue:
    return value  # type: ignore[no-any-return]  # written as it is held


def _boolean(value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise malformed("not true or false")
    return value


def _id(value: JsonValue) -> str:
    if not isinstance(value, str) or not is_id(value):
        raise malformed("not an id")
    return value


def _nameplate(value: JsonValue) -> str:
    if not isinstance(value, str) or _NAMEPLATE.fullmatch(value) is None:
        raise malformed("not a nameplate")
    return value


BOOLEAN: Final = Field(_boolean, _same, lambda: {"type": "boolean"})
#: 32 lower-case hex digits.
ID: Final = Field(_id, _same, lambda: {"type": "string", "pattern": "^[0-9a-f]{32}$"})
#: 1 to 9 digits without a leading zero.
NAMEPLATE: Final = Field(_nameplate, _same, lambda: {"type": "string", "pattern": "^[1-9][0-9]{0,8}$"})
