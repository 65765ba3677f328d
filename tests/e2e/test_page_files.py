"""Files left on the server at the page: for a contact who is away, for oneself, by link; changed, taken back, attacked."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Playwright, Route, expect

from support.page import MILLISECONDS, PagePerson, browser
from support.page_engine import ENGINE, until
from support.page_files import SOON, FilesPagePerson
from support.payloads import fingerprint
from support.serving import free_port, serving

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(240)]


class Home(NamedTuple):
    """A server with Ann and Bob, who have exchanged keys, each signed in in a browser of their own."""

    url: str
    ann: BrowserContext
    bob: BrowserContext
    guest: BrowserContext


@pytest.fixture(scope="module")
def home(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    place = tmp_path_factory.mktemp("files")
    with (
        serving(place / "server") as url,
        browser(playwright, place / "ann") as one,
        browser(playwright, place / "bob") as two,
        browser(playwright, place / "guest") as three,
    ):
        ann, bob = FilesPagePerson(one, url, place), FilesPagePerson(two, url, place)
        ann.create_account("Ann")
        bob.create_account("Bob")
        ann.request_keys("bob")
        bob.accept_keys("ann")
        expect(ann.contact("bob").get_by_text("pinned").first).to_be_visible(timeout=SOON)
        ann.close()
        bob.close()
        yield Home(url, one, two, three)


@pytest.fixture
def ann(home: Home, tmp_path: Path) -> Iterator[FilesPagePerson]:
    person = FilesPagePerson(home.ann, home.url, tmp_path / "ann")
    yield person
    assert person.complaints == []
    person.close()


@pytest.fixture
def bob(home: Home, tmp_path: Path) -> Iterator[FilesPagePerson]:
    person = FilesPagePerson(home.bob, home.url, tmp_path / "bob")
    yield person
    person.close()


def _file(folder: Path, name: str, size: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(os.urandom(size))
    return path


def test_a_file_left_for_a_contact_who_is_away_is_there_when_they_come(
    home: Home, ann: FilesPagePerson, tmp_path: Path
) -> None:
    path = _file(tmp_path, "Grüße an den Garten 🌿.bin", 21_000_017)
    ann.leave_files([path], to=["bob"])
    ann.left()
    expect(ann.stored("Garten").get_by_text("for bob")).to_be_visible(timeout=SOON)
    bob = FilesPagePerson(home.bob, home.url, tmp_path)
    assert bob.fetch("Garten") == {path.name: fingerprint(path)}
    assert bob.complaints == []
    bob.close()


def test_a_folder_with_an_empty_file_and_an_empty_name_of_joiners_comes_whole(
    ann: FilesPagePerson, bob: FilesPagePerson, tmp_path: Path
) -> None:
    folder = tmp_path / "Ferien 夏"
    _file(folder, "nothing.txt", 0)
    _file(folder / "tief" / "er", "ünïcødé 日本.txt", 70_001)
    ann.leave_files([folder], to=["bob"], folder=True)
    ann.left()
    tree = bob.fetch("Ferien")
    expected = {
        str(path.relative_to(tmp_path)): fingerprint(path) for path in folder.rglob("*") if path.is_file()
    }
    assert tree == expected


def test_a_message_is_read_on_the_page(ann: FilesPagePerson, bob: FilesPagePerson) -> None:
    ann.leave_text("The key is under the blue pot.\nCome before six.", to=["bob"])
    ann.left()
    bob.act("The key is under", "Read")
    expect(bob.transfers().get_by_text("Come before six.")).to_be_visible(timeout=MILLISECONDS)
    assert bob.complaints == []


def test_an_update_reaches_the_contact_and_an_old_version_can_be_restored(
    ann: FilesPagePerson, bob: FilesPagePerson, tmp_path: Path
) -> None:
    first, second = _file(tmp_path / "1", "plan.bin", 300_000), _file(tmp_path / "2", "plan.bin", 500_000)
    ann.leave_files([first], to=["bob"])
    ann.left()
    assert bob.fetch("plan.bin") == {"plan.bin": fingerprint(first)}
    ann.update("plan.bin", [second])
    expect(ann.stored("plan.bin").get_by_text("version 2")).to_be_visible(timeout=MILLISECONDS)
    expect(bob.stored("plan.bin").get_by_text("version 2")).to_be_visible(timeout=MILLISECONDS)
    assert bob.fetch("plan.bin") == {"plan.bin": fingerprint(second)}
    ann.act("plan.bin", "History")
    old = ann.page.get_by_role("dialog").get_by_role("listitem").filter(has_text="version 1")
    ann.button("Restore", old).click(timeout=MILLISECONDS)
    expect(ann.stored("plan.bin").get_by_text("version 3")).to_be_visible(timeout=MILLISECONDS)
    expect(bob.stored("plan.bin").get_by_text("version 3")).to_be_visible(timeout=MILLISECONDS)
    assert bob.fetch("plan.bin") == {"plan.bin": fingerprint(first)}
    assert bob.complaints == []


def test_what_is_taken_back_or_deleted_is_gone_for_the_contact(
    ann: FilesPagePerson, bob: FilesPagePerson, tmp_path: Path
) -> None:
    ann.leave_files([_file(tmp_path, "taken back.bin", 1000)], to=["bob"])
    ann.left()
    ann.leave_files([_file(tmp_path, "deleted.bin", 1000)], to=["bob"])
    ann.left()
    expect(bob.stored("taken back.bin")).to_be_visible(timeout=MILLISECONDS)
    expect(bob.stored("deleted.bin")).to_be_visible(timeout=MILLISECONDS)
    ann.act("taken back.bin", "Share")
    dialog = ann.page.get_by_role("dialog")
    ann.button("Revoke", dialog).click()
    ann.button("Revoke", ann.page.get_by_role("dialog")).click()
    expect(bob.stored("taken back.bin")).to_have_count(0, timeout=MILLISECONDS)
    ann.button("Close", ann.page.get_by_role("dialog")).click()
    expect(ann.stored("taken back.bin").get_by_text("for you alone")).to_be_visible(timeout=SOON)
    ann.act("deleted.bin", "Delete")
    ann.button("Delete", ann.page.get_by_role("dialog")).click()
    expect(ann.stored("deleted.bin")).to_have_count(0, timeout=MILLISECONDS)
    expect(bob.stored("deleted.bin")).to_have_count(0, timeout=MILLISECONDS)
    assert bob.complaints == []


def test_a_file_kept_for_oneself_is_shared_later_and_left_by_the_contact(
    ann: FilesPagePerson, bob: FilesPagePerson, tmp_path: Path
) -> None:
    path = _file(tmp_path, "shared later.bin", 123_456)
    ann.leave_files([path])
    ann.left()
    assert ann.fetch("shared later.bin") == {path.name: fingerprint(path)}
    expect(bob.stored("shared later.bin")).to_have_count(0)
    ann.act("shared later.bin", "Share")
    dialog = ann.page.get_by_role("dialog")
    ann.button("Share", dialog).click()
    assert bob.fetch("shared later.bin") == {path.name: fingerprint(path)}
    bob.act("shared later.bin", "Remove")
    bob.button("Remove", bob.page.get_by_role("dialog")).click()
    expect(bob.stored("shared later.bin")).to_have_count(0, timeout=MILLISECONDS)
    assert bob.complaints == []


def test_a_link_with_a_password_opens_for_a_guest_and_shows_its_key_nowhere(
    home: Home, ann: FilesPagePerson, tmp_path: Path
) -> None:
    path = _file(tmp_path, "for anybody.bin", 2_000_000)
    ann.leave_files([path])
    ann.left()
    address = ann.make_link("for anybody.bin", password="harbor velvet", downloads="1")
    link, _, key = address.partition("#")
    asked: list[str] = []
    guest = PagePerson(home.guest, home.url, tmp_path, f"s/{link.rpartition('/')[2]}#{key}")
    guest.page.on(
        "request", lambda request: asked.append(f"{request.method} {request.url} {request.post_data}")
    )
    look = guest.button("Look inside")
    expect(look).to_be_visible(timeout=SOON)
    assert "#" not in guest.page.url
    guest.page.reload()  # the key stays with this tab
    expect(look).to_be_visible(timeout=SOON)
    assert not [one for one in asked if "/api/v1/links" in one]
    look.click()
    field = guest.page.get_by_role("textbox", name="Password of the link")
    field.fill("not it")
    look.click()
    expect(guest.page.get_by_text("The password is wrong")).to_be_visible(timeout=SOON)
    field.fill("harbor velvet")
    look.click()
    expect(guest.page.get_by_text("Ann left something for you")).to_be_visible(timeout=SOON)
    expect(guest.page.get_by_text("It can be downloaded once more.")).to_be_visible()
    guest.button("Download").click()
    expect(guest.page.get_by_text("is on this device")).to_be_visible(timeout=MILLISECONDS)
    assert guest.downloaded() == {path.name: fingerprint(path)}
    assert not [one for one in asked if key[:20] in one]
    again = PagePerson(home.guest, home.url, tmp_path, f"s/{link.rpartition('/')[2]}#{key}")
    again.button("Look inside").click(timeout=SOON)
    expect(again.page.get_by_text("There is nothing here any more")).to_be_visible(timeout=SOON)
    guest.close()
    again.close()


def test_a_link_without_a_password_opens_also_for_somebody_who_is_signed_in_here(
    home: Home, ann: FilesPagePerson, bob: FilesPagePerson, tmp_path: Path
) -> None:
    ann.leave_text("For whoever reads this.")
    ann.left()
    address = ann.make_link("For whoever reads this.")
    expect(bob.signed_in_as("Bob")).to_be_visible(timeout=SOON)
    visitor = PagePerson(home.bob, home.url, tmp_path, f"s/{address.partition('/s/')[2]}")
    visitor.button("Look inside").click(timeout=SOON)
    visitor.button("Read the message").click(timeout=SOON)
    expect(visitor.page.get_by_text("For whoever reads this.").last).to_be_visible(timeout=SOON)
    assert visitor.complaints == []
    visitor.close()


def test_a_link_that_lost_its_key_on_the_way_says_so_and_asks_nothing(home: Home, tmp_path: Path) -> None:
    asked: list[str] = []
    home.guest.on("request", lambda request: asked.append(request.url))
    visitor = PagePerson(home.guest, home.url, tmp_path, f"s/{'0' * 32}#short")
    expect(visitor.page.get_by_text("There is nothing here any more")).to_be_visible(timeout=SOON)
    assert not [one for one in asked if "/api/v1/links" in one]
    visitor.close()


def test_a_download_begun_while_it_is_still_being_left_waits_for_the_rest(
    home: Home, bob: FilesPagePerson, tmp_path: Path
) -> None:
    ann = FilesPagePerson(home.ann, home.url, tmp_path)
    path = _file(tmp_path, "still arriving.bin", 40_000_000)
    held: list[Route] = []
    ann.page.context.route(re.compile(r"/api/v1/chunks/content/[3-9]"), lambda route: held.append(route))  # noqa: PLW0108
    ann.leave_files([path], to=["bob"])
    bob.act("still arriving.bin", "Download")
    expect(bob.transfers().get_by_text("fetching and opening…")).to_be_visible(timeout=SOON)
    bob.page.wait_for_timeout(1_500)
    assert bob.downloads == []
    ann.page.context.unroute_all()
    for route in held:
        route.continue_()
    ann.left()
    assert bob.fetched() == {path.name: fingerprint(path)}
    assert bob.complaints == []
    ann.close()


def test_an_upload_that_is_cancelled_is_gone_from_the_server(
    ann: FilesPagePerson, bob: FilesPagePerson, tmp_path: Path
) -> None:
    ann.page.context.route(re.compile(r"/api/v1/chunks/content/[3-9]"), lambda route: None)
    ann.leave_files([_file(tmp_path, "never.bin", 40_000_000)], to=["bob"])
    expect(bob.stored("never.bin")).to_be_visible(timeout=SOON)
    ann.button("Cancel", ann.transfers()).click()
    expect(ann.transfers().get_by_text("cancelled")).to_be_visible(timeout=SOON)
    expect(bob.stored("never.bin")).to_have_count(0, timeout=MILLISECONDS)
    ann.page.context.unroute_all()


def test_a_server_that_is_away_for_a_while_loses_neither_an_upload_nor_a_download(
    playwright: Playwright, tmp_path: Path
) -> None:
    port = free_port()
    path = _file(tmp_path, "through it all.bin", 40_000_000)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with browser(playwright, tmp_path / "carl") as context:
        with serving(tmp_path / "server", port=port) as url:
            carl = FilesPagePerson(context, url, tmp_path)
            carl.create_account("Carl")
            context.route(re.compile(r"/api/v1/chunks/content/[2-9]"), hold)
            carl.leave_files([path])
            _until(carl, lambda: bool(held))
        for route in held:
            route.abort()
        context.unroute_all()
        carl.page.wait_for_timeout(1_000)
        with serving(tmp_path / "server", port=port):
            carl.left()
            context.route(re.compile(r"/api/v1/chunks/content/[2-9]"), hold)
            held.clear()
            carl.act("through it all.bin", "Download")
            _until(carl, lambda: bool(held))
        for route in held:
            route.abort()
        context.unroute_all()
        with serving(tmp_path / "server", port=port):
            assert carl.fetched() == {path.name: fingerprint(path)}


def _until(person: FilesPagePerson, there: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON / 1000
    while not there():
        assert time.monotonic() < end, person.page.locator("main").inner_text()
        person.page.wait_for_timeout(50)


def test_what_a_lying_server_shows_is_said_to_be_that_and_is_not_opened(
    ann: FilesPagePerson, bob: FilesPagePerson, tmp_path: Path
) -> None:
    for name in ("one.bin", "two.bin"):
        ann.leave_files([_file(tmp_path, name, 3000)], to=["bob"])
        ann.left()
    older: dict[str, Any] = {}

    def swapped(files: dict[str, dict[str, Any]]) -> None:
        older.update(files["one.bin"])
        files["one.bin"]["current"], files["two.bin"]["current"] = (
            files["two.bin"]["current"],
            files["one.bin"]["current"],
        )

    def rolled_back(files: dict[str, dict[str, Any]]) -> None:
        files["one.bin"]["current"] = older["current"]

    ids: dict[str, str] = {}

    def lie(change: Callable[[dict[str, dict[str, Any]]], None]) -> Callable[[Route], None]:
        def answer(route: Route) -> None:
            response = route.fetch()
            body = response.json()
            change({name: file for file in body["files"] for name, id_ in ids.items() if file["id"] == id_})
            route.fulfill(response=response, json=body)

        return answer

    # Only the server knows ids; the two files are its newest.
    newest = bob.page.evaluate("fetch('/api/v1/files').then((answer) => answer.json())")["files"]
    ids["two.bin"], ids["one.bin"] = newest[0]["id"], newest[1]["id"]
    where = re.compile(r"/api/v1/files\?")
    bob.page.context.route(where, lie(swapped))
    bob.page.reload()
    told = bob.my_files().get_by_text(
        "The server gave another file or version than the one asked for: it was swapped."
    )
    expect(told).to_have_count(2, timeout=SOON)
    bob.page.context.unroute_all(behavior="ignoreErrors")
    ann.update("one.bin", [_file(tmp_path / "2", "one.bin", 4000)])
    ann.left()
    bob.page.reload()
    expect(bob.stored("one.bin").get_by_text("version 2")).to_be_visible(timeout=MILLISECONDS)
    bob.page.context.route(where, lie(rolled_back))
    bob.page.reload()
    row = bob.my_files().get_by_role("listitem").filter(has_text="it was rolled back")
    expect(row).to_have_count(1, timeout=SOON)
    expect(bob.button("Download", row)).to_have_count(0)
    expect(bob.stored("one.bin")).to_have_count(0)
    bob.page.context.unroute_all(behavior="ignoreErrors")
    assert bob.downloads == []


def test_nothing_of_the_files_stays_after_signing_out_and_an_upload_under_way_is_given_up(
    home: Home, bob: FilesPagePerson, tmp_path: Path
) -> None:
    ann = FilesPagePerson(home.ann, home.url, tmp_path)
    ann.leave_files([_file(tmp_path, "private matter.bin", 1000)])
    ann.left()
    home.ann.route(re.compile(r"/api/v1/chunks/content/[1-9]"), lambda route: None)
    ann.leave_files([_file(tmp_path, "half there.bin", 20_000_000)], to=["bob"])
    expect(bob.stored("half there.bin")).to_be_visible(timeout=SOON)
    ann.sign_out(stopping=True)
    expect(ann.button("Sign in", ann.corner())).to_be_visible(timeout=SOON)
    home.ann.unroute_all()
    expect(ann.page.get_by_text("private matter")).to_have_count(0)
    expect(bob.stored("half there.bin")).to_have_count(0, timeout=SOON)
    ann.sign_in("Ann")
    expect(ann.stored("private matter.bin")).to_be_visible(timeout=MILLISECONDS)
    ann.close()


def test_a_download_that_a_reload_broke_off_takes_only_what_is_missing(
    ann: FilesPagePerson, tmp_path: Path
) -> None:
    film = _file(tmp_path, "a long film.bin", 50_000_000)
    ann.leave_files([film])
    ann.left()
    ann.page.add_init_script(ENGINE)
    ann.page.context.route(re.compile(r"/api/v1/chunks/content/[4-9]"), lambda route: None)
    ann.page.reload()
    ann.act("a long film.bin", "Download")
    until(ann, lambda now: any(one["done"] > 20_000_000 for one in now["transfers"]))
    ann.page.reload()
    ann.page.context.unroute_all(behavior="ignoreErrors")
    left = until(ann, lambda now: bool(now["interrupted"]))["interrupted"][0]
    assert (left["kind"], left["title"]) == ("download", "a long film.bin")
    assert 0 < left["done"] < left["total"]
    ann.button("Resume").click()
    assert ann.fetched() == {film.name: fingerprint(film)}
    now = until(ann, lambda now: not now["interrupted"])
    assert now["transfers"][-1]["resumedFrom"] > 0


def test_an_upload_that_a_reload_broke_off_goes_on_with_the_same_file_and_no_other(
    ann: FilesPagePerson, tmp_path: Path
) -> None:
    path = _file(tmp_path, "half up.bin", 40_000_000)
    (tmp_path / "other").mkdir()
    other = _file(tmp_path / "other", "half up.bin", 40_000_000)
    behind = re.compile(r"/api/v1/chunks/content/([2-9]|\d\d)")
    ann.page.context.route(behind, lambda route: None)
    with ann.page.expect_response(re.compile(r"/api/v1/chunks/content/1$")) as stored:
        ann.leave_files([path])
    assert stored.value.status == 201
    ann.page.reload()
    ann.page.context.unroute_all(behavior="ignoreErrors")
    asked: list[str] = []
    ann.page.on("request", lambda request: asked.append(request.method + urlsplit(request.url).path))
    card = (
        ann.page.get_by_role("list", name="Unfinished").get_by_role("listitem").filter(has_text="half up.bin")
    )
    expect(card).to_contain_text("to the server", timeout=SOON)
    _choose_again(ann, card, other)
    expect(card.get_by_role("alert")).to_contain_text("These are not the same files", timeout=MILLISECONDS)
    _choose_again(ann, card, path)
    ann.left()
    put = [one for one in asked if one.startswith("PUT/api/v1/chunks/content/")]
    assert {f"PUT/api/v1/chunks/content/{chunk}" for chunk in (2, 3, 4)} <= set(put)
    assert "PUT/api/v1/chunks/content/0" not in put
    expect(card).to_have_count(0)
    assert ann.fetch("half up.bin") == {path.name: fingerprint(path)}


def test_an_upload_that_a_reload_broke_off_is_given_up_when_discarded(
    ann: FilesPagePerson, tmp_path: Path
) -> None:
    path = _file(tmp_path, "given up.bin", 40_000_000)
    ann.page.context.route(re.compile(r"/api/v1/chunks/content/[2-9]"), lambda route: None)
    with ann.page.expect_response(re.compile(r"/api/v1/chunks/content/1$")):
        ann.leave_files([path])
    ann.page.reload()
    ann.page.context.unroute_all(behavior="ignoreErrors")
    card = (
        ann.page.get_by_role("list", name="Unfinished")
        .get_by_role("listitem")
        .filter(has_text="given up.bin")
    )
    ann.button("Discard", card).click(timeout=MILLISECONDS)
    ann.button("Discard", ann.page.get_by_role("dialog")).click()
    expect(card).to_have_count(0, timeout=SOON)
    expect(ann.stored("given up.bin")).to_have_count(0, timeout=MILLISECONDS)


def _choose_again(person: FilesPagePerson, card: Locator, path: Path) -> None:
    with person.page.expect_file_chooser() as chooser:
        person.button("Resume", card).click()
    chooser.value.set_files(path)
