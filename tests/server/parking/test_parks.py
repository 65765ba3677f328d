"""A park's way: made, filled, complete, read, over; and what is refused on it."""

import os
import secrets
from collections.abc import Callable
from functools import partial

import pytest

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import parks as wire
from peerseal.wire.stored import Range
from support.parks import Chunks, Plan, hashed
from support.stored_files import Desk

CLOSING = os.urandom(124)


def begun(desk: Desk, guest: Guest, plan: Plan) -> str:
    return desk.parking.senders.new_park(guest, plan.wanted).ticket


def filled(desk: Desk, guest: Guest, plan: Plan) -> Chunks:
    ticket, chunks = begun(desk, guest, plan), plan.chunks()
    for place, content in chunks.items():
        assert desk.put(ticket, *place, content).status == 201
    return chunks


def complete(desk: Desk, guest: Guest, plan: Plan) -> Chunks:
    chunks = filled(desk, guest, plan)
    desk.parking.senders.commit(guest, plan.sizes(), plan.id)
    return chunks


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(HttpProblem) as refused:
        act()
    return refused.value.status, refused.value.code


def test_from_a_sender_who_leaves_to_a_reader_who_comes_later(desk: Desk, guest: Guest) -> None:
    plan = Plan(content=16 * 64 * 2 + 7)
    chunks = filled(desk, guest, plan)
    shown = desk.parking.senders.look(guest, plan.proof, plan.id)
    assert (shown.state, shown.manifest, shown.content) == ("arriving", (Range(0, 0),), (Range(0, 2),))
    done = desk.parking.senders.commit(guest, plan.sizes(), plan.id)
    assert (done.state, done.expires) == ("complete", desk.now + 72 * 3600 * 1000)
    seen = desk.parking.readers.look(guest, plan.reading(), plan.reader)
    assert (seen.state, seen.closing, seen.record_size, seen.open) == ("complete", None, 64, False)
    assert (seen.manifest_bytes, seen.content_bytes) == (
        plan.wanted.manifest_bytes,
        plan.wanted.content_bytes,
    )
    down = desk.parking.readers.ticket(guest, plan.reading(), plan.reader).ticket
    for place, content in chunks.items():
        assert desk.get(down, *place).body == content
    desk.parking.readers.done(guest, plan.reading(), plan.reader)
    desk.cleaned()
    assert desk.on_disk() == 0
    with pytest.raises(NotFound):
        desk.parking.senders.look(guest, plan.proof, plan.id)
    assert desk.get(down, "content", 0).status == 401


def test_only_what_the_receiver_misses_comes_and_counts(desk: Desk, guest: Guest) -> None:
    plan = Plan(content=16 * 64 * 3 + 100, first=(1, 2))
    up = begun(desk, guest, plan)
    down = desk.parking.readers.ticket(guest, plan.reading(), plan.reader).ticket
    below = desk.put(up, "content", 1, bytes(16 * 92))
    assert (below.status, below.code) == (422, "chunk_length")
    assert desk.put(up, "manifest", 0, bytes(plan.wanted.manifest_bytes)).code == "chunk_length"
    assert [desk.get(down, "content", n).status for n in (0, 1)] == [404, 404]
    assert desk.ask("HEAD", down, "manifest/0").status == 404
    assert desk.get(down, "content", 2).status == 204  # that one still comes
    for place, content in plan.chunks().items():
        assert desk.put(up, *place, content).status == 201
    assert desk.parking.senders.commit(guest, plan.sizes(), plan.id).content == (Range(2, 3),)
    seen = desk.parking.readers.look(guest, plan.reading(), plan.reader)
    assert (seen.manifest_from, seen.content_from) == (1, 2)


def test_a_reader_waits_for_chunks_that_still_come(desk: Desk, guest: Guest) -> None:
    plan = Plan()
    up, chunks = begun(desk, guest, plan), plan.chunks()
    down = desk.parking.readers.ticket(guest, plan.reading(), plan.reader).ticket
    assert desk.get(down, "content", 0).status == 204
    assert desk.put(up, "content", 0, chunks["content", 0]).status == 201
    assert desk.get(down, "content", 0, "bytes=1-4").body == chunks["content", 0][1:5]
    assert desk.get(down, "content", 1).status == 404


def test_nothing_is_complete_before_every_chunk_is_there(desk: Desk, guest: Guest) -> None:
    plan = Plan(content=3_000)
    up, chunks = begun(desk, guest, plan), plan.chunks()
    last = chunks.popitem()
    for place, content in chunks.items():
        assert desk.put(up, *place, content).status == 201

    def commit() -> wire.Park:
        return desk.parking.senders.commit(guest, plan.sizes(), plan.id)

    assert refusal(commit) == (409, "incomplete")
    assert desk.put(up, *last[0], last[1]).status == 201
    assert commit() == commit()
    smaller = plan.sizes(content_bytes=plan.wanted.content_bytes - 1)
    assert refusal(lambda: desk.parking.senders.commit(guest, smaller, plan.id)) == (409, "committed")
    assert refusal(lambda: desk.parking.senders.ticket(guest, plan.proof, plan.id)) == (409, "committed")
    assert desk.put(up, *last[0], last[1]).status == 401


def test_an_exact_park_ends_as_it_was_announced(desk: Desk, guest: Guest) -> None:
    plan = Plan()
    filled(desk, guest, plan)
    other = plan.sizes(content_bytes=plan.wanted.content_bytes - 1)
    assert refusal(lambda: desk.parking.senders.commit(guest, other, plan.id)) == (422, "invalid")
    assert refusal(lambda: desk.parking.senders.reserve(guest, other, plan.id)) == (422, "invalid")


