"""Coverage-guided fuzzing with atheris: `python tests/fuzz/run.py [NAME …]`, FUZZ_SECONDS (20) for each decoder.

Each runs in a process of its own, in a folder of its own; what ends one is a finding, shown with its input. Exit
status 1 if there was any.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]
#: libFuzzer: one input may take 2 s and 512 MiB.
_TIMEOUT: Final = 2
_RSS_MIB: Final = 768
_RUNS: Final = re.compile(rb"^(?:Done|stat::number_of_executed_units:) (\d+)", re.MULTILINE)
_AT: Final = re.compile(rb"^#(\d+)\s", re.MULTILINE)


def main() -> int:
    """Run those that are named; all if none is."""
    from fuzz.targets import named

    seconds = int(os.environ.get("FUZZ_SECONDS", "20"))
    names = list(named(sys.argv[1:]))
    rows = [_one(name, seconds) for name in names]
    for row in rows:
        print(f"{row['decoder']:28} {row['inputs']:>10} inputs {row['seconds']:>5.0f} s  {row['result']}")
    if os.environ.get("FUZZ_JSON"):
        Path(os.environ["FUZZ_JSON"]).write_text(json.dumps(rows), encoding="utf-8")
    return int(any(row["result"] != "nothing" for row in rows))


def _one(name: str, seconds: int) -> dict[str, object]:
    from fuzz.targets import named, seeds_of

    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="peerseal-fuzz-") as folder:
        seeds = Path(folder) / "seeds"
        seeds.mkdir()
        for number, octets in enumerate(seeds_of(named([name])[name])):
            (seeds / str(number)).write_bytes(octets)
        bounds = (
            f"-max_total_time={seconds}",
            f"-timeout={_TIMEOUT}",
            f"-rss_limit_mb={_RSS_MIB}",
            "-max_len=4096",
        )
        done = subprocess.run(
            [sys.executable, __file__, "--in-process", name, *bounds, "-print_final_stats=1", str(seeds)],
            cwd=folder,
            capture_output=True,
            timeout=4 * seconds + 120,
            check=False,
        )
        found = sorted(Path(folder).glob("crash-*")) + sorted(Path(folder).glob("timeout-*"))
        counted = _RUNS.findall(done.stderr) or _AT.findall(done.stderr)
        result = "nothing"
        if done.returncode:
            sys.stderr.write(
                done.stdout.decode(errors="replace")[-3000:] + done.stderr.decode(errors="replace")[-2000:]
            )
            result = (
                f"{found[0].name}: {found[0].read_bytes()[:200]!r}" if found else f"status {done.returncode}"
            )
    inputs = max((int(number) for number in counted), default=0)
    return {"decoder": name, "inputs": inputs, "seconds": time.monotonic() - begun, "result": result}


def _in_process(name: str, options: list[str]) -> None:
    import atheris  # type: ignore[import-untyped] # only in its own environment

    with atheris.instrument_imports(include=["peerseal", "socketio", "engineio"]):
        from fuzz.targets import named, once
    target = named([name])[name]

    def test_one_input(octets: bytes) -> None:
        once(target, octets)

    atheris.Setup([sys.argv[0], *options], test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--in-process"]:
        _in_process(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
