"""The test vectors are what their generator makes, and the generator shares no code with the implementation."""

import ast
import json
import subprocess
import sys
from pathlib import Path

VECTORS = Path(__file__).parents[1] / "vectors"


def test_generating_again_gives_the_same_bytes() -> None:
    run = subprocess.run(
        [sys.executable, str(VECTORS / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_generator_does_not_import_peerseal() -> None:
    for source in VECTORS.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names.append(node.module or "")
            assert not any(name.split(".")[0] == "peerseal" for name in names), source.name


def test_no_vector_file_is_larger_than_400_kilobytes() -> None:
    assert all(path.stat().st_size < 400_000 for path in VECTORS.glob("*.json"))


def test_every_operation_is_described_in_the_readme() -> None:
    sections = (VECTORS / "README.md").read_text(encoding="utf-8").split("\n### `")[1:]
    described = {section.split(".json`")[0]: section for section in sections}
    for path in VECTORS.glob("*.json"):
        document = json.loads(path.read_text(encoding="ascii"))
        for case in document["cases"]:
            assert f"| `{case['op']}` |" in described[path.stem], case["id"]
            assert set(case) - {"out"} == {"id", "why", "op", "in", "expect"}, case["id"]
            assert case["expect"] != "ok" or "out" in case, case["id"]
