"""A stream carries bytes in order, holds little, and ends in exactly one way."""

import pytest

from peerseal.server.relay.stream import EndTaken, Stream


class Source:
    def __init__(self) -> None:
        self.paused = False
        self.done = self.dead = False

    def pause(self) -> None:
        assert not self.paused
        self.paused = True

    def resume(self) -> None:
        assert self.paused
        self.paused = False

    def finished(self) -> None:
        self.done = True

    def cut(self) -> None:
        self.dead = True


class Sink:
    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.done = self.dead = False

    def write(self, piece: bytes) -> None:
        assert not self.done
        self.got.append(piece)

    def finish(self) -> None:
        assert not self.done
        self.done = True

    def cut(self) -> None:
        self.dead = True


def new() -> tuple[Stream, list[str]]:
    gone: list[str] = []
    return Stream("room", 0, lambda: gone.append("gone")), gone


def test_bytes_before_the_sink_came_wait_and_the_source_is_paused() -> None:
    stream, gone = new()
    source, sink = Source(), Sink()
    stream.attach_source(source)
    was_paused = source.paused
    assert was_paused
    stream.feed(b"early")
    assert stream.waiting_bytes == 5
    stream.attach_sink(sink)
    assert sink.got == [b"early"]
    assert (source.paused, gone) == (False, [])


def test_a_full_sink_stops_the_source_until_it_is_ready() -> None:
    stream, _ = new()
    source, sink = Source(), Sink()
    stream.attach_sink(sink)
    stream.attach_source(source)
    stream.feed(b"1")
    stream.full()
    while_full = source.paused
    stream.feed(b"2")  # was read already
    assert sink.got == [b"1"]
    stream.ready()
    assert sink.got == [b"1", b"2"]
    assert (while_full, source.paused) == (True, False)


def test_a_sink_that_fills_up_while_it_drains_the_waiting_bytes_stays_in_order() -> None:
    stream, _ = new()
    source, sink = Source(), Sink()

    def write(piece: bytes) -> None:
        sink.got.append(piece)
        stream.full()

    sink.write = write  # type: ignore[method-assign]
    stream.attach_source(source)
    for piece in (b"1", b"2", b"3"):
        stream.feed(piece)
    stream.end()
    stream.attach_sink(sink)
    assert (sink.got, sink.done) == ([b"1"], False)
    stream.ready()
    assert (sink.got, sink.done) == ([b"1", b"2"], False)
    stream.ready()
    assert (sink.got, sink.done, source.done) == ([b"1", b"2", b"3"], True, True)


def test_the_clean_end_comes_after_the_last_byte_and_once() -> None:
    stream, gone = new()
    source, sink = Source(), Sink()
    stream.attach_source(source)
    stream.feed(b"x")
    stream.end()
    assert not source.done
    stream.attach_sink(sink)
    assert (sink.got, sink.done, source.done, gone) == ([b"x"], True, True, ["gone"])
    stream.cut()
    assert (sink.dead, source.dead, gone) == (False, False, ["gone"])
    assert not stream.was_cut


def test_an_empty_stream_ends_clean() -> None:
    stream, _ = new()
    sink = Sink()
    stream.attach_source(Source())
    stream.end()
    stream.attach_sink(sink)
    assert sink.done


def test_a_cut_reaches_both_ends_and_nothing_flows_after_it() -> None:
    stream, gone = new()
    source, sink = Source(), Sink()
    stream.attach_source(source)
    stream.attach_sink(sink)
    stream.cut()
    stream.feed(b"x")
    stream.end()
    assert (source.dead, sink.dead, sink.got, sink.done, gone) == (True, True, [], False, ["gone"])
    assert stream.was_cut


def test_an_end_is_taken_once() -> None:
    stream, _ = new()
    stream.attach_source(Source())
    stream.attach_sink(Sink())
    with pytest.raises(EndTaken):
        stream.attach_source(Source())
    with pytest.raises(EndTaken):
        stream.attach_sink(Sink())
