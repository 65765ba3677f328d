"""`peerseal doctor`: why a server or a path to it does not work, and the fix.

Every finding says what was looked at, what it means and, if it is not well, what to do.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal

from peerseal.cli.options import Options, Parser
from peerseal.cli.output import Output
from peerseal.client.carrier import HttpCarrier
from peerseal.client.http import HttpConnection, Response
from peerseal.client.settings import ServerUrl, parse_server
from peerseal.client.websocket import UpgradeRefused, WebSocket
from peerseal.errors import IntegrityFailed, PeersealError, ServerUnreachable
from peerseal.files.names import visible
from peerseal.transfer.cancel import Cancel
from peerseal.version import VERSION
from peerseal.wire.limits import (
    CHUNKS_PATH,
    INFO_PATH,
    MEET_PATH,
    MEET_SUBPROTOCOL,
    MIB,
    MISDIRECTED,
    RELAY_PATH,
    RELAY_UPGRADE,
)
from peerseal.wire.strict_json import JsonObject, loads_object

State = Literal["well", "limited", "broken"]
PROTOCOL: Final = "peerseal/1"
MAX_SKEW_SECONDS: Final = 120
TOO_LARGE: Final = 413
_OUR_ERRORS: Final = "application/problem+json"
#: Of a chunk of stored records, or more.
_LARGEST_BODY: Final = 17 * MIB
_BODY_SECONDS: Final = 5.0
#: Asks for nothing (401 for a stranger); unlike what the server says of itself it is refused to who is stopped.
_STOPPABLE: Final = "/api/v1/me"
NGINX: Final = """In nginx, inside the server's location:
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $http_connection;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    client_max_body_size 0;
    proxy_buffering off;
    proxy_request_buffering off;
    proxy_read_timeout 1h;"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `fix` is empty when all is well."""

    name: str
    state: State
    message: str
    fix: str = ""


def add_arguments(parser: Parser, options: Options) -> None:
    """Nothing beyond what every command knows."""


def run(arguments: argparse.Namespace, output: Output, _cancel: Cancel) -> int:
    """Look at everything; 0 if all is well or only limited, 3 if the server cannot be used, 1 if part is broken."""
    server = parse_server(arguments.server)
    worst: State = "well"
    output.line(f"Looking at {server}")
    for finding in chain(leftovers(), findings(server)):
        _show(finding, output, json=arguments.json)
        if finding.state == "broken" or worst == "well":
            worst = finding.state
        if finding.state == "broken" and finding.name in ("reachable", "peerseal"):
            return ServerUnreachable.exit_code
    if arguments.json:
        output.object({"v": 1, "event": "result", "state": worst})
    output.line(
        "All is well."
        if worst == "well"
        else "It works, with limits."
        if worst == "limited"
        else "Part of it is broken."
    )
    return 1 if worst == "broken" else 0


def _no_answer_of_ours(server: ServerUrl, response: Response) -> Finding:
    if response.status == MISDIRECTED:
        from peerseal.client.refusals import refusal

        said = refusal(server, response, "info", {})
        return Finding("peerseal", "broken", said.message, said.hint)
    return Finding(
        "peerseal",
        "broken",
        f"What answers at {server} is not Peerseal (status {response.status}).",
        "Check the port, or what the proxy in front of it passes on.",
    )


