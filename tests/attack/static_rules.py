"""bandit and semgrep, with local rules only; every rule has a sample that breaks it, so a rule can fail.

Run by `make attack` as a program; exit status 1 if anything was found, or a sample was not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
RULES: Final = Path(__file__).with_name("rules")
TOOLS: Final = Path(sys.executable).parent
_SOURCES: Final = ("src/peerseal", "web/src", "app.py", "hatch_build.py")
#: Where each stands, and code that breaks the rule.
SAMPLES: Final[dict[str, tuple[str, str]]] = {
    "no-pickle": ("src/peerseal/a.py", "import pickle\n"),
    "no-eval": ("src/peerseal/b.py", "def f(x):\n    return eval(x)\n"),
    "no-shell": ("src/peerseal/c.py", "import subprocess\nsubprocess.run('ls ' + x, shell=True)\n"),
    "no-sql-from-text": ("src/peerseal/d.py", "session.execute(f'SELECT * FROM t WHERE name = {name}')\n"),
    "no-secure-filename": ("src/peerseal/e.py", "from werkzeug.utils import secure_filename\n"),
    "no-unverified-tls": ("src/peerseal/f.py", "import ssl\ncontext.check_hostname = False\n"),
    "no-assert-in-server": ("src/peerseal/server/g.py", "assert user.is_operator\n"),
    "no-debugger": ("src/peerseal/h.py", "app.run(debug=True)\n"),
    "no-markup": ("src/peerseal/i.py", "from markupsafe import Markup\nx = Markup(name)\n"),
    "no-secret-in-log": ("src/peerseal/j.py", "log.info('signed in with %s', token)\n"),
    "no-weak-randomness": ("src/peerseal/k.py", "import random\n"),
    "no-followed-redirect": ("src/peerseal/l.py", "from urllib.request import urlopen\n"),
    "no-cors": ("src/peerseal/m.py", "headers['Access-Control-Allow-Origin'] = '*'\n"),
    "no-guessable-temporary-file": ("src/peerseal/n.py", "import tempfile\nx = tempfile.mktemp()\n"),
    "no-native-json-in-server": ("src/peerseal/server/o.py", "body = request.get_json()\n"),
    "web-no-html": ("web/src/a.ts", "element.innerHTML = name;\n"),
    "web-no-eval": ("web/src/b.ts", "const x = new Function('return 1');\n"),
    "web-no-weak-randomness": ("web/src/c.ts", "const id = Math.random();\n"),
    "web-no-message-to-anybody": ("web/src/d.ts", "parent.postMessage(key, '*');\n"),
    "web-no-followed-redirect": ("web/src/e.ts", "void fetch(url, { redirect: 'follow' });\n"),
    "web-no-raw-html-in-components": ("web/src/f.svelte", "<p>{@html name}</p>\n"),
    "no-safe-filter": ("src/peerseal/server/templates/a.html", "<p>{{ name | safe }}</p>\n"),
    "no-inline-script": ("src/peerseal/server/templates/b.html", "<script>alert(1)</script>\n"),
}
#: What bandit says of what is meant so: a server and a peer listen to the whole network.
MEANT: Final = {
    ("B104", "src/peerseal/cli/serve.py"),
    ("B104", "src/peerseal/server/config.py"),
    ("B104", "src/peerseal/transport/direct.py"),
}


def main() -> int:
    """Print what was found."""
    missed, found, bandit = missed_samples(), findings(ROOT, _SOURCES), bandit_findings()
    for line in (*(f"a rule does not find its sample: {one}" for one in missed), *found, *bandit):
        print(line)
    print(
        f"{len(SAMPLES)} rules, each finds its sample but {len(missed)}; "
        f"semgrep found {len(found)}, bandit {len(bandit)}"
    )
    return int(bool(missed or found or bandit))


def missed_samples() -> list[str]:
    """Rules that do not find what breaks them."""
    with tempfile.TemporaryDirectory(prefix="peerseal-samples-") as folder:
        for where, code in SAMPLES.values():
            path = Path(folder) / where
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code, encoding="utf-8")
        said = findings(Path(folder), (".",))
    return [rule for rule in SAMPLES if not any(line.startswith(f"{rule} ") for line in said)]


def findings(root: Path, sources: tuple[str, ...]) -> list[str]:
    """What semgrep finds under `root`: rule, file, line."""
    done = subprocess.run(
        [
            *(
                str(TOOLS / "semgrep"),
                "scan",
                "--metrics=off",
                "--disable-version-check",
                "--json",
                "--quiet",
            ),
            *("--config", str(RULES), "--no-git-ignore", "--exclude", "static", "--jobs", "2", *sources),
        ],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
        env={"PATH": f"{TOOLS}:/usr/bin:/bin", "SEMGREP_SEND_METRICS": "off", "HOME": tempfile.gettempdir()},
    )
    said: dict[str, Any] = json.loads(done.stdout)
    wrong = [
        f"semgrep: {error.get('message', '')[:300]}" for error in said["errors"] if error["level"] == "error"
    ]
    return wrong + [
        f"{one['check_id'].rpartition('.')[2]} {one['path']}:{one['start']['line']}"
        for one in said["results"]
    ]


def bandit_findings() -> list[str]:
    """What bandit finds of middle severity and more, and was not meant."""
    done = subprocess.run(
        [TOOLS / "bandit", "-q", "-r", "src/peerseal", "-f", "json", "--severity-level", "medium"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return [
        f"bandit {one['test_id']} {one['filename']}:{one['line_number']} {one['issue_text']}"
        for one in json.loads(done.stdout)["results"]
        if (one["test_id"], one["filename"]) not in MEANT
    ]


if __name__ == "__main__":
    sys.exit(main())
