"""The API as an OpenAPI 3.1 document: made from the table of endpoints, and by hand for what stands outside it.

`python -m peerseal.server.openapi` prints it; `docs/openapi.json` is its output.
"""

from __future__ import annotations

import json
import re
import sys
from http import HTTPStatus
from typing import Final

from peerseal.version import VERSION
from peerseal.wire import fields as f
from peerseal.wire import limits, parks, stored
from peerseal.wire.api import ENDPOINTS, Endpoint
from peerseal.wire.strict_json import JsonObject, JsonValue

PATH: Final = "/api/v1/openapi.json"
_PREFIX: Final = "/api/v1"
_PROBLEM: Final[JsonObject] = {"$ref": "#/components/schemas/Problem"}
_ALWAYS: Final = (400, 405, 411, 413, 415, 429, 431, 503, 507)
_WITH_ACCOUNT: Final = (401, 403)
_ACCOUNT: Final[list[JsonValue]] = [{"token": []}, {"cookie": []}]
#: To everybody who is no operator the address does not exist.
_OPERATOR_ONLY: Final = (403, 404)
_OPERATOR: Final[list[JsonValue]] = [{"operator": []}, {"operator_page": []}, *_ACCOUNT]
_STREAM: Final[JsonObject] = {"application/octet-stream": {}}


def document() -> JsonObject:
    """The whole document."""
    paths: dict[str, JsonObject] = {}
    for name, endpoint in ENDPOINTS.items():
        paths.setdefault(_PREFIX + endpoint.path, {})[endpoint.method.lower()] = _operation(name, endpoint)
    for path, operations in _by_hand().items():
        paths.setdefault(path, {}).update(operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Peerseal",
            "version": VERSION,
            "description": "What the fields mean: docs/api.md and docs/wire.md. "
            "What the byte strings hold: docs/protocol.md.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": {"Problem": _problem()}, "securitySchemes": _security()},
    }


def text() -> str:
    """The document as it stands in `docs/openapi.json`."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _operation(name: str, endpoint: Endpoint) -> JsonObject:
    parameters: list[JsonValue] = [_part(part) for part in re.findall(r"\{([a-z]+)\}", endpoint.path)]
    parameters += [_query(query) for query in endpoint.query]
    if endpoint.if_match:
        parameters.append(_header("If-Match", {"type": "string", "pattern": '^"(0|[1-9][0-9]*)"$'}))
    account = endpoint.access == "account"
    operator = endpoint.access == "operator"
    refusals = {
        *_ALWAYS,
        *endpoint.refusals,
        *(_WITH_ACCOUNT if account else ()),
        *(_OPERATOR_ONLY if operator else ()),
    }
    given: JsonObject = {"description": HTTPStatus(endpoint.status).phrase}
    if endpoint.gives is not None:
        given["content"] = {"application/json": {"schema": endpoint.gives.schema()}}
    operation: JsonObject = {
        "operationId": name,
        "parameters": parameters,
        "responses": {str(endpoint.status): given, **_refusals(refusals)},
        "security": _ACCOUNT if account else _OPERATOR if operator else [],
    }
    if endpoint.takes is not None:
        operation["requestBody"] = {
            "required": True,
            "description": f"At most {endpoint.most} bytes.",
            "content": {"application/json": {"schema": endpoint.takes.schema()}},
        }
    return operation


def _by_hand() -> dict[str, JsonObject]:
    """What Flask's table does not know: plain ASGI endpoints and what the server says of itself."""
    return {
        limits.HEALTH_PATH: _health("health", {"status": {"const": "ok"}}),
        limits.LIVE_PATH: _health("live", {"status": {"const": "ok"}}),
        limits.READY_PATH: _health(
            "ready",
            {"status": {"const": "ready"}},
            {"checks": {"type": "object", "additionalProperties": {"type": "string"}}},
        ),
        limits.INFO_PATH: {"get": _free("info", _info())},
        PATH: {"get": _free("openapi", None)},
        limits.NEWS_PATH: {"get": _news()},
        limits.MEET_PATH: {
            "post": _plain("open_meeting", {201: "A session of the meeting over HTTP"}, ()),
            "delete": _plain("leave_meeting", {204: "Left"}, (404,)),
        },
        limits.EXCHANGE_PATH: {"post": _plain("exchange_messages", {200: "Messages"}, (404,))},
        limits.RELAY_PATH: {
            "post": _plain("open_relay", {201: "A session of one end of a stream"}, (401,)),
            "put": _plain("send_piece", {200: "Taken"}, (404, 408, 409)),
            "get": _plain("receive_piece", {200: "A piece", 204: "Nothing yet"}, (404, 408, 409)),
        },
        f"{limits.CHUNKS_PATH}/{{stream}}/{{chunk}}": _chunks(),
    }


