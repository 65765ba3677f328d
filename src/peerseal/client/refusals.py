"""What the server's refusals mean to a person: one typed error, with its cause and the next step, for each code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from peerseal.client.http import Response, not_peerseal
from peerseal.client.settings import DEFAULT_SERVER, ServerUrl
from peerseal.errors import IntegrityFailed, NotFound, PeersealError, Refused, UsageError
from peerseal.wire.strict_json import loads_object

#: The code of a problem → class, message, hint. `{server}` and the parts of the address may stand in both.
_KNOWN: Final[dict[str, tuple[type[PeersealError], str, str]]] = {
    "login_failed": (
        Refused,
        "Name or password is wrong.",
        "Without the password, `peerseal account recover NAME` sets a new one with the 24 words.",
    ),
    "password": (Refused, "The password is wrong; nothing was changed.", "Try again."),
    "misdirected": (
        Refused,
        "The server does not answer to this name.",
        "Use the name you were given for it; whoever runs {server} can add this one to PEERSEAL_HOSTS.",
    ),
    "registration_closed": (
        Refused,
        "This server takes no new accounts.",
        "Ask the person who runs {server} to open registration or to make you one.",
    ),
    "invite": (
        Refused,
        "This invitation makes no account: it is wrong, used or has expired.",
        "Ask the person who runs {server} for another.",
    ),
    "name_malformed": (
        UsageError,
        "This name cannot be an account's name.",
        "It has 1 to 64 letters and digits; . _ - ' and single spaces may stand between them.",
    ),
    "already_asked": (
        Refused,
        "You have asked already, and the request still waits.",
        "`peerseal exchange list` shows it; `peerseal exchange withdraw NAME` takes it back.",
    ),
    "they_asked": (
        Refused,
        "They have asked you already.",
        "Answer with `peerseal exchange accept NAME`.",
    ),
    "not_wanted": (
        Refused,
        "Somebody this is for takes nothing more from you for now.",
        "They know you once they accept `peerseal exchange request NAME`, or fetch what you left; or send it live.",
    ),
    "chunk_lost": (
        IntegrityFailed,
        "The server has lost a part of this file.",
        "Tell whoever runs {server}: a backup may have it. Or whoever left it leaves it once more.",
    ),
    "exists": (Refused, "This id is in use already.", "Start again: a new one is chosen."),
    "stale": (Refused, "Somebody changed it in the meantime.", "Look at it again, then repeat."),
    "stale_access": (
        Refused,
        "Who may read this file was changed in the meantime.",
        "Look at it again, then repeat.",
    ),
    "incomplete": (
        Refused,
        "The server does not hold the whole file yet.",
        "Run the upload again: it goes on.",
    ),
    "expires": (
        UsageError,
        "The server keeps nothing for that long.",
        "Choose an earlier time.",
    ),
    "quota": (
        Refused,
        "Your space on this server is full.",
        "`peerseal delete ID` frees space (--version N: one old version); or ask who runs {server} for more.",
    ),
    "disk_full": (Refused, "The server's disk is full.", "Tell the person who runs {server}."),
    "no_downloads_left": (
        Refused,
        "Every download this link allows is used or under way.",
        "Ask the sender for a new link, or try again in 15 minutes.",
    ),
    "operator_account": (
        Refused,
        "This account is an operator's: suspended, it could not undo that.",
        "Take its name out of PEERSEAL_OPERATORS and start the server again; then it can be suspended.",
    ),
    "allow_name": (
        UsageError,
        "This is neither an address, a network nor @NAME.",
        "An account is written with @ before its name; a network like 192.0.2.0/24.",
    ),
    "allow_address": (
        UsageError,
        "There is no such address.",
        "IPv4: four numbers up to 255, like 192.0.2.7; IPv6 like 2001:db8::7.",
    ),
    "allow_prefix": (
        UsageError,
        "There is no such network: what stands after the / is no length for this address.",
        "IPv4: 1 to 32, like 192.0.2.0/24; IPv6: 1 to 128.",
    ),
    "allow_everybody": (
        UsageError,
        "This is everybody: with such an exception nobody would be judged.",
        "`peerseal guard mode observe` (or off) says that for the whole server.",
    ),
    "invalid": (UsageError, "The server finds this impossible.", "Check what you asked for."),
    "conflict": (Refused, "This does not fit what the server holds.", "Look at it again, then repeat."),
}
_NO_SUCH: Final[dict[str, tuple[str, str]]] = {
    "name": (
        "Nobody called {name} has an account on this server.",
        "Check the spelling: it is the name they registered with at {server}.",
    ),
    "exchange": (
        "This request is gone.",
        "It was withdrawn or answered; `peerseal exchange list` shows what waits.",
    ),
    "link": (
        "This link leads nowhere.",
        "It is wrong, used up, expired or was revoked; ask its sender for another.",
    ),
    "file": (
        "There is no such file for you: it never was, was deleted, has expired or is not shared with you.",
        "`peerseal files` lists what is there.",
    ),
    "upload": ("This upload is gone.", "It was abandoned or took too long; start it again."),
    "session": ("There is no such session.", "`peerseal account tokens` lists them."),
}
_RETRYABLE: Final = ("stale", "stale_access", "incomplete", "no_downloads_left")


def refusal(
    server: ServerUrl, response: Response, asked: str, parts: Mapping[str, str | int]
) -> PeersealError:
    """The error for an answer that is not what endpoint `asked` promises. `parts`: those of its address."""
    problem = _problem(response)
    if problem is None:
        return not_peerseal(server)
    code, request = problem
    known = _KNOWN.get(code)
    if known is not None:
        kind, message, hint = known
        return kind(message, code=code, hint=hint.format(server=server), retryable=code in _RETRYABLE)
    if code in ("blocked", "challenge", "wait"):
        return _stopped(server, response, code)
    by_status = _BY_STATUS.get(response.status)
    if by_status is not None:
        return by_status(server, response, code, parts)
    if response.status >= 500:
        return PeersealError(
            f"The server failed at this ({response.status} {code}).",
            code="server_error",
            hint=f"Its log says why, under the request id {request}.",
            retryable=True,
        )
    return Refused(f"The server will not do this ({response.status} {code}, at {asked}).", code=code)


def wants_pass(response: Response) -> bool:
    """Whether the server wants its challenge solved before it does what was asked (docs/guard.md §4)."""
    return response.status == 429 and (_problem(response) or ("",))[0] == "challenge"


def not_signed_in(server: ServerUrl, *, ended: bool = False) -> Refused:
    """The error for whoever has to sign in first; `ended`: they were signed in."""
    where = "" if str(server) == DEFAULT_SERVER else f" --server {server}"
    if ended:
        return Refused(
            f"This device is no longer signed in at {server}.",
            code="not_signed_in",
            hint=f"Sign in again with `peerseal login NAME{where}`.",
        )
    return Refused(
        f"You are not signed in at {server}.",
        code="not_signed_in",
        hint=f"Sign in with `peerseal login NAME{where}`, or make an account with `peerseal register NAME{where}`.",
    )


def typed(name: str) -> str:
    """A name as it is typed in a shell, for commands in hints."""
    plain = name and all(mark.isalnum() or mark in "._-" for mark in name) and name[0] != "-"
    return name if plain else "'" + name.replace("'", "'\\''") + "'"


def _unauthorized(
    server: ServerUrl, response: Response, code: str, parts: Mapping[str, str | int]
) -> PeersealError:
    del response, parts
    if code == "not_signed_in":
        return not_signed_in(server, ended=True)
    return Refused("The server does not accept this proof.", code=code, hint="Try again.")


def _absent(
    server: ServerUrl, response: Response, code: str, parts: Mapping[str, str | int]
) -> PeersealError:
    del response
    for name, (message, hint) in _NO_SUCH.items():
        if name in parts:
            told = {"server": str(server), **{key: str(value) for key, value in parts.items()}}
            return NotFound(message.format(**told), code=code, hint=hint.format(**told))
    return NotFound("It is not there, or not for you.", code=code)


def _impossible(
    server: ServerUrl, response: Response, code: str, parts: Mapping[str, str | int]
) -> PeersealError:
    del server, parts
    what = {413: "is too large", 422: "is impossible"}.get(response.status, "cannot be read")
    return UsageError(f"The server says the request {what} ({code}).", code=code)


def _too_many(
    server: ServerUrl, response: Response, code: str, parts: Mapping[str, str | int]
) -> PeersealError:
    del server, parts
    return Refused(
        "Too many tries; the server wants a pause.",
        code=code,
        hint=f"Try again in {_pause(response)}.",
        retryable=True,
    )


def _stopped(server: ServerUrl, response: Response, code: str) -> Refused:
    """What the server's own defence says (docs/guard.md §2): for how long, and what to do."""
    if code == "challenge":
        message = "The server is being attacked and takes nothing from this network without a pass."
        return Refused(message, code=code, hint=f"Try again in {_pause(response)}.", retryable=True)
    if code == "wait":
        message = (
            "Somebody has guessed at this account's password, so the server takes no new device for now."
        )
        hint = (
            f"Try again in {_pause(response)}. Devices that signed in before are let in meanwhile, and the account is "
            "not locked."
        )
        return Refused(message, code=code, hint=hint, retryable=True)
    return Refused(
        f"The server takes nothing from this address for {_pause(response)}: too much that came from there looked "
        "like an attack.",
        code=code,
        hint=f"It ends by itself. If it is wrong, ask the person who runs {server}: they see why, and can undo it.",
        retryable=True,
    )


