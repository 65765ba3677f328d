"""`python -m bench.guard`: what the detector makes of each mix and seed, and of each kind of actor."""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path

from bench.guard.mixes import MIXES
from bench.guard.world import World
from peerseal.server.guard.detector import Scoring, Sighting, Who
from peerseal.server.guard.detector.replay import Replay, lines_of

COLUMNS = (
    ("lines", "lines", 1),
    ("attackers", "attackers", 1),
    ("attackers_found", "found", 1),
    ("block_precision", "block precision", 1),
    ("people_blocked", "people blocked", 1),
    ("legit_requests_challenged_share", "honest challenged %", 100),
    ("median_seconds_to_detect", "median s", 1),
    ("attack_requests_stopped_share", "attack stopped %", 100),
    ("microseconds_per_request", "µs", 1),
)


def replayed(world: World) -> Replay:
    """The whole of it through a fresh detector."""
    replay = Replay(Scoring(), time.process_time)
    for line in lines_of(world.texts()):
        replay.step(line)
    return replay


def kinds(replays: list[Replay]) -> str:
    """One row for each kind of actor over all seeds."""
    of: dict[tuple[bool, str], list[tuple[float | None, int, int, int]]] = defaultdict(list)
    for replay in replays:
        for (attack, name), one in replay.summary.actors.items():
            of[attack, name.split("-")[0]].append((one.found, one.events, one.stopped, one.blocked))
    rows = [
        f"{'kind':<16}{'actors':>8}{'stopped':>9}{'blocked':>9}{'requests stopped %':>20}{'median s':>10}"
    ]
    for (_, kind), ones in sorted(of.items(), key=lambda row: (not row[0][0], row[0][1])):
        times = sorted(found for found, *_ in ones if found is not None)
        share = 100 * sum(one[2] for one in ones) / sum(one[1] for one in ones)
        middle = f"{times[len(times) // 2]:.1f}" if times else "-"
        blocked = sum(one[3] > 0 for one in ones)
        rows.append(f"{kind:<16}{len(ones):>8}{len(times):>9}{blocked:>9}{share:>20.2f}{middle:>10}")
    return "\n".join(rows)


def overhead(rounds: int = 100_000) -> str:
    """What one call costs, in µs: an ordinary request, a wrong password of ever new addresses, a look."""
    scoring = Scoring()
    began = time.process_time()
    for n in range(rounds):
        scoring.see(
            Sighting(
                n / 100,
                "192.0.2.1",
                "192.0.2.0/24",
                "a",
                None,
                "s",
                None,
                "/api/v1/files",
                200,
                signed_in=True,
            )
        )
    ordinary = time.process_time() - began
    began = time.process_time()
    for n in range(rounds):
        ip = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        scoring.see(
            Sighting(
                n / 100,
                ip,
                ip.rpartition(".")[0] + ".0/24",
                str(n),
                None,
                None,
                "login_failed",
                "/api/v1/login",
                401,
            )
        )
    wrong = time.process_time() - began
    who = Who("198.51.100.7", "198.51.100.0/24")
    began = time.process_time()
    for _ in range(rounds):
        scoring.standing(who, rounds / 100)
    look = time.process_time() - began
    each = [1e6 * spent / rounds for spent in (ordinary, wrong, look)]
    return "an ordinary request {:.1f} µs, a wrong password {:.1f} µs, a look at who begins {:.1f} µs".format(
        *each
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.guard", description=__doc__)
    parser.add_argument("mixes", nargs="*", default=list(MIXES), help=f"any of {', '.join(MIXES)}")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--scale", type=float, default=1.0, help="how many people there are")
    parser.add_argument("--kinds", action="store_true", help="a row for each kind of actor too")
    parser.add_argument("--write", metavar="FILE", help="write the labelled lines of the first seed instead")
    chosen = parser.parse_args()
    for name in chosen.mixes:
        worlds = (
            MIXES[name](seed, chosen.scale) for seed in range(chosen.first, chosen.first + chosen.seeds)
        )
        if chosen.write:
            with Path(chosen.write).open("wb") as file:
                file.writelines(text + b"\n" for text in next(worlds).texts())
            return
        print(f"\n{'mix':<12}{'seed':>5}" + "".join(f"{title:>21}" for _, title, _ in COLUMNS))
        replays = []
        for seed, world in enumerate(worlds, chosen.first):
            replays.append(replayed(world))
            figures = replays[-1].summary.figures()
            cells = [figures[key] for key, _, _ in COLUMNS]
            shown = [
                f"{cell * times:>21.6g}" if isinstance(cell, int | float) else f"{'-':>21}"
                for cell, (_, _, times) in zip(cells, COLUMNS, strict=True)
            ]
            print(f"{name:<12}{seed:>5}" + "".join(shown))
            sys.stdout.flush()
        if chosen.kinds:
            print("\n" + kinds(replays))
    print("\n" + overhead())


if __name__ == "__main__":
    main()
