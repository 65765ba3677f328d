"""What people report about a link, and what operators see of it, as it stands in JSON (docs/guard.md §7)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from peerseal.wire import fields as f
from peerseal.wire.accounts import NAME, TIME
from peerseal.wire.value import Value

Reason: TypeAlias = Literal["malware", "deception", "illegal", "private", "other"]
ReportState: TypeAlias = Literal["open", "closed", "revoked"]
REPORT_TEXT_MAX_CHARACTERS: Final = 2000


class Report(Value):
    """Somebody says that the file behind this link should not be here."""

    link: str
    reason: Reason
    text: str


class Reported(Value):
    """A report. `owner`: whose file it is, None if it is gone; `count`: how many reported this link."""

    id: str
    link: str
    reason: Reason
    text: str
    created: int
    state: ReportState
    owner: str | None
    count: int


class ReportedList(Value):
    """Newest first."""

    reports: tuple[Reported, ...]
    next: str | None


_COUNT: Final = f.integer(0)
_NEXT: Final = f.nullable(f.text(1, 200))
_REASON: Final = f.one_of("malware", "deception", "illegal", "private", "other")
REPORT: Final = f.record(
    Report, {"link": f.ID, "reason": _REASON, "text": f.text(0, REPORT_TEXT_MAX_CHARACTERS)}
)
REPORTED: Final = f.record(
    Reported,
    {
        "id": f.ID,
        "link": f.ID,
        "reason": _REASON,
        "text": f.text(0, REPORT_TEXT_MAX_CHARACTERS),
        "created": TIME,
        "state": f.one_of("open", "closed", "revoked"),
        "owner": f.nullable(NAME),
        "count": _COUNT,
    },
)
REPORTED_LIST: Final = f.record(ReportedList, {"reports": f.array(REPORTED), "next": _NEXT})
