"""What a server sends as the page, compared with the page of this installation."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from peerseal.cli.page_parts import beyond
from peerseal.cli.page_policy import weaker
from peerseal.client.http import HttpConnection, Response, not_peerseal
from peerseal.client.refusals import refusal
from peerseal.client.settings import ServerUrl
from peerseal.errors import IntegrityFailed, Interrupted, ServerUnreachable
from peerseal.server.guard.headers import content_security_policy
from peerseal.server.page import HASHES, INDEX, OF_LINK, OPERATOR, Installed, content_type
from peerseal.wire.limits import INFO_PATH
from peerseal.wire.strict_json import loads_object

_PATIENCE: Final = 15.0
_WHOLE: Final = 60.0
_MOST_LISTED: Final = 50
_WORKER: Final = "sw.js"
_HTML: Final = "text/html; charset=utf-8"
#: Those whose answer's policy holds for what runs in them.
_RUN: Final = ("text/html", "text/javascript")
#: Headers by which an answer loads or runs something beside its body.
_LOADING: Final = ("link", "refresh", "speculation-rules")
#: An alternative service of another host (RFC 7838 §3): `h3="host:443"`. Without a host it is this one.
_ELSEWHERE: Final = re.compile(r'="([^":\[\]]+|\[[^"\]]*\]):\d*"')
#: A browser's, so that the server cannot tell at a glance that somebody compares.
_BROWSER: Final = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.5",
}


class Difference(NamedTuple):
    """One thing that is not as in this installation, at an address of the server."""

    path: str
    kind: Literal["changed", "missing", "extra", "policy"]
    message: str


class Visit:
    """Asks one server for its page, as a browser would. Follows no redirect.

    Raises ServerUnreachable, Interrupted; Refused if the server wants to be left alone.
    """

    def __init__(self, server: ServerUrl) -> None:
        self.server = server
        self._connection: HttpConnection | None = None

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get(self, path: str) -> Response:
        """What the server sends for it."""
        kept = self._connection is not None
        try:
            response = self._ask(path)
        except Interrupted:
            if not kept:
                raise
            response = self._ask(path)  # a connection that was kept open may end at any time
        said_no = response.status in (403, 429) or response.status >= 500
        if said_no and response.headers.get("content-type") == "application/problem+json":
            raise refusal(self.server, response, path, {})
        if response.status >= 500:
            raise ServerUnreachable(
                f"{self.server} answers with status {response.status} at {path}.",
                code="server_failed",
                hint="It is not well, or something before it is not; `peerseal doctor` says more.",
                retryable=True,
            )
        return response

    def _ask(self, path: str) -> Response:
        if self._connection is None:
            self._connection = HttpConnection(self.server, _PATIENCE, _WHOLE)
        try:
            response = self._connection.request("GET", path, _BROWSER)
        except Interrupted:
            self.close()
            raise
        if "close" in response.headers.get("connection", "").lower():
            self.close()
        return response

    def version(self) -> str:
        """The version the server says it has. Raises ServerUnreachable (`not_peerseal`)."""
        response = self.get(INFO_PATH)
        try:
            said = loads_object(response.body)
        except IntegrityFailed:
            raise not_peerseal(self.server) from None
        version = said.get("version")
        if response.status != 200 or said.get("name") != "peerseal" or not isinstance(version, str):
            raise not_peerseal(self.server)
        return version[:40]


def differences(visit: Visit, ours: Installed) -> Iterator[Difference]:
    """Look at all of it: everything in which the server's page is another one than `ours`."""
    link = secrets.token_hex(16)
    for path, which in (("/", INDEX), ("/operator", OPERATOR), (f"/s/{link}", OF_LINK)):
        shown = "/s/…" if which is OF_LINK else path
        response, wanted = visit.get(path), ours.document(which)
        yield from _compared(visit, shown, response, wanted, _HTML)
        if response.status == 200 and response.body != wanted:
            yield from (Difference(shown, "extra", said) for said in beyond(response.body, wanted))
    for name, wanted in sorted(ours.files.items()):
        response = visit.get(f"/static/{name}")
        yield from _compared(visit, f"/static/{name}", response, wanted, content_type(name))
        if name == HASHES:
            yield from _listed_besides(response, ours)
    yield from _service_worker(visit, ours)


def _compared(visit: Visit, path: str, response: Response, wanted: bytes, kind: str) -> Iterator[Difference]:
    if response.status != 200:
        where = response.headers.get("location")
        elsewhere = f", and points to {where}" if where else ""
        yield Difference(path, "missing", f"the server answers with status {response.status}{elsewhere}")
        return
    if response.body != wanted:
        packed = response.headers.get("content-encoding", "identity").lower() != "identity"
        why = ", and came compressed, which was not asked for" if packed else ""
        yield Difference(path, "changed", f"its bytes are others than here{why}")
    yield from _headers(visit, path, response, kind)


def _headers(visit: Visit, path: str, response: Response, kind: str) -> Iterator[Difference]:
    said = response.headers
    if _type(said.get("content-type", "")) != _type(kind):
        yield Difference(path, "changed", f"its type is {said.get('content-type', 'not said')}, not {kind}")
    if said.get("x-content-type-options", "").lower() != "nosniff":
        yield Difference(path, "policy", "its type may be guessed (X-Content-Type-Options is not nosniff)")
    if any(mark < " " and mark != "\t" for line in said.items() for text in line for mark in text):
        # Browsers end a line at a bare LF, too: what stands behind it is a header to them.
        yield Difference(path, "extra", "a header with a control character, which may hide another")
    if "clear-site-data" in said:
        what = said["clear-site-data"]
        yield Difference(
            path, "extra", f"a header that deletes what the browser keeps of this server: {what}"
        )
    here = visit.server.host.lower()
    for host in sorted(set(_ELSEWHERE.findall(said.get("alt-svc", "").lower())) - {here, f"[{here}]"}):
        yield Difference(path, "extra", f"a header that sends the browser to {host} from then on (Alt-Svc)")
    for name in _LOADING:
        if name in said:
            yield Difference(path, "extra", f"a header {name}: {said[name]}")
    if kind.startswith(_RUN):
        ours = content_security_policy(visit.server.authority)
        for excess in weaker(said.get("content-security-policy"), ours):
            yield Difference(path, "policy", excess)


def _type(text: str) -> str:
    return text.lower().replace(" ", "").replace('"', "")


def _listed_besides(response: Response, ours: Installed) -> Iterator[Difference]:
    """Files that the server's own list names and ours does not."""
    try:
        listed = loads_object(response.body) if response.status == 200 else {}
    except IntegrityFailed:
        return  # told already: it differs
    here = {f"static/{name}" for name in ours.files}
    besides = sorted(name for name in listed if name.startswith("static/") and name not in here)
    for name in besides[:_MOST_LISTED]:
        yield Difference(f"/{name}", "extra", "the server's own list has this file")


def _service_worker(visit: Visit, ours: Installed) -> Iterator[Difference]:
    """One answers for the page from then on, so there must be none but ours."""
    path = f"/{_WORKER}"
    response, wanted = visit.get(path), ours.files.get(_WORKER)
    if wanted is not None:
        yield from _compared(visit, path, response, wanted, content_type(_WORKER))
    elif response.status != 404:
        yield Difference(
            path, "extra", f"there is a service worker, or something else (status {response.status})"
        )
