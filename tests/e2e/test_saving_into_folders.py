"""Where the person picked a folder or a file: real ones, in a real Chromium, complete or not there at all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright

from support.node import build_test_page
from support.page import chromium

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

_NUMBERS = count()


class QuietServer(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""


@pytest.fixture(scope="module")
def page(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("disk") / "page"
    build_test_page(folder, "disk")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietServer, directory=str(folder)))
    serving = Thread(target=server.serve_forever)
    serving.start()
    browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"], headless=True)
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
    page.wait_for_function("window.intoFolder !== undefined", timeout=20_000)
    yield page
    browser.close()
    server.shutdown()
    serving.join(10)
    server.server_close()


@pytest.fixture
def folder() -> str:
    """The name of a folder nobody used yet."""
    return f"folder {next(_NUMBERS)}"


def put(page: Page, folder: str, pieces: dict[str, str | None], *, give_up: bool = False) -> dict[str, str]:
    listed: dict[str, str] = page.evaluate(
        "([folder, pieces, giveUp]) => window.intoFolder(folder, pieces, giveUp)",
        [folder, [{"path": path, "text": text} for path, text in pieces.items()], give_up],
    )
    return listed


def test_folders_and_files_lie_there_under_their_names(page: Page, folder: str) -> None:
    pieces = {"Holiday/a.txt": "one", "Holiday/inside/文件.txt": "two", "Holiday/empty": None, "loose": ""}
    assert put(page, folder, pieces) == {
        "Holiday/": "",
        "Holiday/a.txt": "one",
        "Holiday/inside/": "",
        "Holiday/inside/文件.txt": "two",
        "Holiday/empty/": "",
        "loose": "",
    }


def test_what_is_there_keeps_its_name_and_content(page: Page, folder: str) -> None:
    put(page, folder, {"Holiday/a.txt": "old", "b.txt": "old"})
    listed = put(page, folder, {"Holiday/a.txt": "new", "b.txt": "new", "b (1).txt": "other"})
    assert listed == {
        "Holiday/": "",
        "Holiday/a.txt": "old",
        "Holiday (1)/": "",
        "Holiday (1)/a.txt": "new",
        "b.txt": "old",
        "b (1).txt": "new",
        "b (1) (1).txt": "other",
    }


def test_a_transfer_that_is_given_up_leaves_nothing_new(page: Page, folder: str) -> None:
    put(page, folder, {"mine.txt": "kept"})
    listed = put(page, folder, {"Holiday/a.txt": "one", "b.txt": "two", "c.txt": "three"}, give_up=True)
    assert listed == {"mine.txt": "kept"}


@pytest.mark.parametrize(("give_up", "expected"), [(False, "new"), (True, "old")])
def test_a_chosen_file_is_replaced_whole_or_not_at_all(page: Page, give_up: Any, expected: str) -> None:
    said = page.evaluate("([giveUp]) => window.intoFile('old', 'new', giveUp)", [give_up])
    assert said == expected
