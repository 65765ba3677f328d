"""One account opens 10,000 uploads and never ends one."""

from __future__ import annotations

import sqlite3

from bench.soak.figures import Figure, at_most, percentile
from bench.soak.server import Control, Server
from support.stored_files import new_file  # found by bench.soak.server
from support.storing import Storer


def run(*, small: bool) -> list[Figure]:
    count = 300 if small else 10_000
    statuses: dict[int, int] = {}
    with Server({"guard": "enforce"}) as server:
        mallory = Storer.sign_up(server.port)
        before = server.resident_kib()
        with Control(server.port) as control:
            for _ in range(count):
                status, _said = mallory.call("new_file", new_file())
                statuses[status] = statuses.get(status, 0) + 1
                if status == 401:
                    break
        mallory.close()
        database = sqlite3.connect(f"file:{server.home / 'data' / 'peerseal.db'}?mode=ro", uri=True)
        (rows,) = database.execute("SELECT COUNT(*) FROM versions").fetchone()
        database.close()
        return [
            Figure("tried", sum(statuses.values()), ""),
            at_most("let in", statuses.get(201, 0), "", 50),
            at_most("rows", rows, "", 50),
            at_most(
                "other answers than 201, 429 and an ended session",
                sum(statuses[one] for one in statuses if one not in (201, 401, 403, 429)),
                "",
                0,
            ),
            at_most("the server's growth", (server.resident_kib() - before) / 1024, "MiB", 16),
            at_most("somebody else, p99", 1000 * percentile(control.seconds, 0.99), "ms", 250),
        ]
