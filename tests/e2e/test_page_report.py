"""Somebody reports a link from its page; the operator is told while they look, ends the link, and it leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from support.live_server import LiveServer
from support.operator_page import operator_at
from support.page import MILLISECONDS
from support.page_files import FilesPagePerson

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

TOLD = "It calls itself an invoice.\n<b>It is a program.</b>"


@pytest.fixture
def live() -> Iterator[LiveServer]:
    with LiveServer() as server:
        yield server


def test_a_report_reaches_the_operator_who_ends_the_link(
    live: LiveServer, browsers: tuple[BrowserContext, BrowserContext], tmp_path: Path
) -> None:
    invoice = tmp_path / "invoice.pdf"
    invoice.write_bytes(b"not an invoice")
    ann = FilesPagePerson(browsers[0], live.url, tmp_path / "ann")
    ann.create_account("Ann")
    ann.leave_files([invoice])
    ann.left()
    address = ann.make_link("invoice")
    operator = operator_at(live, browsers[0])
    tab = operator.get_by_role("button", name="Reports")
    expect(tab).to_have_text("Reports")

    link, _, fragment = address.partition("/s/")[2].partition("#")
    guest = FilesPagePerson(browsers[1], live.url, tmp_path / "guest", f"s/{link}#{fragment}")
    guest.button("Report this file").click(timeout=MILLISECONDS)
    dialog = guest.dialog("Report this file")
    expect(guest.button("Report", dialog)).to_be_disabled()
    dialog.get_by_role("radio", name="It harms devices").check()
    dialog.get_by_role("textbox", name="What should they know?").fill(TOLD)
    guest.button("Report", dialog).click()
    thanks = "Thank you. Whoever runs this server will look at it."
    expect(guest.page.get_by_text(thanks)).to_be_visible(timeout=MILLISECONDS)
    expect(guest.button("Report this file")).to_have_count(0)

    expect(tab).to_have_text("Reports1", timeout=MILLISECONDS)
    tab.click()
    row = operator.get_by_role("listitem").filter(has_text="a file of ann")
    expect(row).to_contain_text("Malware")
    expect(row).to_contain_text("<b>It is a program.</b>")
    expect(row).to_contain_text(link)
    row.get_by_role("button", name="End the link").click()
    operator.get_by_role("dialog", name="End this link?").get_by_role("button", name="End the link").click()
    expect(row).to_contain_text("link ended")
    expect(row.get_by_role("button")).to_have_count(0)
    expect(tab).to_have_text("Reports")

    guest.button("Look inside").click()
    expect(guest.page.get_by_role("heading", name="There is nothing here any more")).to_be_visible(
        timeout=MILLISECONDS
    )
    expect(ann.stored("invoice")).to_be_visible()
    for person in (ann, guest):
        person.close()
    operator.close()
