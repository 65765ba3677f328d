"""Floods of messages, frames, fragments and pings from many connections, each anew as soon as it is cut, for a while."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

from bench.soak.figures import Figure, at_most, percentile
from bench.soak.server import Control, Server
from support.floods import FLOODS, pings  # found by bench.soak.server


def run(*, small: bool) -> list[Figure]:
    from attack.test_floods import opened, poured

    connections, patience, seconds = (4, 10, 3) if small else (20, 30, 10)
    figures: list[Figure] = []
    with Server({"guard": "enforce"}) as server:
        for number, (what, pieces) in enumerate({**FLOODS, "pings": pings}.items()):
            cut: list[float] = []
            left_open: list[str] = []
            before = server.resident_kib()
            peak = [before]

            def flood(
                source: str,
                pieces: Callable[[], Iterator[bytes]] = pieces,
                cut: list[float] = cut,
                left: list[str] = left_open,
            ) -> None:
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    begun = time.monotonic()
                    try:
                        with contextlib.closing(opened(server.port, source)) as sock:
                            ended = poured(sock, pieces(), patience)
                    except (OSError, AssertionError):
                        time.sleep(0.1)  # refused: it comes again
                        continue
                    if ended:
                        cut.append(time.monotonic() - begun)
                    else:
                        left.append(source)

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
                Figure(f"{what}: cut", len(cut), "times"),
                at_most(f"{what}: left open for {patience} s", len(left_open), "", 0),
                Figure(f"{what}: cut after, median", 1000 * percentile(cut, 0.5), "ms"),
                at_most(f"{what}: growth at most", (max(peak) - before) / 1024, "MiB", 32),
                at_most(
                    f"{what}: somebody signed in, p99", 1000 * percentile(control.seconds, 0.99), "ms", 250
                ),
                at_most(f"{what}: not answered", control.failed, "", 0),
            ]
    return figures
