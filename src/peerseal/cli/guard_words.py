"""What the server's defence says, for people and for machines: standings, sightings, scores, times. Pure but the clock."""

from __future__ import annotations

from typing import Final

from peerseal.files.names import visible
from peerseal.wire import damage as stored
from peerseal.wire import guard as wire
from peerseal.wire.strict_json import JsonObject, JsonValue

STOPPED: Final = {"block": "blocked", "challenge": "challenged", "wait": "waits"}
#: What an event was.
PAST: Final = {
    "allow": "let through",
    "log": "noted",
    "challenge": "challenged",
    "wait": "had to wait",
    "block": "blocked",
    "undo": "undone",
    "mode": "changed",
}
KINDS: Final = {
    "ip": "address",
    "net": "network",
    "account": "account",
    "session": "session",
    "client": "program",
    "device": "device",
    "room": "room",
    "site": "everybody",
    "link": "link",
    "park": "park",
}
FAULTS: Final = {
    "missing": "missing",
    "length": "of another length than was written",
    "content": "other than was written",
    "unreadable": "not to be read from the disk",
}
MEANS: Final = {
    "off": "nobody is judged",
    "observe": "it decides and notes, and stops nobody",
    "enforce": "it stops who attacks, for a while",
}


def subjects(count: int) -> str:
    """How many are watched, as a sentence after another; nothing for none."""
    if not count:
        return ""
    return " 1 subject is watched." if count == 1 else f" {count} subjects are watched."


def overview_fields(overview: wire.Overview) -> JsonObject:
    """How the detector stands, without its plots."""
    return {
        "mode": overview.mode,
        "configured": overview.configured,
        "breaker": overview.breaker,
        "site_until": overview.site_until,
        "subjects": overview.subjects,
        "challenged": overview.challenged,
        "waiting": overview.waiting,
        "blocked": overview.blocked,
        "lost": overview.lost,
    }


def standing_fields(row: wire.Standing) -> JsonObject:
    """A standing as the server wrote it."""
    written: JsonValue = wire.STANDING.write(row)
    return written if isinstance(written, dict) else {}


def event_fields(event: wire.Event) -> JsonObject:
    """An event as the server wrote it."""
    written: JsonValue = wire.EVENT.write(event)
    return written if isinstance(written, dict) else {}


def seen_fields(seen: wire.SeenPoint) -> JsonObject:
    """A sighting as the server wrote it."""
    return {
        "time": seen.time,
        "point": seen.point,
        "route": seen.route,
        "status": seen.status,
        "weight": seen.weight,
        "address": seen.address,
        "path": seen.path,
    }


def damage_fields(row: stored.Damaged) -> JsonObject:
    """A damaged file as the server wrote it."""
    written: JsonValue = stored.DAMAGED.write(row)
    return written if isinstance(written, dict) else {}


def damage_row(row: stored.Damaged) -> str:
    """A damaged file or park in a line: `file 3f2a… (version 2, @ada's): 1 chunk is missing, since …`."""
    if row.kind == "park":
        what = f"park {row.id}"
    else:
        owner = "" if row.owner is None else f", @{visible(row.owner)}'s"
        what = f"file {row.id} (version {row.version}{owner})"
    chunks = "1 chunk is" if row.chunks == 1 else f"{row.chunks} chunks are"
    return f"{what}: {chunks} {FAULTS[row.fault]}, since {clock(row.since)}"


def hundredths(value: int) -> str:
    """4350 → `43.5`."""
    whole, rest = divmod(value, 100)
    return str(whole) if not rest else f"{whole}.{rest:02d}".rstrip("0")


def clock(milliseconds: int | None) -> str:
    """A moment, here."""
    if milliseconds is None:
        return "undone by hand"
    import time

    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(milliseconds / 1000))


def left(milliseconds: int | None, now: int) -> str:
    """How long something still stands; `now` in ms."""
    if milliseconds is None:
        return "until undone"
    seconds = max(0, milliseconds - now) // 1000
    if seconds < 90:
        return f"{seconds} s left"
    return f"{-(-seconds // 60)} min left" if seconds < 7200 else f"{-(-seconds // 3600)} h left"
