"""The points of docs/guard.md §1: their names here and in AppSensor, and what they weigh."""

from __future__ import annotations

from typing import Final, NamedTuple


class Point(NamedTuple):
    """One kind of suspicious sighting. A `grave` one is no mistake of a client or a person."""

    name: str
    appsensor: str
    """Identifiers of the OWASP AppSensor detection points it stands for."""
    ip: float
    """Weight for the address; half of it for its network."""
    session: float
    """Weight for a session, where there is one."""
    again: float
    """The same thing once more (name, code, id, path): so much of the weight."""
    most: float
    """What one single thing may weigh in all, unless it comes faster than a person is."""
    grave: bool
    why: str


POINTS: Final[dict[str, Point]] = {
    point.name: point
    for point in (
        Point("login_failed", "AE1 AE2 AE3", 3.0, 0.8, 0.27, 12.0, False, "wrong passwords"),
        Point("code_wrong", "UT4 HT1", 3.0, 3.0, 0.33, 6.0, False, "wrong codes or tokens"),
        Point("not_found_object", "ACE1 ACE2 ACE3", 2.0, 4.0, 0.25, 6.0, False, "ids that do not exist"),
        Point("unknown_route", "RE1", 1.0, 1.0, 0.0, 4.0, False, "addresses that do not exist"),
        Point("honeypot", "HT2 HT3", 25.0, 25.0, 1.0, 1e9, True, "an address only scanners ask for"),
        Point(
            "bad_name", "CIE3 CIE4 FIO1", 12.0, 12.0, 1.0, 1e9, True, "names made to break out of a folder"
        ),
        Point("csrf", "SE1 RE2", 5.0, 5.0, 1.0, 1e9, False, "requests that another page made"),
        Point("malformed", "IE4 RE7", 2.5, 1.5, 1.0, 1e9, False, "malformed requests"),
        Point("bad_public_key", "IE5", 30.0, 30.0, 1.0, 1e9, True, "a public key that is none"),
        Point("not_accepted", "ACE4", 8.0, 8.0, 1.0, 1e9, True, "events for somebody who never accepted"),
        Point("spoofed_forward", "RP3", 1.0, 1.0, 1.0, 1e9, False, "forwarded headers of no trusted proxy"),
        Point("credential_wrong", "AE1 SE5", 0.5, 0.5, 0.0, 0.5, False, "session secrets that are nobody's"),
        Point("slow_client", "UT2", 4.0, 4.0, 1.0, 1e9, False, "requests too slow to be honest"),
    )
}
#: What ordinary requests of strangers are that count.
TOO_MANY: Final = "more requests of strangers than people make"
#: Of `bad_name`: a control character that breaks out of nothing, as in the icon file of a Mac's folder.
ODD_NAME: Final = Point("bad_name", "CIE3 CIE4", 2.0, 2.0, 0.125, 1e9, False, "names with control characters")
#: An event for the same peer again within so many seconds was under way already: it weighs so much of the first.
LATE_SECONDS: Final = 5.0
LATE: Final = 0.25
#: For an address where somebody was good already.
NEW_NAME_AT_A_GOOD_ADDRESS: Final = 1.5
#: A name that was good at this address itself.
OWN_NAME: Final = 0.8
#: Wrong codes beyond this many different ones weigh double, and are no mistakes.
CODES_FREE: Final = 3
#: What a right code is, in steps of a handover.
RIGHT_CODE: Final = 5.0
#: Ordinary requests strangers make too many of; asking about a name that does not sign in then.
FLOOD: Final = 0.5
ASKED_NAME: Final = 0.5
REGISTERED: Final = 1.0
#: What was done under a pass that is lost, for the address that got it.
LOST_PASS: Final = 10.0
#: A request of an address that is challenged and does not pay, beyond what a page left open asks.
UNPAID: Final = 0.5
#: A session that goes on from another network with another program, at once.
TAKEN_OVER: Final = 6.0
