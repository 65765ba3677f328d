"""Sightings for the detector: of strangers, of colleagues at work, of wrong passwords; one and many."""

from typing import Any

from peerseal.server.guard.detector import Decision, Scoring, Sighting, Who
from peerseal.server.guard.detector.subjects import network_of

LOGIN = "/api/v1/login"
FILE = "/api/v1/files/{file}"
STRANGER = "198.51.100.7"
OFFICE = "203.0.113.5"


def sighting(
    t: float, ip: str = STRANGER, point: str | None = None, route: str = FILE, **more: Any
) -> Sighting:
    status = 200 if point is None else 401 if point == "login_failed" else 404
    base = Sighting(t, ip, network_of(ip), None, None, None, point, route, status)
    return base._replace(**more)


def wrong_password(t: float, name: str, ip: str = STRANGER, **more: Any) -> Sighting:
    return sighting(t, ip, "login_failed", LOGIN, account=name, **more)


def work(t: float, name: str, session: str, ip: str = OFFICE, **more: Any) -> Sighting:
    return sighting(t, ip, account=name, session=session, signed_in=True, **more)


def who(ip: str = STRANGER, **more: Any) -> Who:
    return Who(ip, network_of(ip))._replace(**more)


def spray(scoring: Scoring, count: int, ip: str = STRANGER, start: float = 0.0, gap: float = 1.0) -> Decision:
    decision = Decision("allow")
    for n in range(count):
        decision = scoring.see(wrong_password(start + n * gap, f"name{n}", ip))
    return decision


def block(scoring: Scoring, ip: str = STRANGER, t: float = 0.0) -> None:
    for n in range(2):
        scoring.see(sighting(t + n / 10, ip, "honeypot", "*", detail={"path": f"/.env{n}"}))
    assert scoring.standing(who(ip), t + 1).action == "block"


def spray_of_colleagues(scoring: Scoring, count: int, *, right: bool = False, **more: Any) -> list[str]:
    """With the program everybody there uses, one name each 20 seconds; `right`: each is right in the end."""
    detail = {"ua": "browser"}
    for n in range(40):
        scoring.see(work(n / 10, f"user{n}", f"s{n}", detail=detail))
    actions: list[str] = []
    for n in range(count):
        t = 10.0 + n * 20
        actions.append(scoring.see(wrong_password(t, f"user{n}", OFFICE, detail=detail, **more)).action)
        if right:
            scoring.see(sighting(t + 10, OFFICE, route=LOGIN, account=f"user{n}", detail=detail))
    return actions
