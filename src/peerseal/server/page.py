"""The page as a server sends it: its documents, its files, and what kind each is.

Imports nothing of the server, because `peerseal verify-web` compares what other servers send with it.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
from pathlib import Path
from typing import Final, NamedTuple

from peerseal.errors import LocalFileFailed

_HERE: Final = Path(__file__).parent
STATIC: Final = _HERE / "static"
#: Among the files of the built page: the SHA-256 of every other one and of the templates (hatch_build.py).
HASHES: Final = "web-hashes.json"
#: Never by what the system happens to have registered: a wrong type does not run under nosniff.
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


class Document(NamedTuple):
    """A template, the script without which it is not built, and the way from its address to the page's root."""

    template: str
    script: str
    base: str


INDEX: Final = Document("index.html", "app.js", "./")
OPERATOR: Final = Document("operator.html", "operator/operator.js", "./")
OF_LINK: Final = Document("index.html", "app.js", "../")


class Installed(NamedTuple):
    """The built page of this installation. `files` by their names below `static/`; `hashes` the file of that name."""

    files: dict[str, bytes]
    templates: dict[str, str]
    hashes: bytes

    @property
    def fingerprint(self) -> str:
        """64 hex digits for all of it: equal for everybody who built the same sources."""
        return hashlib.sha256(self.hashes).hexdigest()

    def document(self, which: Document) -> bytes:
        """What a server sends for it."""
        from jinja2 import Environment  # what Flask renders with

        template = Environment(autoescape=True).from_string(self.templates[which.template])
        return template.render(base=which.base).encode()


def content_type(name: str) -> str:
    """The type a file of the page is sent under."""
    known = _TYPES.get(Path(name).suffix)
    return known or mimetypes.guess_type(name)[0] or "application/octet-stream"


def installed(folder: Path = _HERE) -> Installed:
    """Read it, and compare it with the hashes of its build.

    Raises LocalFileFailed (`page_not_built`, `page_damaged`).
    """
    try:
        hashes = (folder / "static" / HASHES).read_bytes()
    except OSError:
        raise LocalFileFailed(
            "The page is not built in this installation.",
            code="page_not_built",
            hint="In a checkout, `make web` builds it.",
        ) from None
    read: dict[str, bytes] = {}
    wanted = _parsed(hashes)
    for name, digest in wanted.items():
        try:
            read[name] = (folder / name).read_bytes()
        except OSError:
            raise _damaged(name) from None
        if hashlib.sha256(read[name]).hexdigest() != digest:
            raise _damaged(name)
    files = {name[len("static/") :]: body for name, body in read.items() if name.startswith("static/")}
    templates = {Path(n).name: body.decode() for n, body in read.items() if n.startswith("templates/")}
    return Installed({**files, HASHES: hashes}, templates, hashes)


def _parsed(hashes: bytes) -> dict[str, str]:
    try:
        wanted = json.loads(hashes)
    except ValueError:
        raise _damaged(HASHES) from None
    return {str(name): str(digest) for name, digest in wanted.items()}


def _damaged(name: str) -> LocalFileFailed:
    return LocalFileFailed(
        f"The page of this installation is not the one that was built: {name}.",
        code="page_damaged",
        hint="Install Peerseal again; in a checkout, `make web` builds the page.",
    )