def _info() -> JsonObject:
    strings: JsonObject = {name: {"type": "string"} for name in ("name", "version", "protocol", "discovery")}
    server = f.octets(limits.SERVER_ID_BYTES, limits.SERVER_ID_BYTES).schema()
    return {
        **strings,
        "addresses": {"type": "array", "items": {"type": "string"}},
        "server": server,
        "registration": {"enum": ["open", "invite", "closed"]},
        "parking": f.nullable(parks.PARKING).schema(),
    }


def _free(name: str, properties: JsonObject | None, perhaps: JsonObject | None = None) -> JsonObject:
    schema: JsonObject = {"type": "object"}
    if properties is not None:
        schema |= {"properties": {**properties, **(perhaps or {})}, "required": list(properties)}
    answer: JsonObject = {"description": "OK", "content": {"application/json": {"schema": schema}}}
    return {"operationId": name, "responses": {"200": answer, **_refusals({*_ALWAYS})}, "security": []}


def _health(name: str, always: JsonObject, perhaps: JsonObject | None = None) -> JsonObject:
    return {
        "get": _free(name, always, perhaps),
        "head": _free(f"{name}_head", always, perhaps),
    }


def _news() -> JsonObject:
    seconds: JsonObject = {"type": "integer", "minimum": 0, "maximum": 20}
    answer: JsonObject = {
        "description": "At once, or when something has changed, or when the time is up",
        "content": {"application/json": {"schema": stored.NEWS.schema()}},
    }
    return {
        "operationId": "news",
        "parameters": [_in("query", "after", f.integer(0).schema()), _in("query", "wait", seconds)],
        "responses": {"200": answer, **_refusals({*_ALWAYS, 401})},
        "security": _ACCOUNT,
    }


def _chunks() -> JsonObject:
    where: list[JsonValue] = [
        _in("path", "stream", {"enum": ["manifest", "content"]}),
        _in("path", "chunk", f.integer(0).schema()),
    ]
    put = _plain("put_chunk", {200: "Had it already", 201: "Durable"}, (401, 404, 408, 409, 422, 507))
    get = _plain("get_chunk", {200: "The chunk", 204: "Not there yet", 206: "A range"}, (401, 404, 409, 416))
    head = _plain("head_chunk", {200: "As GET"}, (401, 404, 409))
    put["requestBody"] = {"required": True, "content": _STREAM}
    for operation in (put, get, head):
        operation["security"] = [{"ticket": []}]
    return {"parameters": where, "put": put, "get": get, "head": head}


def _plain(name: str, answers: dict[int, str], refusals: tuple[int, ...]) -> JsonObject:
    said: JsonObject = {str(status): {"description": what} for status, what in answers.items()}
    return {"operationId": name, "responses": {**said, **_refusals({*_ALWAYS, *refusals})}}


def _refusals(statuses: set[int]) -> JsonObject:
    content: JsonObject = {"application/problem+json": {"schema": _PROBLEM}}
    return {
        str(status): {"description": HTTPStatus(status).phrase, "content": content}
        for status in sorted(statuses)
    }


def _part(name: str) -> JsonObject:
    if name == "version":
        return _in("path", name, f.integer(1).schema())
    if name == "name":
        return _in("path", name, f.text(1, limits.NAME_MAX_CHARACTERS).schema())
    return _in("path", name, f.ID.schema())


def _query(name: str) -> JsonObject:
    if name == "limit":
        return _in("query", name, {**f.integer(1, limits.PAGE_MAX_ITEMS).schema(), "default": 50})
    return _in("query", name, {"type": "string"})


def _header(name: str, schema: JsonObject) -> JsonObject:
    return {"name": name, "in": "header", "required": True, "schema": schema}


def _in(place: str, name: str, schema: JsonObject) -> JsonObject:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _problem() -> JsonObject:
    strings: JsonObject = {name: {"type": "string"} for name in ("code", "title", "request_id")}
    return {
        "type": "object",
        "properties": {**strings, "status": {"type": "integer"}},
        "required": ["code", "title", "status", "request_id"],
    }


def _security() -> JsonObject:
    ticket = "`Ticket T`, as `upload` endpoints and links give it"
    operator = (
        "`Operator T`, T from `operator.token` in the data folder; accounts: as PEERSEAL_OPERATORS names them"
    )
    return {
        "token": {"type": "http", "scheme": "bearer"},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "peerseal_session",
            "description": "Under TLS `__Host-peerseal_session`. What changes something also needs X-CSRF-Token.",
        },
        "ticket": {"type": "apiKey", "in": "header", "name": "Authorization", "description": ticket},
        "operator": {"type": "apiKey", "in": "header", "name": "Authorization", "description": operator},
        "operator_page": {
            "type": "apiKey",
            "in": "cookie",
            "name": "peerseal_operator",
            "description": "Under TLS `__Host-peerseal_operator`. What changes something also needs X-CSRF-Token.",
        },
    }


if __name__ == "__main__":
    sys.stdout.write(text())
