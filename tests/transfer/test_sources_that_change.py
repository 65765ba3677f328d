"""What was offered is gone or other than it was: both sides are told why, wherever the transfer stands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import peerseal
from peerseal.transfer.events import Offer

from .conftest import Doing

pytestmark = pytest.mark.e2e
CHANGES: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "shorter": lambda file: file.write_bytes(b"less"),
    "longer": lambda file: file.write_bytes(bytes(70_000)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("number", range(3))
def test_a_file_that_changes_before_the_yes_is_named_on_both_sides(
    server: str, outbox: Path, inbox: Path, change: str, number: int
) -> None:
    file = outbox / "a.txt"
    file.write_bytes(b"as it was offered")

    def change_and_accept(_: Offer) -> bool:
        CHANGES[change](file)
        return True

    sender = Doing(peerseal.send, file, server=server)
    receiver = Doing(peerseal.receive, sender.code(), into=inbox, server=server, accept=change_and_accept)
    told = receiver.error()
    assert (told.exit_code, told.code) == (10, "source_changed")
    assert told.message == "Python stopped: a file changed or vanished while it was being sent."
    assert sender.error().exit_code == 8
    assert "a.txt" in sender.error().message
    assert list(inbox.iterdir()) == []
