"""The challenge (docs/guard.md §4): paid by computing, so that nobody has to look at pictures; what it earns is a pass.

Solved when the server answers 429 `challenge`, and then only: most people never meet one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from peerseal.client.http import Response, not_peerseal
from peerseal.client.settings import ServerUrl
from peerseal.errors import IntegrityFailed, Refused
from peerseal.wire import challenge as wire
from peerseal.wire.fields import Field
from peerseal.wire.strict_json import dumps, loads
from peerseal.wire.value import Value

_Kind = TypeVar("_Kind", bound=Value)
CHALLENGE_PATH: Final = "/api/v1/challenge"
#: What a server may ask for: 2²⁴ hashes are about half a minute of a slow machine.
_MOST_BITS: Final = 24
_MOST_BYTES: Final = 64 * 1024
_TOO_CHEAP: Final = 409

#: Sends one request (method, path, headers, body) over a connection the caller has.
Request = Callable[[str, str, Mapping[str, str], "bytes | None"], Response]


def earn_pass(server: ServerUrl, request: Request) -> dict[str, str]:
    """Ask for a challenge, solve it, and give the header that carries the pass. Raises what `refusal` makes of a no.

    One that others at this address made too cheap meanwhile (409) is asked for once more.
    """
    answer = _pay(server, request)
    if answer.status == _TOO_CHEAP:
        answer = _pay(server, request)
    return {wire.PASS_HEADER: _read(server, answer, 201, wire.PASS, wire.Pass).pass_}


def _pay(server: ServerUrl, request: Request) -> Response:
    answer = request("GET", CHALLENGE_PATH, {"Accept": "application/json"}, None)
    asked = _read(server, answer, 200, wire.CHALLENGE, wire.Challenge)
    solutions = solve(asked.challenge, asked.bits, asked.count)
    body = dumps(wire.SOLVED.write(wire.Solved(asked.challenge, solutions))).encode()
    return request("POST", CHALLENGE_PATH, {"Content-Type": "application/json"}, body)


def _read(server: ServerUrl, answer: Response, status: int, field: Field, kind: type[_Kind]) -> _Kind:
    if answer.status != status:
        from peerseal.client.refusals import refusal

        raise refusal(server, answer, "challenge", {})
    try:
        given = field.read(loads(answer.body, _MOST_BYTES))
    except IntegrityFailed:
        raise not_peerseal(server) from None
    if not isinstance(given, kind):
        raise not_peerseal(server)
    return given


def solve(challenge: str, bits: int, count: int) -> tuple[int, ...]:
    """The least solution of each of the `count` parts. Raises Refused (`challenge`) if that is asking too much."""
    if not 0 < bits <= _MOST_BITS or count < 1 or count << bits > 1 << _MOST_BITS or not challenge.isascii():
        raise Refused(
            "The server asks this machine to compute more than anybody should.",
            code="challenge",
            hint="Ask the person who runs it.",
        )
    return tuple(_part(f"{wire.CHALLENGE_PREFIX}{challenge} {part} ".encode(), bits) for part in range(count))


def _part(begin: bytes, bits: int) -> int:
    begun, bound = hashlib.sha256(begin), (1 << 256 - bits).to_bytes(32, "big")
    for number in range(wire.SOLUTION_MAX + 1):
        tried = begun.copy()
        tried.update(b"%d" % number)
        if tried.digest() < bound:
            return number
    raise Refused("This challenge has no solution.", code="challenge", hint="Try again.", retryable=True)
