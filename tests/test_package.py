"""What `import peerseal` offers."""

from __future__ import annotations

from pathlib import Path

import pytest

import peerseal


def test_the_public_names_are_listed_before_they_are_used() -> None:
    assert set(peerseal.__all__) <= set(dir(peerseal))


def test_an_answer_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(peerseal.PeersealError) as caught:
        peerseal.receive("7-harbor-velvet", into=tmp_path, accept="no")  # type: ignore[arg-type] # the point
    assert caught.value.code == "usage"
