"""What the detector costs a small request: two servers side by side, one with it and one without, in turns."""

from __future__ import annotations

import statistics
from http.client import HTTPConnection

from bench.soak.figures import Figure, at_most
from bench.soak.server import Server
from support.storing import Storer  # found by bench.soak.server

PATHS = {"who am I": "/api/v1/me", "public": "/api/v1/info"}


def run(*, small: bool) -> list[Figure]:
    rounds, requests = (6, 150) if small else (40, 1000)
    figures: list[Figure] = []
    with Server({"guard": "off"}) as without, Server({"guard": "enforce"}) as with_it:
        people = [Storer.sign_up(one.port) for one in (without, with_it)]
        for one in people:
            one.close()
        for what, path in PATHS.items():
            ratios, costs = [], []
            for number in range(rounds + 1):
                pair = [(without, people[0]), (with_it, people[1])]
                taken = {}
                for server, person in pair if number % 2 else reversed(pair):
                    taken[server.port] = _cost(server, person.token, path, requests)
                off, on = taken[without.port], taken[with_it.port]
                if number:  # the first warms up
                    ratios.append(on / off)
                    costs.append((on - off) / requests)
            figures += [
                at_most(
                    f"{what}: processor time with it, of that without", statistics.median(ratios), "×", 1.05
                ),
                Figure(f"{what}: more for each request", 1e6 * statistics.median(costs), "µs"),
            ]
    return figures


def _cost(server: Server, token: str, path: str, requests: int) -> float:
    """Processor seconds of the server for so many requests on one connection."""
    link = HTTPConnection("127.0.0.1", server.port, timeout=20)
    before = server.cpu_seconds()
    for _ in range(requests):
        link.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = link.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
    link.close()
    return max(server.cpu_seconds() - before, 0.001)
