"""Floods of messages, frames, fragments and pings from many connections at once: are they cut, does memory stay?"""

from __future__ import annotations

import contextlib
import threading
import time

from bench.soak.figures import Figure, at_most, percentile
from bench.soak.server import Control, Server
from support.floods import FLOODS, pings  # found by bench.soak.server


def run(*, small: bool) -> list[Figure]:
    from attack.test_floods import opened, poured

    connections, patience = (4, 10) if small else (20, 30)
    figures: list[Figure] = []
    with Server({"guard": "enforce"}) as server:
        for number, (what, pieces) in enumerate({**FLOODS, "pings": pings}.items()):
            cut: list[float] = []
            before = server.resident_kib()
            peak = [before]

            def flood(source: str, pieces=pieces, cut: list[float] = cut) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - of FLOODS
                begun = time.monotonic()
                with (
                    contextlib.suppress(OSError, AssertionError),
                    contextlib.closing(opened(server.port, source)) as sock,
                ):
                    if poured(sock, pieces(), patience):
                        cut.append(time.monotonic() - begun)

            threads = [
                threading.Thread(target=flood, args=(f"127.{60 + number}.{one}.1",))
                for one in range(connections)
            ]
            with Control(server.port) as control:
                for one in threads:
                    one.start()
                while any(one.is_alive() for one in threads):
                    peak.append(server.resident_kib())
                    time.sleep(0.1)
            figures += [
                Figure(f"{what}: cut", len(cut), f"of {connections}"),
                at_most(f"{what}: growth at most", (max(peak) - before) / 1024, "MiB", 32),
                at_most(
                    f"{what}: somebody signed in, p99", 1000 * percentile(control.seconds, 0.99), "ms", 250
                ),
                at_most(f"{what}: not answered", control.failed, "", 0),
            ]
    return figures
