"""What a server needs of its machine and its settings, tried one by one before it runs; nothing is changed.

Each function returns what it found in a sentence, and raises PeersealError where a server cannot run like this,
`Doubt` where it can but somebody should know.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Final

from peerseal.errors import PeersealError
from peerseal.server.config import ServerConfig
from peerseal.server.damage import Damage
from peerseal.server.database import Database
from peerseal.server.health import ROOM
from peerseal.server.scrub import Scrub
from peerseal.wire.limits import MIB

#: Below that a busy hour of a small office is too much.
_FEW_FILES: Final = 1024
_SHOWN: Final = 5


class Doubt(PeersealError):
    """A server can run, but not as well as it should. `exit_code` 0 where nothing is lost."""

    exit_code = 0
    default_code = "doubtful"


class Damaged(Doubt):
    """Stored chunks are not as they were written."""

    exit_code = 7
    default_code = "damaged"


def permissions(folder: Path) -> str:
    """Whether the folder and what lies in it is its user's alone. Raises Doubt."""
    if os.name != "posix" or not folder.is_dir():
        return "The folder will be its user's alone."
    for place in (folder, *sorted(folder.iterdir())):
        there = place.lstat()
        if there.st_uid != os.geteuid():
            raise Doubt(f"{place} belongs to another user.", hint="Run the server as the user it belongs to.")
        if there.st_mode & (stat.S_IRWXG | stat.S_IRWXO) and not stat.S_ISLNK(there.st_mode):
            raise Doubt(f"{place} is open to others of this machine.", hint=f"chmod go-rwx {place}")
    return "The folder is its user's alone."


def space(folder: Path) -> str:
    """Whether there is room on the disk. Raises Doubt."""
    usage = shutil.disk_usage(next(place for place in (folder, *folder.absolute().parents) if place.is_dir()))
    free = f"{usage.free // MIB} MiB of {usage.total // MIB} MiB are free"
    if usage.free < min(ROOM, usage.total // 50):
        raise Doubt(f"The disk is full: {free}.", hint="Nothing new can be stored until there is room.")
    if usage.free < usage.total // 20:
        raise Doubt(f"The disk is nearly full: {free}.", hint="Transfers that wait for somebody are refused.")
    return f"There is room: {free}."


def open_files() -> str:
    """How many files and connections the system lets the server have open. Raises Doubt."""
    try:
        import resource
    except ImportError:
        return "The system sets no limit of open files."
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < _FEW_FILES:
        raise Doubt(
            f"Only {hard} files may be open at once, and every connection is one.",
            hint="Raise the limit (`ulimit -n`, or LimitNOFILE= of the systemd unit).",
        )
    return "Enough files may be open at once."


def settings(config: ServerConfig) -> str:
    """Whether the settings fit together. Raises Doubt for the first that do not."""
    for holds, message, hint in _doubts(config):
        if holds:
            raise Doubt(message, hint=hint)
    return "The settings fit together."


def _doubts(config: ServerConfig) -> list[tuple[bool, str, str]]:
    everybody = any(network.prefixlen == 0 for network in config.trusted_proxies)
    return [
        (
            everybody,
            "PEERSEAL_TRUSTED_PROXIES names everybody, so anybody may claim any address.",
            "Name your proxies only.",
        ),
        (
            any(network.prefixlen == 0 for network in config.metrics),
            "PEERSEAL_METRICS lets everybody read the metrics.",
            "Name the network of your Prometheus only.",
        ),
        (
            config.parking == "on" and config.park_bytes > config.park_total,
            "PEERSEAL_PARK_BYTES is more than PEERSEAL_PARK_TOTAL, so one network can never use it.",
            "One network gets at most a quarter of what others leave of the total.",
        ),
        (
            config.drain > 8,
            f"With PEERSEAL_DRAIN={config.drain} a stop takes up to {config.drain + 2} seconds.",
            "systemd waits 90 seconds before it kills, Docker 10.",
        ),
        (
            bool(config.turn_secret) and not config.turn,
            "PEERSEAL_TURN_SECRET is set, but no PEERSEAL_TURN.",
            "Name the TURN servers, or remove the secret.",
        ),
        (
            config.guard == "off" and config.registration == "open",
            "Anybody may make an account, and the detector is off.",
            "Leave PEERSEAL_GUARD alone, or close the registration.",
        ),
    ]


def blobs(config: ServerConfig, *, deep: bool) -> str:
    """Whether every chunk the database knows is there with its length; `deep`: with its content. Raises Damaged."""
    from peerseal.server.storage.local_disk import LocalDisk

    root = config.data / "blobs"
    database = Database.as_it_is(config.database, config.data)
    if database is None:
        return "There are no stored files to compare yet (or the next start brings the database up to date)."
    try:
        if not root.is_dir():
            with database.reading() as session:
                nothing = not session.connection().exec_driver_sql("SELECT 1 FROM versions LIMIT 1").first()
            if nothing:
                return "There are no stored files yet."
            raise Damaged(f"The folder {root} is not there, and the database knows files in it.")
        found: list[Damage] = []
        looked = Scrub(database, LocalDisk(root), pace=None, contents=deep, notes=False, found=found.append)
        looked.run()
    finally:
        database.close()
    count = looked.report().chunks
    if found:
        some = "; ".join(str(one) for one in found[:_SHOWN])
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise Damaged(
            f"{len(found)} of {count} stored chunks are damaged: {some}{more}.",
            hint="Other files go on fine. Take these from a backup, or let their owners store them again.",
        )
    how = "as they were written" if deep else "there, with their lengths (--deep reads them)"
    return f"All {count} stored chunks are {how}."
