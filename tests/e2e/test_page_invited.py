"""Where registration is by invitation: a code from the operator's page makes one account, and no other code makes any."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from support.live_server import LiveServer
from support.operator_page import operator_at
from support.page import MILLISECONDS
from support.page_account import PASSWORD, AccountPagePerson

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]

REFUSED = "This invitation makes no account: it is wrong, used or has expired."


@pytest.fixture
def live() -> Iterator[LiveServer]:
    with LiveServer({"registration": "invite"}) as server:
        yield server


def test_an_invitation_makes_one_account_and_a_wrong_or_used_one_none(
    live: LiveServer, browsers: tuple[BrowserContext, BrowserContext], tmp_path: Path
) -> None:
    operator = operator_at(live, browsers[0])
    operator.get_by_role("button", name="Invitations").click()
    expect(operator.get_by_text("Who wants an account here needs the code of an invitation.")).to_be_visible()
    operator.get_by_role("textbox", name="For whom").fill("Ann")
    operator.get_by_role("button", name="Make an invitation").click()
    field = operator.get_by_role("textbox", name="Invitation code")
    expect(field).to_be_focused()
    code = field.input_value()

    ann = AccountPagePerson(browsers[1], live.url, tmp_path / "ann")
    form = filled(ann, "Ann", code[:-1] + ("0" if code[-1] != "0" else "1"))
    expect(form.get_by_text(REFUSED)).to_be_visible(timeout=MILLISECONDS)
    # As somebody types what they were told on the phone.
    form.get_by_role("textbox", name="Invitation code").fill(f" {code.replace('-', ' ').upper()} ")
    ann.button("Create account", form).click()
    words = ann.dialog("Your 24 words")
    expect(words.get_by_role("listitem")).to_have_count(24, timeout=MILLISECONDS)
    ann.button("I have written them down", words).click()
    expect(ann.signed_in_as("Ann")).to_be_visible(timeout=MILLISECONDS)
    ann.sign_out()

    form = filled(ann, "Bob", code)
    expect(form.get_by_text(REFUSED)).to_be_visible(timeout=MILLISECONDS)
    expect(form.get_by_text("Ask whoever runs the server for another.")).to_be_visible()

    operator.get_by_role("button", name="Done").click()
    operator.get_by_role("button", name="Now").click()
    operator.get_by_role("button", name="Invitations").click()
    expect(operator.get_by_role("listitem").filter(has_text="Ann")).to_contain_text("used by Ann")
    ann.close()
    operator.close()


def filled(person: AccountPagePerson, name: str, code: str) -> Locator:
    """The form for a new account, sent with this code."""
    person.button("Create account", person.corner()).click()
    form = person.page.get_by_role("form", name="Create account")
    form.get_by_role("textbox", name="Account name").fill(name)
    form.get_by_role("textbox", name="Invitation code").fill(code)
    form.get_by_role("textbox", name="Password", exact=True).fill(PASSWORD)
    person.button("Create account", form).click()
    return form
