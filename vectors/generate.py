"""Makes the test vectors beside it, or checks that they are what it would make (`--check`)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from maker.basics import VectorFile
from maker.cases import (
    access,
    account_name,
    book,
    card,
    challenge,
    channel,
    code,
    control,
    dh14,
    direct,
    ed25519,
    encoding,
    file_key,
    frames,
    handshake,
    heads,
    identity,
    kdf,
    leaves,
    link,
    manifest,
    marks,
    mlkem,
    mnemonic,
    pairwise,
    park,
    password,
    paths,
    record,
    recovery,
    safety_number,
    stream,
    strict_json,
    vault,
    words,
    wrap,
    x25519,
)

HERE = Path(__file__).resolve().parent


def every_file() -> list[VectorFile]:
    files = [
        encoding.encoding(),
        strict_json.strict_json(),
        paths.paths(),
        words.words(),
        code.code(),
        kdf.key_derivation(),
        dh14.dh14(),
        x25519.x25519(),
        mlkem.mlkem(),
        handshake.handshake(),
        file_key.file_key(),
        record.record(),
        frames.frames(),
        stream.stream(),
        manifest.manifest(),
        control.control(),
        channel.channel(),
        identity.identity(),
        ed25519.ed25519(),
        mnemonic.mnemonic(),
        safety_number.safety_number(),
        account_name.account_name(),
        password.password(),
        vault.vault(),
        recovery.recovery(),
        book.book(),
        pairwise.pairwise(),
        wrap.wrapped(),
        leaves.leaves(),
        card.card(),
        heads.heads(),
        access.access(),
        link.link(),
        marks.marks(),
        direct.direct(),
        park.park(),
        challenge.challenge(),
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
