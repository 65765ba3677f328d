"""Makes the test vectors beside it, or checks that they are what it would make (`--check`)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from maker import (
    cases_agreement,
    cases_channel,
    cases_control,
    cases_handshake,
    cases_manifest,
    cases_plain,
    cases_sealed,
)
from maker.basics import VectorFile

HERE = Path(__file__).resolve().parent


def every_file() -> list[VectorFile]:
    files = [
        cases_plain.encoding(),
        cases_plain.strict_json(),
        cases_plain.paths(),
        cases_plain.words(),
        cases_plain.code(),
        cases_agreement.key_derivation(),
        cases_agreement.dh14(),
        cases_agreement.x25519(),
        cases_agreement.mlkem(),
        cases_handshake.handshake(),
        cases_sealed.file_key(),
        cases_sealed.record(),
        cases_sealed.frames(),
        cases_sealed.stream(),
        cases_manifest.manifest(),
        cases_control.control(),
        cases_channel.channel(),
    ]
    ids = [case.id for file in files for case in file.cases]
    twice = {id_ for id_ in ids if ids.count(id_) > 1}
    if twice:
        raise SystemExit(f"ids that come twice: {sorted(twice)}")
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="compare instead of writing; exit 1 if a file differs"
    )
    check = parser.parse_args().check
    files = every_file()
    wrong = {path.name for path in HERE.glob("*.json")} - {f"{file.name}.json" for file in files}
    for file in files:
        path, text = HERE / f"{file.name}.json", file.text()
        if not check:
            path.write_text(text, encoding="ascii", newline="\n")
        elif not path.exists() or path.read_text(encoding="ascii") != text:
            wrong.add(path.name)
    for name in sorted(wrong):
        print(f"{name} is not what the generator makes", file=sys.stderr)
    print(f"{sum(len(file.cases) for file in files)} cases in {len(files)} files", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
