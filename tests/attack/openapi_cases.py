"""schemathesis on the server's own description: `python tests/attack/openapi_cases.py [CASES]`, 1000 an operation.

Every answer must be one the document has: status, type, headers, body. What ends the asker's own session or account
is asked for without one, apart from the rest. Run by `make attack`; exit status 1 if anything was found.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

ROOT: Final = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]
TOOL: Final = Path(sys.executable).with_name("st")
SERVER: Final = ROOT / ".venv" / "bin" / "python"
CHECKS: Final = (
    "status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,"
    "unsupported_method,allow_header_conformance"
)
#: After one of these nobody is signed in any more.
ENDING: Final = ("logout", "delete_account", "change_password", "change_identity", "end_session", "recover")
#: They wait, or are spoken as docs/wire.md says.
APART: Final = ("news",)
_TESTED: Final = re.compile(r"(\d+) (?:generated|test cases)")


def main() -> int:
    """Both runs, and what they found."""
    from support.serving import serving

    cases = sys.argv[1] if len(sys.argv) > 1 else "1000"
    settings = {
        # What it asks for is abuse by any measure; the rules themselves are tried elsewhere.
        "PEERSEAL_GUARD_ALLOW": "127.0.0.0/8",
        "PEERSEAL_GUARD": "observe",
        "PEERSEAL_REGISTRATIONS_PER_HOUR": "1000000",
        "PEERSEAL_QUOTA": "1G",
    }
    status = 0
    with tempfile.TemporaryDirectory(prefix="peerseal-cases-") as folder:
        home = Path(folder)
        with serving(home, program=(SERVER, "-m", "peerseal", "serve"), env=settings) as url:
            token = _token(url)
            excluded = [part for name in (*ENDING, *APART) for part in ("--exclude-operation-id", name)]
            operators = home / "data" / "operator.token"
            runs: list[tuple[str, list[str]]] = [
                (
                    "signed in",
                    ["-H", f"Authorization: Bearer {token}", *excluded, "--exclude-path-regex", "/operator/"],
                ),
                ("nobody", [part for name in ENDING for part in ("--include-operation-id", name)]),
            ]
            if operators.exists():
                by = f"Authorization: Operator {operators.read_text().strip()}"
                runs.append(("operator", ["-H", by, "--include-path-regex", "/operator/"]))
            for who, arguments in runs:
                status |= _run(url, who, arguments, cases, home)
        log = (home / "log").read_text(errors="replace")
        if "Traceback" in log:
            print(log[-4000:])
            status = 1
    return status


def _run(url: str, who: str, arguments: list[str], cases: str, home: Path) -> int:
    report = home / "report.ndjson"
    done = subprocess.run(
        [
            *(str(TOOL), "run", f"{url}/api/v1/openapi.json", "--checks", CHECKS, "--max-examples", cases),
            *(
                "--phases",
                "examples,coverage,fuzzing",
                "--generation-database",
                "none",
                "--continue-on-failure",
            ),
            *(
                "--warnings",
                "off",
                "--request-timeout",
                "40",
                "--suppress-health-check",
                "all",
                "--seed",
                "1",
            ),
            *("--report", "ndjson", "--report-ndjson-path", str(report), "--workers", "1", *arguments),
        ],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=7200,
        check=False,
    )
    tail = done.stdout[-6000:] if done.returncode else "\n".join(done.stdout.splitlines()[-12:])
    print(f"--- {who}: status {done.returncode}\n{tail}\n{done.stderr[-500:]}")
    return int(done.returncode != 0)


def _token(url: str) -> str:
    """Of somebody with an account."""
    from support.storing import Storer

    port = urlsplit(url).port
    assert port is not None
    person: Any = Storer.sign_up(port)
    person.close()
    return str(person.token)


if __name__ == "__main__":
    sys.exit(main())
