"""The path in use: whoever works on it is woken by a cut, and what was said of it counts for no other."""

from __future__ import annotations

import contextlib

import pytest

from peerseal.errors import Interrupted
from peerseal.transfer.lock import Lock
from peerseal.transfer.path_in_use import PathInUse


class End:
    """A bulk end that notes that it was cut."""

    cuts = 0

    def abort(self) -> None:
        self.cuts += 1


@pytest.fixture
def path() -> PathInUse:
    return PathInUse(Lock(), lambda: None)


def is_broken(path: PathInUse) -> bool:
    with contextlib.suppress(Interrupted):
        path.check()
        return False
    return True


def test_a_cut_reaches_the_end_that_is_in_use_and_no_other(path: PathInUse) -> None:
    before, now = End(), End()
    path.attach(before)
    path.detach()
    path.attach(now)
    path.cut()
    assert (before.cuts, now.cuts, is_broken(path)) == (0, 1, True)


def test_the_next_path_is_whole_unless_it_was_given_up_already(path: PathInUse) -> None:
    path.cut()
    path.begin()
    end = End()
    path.attach(end)
    assert (end.cuts, is_broken(path)) == (0, False)
    path.begin(broken=True)
    path.attach(end)
    assert (end.cuts, is_broken(path)) == (1, True)


def test_nothing_is_attached_to_what_is_over() -> None:
    def over() -> None:
        raise Interrupted("They left.", code="peer_left")

    path, end = PathInUse(Lock(), over), End()
    with pytest.raises(Interrupted, match="They left"):
        path.attach(end)
    path.cut()
    assert end.cuts == 0
