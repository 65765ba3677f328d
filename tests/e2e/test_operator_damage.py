"""A disk that changes what is stored: the operator's page says whose file it is, and is quiet again once it is whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from support.live_server import LiveServer
from support.operator_page import operator_at
from support.page import MILLISECONDS
from support.page_files import FilesPagePerson

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

#: What is stored is looked through every second instead of every six hours.
OFTEN = (
    "import peerseal.server.scrub as scrub; scrub.AGAIN_SECONDS = 1; scrub.Scrub.start.__defaults__ = (1, 1)"
)


def test_a_damaged_file_is_shown_until_it_is_whole(
    browsers: tuple[BrowserContext, BrowserContext], tmp_path: Path
) -> None:
    data, letter = tmp_path / "data", tmp_path / "letter.txt"
    letter.write_text("Dear Bob")
    with LiveServer({"data": str(data)}, before=OFTEN) as live:
        ann = FilesPagePerson(browsers[0], live.url, tmp_path / "ann")
        ann.create_account("Ann")
        ann.leave_files([letter])
        ann.left()
        ann.close()
        operator = operator_at(live, browsers[1], data)
        expect(operator.get_by_text("Stored files were all whole at")).to_be_visible(timeout=MILLISECONDS)
        chunk = next(path for path in sorted((data / "blobs").rglob("c0")) if path.is_file())
        whole = chunk.read_bytes()
        chunk.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])

        said = operator.get_by_text("One stored file is damaged.")
        expect(said).to_be_visible(timeout=MILLISECONDS)
        row = operator.get_by_role("region", name="Damaged on this server").get_by_role("listitem")
        expect(row).to_contain_text("A file of Ann, version 1")
        expect(row).to_contain_text("One piece of it is not as it was written.")
        happened = operator.get_by_role("region", name="What happened last").get_by_role("listitem")
        expect(happened.filter(has_text="found damaged")).to_have_count(1)

        chunk.write_bytes(whole)
        expect(operator.get_by_text("All quiet.")).to_be_visible(timeout=MILLISECONDS)
        expect(row).to_have_count(0)
        expect(happened.first).to_contain_text("whole again")
        operator.close()
