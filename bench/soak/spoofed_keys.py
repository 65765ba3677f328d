"""A million made-up addresses, names and devices at the detector: its state stays bounded, blocks stay."""

from __future__ import annotations

import ipaddress
import resource
import time

from bench.soak.figures import Figure, at_most

_AT_A_TIME = 1_000
#: All of them come within this, while what stood before them stands.
_SECONDS = 300.0


def run(*, small: bool) -> list[Figure]:
    from peerseal.server.guard.detector import Scoring, Sighting, Who
    from peerseal.server.guard.detector.subjects import network_of
    from peerseal.server.guard.limits import source_of
    from peerseal.server.run import settle

    settle()  # as the server does
    count = 20_000 if small else 1_000_000
    scoring = Scoring()

    def see(t: float, ip: str, account: str | None, device: str | None, point: str) -> None:
        scoring.see(Sighting(t, ip, network_of(ip), account, device, None, point, "/api/v1/login", 401))

    def made(number: int) -> Sighting:
        address = source_of(str(ipaddress.IPv6Address((0x2001 << 112) | (number << 64) | number)))
        who = (network_of(address), f"name {number}", f"device {number}", None, "login_failed")
        return Sighting(10 + _SECONDS * number / count, address, *who, "/api/v1/login", 401)

    bad = "198.51.100.7"
    for number in range(60):
        see(number / 10, bad, f"victim {number}", None, "honeypot")
    before = _resident_kib()
    taken = 0.0
    for first in range(0, count, _AT_A_TIME):
        numbers = range(first, min(first + _AT_A_TIME, count))
        # The running server makes a key of an address once for each connection; here it is what makes the load.
        sightings = [made(number) for number in numbers]
        begun = time.process_time()
        for sighting in sightings:
            scoring.see(sighting)
        taken += time.process_time() - begun
    stands = scoring.standing(Who(bad, network_of(bad)), 10 + _SECONDS).action
    return [
        Figure("keys", 3 * count, ""),
        at_most("subjects kept", len(scoring), "", 50_000),
        at_most("its growth", (_resident_kib() - before) / 1024, "MiB", 64),
        at_most("a sighting", 1e6 * taken / count, "µs", 50),
        at_most("blocks that stood and are gone", int(stands != "block"), "", 0),
        Figure(
            "the process at its largest", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB"
        ),
    ]


def _resident_kib() -> int:
    with open("/proc/self/status", encoding="ascii") as lines:  # noqa: PTH123
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