def _busy(server: ServerUrl, response: Response, code: str, parts: Mapping[str, str | int]) -> PeersealError:
    del server, parts
    return Refused("The server is busy.", code=code, hint=f"Try again in {_pause(response)}.", retryable=True)


_Make = Callable[[ServerUrl, Response, str, Mapping[str, "str | int"]], PeersealError]
_BY_STATUS: Final[dict[int, _Make]] = {
    400: _impossible,
    401: _unauthorized,
    404: _absent,
    413: _impossible,
    422: _impossible,
    429: _too_many,
    503: _busy,
}


def _problem(response: Response) -> tuple[str, str] | None:
    """Code and request id of a problem document (RFC 9457); None if it is none."""
    if response.headers.get("content-type", "").partition(";")[0].strip() != "application/problem+json":
        return None
    try:
        problem = loads_object(response.body)
    except IntegrityFailed:
        return None
    code, request = problem.get("code"), problem.get("request_id")
    if not isinstance(code, str) or not 1 <= len(code) <= 64 or not code.isascii():
        return None
    return code, request if isinstance(request, str) and request.isascii() else "unknown"


def _pause(response: Response) -> str:
    after = response.headers.get("retry-after", "")
    if not (after.isascii() and after.isdigit() and len(after) <= 5):
        return "a minute"
    seconds = int(after)
    if seconds < 90:
        return f"{max(1, seconds)} s"
    if seconds < 2 * 3600:
        return f"{-(-seconds // 60)} min"
    return f"{-(-seconds // 3600)} h"