def test_an_open_park_grows_and_ends_where_it_ends(desk: Desk, guest: Guest) -> None:
    plan = Plan(content=2 * 16 * 64, open_=True, first=(0, 2))
    up = begun(desk, guest, plan)
    assert desk.put(up, "content", 2, bytes(92)).status == 422
    desk.parking.senders.reserve(guest, plan.sizes(content_bytes=4 * 16 * 92), plan.id)
    for n in (2, 3):
        assert desk.put(up, "content", n, bytes(16 * 92)).status == 201
    assert desk.put(up, "manifest", 0, bytes(plan.wanted.manifest_bytes)).status == 201
    assert desk.parking.readers.look(guest, plan.reading(), plan.reader).open
    for too_small in (16 * 92 - 1, 3 * 16 * 92):
        reserve = partial(desk.parking.senders.reserve, guest, plan.sizes(content_bytes=too_small), plan.id)
        assert refusal(reserve)[0] == 422
    assert (
        refusal(lambda: desk.parking.senders.commit(guest, plan.sizes(content_bytes=16 * 92), plan.id))[0]
        == 422
    ), "no stream ends before the first chunk that comes"
    # Its end is told one chunk before what came.
    ended = desk.parking.senders.commit(guest, plan.sizes(content_bytes=3 * 16 * 92), plan.id)
    assert ended.content_bytes == 3 * 16 * 92
    desk.files.sweep.run()
    assert set(desk.storage.sizes(next(iter(desk.storage.groups())))) == {"m0", "c2"}


def test_every_reader_has_a_closing_of_their_own_and_is_waited_for(desk: Desk, guest: Guest) -> None:
    plan = Plan(readers=2)
    complete(desk, guest, plan)
    desk.parking.senders.add_reader(guest, plan.one_more(), plan.id)
    one, two, three = plan.readers
    for closing in (os.urandom(124), CLOSING):
        desk.parking.senders.closing(guest, wire.ParkClosing(plan.token, two, closing), plan.id)
    shown = {
        reader: desk.parking.readers.look(guest, plan.reading(reader), reader).closing
        for reader in plan.readers
    }
    assert shown == {one: None, two: CLOSING, three: None}
    for reader in (three, one, one):
        desk.parking.readers.done(guest, plan.reading(reader), reader)
    states = desk.parking.senders.look(guest, plan.proof, plan.id).readers
    assert states == (
        wire.ReaderState(one, True),
        wire.ReaderState(two, False),
        wire.ReaderState(three, True),
    )
    desk.parking.readers.done(guest, plan.reading(two), two)
    with pytest.raises(NotFound):
        desk.parking.senders.look(guest, plan.proof, plan.id)


def test_who_had_all_of_it_before_it_was_complete_is_not_waited_for(desk: Desk, guest: Guest) -> None:
    plan = Plan()
    filled(desk, guest, plan)
    desk.parking.readers.done(guest, plan.reading(), plan.reader)
    assert desk.parking.senders.look(guest, plan.proof, plan.id).readers[0].done
    assert desk.parking.senders.commit(guest, plan.sizes(), plan.id).state == "complete"
    desk.cleaned()
    assert desk.on_disk() == 0


def test_its_sender_may_end_it_at_any_time(desk: Desk, guest: Guest) -> None:
    plan = Plan()
    complete(desk, guest, plan)
    down = desk.parking.readers.ticket(guest, plan.reading(), plan.reader).ticket
    desk.parking.senders.end(guest, plan.proof, plan.id)
    desk.cleaned()
    assert (desk.on_disk(), desk.get(down, "content", 0).status) == (0, 401)
    again = Plan()
    begun(desk, guest, again)
    assert desk.parking.senders.look(guest, again.proof, again.id).content == ()


def test_used_ids_and_impossible_parks_are_refused(desk: Desk, guest: Guest) -> None:
    plan = Plan()
    begun(desk, guest, plan)

    def new(**changed: object) -> tuple[int, str]:
        fields = {name: getattr(Plan().wanted, name) for name in wire.NewPark.field_names} | changed
        return refusal(lambda: desk.parking.senders.new_park(guest, wire.NewPark(**fields)))

    reader = wire.NewReader(plan.reader, hashed(b"other"))
    fresh = wire.NewReader(secrets.token_hex(16), hashed(b"one"))
    assert new(park=plan.id) == (409, "exists")
    assert new(readers=(reader,)) == (409, "exists")
    assert new(readers=()) == (422, "invalid")
    assert new(readers=(fresh, fresh)) == (422, "invalid")
    assert new(content_bytes=27 + 92) == (422, "invalid")
    assert new(content_from=2) == (422, "invalid")
    assert new(manifest_from=2**53 - 1) == (422, "invalid")
    add = wire.AddReader(plan.token, reader)
    assert refusal(lambda: desk.parking.senders.add_reader(guest, add, plan.id)) == (409, "exists")
    for _ in range(63):
        desk.parking.senders.add_reader(guest, plan.one_more(), plan.id)
    assert refusal(lambda: desk.parking.senders.add_reader(guest, plan.one_more(), plan.id))[0] == 422
    assert len(desk.parking.senders.look(guest, plan.proof, plan.id).readers) == 64


def test_a_park_the_receiver_misses_nothing_of_is_complete_at_once(desk: Desk, guest: Guest) -> None:
    plan = Plan(first=(1, 1))
    begun(desk, guest, plan)
    assert desk.parking.senders.commit(guest, plan.sizes(), plan.id).content == ()