def findings(server: ServerUrl) -> Iterator[Finding]:
    """Everything there is to say about a server, most basic first; ends where nothing more can be known."""
    try:
        asked = time.time()
        response = _get(server, INFO_PATH)
        taken = time.time() - asked
        stopped = None if _info(response) is None else _stopped(_get(server, _STOPPABLE))
    except PeersealError as error:
        yield Finding(
            "reachable",
            "broken",
            error.message,
            error.hint or "Start it with `peerseal serve`, or check address, port and firewall.",
        )
        return
    if stopped is not None:
        # Everything else would fail for this reason, and be blamed on something between.
        yield stopped
        return
    yield Finding("reachable", "well", f"{server} answers after {taken * 1000:.0f} ms.")
    info = _info(response)
    if info is None:
        yield _no_answer_of_ours(server, response)
        return
    yield _version(info)
    yield from _clock(response, asked)
    yield from _proxy(server, response)
    websocket = _try(lambda: WebSocket.connect(server, MEET_PATH, MEET_SUBPROTOCOL).close())
    # Where Upgrade is removed the server's refusal looks the same, so the pipe is only tried if WebSocket passed.
    pipe = _try(lambda: _raw_pipe(server)) if websocket is None else websocket
    fallback = _try(lambda: HttpCarrier(server).close())
    yield _carrier(
        "websocket",
        websocket,
        "WebSocket gets through.",
        "Pages and command lines use HTTP instead, which is slower",
    )
    yield _carrier(
        "raw_pipe",
        pipe,
        "The raw pipe gets through.",
        "Command lines carry files over HTTP instead, which is slower",
    )
    if fallback is None:
        yield Finding("http", "well", "The HTTP fallback works.")
    elif websocket is None:
        yield Finding(
            "http",
            "limited",
            f"The HTTP fallback does not work: {fallback}.",
            "Let POST, PUT and DELETE pass through the proxy.",
        )
    else:
        yield Finding(
            "http",
            "broken",
            f"Neither WebSocket nor HTTP gets through: {fallback}.",
            "Let Upgrade, POST, PUT and DELETE pass through the proxy.\n" + NGINX,
        )
    yield from _bodies(server)
    yield from _ignored_proxies()


def _bodies(server: ServerUrl) -> Iterator[Finding]:
    """Whether something between refuses the chunks of stored files for their size: by the head alone, nothing is sent."""
    connection = HttpConnection(server, _BODY_SECONDS)
    try:
        connection.send_head("PUT", f"{CHUNKS_PATH}/content/0", {}, _LARGEST_BODY)
        answer = connection.read_response("PUT")
    except PeersealError:
        return  # it waits for the body: it may pass
    except OSError:
        return
    finally:
        connection.close()
    if answer.status == TOO_LARGE and not answer.headers.get("content-type", "").startswith(_OUR_ERRORS):
        yield Finding(
            "bodies",
            "broken",
            "Something between here and the server refuses large bodies (413): files cannot be stored there.",
            NGINX,
        )


def _show(finding: Finding, output: Output, *, json: bool) -> None:
    if json:
        fields: JsonObject = {"v": 1, "event": "finding", "name": finding.name, "state": finding.state}
        output.object({**fields, "message": finding.message, "fix": finding.fix})
        return
    mark, style = {"well": ("ok", "32"), "limited": ("!!", "33"), "broken": ("no", "31")}[finding.state]
    output.line(
        f"  {output.paint(mark, style)}  {visible(finding.message)}", always=finding.state == "broken"
    )
    for line in finding.fix.splitlines():
        output.line(f"      {visible(line)}", always=finding.state == "broken")


def _get(server: ServerUrl, path: str) -> Response:
    connection = HttpConnection(server, 10.0)
    try:
        return connection.request("GET", path)
    finally:
        connection.close()


def _info(response: Response) -> JsonObject | None:
    try:
        info = loads_object(response.body)
    except IntegrityFailed:
        return None
    return info if response.status == 200 and info.get("name") == "peerseal" else None


def _stopped(response: Response) -> Finding | None:
    from peerseal.cli.doctor_stopped import stopped

    said = stopped(response, time.time())
    return None if said is None else Finding("stopped", *said)


def _version(info: JsonObject) -> Finding:
    version, protocol = info.get("version"), info.get("protocol")
    if protocol != PROTOCOL:
        return Finding(
            "peerseal",
            "broken",
            f"The server speaks {protocol}, this is {PROTOCOL}.",
            "Bring both to the same version.",
        )
    if version != VERSION:
        return Finding(
            "peerseal",
            "limited",
            f"The server is version {version}, this is {VERSION}.",
            "They understand each other; update the older one when you can.",
        )
    return Finding(
        "peerseal", "well", f"It is Peerseal {version}, as this is. Who sees whom: {info.get('discovery')}."
    )


