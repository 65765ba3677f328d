"""Page to page in two browsers: the best path, the relay and the direct one, beside plain channels without sealing."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

from bench import cdp, load, page, peerseal_cli, webrtc, websocket
from bench.command_line import MIB, folder
from bench.figures import Bounded, Compared, Figure

PAIRDROP = 9e6
"""Bytes a second PairDrop carries from page to page on a machine of this kind."""
SIZE = 200_000_000


def pages(rounds: int) -> list[Figure]:
    """200 MB from page to page on each path, verified and on disk; raw channels in memory beside it."""
    kept: dict[page.Route, list[float]] = {"auto": [], "relay": [], "direct": []}
    saved: list[float] = []
    plain: list[float] = []
    raw: list[float] = []
    with folder() as home, peerseal_cli.running() as server, cdp.two() as (one, two):
        file = load.random_file(home / "200MB.bin", SIZE)
        truth = load.digest(file)
        for _ in range(rounds):
            for route, rates in kept.items():
                took = _sent(one, two, server.url, route, file, truth=truth)
                rates.append(SIZE / took.kept / 1e6)
                if route == "auto":
                    saved.append(SIZE / took.saved / 1e6)
            one.open(server.url)
            two.open(server.url)
            plain.append(SIZE / websocket.seconds(one, two, server.url, SIZE) / 1e6)
            raw.append(64 * MIB / webrtc.seconds(one, two, 64 * MIB) / 1e6)
    work = "page→page, best path, 200 MB"
    return [
        Compared(work, "MB/s", kept["auto"], "plain WebSocket, same server, in memory", plain, least=0.5),
        Compared(work, "MB/s", kept["auto"], "PairDrop (9 MB/s)", [PAIRDROP / 1e6], least=8),
        Compared(work, "MB/s", saved, "the same, and saved: PairDrop (9 MB/s)", [PAIRDROP / 1e6]),
        Compared(
            "page→page, relay only", "MB/s", kept["relay"], "plain WebSocket, same server, in memory", plain
        ),
        Compared("page→page, direct only", "MB/s", kept["direct"], "raw WebRTC channel, in memory", raw),
    ]


def _sent(
    one: cdp.Chromium, two: cdp.Chromium, url: str, route: page.Route, file: Path, *, truth: str
) -> page.Took:
    page.meet(one, two, url, route)
    took = page.send(one, two, file, first=True)
    if load.digest(two.downloads / file.name) != truth:
        raise RuntimeError("the file arrived changed")
    (two.downloads / file.name).unlink()
    return took


def memory(_rounds: int) -> list[Figure]:
    """2 GiB from page to page by the relay and straight: growth of the pages."""
    figures: list[Figure] = []
    with folder() as home, peerseal_cli.running() as server:
        warm = load.random_file(home / "warm.bin", 20 * MIB)
        file = load.random_file(home / "2GiB.bin", 2048 * MIB)
        truth = load.digest(file)
        for route, title in page.WAYS.items():
            with cdp.two() as (one, two):
                page.meet(one, two, server.url, route)
                page.send(one, two, warm, first=True)
                before = one.renderer_memory(), two.renderer_memory()
                with Watch(one, two) as watch:
                    took = page.send(one, two, file, first=False).kept
                if load.digest(two.downloads / file.name) != truth:
                    raise RuntimeError("the file arrived changed")
            grown = [(peak - start) * MIB / 1e6 for peak, start in zip(watch.peaks, before, strict=True)]
            work = f"2 GiB page→page, {title}"
            figures += [
                Bounded(work, "sending page's growth", [grown[0]], "MB", most=150),
                Bounded(work, "receiving page's growth", [grown[1]], "MB", most=150),
                Bounded(work, "Accept to kept", [took], "s"),
            ]
    return figures


class Watch:
    """Samples both pages' memory until left; `peaks` are the largest seen."""

    def __init__(self, *browsers: cdp.Chromium) -> None:
        self._browsers, self._stop = browsers, threading.Event()
        self.peaks = [0.0 for _ in browsers]
        self._thread = threading.Thread(target=self._sample)

    def _sample(self) -> None:
        while not self._stop.wait(0.25):
            for number, browser in enumerate(self._browsers):
                self.peaks[number] = max(self.peaks[number], browser.renderer_memory())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()
