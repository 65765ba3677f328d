"""`make bench`: every promise about speed, side by side with a peer or a physical limit, as medians and ratios."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from bench import cdp, limits, load, page, peerseal_cli, stored, webrtc, wormhole
from bench.measure import Run, middle, table

MIB = 2**20
Row = tuple[str, ...]


@contextmanager
def folder() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def checked(run: Callable[[Path, Path], Run], what: Path, into: Path, truth: str) -> Run:
    """One transfer into an empty folder; what arrived must be what was sent."""
    into.mkdir()
    result = run(what, into)
    if result.sender.status or result.receiver.status:
        raise RuntimeError(f"{what.name}: exit {result.sender.status} and {result.receiver.status}")
    if load.digest(into / what.name) != truth:
        raise RuntimeError(f"{what.name} arrived changed")
    shutil.rmtree(into)
    return result


def against_wormhole(rounds: int) -> list[Row]:
    """Command line to command line through each one's own relay, in turn, whole processes."""
    rows: list[Row] = [
        ("work", "Peerseal s", "magic-wormhole s", "ratio", "goal", "limit s (bare TCP copy)", "relay CPU s")
    ]
    with folder() as home, peerseal_cli.running() as ours, wormhole.running() as theirs:
        loads = (
            (load.random_file(home / "1GiB.bin", 1024 * MIB), "1 GiB", 3.0),
            (load.random_file(home / "10MiB.bin", 10 * MIB), "10 MiB, start included", 3.0),
            (load.random_folder(home / "hundred", 100, 10 * 1024), "100 files of 10 KiB", 3.0),
        )
        for what, title, goal in loads:
            truth = load.digest(what)
            mine: list[float] = []
            other: list[float] = []
            bare: list[float] = []
            cpu: list[float] = []
            for _ in range(rounds):
                before, _rss = ours.account()
                mine.append(checked(ours.transfer, what, home / "in", truth).wall)
                cpu.append(ours.account()[0] - before)
                other.append(checked(theirs.transfer, what, home / "in", truth).wall)
                if what.is_file():
                    bare.append(limits.tcp_copy(what, home / "bare"))
                    (home / "bare").unlink()
            ratio = middle(other) / middle(mine)
            rows.append(
                (
                    title,
                    f"{middle(mine):.3f} ({min(mine):.3f}–{max(mine):.3f})",
                    f"{middle(other):.3f} ({min(other):.3f}–{max(other):.3f})",
                    f"{ratio:.1f}×",
                    f"≥ {goal:.0f}×",
                    f"{middle(bare):.3f}" if bare else "–",
                    f"{middle(cpu):.2f}",
                )
            )
    return rows


def imports(_rounds: int) -> list[Row]:
    took = peerseal_cli.import_milliseconds()
    return [("work", "ms", "goal"), ("imports of `send`, interpreter included", f"{took:.0f}", "≤ 60")]


def browsers(rounds: int) -> list[Row]:
    """Page to page through the relay against a raw WebRTC data channel between the same two browsers."""
    size = 200 * MIB
    kept: list[float] = []
    saved: list[float] = []
    raw: list[float] = []
    with folder() as home, peerseal_cli.running() as server, cdp.two() as (one, two):
        file = load.random_file(home / "200MiB.bin", size)
        for _ in range(rounds):
            one.open("about:blank#")
            two.open("about:blank#")
            raw.append(64 * MIB / webrtc.seconds(one, two, 64 * MIB))
            page.meet(one, two, server.url)
            took = page.send(one, two, file, first=True)
            kept.append(size / took.kept)
            saved.append(size / took.saved)
            if load.digest(two.downloads / file.name) != load.digest(file):
                raise RuntimeError("the file arrived changed")
            (two.downloads / file.name).unlink()
    return [
        ("work", "Peerseal MB/s", "and saved", "raw WebRTC MB/s, in memory", "ratio", "goal"),
        (
            "page to page, 200 MiB, relayed, verified, on disk",
            megabytes(kept),
            megabytes(saved),
            megabytes(raw),
            f"{middle(kept) / middle(raw):.1f}×",
            "≥ 4×",
        ),
    ]


def megabytes(rates: list[float]) -> str:
    return f"{middle(rates) / 1e6:.0f} ({min(rates) / 1e6:.0f}–{max(rates) / 1e6:.0f})"


def memory_cli(_rounds: int) -> list[Row]:
    """5 GiB from command line to command line: peak of each side, growth of the server."""
    size = 5 * 1024 * MIB
    with folder() as home, peerseal_cli.running() as server:
        warm = load.random_file(home / "warm.bin", MIB)
        checked(server.transfer, warm, home / "in", load.digest(warm))
        file = load.random_file(home / "5GiB.bin", size)
        _cpu, before = server.account()
        run = checked(server.transfer, file, home / "in", load.digest(file))
        _cpu, after = server.account()
    return [
        ("work", "sender MiB", "receiver MiB", "server growth MiB", "seconds", "goal"),
        (
            "5 GiB command line to command line",
            f"{run.sender.peak:.0f}",
            f"{run.receiver.peak:.0f}",
            f"{after - before:.1f}",
            f"{run.wall:.1f}",
            "≤ 80, ≤ 80, ≤ 16",
        ),
    ]


