"""`make attack`: everything that attacks, one after another, with a table at the end.

`--write` puts it into docs/reliability.md. CASES (1000) are schemathesis's for each operation, PEERSEAL_MODEL_STEPS
(100) the length of each of the model's stories. Exit status 1 if anything was found.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[2]
BIN: Final = ROOT / ".venv" / "bin"
TOOLS: Final = ROOT / ".venv" / "attack" / "bin" / "python"
PAGE: Final = ROOT / "docs" / "reliability.md"
_BETWEEN: Final = re.compile(r"(?<=<!-- generated -->\n).*?(?=<!-- /generated -->)", re.DOTALL)


class Part(NamedTuple):
    """One attacker: a command, and the line of its output that tells most."""

    what: str
    command: tuple[str | Path, ...]
    telling: str


def parts() -> tuple[Part, ...]:
    """All of them."""
    test = (
        BIN / "python",
        "-m",
        "pytest",
        "-q",
        "-o",
        "session_timeout=7200",
        "-o",
        "timeout=3600",
        "--tb=short",
    )
    here = "tests/attack"
    return (
        Part(
            "the tests of this catalogue, from outside",
            (*test, here, f"--deselect={here}/test_model.py"),
            r"^.* (?:passed|failed).*$",
        ),
        Part(
            "a model of files, shares, links, parks",
            (*test, f"{here}/test_model.py"),
            r"^.* (?:passed|failed).*$",
        ),
        Part(
            "schemathesis on openapi.json",
            (TOOLS, f"{here}/openapi_cases.py", os.environ.get("CASES", "1000")),
            r"^\s*(\d+ generated.*)$",
        ),
        Part("bandit, semgrep with local rules", (TOOLS, f"{here}/static_rules.py"), r"^\d+ rules.*$"),
    )


def main() -> int:
    """Run them."""
    environment = {"PEERSEAL_MODEL_STEPS": "100", **os.environ}
    rows, status = [], 0
    for part in parts():
        print(f"== {part.what}", flush=True)
        begun = time.monotonic()
        done = subprocess.run(
            part.command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        print(done.stdout if done.returncode else "\n".join(done.stdout.splitlines()[-3:]), flush=True)
        found = re.findall(part.telling, done.stdout, re.MULTILINE)
        told = "; ".join(one.strip(" =") for one in found) or f"status {done.returncode}"
        verdict = "nothing found" if done.returncode == 0 else "**found something**"
        rows.append(f"| {part.what} | {told} | {time.monotonic() - begun:.0f} s | {verdict} |")
        status |= done.returncode != 0
    table = "| | | took | |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"
    print(table)
    if "--write" in sys.argv:
        how = f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, Python {sys.version.split()[0]}: `make attack`\n\n"
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(_BETWEEN.sub(lambda _: how + table, page), encoding="utf-8")
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
