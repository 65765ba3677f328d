"""The points of docs/guard.md §1: their names here and in AppSensor, and what they weigh."""

from __future__ import annotations

from typing import Final, NamedTuple


class Point(NamedTuple):
    """One kind of suspicious sighting."""

    name: str
    appsensor: str
    """Identifiers of the OWASP AppSensor detection points it stands for."""
    ip: float
    """Weight for the address (and half of it for its network)."""
    session: float | None
    """Weight for a session instead of the address; None: the address's, whoever it was."""


POINTS: Final[dict[str, Point]] = {
    point.name: point
    for point in (
        Point("login_failed", "AE1 AE2 AE3", 3.0, None),
        Point("code_wrong", "UT4 HT1", 3.0, None),
        Point("not_found_object", "ACE1 ACE2 ACE3", 2.0, 4.0),
        Point("unknown_route", "RE1", 1.0, None),
        Point("honeypot", "HT2 HT3", 25.0, 25.0),
        Point("bad_name", "CIE3 CIE4 FIO1", 12.0, 12.0),
        Point("csrf", "SE1 RE2", 5.0, None),
        Point("malformed", "IE4 RE7", 1.5, 1.5),
        Point("bad_public_key", "IE5", 30.0, 30.0),
        Point("not_accepted", "ACE4", 8.0, 8.0),
        Point("spoofed_forward", "RP3", 1.0, None),
        Point("slow_client", "UT2", 4.0, None),
    )
}
