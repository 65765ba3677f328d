"""What docs/openapi.json promises of each endpoint, and requests as it describes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from peerseal.wire.api import ENDPOINTS
from peerseal.wire.value import Value
from support.json_schemas import Known, Schema, mistakes, mostly, spoiled, valid

DOCUMENT: Final = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text(encoding="utf-8"))
#: Most of what is sent should get past the first checks.
_MOSTLY: Final = 24
_JSON: Final = "application/json"


class Request(Value):
    """One HTTP request."""

    method: str
    path: str
    body: bytes | None
    headers: dict[str, str]


class Operation(Value):
    """One operation of the document. `schema` is that of its JSON body, None if it takes none."""

    name: str
    method: str
    path: str
    parameters: list[Schema]
    schema: Schema | None
    responses: dict[str, Schema]

    @property
    def granted(self) -> int:
        """The status of success."""
        entry = ENDPOINTS.get(self.name)
        return entry.status if entry is not None else 201 if self.name == "put_chunk" else 200

    def faults(self, status: int, kind: str, body: bytes) -> list[str]:
        """In what an answer is not as documented."""
        told = self.responses.get(str(status))
        if told is None:
            return [f"{status} is not documented: {body[:200]!r}"]
        content = told.get("content", {})
        if not content or self.method == "HEAD":
            return [f"{status} has a body: {body[:80]!r}"] if body and self.name in ENDPOINTS else []
        if kind not in content:
            return [f"{status} is of the type {kind!r}"]
        schema = content[kind]["schema"]
        if "$ref" in schema:
            schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return [f"{status}: {mistake}" for mistake in mistakes(json.loads(body), schema)]


def operations() -> list[Operation]:
    """All of them."""
    found = []
    for path, methods in DOCUMENT["paths"].items():
        for method, told in methods.items():
            if method == "parameters":
                continue
            content = told.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            parameters = told.get("parameters", methods.get("parameters", []))
            found.append(
                Operation(told["operationId"], method.upper(), path, parameters, schema, told["responses"])
            )
    return found


def generated(operation: Operation, known: Known, credential: dict[str, str]) -> st.SearchStrategy[Request]:
    """Requests as the document describes them, and spoiled ones; mostly with this credential."""
    fields = {one["name"]: _parameter(one, known) for one in operation.parameters}
    bodies: st.SearchStrategy[bytes | None] = st.none()
    if operation.schema is not None:
        bodies = _bodies(operation.schema, known)
    elif operation.name not in ENDPOINTS and operation.method in ("POST", "PUT"):
        bodies = st.binary(max_size=200)
    wrong: list[dict[str, str]] = [{}, {"Authorization": "Bearer é"}, {"Authorization": "Ticket x"}]
    credentials = st.sampled_from([credential] * _MOSTLY + wrong)
    kinds = st.sampled_from([_JSON] * _MOSTLY + ["text/plain", "", f"{_JSON}; charset=utf-8"])

    def made(chosen: dict[str, Any], body: bytes | None, signed: dict[str, str], kind: str) -> Request:
        return _request(operation, chosen, body, signed, kind)

    return st.builds(made, st.fixed_dictionaries(fields), bodies, credentials, kinds)


def _bodies(schema: Schema, known: Known) -> st.SearchStrategy[bytes]:
    right = valid(schema, known)
    whole = right.map(lambda value: json.dumps(value).encode())
    spoilt = right.flatmap(spoiled).map(lambda value: json.dumps(value).encode())
    torn = right.map(lambda value: json.dumps(value, ensure_ascii=False).encode()[:-1])
    return mostly(whole, st.one_of(spoilt, spoilt, spoilt, torn, st.binary(max_size=20)))


def _parameter(told: Schema, known: Known) -> st.SearchStrategy[Any]:
    name, schema = told["name"], told["schema"]
    if name == "wait":
        return st.sampled_from((None, 0, 0, 0, "x", -1, 21))
    described = valid(schema if "type" in schema or "enum" in schema else {"type": "string"}, known)
    odd = st.sampled_from((*(() if told["in"] == "path" else (None,)), "x", "%", "0" * 32, "-1", "é"))
    unasked = st.none() if told["in"] == "query" else described
    meant = st.sampled_from(known[name]) if name in known else unasked
    return mostly(meant, st.one_of(described, odd))


def _request(
    operation: Operation, chosen: dict[str, Any], body: bytes | None, signed: dict[str, str], kind: str
) -> Request:
    place = {one["name"]: one["in"] for one in operation.parameters}
    parts = {name: quote(str(value), safe="") for name, value in chosen.items() if place[name] == "path"}
    query = {name: value for name, value in chosen.items() if place[name] == "query" and value is not None}
    headers = dict(signed)
    if chosen.get("If-Match") is not None:
        headers["If-Match"] = chosen["If-Match"]
    if body is not None and kind:
        headers["Content-Type"] = kind
    path = operation.path.format(**parts) + ("?" + urlencode(query) if query else "")
    return Request(operation.method, path, body, headers)
