"""Command line to command line, whole programs: straight to the peer, by the relay, small things, many small files."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import limits, load, peerseal_cli, scp, wormhole
from bench.figures import Bounded, Compared, Figure
from bench.measure import Run

MIB = 2**20
MANY, SMALL = 10_000, 4_096


@contextmanager
def folder() -> Iterator[Path]:
    """A folder for one run, swept afterwards."""
    home = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def checked(
    run: Callable[[Path, Path], Run], what: Path, into: Path, truth: str, *, keep: bool = False
) -> Run:
    """One transfer into an empty folder; what arrived must be what was sent."""
    into.mkdir()
    result = run(what, into)
    if result.sender.status or result.receiver.status:
        raise RuntimeError(f"{what.name}: exit {result.sender.status} and {result.receiver.status}")
    arrived(what, into, truth, keep=keep)
    return result


def arrived(what: Path, into: Path, truth: str, *, keep: bool = False) -> None:
    """Compare by SHA-256, and make room."""
    if load.digest(into / what.name) != truth:
        raise RuntimeError(f"{what.name} arrived changed")
    if not keep:
        shutil.rmtree(into)


def direct(rounds: int) -> list[Figure]:
    """1 GiB straight to the peer: beside magic-wormhole, scp and a bare copy."""
    ours: list[float] = []
    other: list[float] = []
    copied: list[float] = []
    bare: list[float] = []
    cpu: list[float] = []
    work = "CLI→CLI direct, 1 GiB"
    with folder() as home, peerseal_cli.running() as mine, wormhole.running() as theirs, scp.running() as ssh:
        file = load.random_file(home / "1GiB.bin", 1024 * MIB)
        truth = load.digest(file)
        for _ in range(rounds):
            before, _rss = mine.account()
            ours.append(checked(mine.transfer, file, home / "in", truth).wall)
            cpu.append(mine.account()[0] - before)
            other.append(
                checked(
                    lambda what, into: theirs.transfer(what, into, direct=True), file, home / "in", truth
                ).wall
            )
            if ssh is not None:
                (home / "in").mkdir()
                took, ended = ssh.copy(file, home / "in")
                if ended.status:
                    raise RuntimeError(f"scp ended with {ended.status}")
                arrived(file, home / "in", truth)
                copied.append(took)
            bare.append(limits.tcp_copy(file, home / "bare"))
            (home / "bare").unlink()
    figures: list[Figure] = [Compared(work, "s", ours, "magic-wormhole, direct", other, least=5)]
    if copied:
        figures.append(Compared(work, "s", ours, f"scp, {scp.CIPHER.partition('@')[0]}", copied, least=4))
    figures.append(Compared(work, "s", ours, "bare TCP copy in Python", bare, least=0.6))
    figures.append(Bounded(work, "server's CPU: it carries only the beginning", cpu, "s", typical=True))
    return figures


def live(rounds: int) -> list[Figure]:
    """1 GiB by each one's relay; 10 MiB and 100 small files from start to end."""
    with folder() as home, peerseal_cli.running() as mine, wormhole.running() as theirs:
        loads = (
            (load.random_file(home / "1GiB.bin", 1024 * MIB), "CLI→CLI relayed, 1 GiB", False),
            (
                load.random_file(home / "10MiB.bin", 10 * MIB),
                "10 MiB, start, meeting and handshake included",
                True,
            ),
            (load.random_folder(home / "hundred", 100, 10 * 1024), "100 files of 10 KiB", True),
        )
        figures: list[Figure] = []
        for what, work, as_it_comes in loads:
            figures += _beside(mine, theirs, what, home, work=work, rounds=rounds, as_it_comes=as_it_comes)
    return figures


