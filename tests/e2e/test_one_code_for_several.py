"""One code for a page and a command line: both get what the command line sends, byte for byte."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.command_line import CommandLinePerson
from support.page import PagePerson, as_downloaded, complaints_of
from support.payloads import assorted
from support.people import Person

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_page_and_a_command_line_use_the_same_code(person: Callable[[str], Person], tmp_path: Path) -> None:
    sender, page, program = person("command line"), person("page"), person("command line")
    assert isinstance(sender, CommandLinePerson)
    assert isinstance(page, PagePerson)
    sender.options = ("--receivers", "2")
    payload = assorted(tmp_path / "assorted")
    code = sender.show_code(payload)
    page.use_code(code)
    page.accept_offer()
    program.use_code(code)
    assert as_downloaded(payload.tree) == page.received()
    assert program.received() == payload.tree
    sender.sent()
    assert complaints_of([page]) == []