def memory_page(_rounds: int) -> list[Row]:
    """2 GiB from page to page: growth of the pages."""
    size = 2 * 1024 * MIB
    with folder() as home, peerseal_cli.running() as server, cdp.two() as (one, two):
        warm = load.random_file(home / "warm.bin", 20 * MIB)
        file = load.random_file(home / "2GiB.bin", size)
        page.meet(one, two, server.url)
        page.send(one, two, warm, first=True)
        before = one.renderer_memory(), two.renderer_memory()
        with Watch(one, two) as watch:
            took = page.send(one, two, file, first=False).kept
        same = load.digest(two.downloads / file.name) == load.digest(file)
    if not same:
        raise RuntimeError("the file arrived changed")
    return [
        ("work", "sending page +MiB", "receiving page +MiB", "MB/s", "goal"),
        (
            "2 GiB page to page",
            f"{watch.peaks[0] - before[0]:.0f}",
            f"{watch.peaks[1] - before[1]:.0f}",
            f"{size / took / 1e6:.0f}",
            "≤ 150",
        ),
    ]


def against_stores(rounds: int) -> list[Row]:
    """1 GiB up and down again, in turn with each peer: whole programs, verified, on disk."""
    rows: list[Row] = [
        (
            "1 GiB up and down",
            "up s",
            "down s",
            "both s",
            "CPU s",
            "their time / ours",
            "their CPU / ours",
            "goal",
        )
    ]
    goals = {
        "nginx, plain": "≥ 0.6×",
        "rclone crypt, TLS": "≥ 3×, or",
        "copyparty, TLS, its uploader": "≥ 2×",
    }
    with folder() as home, peerseal_cli.running() as server, stored.peers(home) as others:
        (home / "ours").mkdir()
        keepers = [stored.Peerseal(server.pid, server.url, home / "ours"), *others]
        file = load.random_file(home / "1GiB.bin", 1024 * MIB)
        took: dict[str, list[stored.Clocked]] = {keeper.title: [] for keeper in keepers}
        for number in range(rounds + 1):
            for keeper in keepers:
                one = stored.clocked(keeper, file, home / "back.bin")
                if number:  # the first warms up
                    took[keeper.title].append(one)
    ours = took["Peerseal"]
    for title, times in took.items():
        # Pair by pair: the machine's speed may drift from round to round.
        slower = [(one.up + one.down) / (own.up + own.down) for one, own in zip(times, ours, strict=True)]
        dearer = [one.cpu / own.cpu for one, own in zip(times, ours, strict=True)]
        both = [one.up + one.down for one in times]
        rows.append(
            (
                title,
                f"{middle([one.up for one in times]):.2f}",
                f"{middle([one.down for one in times]):.2f}",
                f"{middle(both):.2f} ({min(both):.2f}–{max(both):.2f})",
                f"{middle([one.cpu for one in times]):.2f}",
                "–" if times is ours else f"{middle(slower):.2f}×",
                "–" if times is ours else f"{middle(dearer):.2f}×",
                goals.get(title, ""),
            )
        )
    return rows


def memory_stored(_rounds: int) -> list[Row]:
    """5 GiB up and down: peak of the command line each way, growth of the server."""
    with folder() as home, peerseal_cli.running() as server:
        (home / "ours").mkdir()
        keeper = stored.Peerseal(server.pid, server.url, home / "ours")
        stored.clocked(keeper, load.random_file(home / "warm.bin", 20 * MIB), home / "back.bin")
        file = home / "5GiB.bin"
        with file.open("wb") as sparse:
            sparse.truncate(5 * 1024 * MIB)
        _cpu, before = server.account()
        up, down = keeper.up(file), keeper.down(home / "back.bin")
        _cpu, after = server.account()
        if up.status or down.status or (home / "back.bin").stat().st_size != file.stat().st_size:
            raise RuntimeError("5 GiB did not come back")
    return [
        ("work", "upload MiB", "download MiB", "server growth MiB", "goal"),
        ("5 GiB stored", f"{up.peak:.0f}", f"{down.peak:.0f}", f"{after - before:.1f}", "≤ 80, ≤ 80, ≤ 64"),
    ]


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


PARTS: dict[str, Callable[[int], list[Row]]] = {
    "cli": against_wormhole,
    "imports": imports,
    "browser": browsers,
    "stored": against_stores,
    "memory-cli": memory_cli,
    "memory-stored": memory_stored,
    "memory-page": memory_page,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=f"any of: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write the tables here too")
    chosen = parser.parse_args()
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, loopback"
    )
    print(f"AES-256-GCM alone, one core: {limits.aes_rate() / 1e9:.1f} GB/s\n")
    results: dict[str, list[Row]] = {}
    for name in chosen.parts:
        results[name] = PARTS[name](chosen.rounds)
        print(table(results[name]) + "\n", flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=2) + "\n")


main()
