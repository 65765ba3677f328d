"""The page's content security policy and Trusted Types, in a real browser: they stop what they should, and nothing else."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from support.page import MILLISECONDS, browser
from support.page_files import FilesPagePerson
from support.payloads import assorted, fingerprint
from support.people import hand_over_by_name
from support.serving import serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(240)]

#: Every violation a document is told of; those of its worker come as errors of the console.
LISTEN = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) =>
  window.violations.push(event.effectiveDirective + ' ' + event.blockedURI + ' ' + event.sample));
"""
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"


class Home(NamedTuple):
    """A server, and two browsers that note violations."""

    url: str
    folder: Path
    one: BrowserContext
    two: BrowserContext


@pytest.fixture(scope="module")
def home(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    place = tmp_path_factory.mktemp("policy")
    with (
        serving(place / "server", env={"PEERSEAL_DISCOVERY": "everyone"}) as url,
        browser(playwright, place / "one") as one,
        browser(playwright, place / "two") as two,
    ):
        for context in (one, two):
            context.add_init_script(LISTEN)
        yield Home(url, place / "server" / "data", one, two)


def violations(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.violations")
    return found


def test_signing_up_leaving_linking_opening_and_handing_over_violate_nothing(
    home: Home, tmp_path: Path
) -> None:
    path = tmp_path / "<b>bold <img src=x onerror=alert(1)>.svg"
    path.write_bytes(
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>" + os.urandom(99_999)
    )
    ann = FilesPagePerson(home.one, home.url, tmp_path / "ann")
    ann.create_account("Ann")
    ann.leave_files([path])
    ann.left()
    ann.leave_text(MARKUP)
    ann.left()
    address = ann.make_link("bold")
    guest = FilesPagePerson(
        home.two, address.partition("/s/")[0], tmp_path / "guest", "s/" + address.partition("/s/")[2]
    )
    guest.button("Look inside").click(timeout=MILLISECONDS)
    guest.button("Download").click(timeout=MILLISECONDS)
    expect(guest.page.get_by_text("is on this device")).to_be_visible(timeout=MILLISECONDS)
    tree = guest.downloaded()
    assert list(tree.values()) == [fingerprint(path)]
    assert (violations(guest.page), guest.complaints, guest.alerts) == ([], [], [])
    bob = FilesPagePerson(home.two, home.url, tmp_path / "bob")
    payload = assorted(tmp_path / "payload")
    hand_over_by_name(bob, ann, payload, "<script>alert(3)</script>")
    for person in (ann, bob):
        assert (violations(person.page), person.complaints, person.alerts) == ([], [], [])
        person.close()
    guest.close()


def test_the_operators_page_violates_nothing(home: Home, tmp_path: Path) -> None:
    token = (home.folder / "operator.token").read_text().strip()
    link = http.client.HTTPConnection(home.url.removeprefix("http://"), timeout=10)
    headers = {"Authorization": f"Operator {token}", "Content-Type": "application/json"}
    link.request("POST", "/api/v1/operator/page-links", "{}", headers)
    secret = json.load(link.getresponse())["secret"]
    link.close()
    operator = FilesPagePerson(home.one, home.url, tmp_path, f"operator#{secret}")
    expect(operator.page.get_by_role("heading").first).to_be_visible(timeout=MILLISECONDS)
    operator.page.wait_for_load_state("networkidle")
    # Asking whether one is an operator already is answered 404 to everybody who is not, which the console tells.
    complaints = [text for text in operator.complaints if not text.startswith("Failed to load resource")]
    assert (violations(operator.page), complaints) == ([], [])
    operator.close()


@pytest.mark.parametrize(
    ("attempt", "directive"),
    [
        ("document.body.innerHTML = '<b>x</b>'", "require-trusted-types-for"),
        ("document.body.insertAdjacentHTML('beforeend', '<b>x</b>')", "require-trusted-types-for"),
        ("new Worker('static/app.js')", "require-trusted-types-for"),
        ("navigator.serviceWorker.register('/sw.js')", "require-trusted-types-for"),
        ("document.createElement('script').src = 'static/app.js'", "require-trusted-types-for"),
        ("trustedTypes.createPolicy('mine', {})", "trusted-types"),
        ("trustedTypes.createPolicy('peerseal-scripts', {})", "trusted-types"),
        ("Function('return 1')()", "require-trusted-types-for"),
    ],
)
def test_text_becomes_neither_markup_nor_script(
    home: Home, tmp_path: Path, attempt: str, directive: str
) -> None:
    person = FilesPagePerson(home.one, home.url, tmp_path)
    expect(person.button("Join")).to_be_visible(timeout=MILLISECONDS)
    # Later, on its own: what a debugger is told to run may do more than the page.
    threw = person.page.evaluate(
        """() => new Promise((done) => setTimeout(async () => {
          try { await (CODE); done(false) } catch { done(true) }
        }))""".replace("CODE", attempt)
    )
    assert threw
    assert [one.split(" ")[0] for one in violations(person.page)] == [directive]
    person.close()


def test_what_the_page_is_not_made_of_does_not_load(home: Home, tmp_path: Path) -> None:
    person = FilesPagePerson(home.one, home.url, tmp_path)
    expect(person.button("Join")).to_be_visible(timeout=MILLISECONDS)
    person.page.evaluate(
        """() => {
          const made = (name, fields) => document.body.append(Object.assign(document.createElement(name), fields));
          made('img', { src: 'https://example.invalid/x.png' });
          made('iframe', { src: 'static/icon.svg' });
          made('style', { textContent: 'body { display: none }' });
          made('form', { action: 'https://example.invalid/', method: 'post', id: 'sent' });
          document.getElementById('sent').submit();
          return fetch('https://example.invalid/').catch(() => {});
        }"""
    )
    person.page.wait_for_function("window.violations.length >= 5")
    directives = sorted(one.split(" ")[0] for one in violations(person.page))
    assert directives == ["connect-src", "form-action", "frame-src", "img-src", "style-src-elem"]
    person.close()
