"""1 GiB up and down beside what keeps files otherwise, and the memory of 5 GiB: what `python -m bench stored` measures."""

from __future__ import annotations

from bench import load, peerseal_cli, stored
from bench.command_line import MIB, folder
from bench.figures import Row
from bench.measure import middle

GOALS = {
    "nginx, plain": "≥ 0.6×",
    "rclone crypt, TLS": "≥ 3×, or",
    "copyparty, TLS, its uploader": "≥ 2×",
}


def against_stores(rounds: int) -> list[Row]:
    """1 GiB up and down again, in turn with each peer: whole programs, verified, on disk."""
    head = ("1 GiB up and down", "up s", "down s", "both s", "CPU s", "their time / ours", "their CPU / ours")
    rows: list[Row] = [(*head, "goal")]
    took = _rounds(rounds)
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
                GOALS.get(title, ""),
            )
        )
    return rows


def _rounds(rounds: int) -> dict[str, list[stored.Clocked]]:
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
    return took


def memory(_rounds: int) -> list[Row]:
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
