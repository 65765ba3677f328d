"""Run programs side by side and account for them: wall seconds, CPU seconds and peak memory of each."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

LIMIT_SECONDS = 900.0
#: As on a user's machine: Python may keep its bytecode.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Ended:
    """One finished program, as the kernel accounts for it."""

    status: int
    cpu: float  # seconds, user and system
    peak: float  # MiB, largest resident size
    at: float  # time.perf_counter() when it had ended


@dataclass(frozen=True)
class Run:
    """One transfer: from the first side's start until both have ended."""

    wall: float
    sender: Ended
    receiver: Ended


def start(
    command: Sequence[str | Path],
    log: Path,
    stdout: int | None = None,
    environment: Mapping[str, str | Path] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` with its noise in `log`; stdout may be a pipe instead. `environment` adds to ours."""
    with log.open("ab") as noise:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=noise if stdout is None else stdout,
            stderr=noise,
            env={**ENVIRONMENT, **{name: str(value) for name, value in (environment or {}).items()}},
        )


def wait(process: subprocess.Popen[bytes], limit: float = LIMIT_SECONDS) -> Ended:
    """Wait for a program of ours and read its account; kill it after `limit` seconds."""
    until = time.perf_counter() + limit
    pause = 0.0002
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return Ended(
                process.returncode,
                usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss / 1024,
                time.perf_counter(),
            )
        if time.perf_counter() > until:
            process.kill()
            until = float("inf")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.005)


def cpu_and_memory(pid: int) -> tuple[float, float]:
    """CPU seconds so far and resident MiB of a living process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = os.sysconf("SC_CLK_TCK")
    resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return (int(fields[11]) + int(fields[12])) / ticks, resident / 2**20


def cpu_of_tree(pid: int) -> float:
    """CPU seconds so far of a living process and of those it started, which live too."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return cpu_and_memory(pid)[0] + sum(cpu_of_tree(child) for child in children)


def middle(values: Sequence[float]) -> float:
    """The median; NaN of nothing."""
    return median(values) if values else float("nan")


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table; the first is the head."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
