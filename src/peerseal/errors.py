"""Every way Peerseal can fail: one class per exit code, one stable `code` per cause.

PeersealError                  exit 1
├── UsageError                 exit 2   the caller asked for something impossible
├── ServerUnreachable          exit 3   no server, or a server that does not speak Peerseal
├── VerificationFailed         exit 4   wrong code, words differ, a handshake that does not hold
├── Declined                   exit 5   the other side said no, or cancelled
├── TimedOut                   exit 6   nobody came, or the peer vanished
├── IntegrityFailed            exit 7   bytes, names or sizes that do not hold
├── LocalFileFailed            exit 8   this machine's disk said no
├── NotFound                   exit 9   no such code, room or file, or it has expired
├── Interrupted                exit 10  the connection broke half-way
└── Refused                    exit 11  the server says no: not signed in, quota, rate, blocked

Codes of identities and stored files (docs/protocol.md §9 to §14):
UsageError           words_malformed  name_malformed
VerificationFailed   key_changed  unknown_owner  weak_parameters
IntegrityFailed      signature_invalid  rolled_back  content_differs  not_listed
"""

from __future__ import annotations

from typing import Final


class PeersealError(Exception):
    """Base of all: `code` is stable and machine-readable, `message` and `hint` are for people.

    No secret may ever be put into a message or a hint.
    """

    exit_code: int = 1
    http_status: int = 500
    default_code: str = "failed"

    def __init__(
        self, message: str = "", *, code: str | None = None, hint: str = "", retryable: bool = False
    ) -> None:
        self.code: Final = code or self.default_code
        self.message: Final = message or self.code
        self.hint: Final = hint
        self.retryable: Final = retryable
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class UsageError(PeersealError):
    """The request itself cannot be carried out as asked."""

    exit_code = 2
    http_status = 400
    default_code = "usage"


class ServerUnreachable(PeersealError):
    """Nothing answers at the server's address, or what answers is not Peerseal."""

    exit_code = 3
    http_status = 503
    default_code = "server_unreachable"


class VerificationFailed(PeersealError):
    """The peer could not be shown to be who it should be; nothing was sent or kept."""

    exit_code = 4
    http_status = 403
    default_code = "not_verified"


class Declined(PeersealError):
    """The other person said no, or cancelled."""

    exit_code = 5
    http_status = 409
    default_code = "declined"


class TimedOut(PeersealError):
    """Nobody came in time, or a peer fell silent."""

    exit_code = 6
    http_status = 408
    default_code = "timed_out"


class IntegrityFailed(PeersealError):
    """Something received does not hold: a tag, a size, a name, an order. Nothing of it is kept."""

    exit_code = 7
    http_status = 400
    default_code = "not_authentic"


class LocalFileFailed(PeersealError):
    """A file or folder on this machine cannot be read or written."""

    exit_code = 8
    http_status = 500
    default_code = "local_file"


class NotFound(PeersealError):
    """Absent, expired, or not yours: deliberately the same answer."""

    exit_code = 9
    http_status = 404
    default_code = "not_found"


class Interrupted(PeersealError):
    """The connection broke or the peer left before the transfer was complete."""

    exit_code = 10
    http_status = 503
    default_code = "interrupted"


class Refused(PeersealError):
    """The server will not do it: rate, quota, role, origin."""

    exit_code = 11
    http_status = 429
    default_code = "refused"
