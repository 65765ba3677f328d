"""Registers the routes of the JSON API by the table of `peerseal.wire.api`, and does for all of them what is common.

Who is asking, CSRF, content type, size and shape of the body, If-Match, the form of the answer and of errors: an
endpoint's own function sees none of that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from flask import Flask, Response, g, request
from flask_login import current_user, login_required
from werkzeug.exceptions import RequestEntityTooLarge

from peerseal.errors import NotFound, PeersealError
from peerseal.server.accounts.asking import Asking, Guest
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import limits
from peerseal.wire.api import ENDPOINTS, Endpoint
from peerseal.wire.encoding import is_id
from peerseal.wire.strict_json import dumps, loads_object, malformed

#: Takes the caller (`Signed`, or `Guest` where anyone may ask), the body if the endpoint takes one, and by
#: keyword the parts of the address (ids as text, `version` as a number), `if_match`, `cursor` and `limit`.
Answer: TypeAlias = Callable[..., object]

PREFIX: Final = "/api/v1"
LIMIT_DEFAULT: Final = 50
#: To everybody but operators nothing under here exists, whatever they send there.
OPERATOR_PREFIX: Final = f"{PREFIX}/operator/"
#: What makes somebody an operator: to who has not the secret it does not exist either.
_OPENS: Final = frozenset({"operator_open_page"})
_PARTS: Final = re.compile(r"\{([a-z]+)\}")
_IF_MATCH: Final = re.compile(r'"(0|[1-9][0-9]{0,15})"', re.ASCII)
_DECIMAL: Final = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)


class Answers:
    """Connects endpoints with the functions that answer them: `@answers("new_file")`."""

    def __init__(self, app: Flask, operator: Callable[[Asking], object | None] = lambda _: None) -> None:
        """`operator` gives who operates by a request, None for everybody else."""
        self._app = app
        self._names: set[str] = set()
        app.before_request(lambda: _operators_only(operator))

    def __call__(self, name: str) -> Callable[[Answer], Answer]:
        """A decorator: the function answers the endpoint of that name in the table."""
        endpoint = ENDPOINTS[name]

        def register(answer: Answer) -> Answer:
            def view(**parts: str) -> Response:
                if name in _OPENS:
                    return _respond_secretly(endpoint, answer, parts)
                return _respond(endpoint, answer, parts)

            self._app.add_url_rule(
                PREFIX + _PARTS.sub(r"<\1>", endpoint.path),
                endpoint=f"api.{name}",
                view_func=login_required(view) if endpoint.access == "account" else view,
                methods=[endpoint.method],
                provide_automatic_options=False,
            )
            self._names.add(name)
            return answer

        return register

    @property
    def missing(self) -> set[str]:
        """Endpoints of the table that nothing answers."""
        return set(ENDPOINTS) - self._names


def asking() -> Asking:
    """The present request, as far as it says who asks."""
    scope = request.environ.get("asgi.scope", {})
    headers = scope.get("headers") or [
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers
    ]
    source = scope.get("peerseal.source", request.remote_addr or "")
    return Asking(request.method, headers, scope.get("peerseal.secure", False), source)


def _operators_only(operator: Callable[[Asking], object | None]) -> None:
    if not request.path.startswith(OPERATOR_PREFIX):
        return
    opens = request.method == "POST" and any(request.path == PREFIX + ENDPOINTS[name].path for name in _OPENS)
    g.peerseal_operator = None if opens else operator(asking())
    if not opens and g.peerseal_operator is None:
        raise NotFound


def _respond_secretly(endpoint: Endpoint, answer: Answer, parts: Mapping[str, str]) -> Response:
    try:
        return _respond(endpoint, answer, parts)
    except (HttpProblem, PeersealError):
        raise NotFound from None


def _respond(endpoint: Endpoint, answer: Answer, parts: Mapping[str, str]) -> Response:
    named: dict[str, object] = {name: _part(name, text) for name, text in parts.items()}
    named |= _query(endpoint)
    body = _body(endpoint)
    if endpoint.if_match:
        named["if_match"] = _if_match()
    result = answer(_caller(endpoint), *body, **named)
    if endpoint.gives is None:
        response = Response(status=endpoint.status)
        del response.headers["Content-Type"]
        return response
    return Response(
        dumps(endpoint.gives.write(result)), status=endpoint.status, content_type="application/json"
    )


def _caller(endpoint: Endpoint) -> object:
    """Who asks. An operator's page and the account this browser is signed in to know nothing of each other."""
    if endpoint.access == "operator":
        return g.peerseal_operator
    asked = asking()
    if request.path.startswith(OPERATOR_PREFIX):
        return Guest(asked.source, asked)
    user = current_user._get_current_object()  # noqa: SLF001 - Flask-Login's documented way
    return Guest(asked.source, asked) if endpoint.access == "anyone" else user


def _part(name: str, text: str) -> object:
    if name == "name":
        return text
    if name == "version":
        if _DECIMAL.fullmatch(text) is None or int(text) > limits.INTEGER_MAX:
            raise NotFound
        return int(text)
    if not is_id(text):
        raise NotFound
    return text


def _query(endpoint: Endpoint) -> dict[str, object]:
    given = request.args
    if set(given) - set(endpoint.query) or any(len(given.getlist(name)) > 1 for name in given):
        raise malformed("unknown or repeated query")
    if not endpoint.query:
        return {}
    limit = given.get("limit", str(LIMIT_DEFAULT))
    if _DECIMAL.fullmatch(limit) is None or int(limit) > limits.PAGE_MAX_ITEMS:
        raise malformed(f"limit is a number from 1 to {limits.PAGE_MAX_ITEMS}")
    return {"cursor": given.get("cursor"), "limit": int(limit)}


def _body(endpoint: Endpoint) -> tuple[Any, ...]:
    request.max_content_length = endpoint.most if endpoint.takes is not None else 0
    length = request.content_length
    if endpoint.takes is None:
        if length:
            raise HttpProblem(413)
        return ()
    if request.mimetype != "application/json":
        raise HttpProblem(415)
    if length is None:
        raise HttpProblem(411)
    try:
        text = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise HttpProblem(413) from None
    return (endpoint.takes.read(loads_object(text, endpoint.most, max_values=limits.JSON_MAX_VALUES)),)


def _if_match() -> int:
    given = request.headers.get("If-Match")
    if given is None:
        raise HttpProblem(428)
    found = _IF_MATCH.fullmatch(given.strip())
    if found is None:
        raise HttpProblem(412)  # a tag this server never gave
    return int(found[1])
