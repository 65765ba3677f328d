"""The Flask application: the page, its files, and what this server says about itself."""

from __future__ import annotations

import functools
import hashlib
import logging
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flask import Flask, Response, abort, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.security import safe_join

from peerseal.errors import PeersealError
from peerseal.server import openapi
from peerseal.server.accounts import login
from peerseal.server.accounts import routes as accounts_routes
from peerseal.server.api import Answers
from peerseal.server.exchange import routes as exchange_routes
from peerseal.server.files import routes as files_routes
from peerseal.server.guard.problems import (
    PROBLEM_TYPE,
    HttpProblem,
    code_of,
    is_failing_machine,
    kind_of,
    of_failing_machine,
    problem_body,
)
from peerseal.server.operator import routes as operator_routes
from peerseal.server.page import INDEX, OF_LINK, OPERATOR, STATIC, Document, content_type
from peerseal.server.parking import routes as parking_routes
from peerseal.server.parking.ledger import NEW_SHARE
from peerseal.server.services import Services
from peerseal.version import VERSION
from peerseal.wire import parks
from peerseal.wire.encoding import base64url_encode, is_id
from peerseal.wire.fields import nullable
from peerseal.wire.limits import INFO_PATH
from peerseal.wire.strict_json import JsonObject, JsonValue, dumps

LOG: Final = logging.getLogger("peerseal.server")
_HASHED: Final = "public, max-age=31536000, immutable"
_NAMED: Final = "no-cache"


class _App(Flask):
    """Flask, whose log names the place of a defect and never what was asked for."""

    def log_exception(self, exc_info: object) -> None:
        """Flask's own would log the path, and the error's text may repeat it."""
        kind, _, trace = exc_info if isinstance(exc_info, tuple) else (None, None, None)
        places = traceback.extract_tb(trace)
        where = f"{places[-1].filename}:{places[-1].lineno}" if places else "an unknown place"
        LOG.error("unhandled %s at %s", getattr(kind, "__name__", "error"), where)


def create_app(
    services: Services,
    addresses: Callable[[], list[str]] = list,
    static: Path = STATIC,
) -> Flask:
    """The application on these services. `addresses` lists this server's URLs on its own networks."""
    app = _App(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 0  # endpoints that take a body say how much
    app.url_map.merge_slashes = False  # `//x` is no page of ours, and no redirect to anywhere
    _errors(app)
    _page(app, static)
    _server(app, services, addresses)
    login.install(app, services.sessions)
    answers = Answers(app, services.rights.of)
    accounts_routes.register(answers, services.accounts, services.changes, services.recovery)
    exchange_routes.register(answers, services.exchanges)
    files_routes.register(answers, services.files)
    parking_routes.register(answers, services.parking)
    operator_routes.register(answers, services)
    return app


def _page(app: Flask, static: Path) -> None:
    def shown(which: Document) -> Response:
        if not (static / which.script).is_file():
            raise HttpProblem(503, "page_not_built")
        body = render_template(which.template, base=which.base)
        return Response(body, content_type="text/html; charset=utf-8")

    @app.get("/")
    def page() -> Response:
        return shown(INDEX)

    @app.get("/operator")
    def operator_page() -> Response:
        # The same for everybody: whether somebody is an operator, it asks for itself.
        return shown(OPERATOR)

    @app.get("/s/<link>")
    def link_page(link: str) -> Response:
        # The page asks for the link itself: looking at it here would make every preview a visit.
        if not is_id(link):
            abort(404)
        return shown(OF_LINK)

    @app.get("/static/<path:name>")
    def file(name: str) -> Response:
        hashed = name.startswith("assets/")
        return _file(static, name, _HASHED if hashed else _NAMED)

    @app.get("/sw.js")
    def service_worker() -> Response:
        # From the root, because a worker controls only what lies below its own address.
        response = _file(static, "sw.js", _NAMED)
        response.headers["Service-Worker-Allowed"] = "/"
        return response


def _server(app: Flask, services: Services, addresses: Callable[[], list[str]]) -> None:
    @app.get(INFO_PATH)
    def info() -> Response:
        local = request.environ.get("asgi.scope", {}).get("peerseal.local", False)
        shown: list[JsonValue] = list(addresses()) if local else []
        config = services.config
        most = min(config.park_bytes, config.park_total // NEW_SHARE)
        parked = parks.Parking(config.park_hours, most) if config.parking == "on" else None
        return _json(
            {
                "name": "peerseal",
                "version": VERSION,
                "protocol": "peerseal/1",
                "discovery": config.discovery,
                "addresses": shown,
                "server": base64url_encode(services.identity.server_id),
                "registration": config.registration,
                "parking": nullable(parks.PARKING).write(parked),
            }
        )

    @functools.cache
    def described() -> tuple[bytes, str]:
        document = dumps(openapi.document()).encode()
        return document, hashlib.sha256(document).hexdigest()[:32]

    @app.get(openapi.PATH)
    def described_api() -> Response:
        document, tag = described()
        known = tag in request.if_none_match
        response = Response(
            b"" if known else document, 304 if known else 200, content_type="application/json"
        )
        response.set_etag(tag)
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response


def _errors(app: Flask) -> None:
    @app.errorhandler(HttpProblem)
    def refused(problem: HttpProblem) -> Response:
        response = _problem(problem.status, problem.code)
        if problem.retry_after is not None:
            response.headers["Retry-After"] = str(problem.retry_after)
        return response

    @app.errorhandler(PeersealError)
    def failed(error: PeersealError) -> Response:
        return _problem(error.http_status, error.code)

    @app.errorhandler(OSError)
    @app.errorhandler(MemoryError)
    @app.errorhandler(RuntimeError)
    def machine_failed(error: Exception) -> Response:
        if not is_failing_machine(error):
            raise error
        LOG.error("the machine failed (%s)", kind_of(error))
        return refused(of_failing_machine(error))

    @app.errorhandler(HTTPException)
    def odd(error: HTTPException) -> Response:
        status = error.code or 500
        response = _problem(status, code_of(status))
        methods = getattr(error, "valid_methods", None)
        if methods:
            response.headers["Allow"] = ", ".join(methods)
        return response


def _problem(status: int, code: str) -> Response:
    scope = request.environ.get("asgi.scope", {})
    scope["peerseal.code"] = code
    request_id = scope.get("peerseal.request_id", "")
    return Response(problem_body(status, code, request_id), status, content_type=PROBLEM_TYPE)


def _json(value: JsonObject) -> Response:
    return Response(dumps(value), content_type="application/json")


def _file(static: Path, name: str, cache: str) -> Response:
    # Read whole and sent as one piece: these are small, and a slow reader must not hold one of Flask's threads.
    path = safe_join(str(static), name)
    if path is None:
        abort(404)
    file = Path(path)
    try:
        body, status = file.read_bytes(), file.stat()
    except (OSError, ValueError):  # absent, a folder, or a name no file can have
        abort(404)
    response = Response(body, content_type=content_type(file.name))
    response.headers["Cache-Control"] = cache
    response.set_etag(f"{status.st_mtime_ns:x}-{status.st_size:x}")
    response.make_conditional(request.environ)
    response.headers.pop("Date", None)  # the server below writes one
    return response
