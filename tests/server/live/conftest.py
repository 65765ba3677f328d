"""The meeting's rules are played in a world with a clock and links of its own."""

import pytest

from support.meeting_world import World


@pytest.fixture
def world() -> World:
    return World()
