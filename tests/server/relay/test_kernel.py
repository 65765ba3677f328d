"""What the system may hold of a stream, shared among all there are."""

from peerseal.server.relay.kernel import window_of
from peerseal.server.relay.stream import WINDOW
from peerseal.wire.limits import KIB


def test_few_streams_have_wide_windows_and_many_share() -> None:
    assert window_of(0) == window_of(1) == window_of(64) == WINDOW
    assert window_of(128) == WINDOW // 2
    assert window_of(100_000) == 256 * KIB
    windows = [window_of(n) for n in range(1, 2000)]
    assert windows == sorted(windows, reverse=True)