def _clock(response: Response, asked: float) -> Iterator[Finding]:
    from email.utils import parsedate_to_datetime

    date = response.headers.get("date")
    try:
        skew = None if date is None else parsedate_to_datetime(date).timestamp() - asked
    except ValueError:
        skew = None
    if skew is None:
        return
    if abs(skew) > MAX_SKEW_SECONDS:
        yield Finding(
            "clock",
            "limited",
            f"The clocks differ by {abs(skew):.0f} s.",
            "Set the clock of the wrong one; certificates and times of files depend on it.",
        )
    else:
        yield Finding("clock", "well", "The clocks agree.")


def _proxy(server: ServerUrl, response: Response) -> Iterator[Finding]:
    via = response.headers.get("via") or response.headers.get("x-cache")
    name = response.headers.get("server", "")
    if via or name.lower().startswith(("nginx", "apache", "caddy", "cloudflare", "haproxy", "traefik")):
        yield Finding(
            "proxy",
            "limited",
            f"A proxy stands in front of the server ({via or name}).",
            "People behind it are not listed to each other unless PEERSEAL_TRUSTED_PROXIES names it; codes and room links work.\n"
            "If it rewrites Host, pages are refused: let it pass Host on, or name the address people type in\n"
            f"PEERSEAL_ORIGINS={server}",
        )


def _carrier(name: str, failure: str | None, good: str, otherwise: str) -> Finding:
    if failure is None:
        return Finding(name, "well", good)
    return Finding(
        name,
        "limited",
        f"{good.split(' gets', maxsplit=1)[0]} does not get through: {failure}.",
        f"{otherwise}. Something between here and the server removes Upgrade.\n{NGINX}",
    )


def _try(attempt: Callable[[], None]) -> str | None:
    """None if it worked, else why not."""
    try:
        attempt()
    except UpgradeRefused as refused:
        return f"status {refused.response.status} instead of 101"
    except PeersealError as error:
        return error.message.rstrip(".")
    return None


def _raw_pipe(server: ServerUrl) -> None:
    """Ask for a pipe without a ticket: a server that sees the Upgrade says `ticket`, one that does not says something else."""
    connection = HttpConnection(server, 10.0)
    headers = {"Connection": "Upgrade", "Upgrade": RELAY_UPGRADE, "Authorization": "Ticket " + "A" * 43}
    try:
        connection.send_head("GET", RELAY_PATH, headers)
        response = connection.read_response()
    finally:
        connection.close()
    if response.status != 401:
        raise ServerUnreachable(f"status {response.status} where 401 belongs", code="no_raw_pipe")


def leftovers() -> Iterator[Finding]:
    """What this user left unfinished."""
    from peerseal.client.home import home_folder
    from peerseal.transfer.journals import all_journals
    from peerseal.transfer.left_there import left_until

    everything = all_journals(home_folder(os.environ))
    damaged = sum(one.about is None for one in everything)
    idle = sum(one.about is not None and not one.running and not left_until(one.about) for one in everything)
    if damaged:
        yield Finding(
            "transfers",
            "limited",
            f"{damaged} of your journals of unfinished transfers cannot be read.",
            "`peerseal transfers list` shows them, `peerseal transfers discard ID` removes one.",
        )
    if idle:
        yield Finding(
            "transfers",
            "well",
            f"{idle} unfinished {'transfer' if idle == 1 else 'transfers'}: `peerseal transfers list`.",
        )


def _ignored_proxies() -> Iterator[Finding]:
    names = [
        name
        for name in ("http_proxy", "https_proxy", "all_proxy")
        if os.environ.get(name) or os.environ.get(name.upper())
    ]
    if names:
        yield Finding(
            "environment",
            "well",
            f"{', '.join(names)} is set; Peerseal does not use it and connects directly.",
        )
