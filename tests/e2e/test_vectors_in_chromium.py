"""Every test vector, and every case of Project Wycheproof, holds in a real Chromium: with WebCrypto, and with what an
insecure page has left.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, Playwright

from support import wycheproof
from support.node import build_test_page
from support.page import chromium

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

VECTORS = sorted((Path(__file__).parents[2] / "vectors").glob("*.json"))
#: What `http://` pages do not have outside this computer.
WITHOUT_WEBCRYPTO = 'Object.defineProperty(Crypto.prototype, "subtle", { get: () => undefined })'


class QuietServer(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""


@pytest.fixture(scope="module")
def page_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the built test page is served."""
    folder = tmp_path_factory.mktemp("vectors") / "page"
    build_test_page(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietServer, directory=str(folder)))
    serving = Thread(target=server.serve_forever)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    serving.join(10)
    server.server_close()


@pytest.fixture(scope="module")
def one_browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"], headless=True)
    yield browser
    browser.close()


@pytest.fixture(scope="module", params=["webcrypto", "javascript"])
def page(request: pytest.FixtureRequest, one_browser: Browser, page_url: str) -> Iterator[tuple[str, Page]]:
    """The test page and which cryptography it must use."""
    page = one_browser.new_page()
    if request.param == "javascript":
        page.add_init_script(WITHOUT_WEBCRYPTO)
    page.goto(page_url)
    page.wait_for_function("window.runVectors !== undefined", timeout=20_000)
    yield request.param, page
    page.close()


def test_there_are_vectors() -> None:
    assert len(VECTORS) >= 30


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_every_case_holds_in_chromium(page: tuple[str, Page], path: Path) -> None:
    cryptography, running = page
    result = running.evaluate("(file) => window.runVectors(file)", json.loads(path.read_text()))
    assert result == {"cryptography": cryptography, "failures": []}


@pytest.mark.parametrize("name", wycheproof.RUN)
def test_every_verdict_of_wycheproof_agrees_in_chromium(page: tuple[str, Page], name: str) -> None:
    cryptography, running = page
    given = [name, wycheproof.document(name)]
    result = running.evaluate("([name, file]) => window.runWycheproof(name, file)", given)
    assert result == {"cryptography": cryptography, "failures": []}


def test_a_wrong_expectation_is_reported(page: tuple[str, Page]) -> None:
    _, running = page
    file = json.loads((VECTORS[0].parent / "kdf.json").read_text())
    case = next(case for case in file["cases"] if case["op"] == "lp" and case["out"]["bytes"])
    case["out"]["bytes"] = "00" + case["out"]["bytes"]
    result = running.evaluate("(file) => window.runVectors(file)", {**file, "cases": [case]})
    assert len(result["failures"]) == 1
