"""One shape of error for everything HTTP: `application/problem+json` {code, title, status, request_id}."""

from __future__ import annotations

import errno
from typing import Final

from peerseal.wire.strict_json import dumps

PROBLEM_TYPE: Final = "application/problem+json"
#: The code for an answer whose maker gave none.
CODE_OF_STATUS: Final = {
    400: "malformed",
    401: "ticket",
    403: "origin",
    404: "not_found",
    405: "method_not_allowed",
    408: "timed_out",
    409: "conflict",
    410: "chunk_lost",
    411: "length_required",
    412: "stale",
    413: "too_large",
    415: "unsupported_media_type",
    416: "range",
    421: "misdirected",
    422: "invalid",
    428: "if_match_required",
    429: "too_many_requests",
    431: "header_too_large",
    500: "failed",
    503: "unavailable",
    507: "disk_full",
}
TITLE: Final = {
    400: "The request does not have the agreed form",
    401: "Not without a right to it",
    403: "Not allowed",
    404: "Not found",
    405: "This method is not for this address",
    408: "The request took too long",
    409: "Not in this state",
    410: "No longer here",
    411: "A body needs a Content-Length",
    412: "It has changed meanwhile",
    413: "Too large",
    415: "Not JSON",
    416: "No such part",
    421: "Not by this name",
    422: "Well-formed, but not possible",
    428: "This change needs an If-Match header",
    429: "Too many at once",
    431: "The request head is too large",
    500: "Failed",
    503: "Not available",
    507: "No room",
}


#: No room, whichever limit says so.
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: When to ask again for what failed because a disk or the memory did.
RETRY_SECONDS: Final = 5
_PASSING: Final = frozenset({"unavailable", "disk_full", "busy"})


class HttpProblem(Exception):
    """Raised by an HTTP endpoint to answer with this status and code; `retry_after` seconds for 429, 503 and 507."""

    def __init__(self, status: int, code: str | None = None, *, retry_after: int | None = None) -> None:
        self.status = status
        self.code = code or code_of(status)
        if retry_after is None and self.code in _PASSING:
            retry_after = RETRY_SECONDS
        self.retry_after = retry_after
        super().__init__(self.code)


def is_failing_machine(error: BaseException) -> bool:
    """Whether the machine below let the program down: disk, descriptors, memory, threads. All else is a defect."""
    no_thread = isinstance(error, RuntimeError) and str(error).startswith("can't start new thread")
    return no_thread or isinstance(error, OSError | MemoryError)


def of_failing_machine(error: BaseException) -> HttpProblem:
    """What to answer when it did: 507 `disk_full`, or 503 `unavailable`, for a while."""
    if isinstance(error, OSError) and error.errno in FULL:
        return HttpProblem(507, "disk_full", retry_after=RETRY_SECONDS)
    return HttpProblem(503, "unavailable", retry_after=RETRY_SECONDS)


def kind_of(error: BaseException) -> str:
    """What failed, for a log: no path, no name."""
    number = error.errno if isinstance(error, OSError) else None
    return errno.errorcode.get(number, type(error).__name__) if number else type(error).__name__


def code_of(status: int) -> str:
    """The code of a status nobody gave a better one."""
    return CODE_OF_STATUS.get(status, "failed" if status >= 500 else "malformed")


def retry_header(problem: HttpProblem) -> list[tuple[bytes, bytes]]:
    """When to come again, as a response header; nothing if nobody knows."""
    return [] if problem.retry_after is None else [(b"retry-after", str(problem.retry_after).encode())]


def problem_body(status: int, code: str, request_id: str) -> bytes:
    """The JSON body of an error. It repeats nothing of the request."""
    title = TITLE.get(status, "Failed")
    return dumps({"code": code, "title": title, "status": status, "request_id": request_id}).encode()