def _beside(
    mine: peerseal_cli.Peerseal,
    theirs: wormhole.Wormhole,
    what: Path,
    home: Path,
    *,
    work: str,
    rounds: int,
    as_it_comes: bool,
) -> list[Figure]:
    """`as_it_comes`: each by the path it takes by itself, instead of by its relay."""
    options = () if as_it_comes else ("--relay-only",)
    truth = load.digest(what)
    ours: list[float] = []
    other: list[float] = []
    bare: list[float] = []
    cpu: list[float] = []
    for _ in range(rounds if what.is_file() and what.stat().st_size > 100 * MIB else 2 * rounds):
        before, _rss = mine.account()
        ours.append(
            checked(lambda file, into: mine.transfer(file, into, *options), what, home / "in", truth).wall
        )
        cpu.append(mine.account()[0] - before)
        other.append(
            checked(
                lambda file, into: theirs.transfer(file, into, direct=as_it_comes), what, home / "in", truth
            ).wall
        )
        if what.is_file():
            bare.append(limits.tcp_copy(what, home / "bare"))
            (home / "bare").unlink()
    title = "magic-wormhole" if as_it_comes else "magic-wormhole, relayed"
    figures: list[Figure] = [Compared(work, "s", ours, title, other, least=3.5 if what.is_file() else 3)]
    if bare:
        figures.append(Compared(work, "s", ours, "bare TCP copy in Python", bare))
    if not as_it_comes:
        figures.append(Bounded(work, "relay's CPU for a GiB", cpu, "s", most=0.5, typical=True))
    return figures


def small(rounds: int) -> list[Figure]:
    """10,000 files of 4 KB beside one file of as many bytes, by Peerseal and by `cp`."""
    many: list[float] = []
    one: list[float] = []
    copied: list[float] = []
    copied_one: list[float] = []
    written: list[float] = []
    with folder() as home, peerseal_cli.running() as mine:
        files = load.random_folder(home / "many", MANY, SMALL)
        file = load.random_file(home / "one.bin", MANY * SMALL)
        truth, truth_of_one = load.digest(files), load.digest(file)
        for number in range(rounds):
            # Nothing is removed before the end: ext4 takes no inode that has just been given back, and looks for long.
            into = home / f"{number}"
            into.mkdir()
            many.append(checked(mine.transfer, files, into / "many", truth, keep=True).wall)
            one.append(checked(mine.transfer, file, into / "one", truth_of_one, keep=True).wall)
            copied.append(_copied(files, into / "copy"))
            copied_one.append(_copied(file, into / "copy.bin"))
            written.append(limits.write_files(into / "written", MANY, SMALL))
    work = f"{MANY:,} files of 4 KB"
    return [
        Compared(work, "s", many, "one file of 40 MB, Peerseal", one, most=1.5),
        Compared(work, "s", many, "`cp -r` of the same", copied),
        Compared(work, "s", many, "a loop in Python that writes as many", written),
        Compared("one file of 40 MB", "s", one, "`cp` of the same", copied_one),
    ]


def _copied(what: Path, into: Path) -> float:
    began = time.perf_counter()
    subprocess.run(["cp", "-r", "--reflink=never", what, into], check=True)
    return time.perf_counter() - began


def imports(_rounds: int) -> list[Figure]:
    took = peerseal_cli.import_milliseconds()
    return [Bounded("`peerseal send`", "imports, interpreter included", [took], "ms", most=60)]


def memory(_rounds: int) -> list[Figure]:
    """5 GiB by every path: peak of each side; growth of the server."""
    figures: list[Figure] = []
    with folder() as home, peerseal_cli.running() as server:
        warm = load.random_file(home / "warm.bin", 20 * MIB)
        file = load.random_file(home / "5GiB.bin", 5 * 1024 * MIB)
        truth = load.digest(file)
        ways: dict[str, Callable[[Path, Path], Run]] = {
            "direct": lambda what, into: server.transfer(what, into, "--direct-only"),
            "relayed": lambda what, into: server.transfer(what, into, "--relay-only"),
            "by the server's disk": server.park,
        }
        for way, run in ways.items():
            checked(run, warm, home / "in", load.digest(warm))
            _cpu, before = server.account()
            ended = checked(run, file, home / "in", truth)
            _cpu, after = server.account()
            work = f"5 GiB, {way}"
            figures += [
                Bounded(work, "sender's memory", [ended.sender.peak * MIB / 1e6], "MB", most=80),
                Bounded(work, "receiver's memory", [ended.receiver.peak * MIB / 1e6], "MB", most=80),
                Bounded(work, "server's growth", [max(0.0, after - before) * MIB / 1e6], "MB"),
                Bounded(work, "start to end", [ended.wall], "s"),
            ]
    return figures
