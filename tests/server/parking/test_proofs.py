"""Whose token opens what: one's own only, and wrong ones are as if there were nothing."""

import os
import secrets
from collections.abc import Callable

import pytest

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest
from peerseal.server.files.tickets import PER_PARKER
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.parking.proofs import WORK_PER_SOURCE, WRONG_PER_PARK_AND_SOURCE
from peerseal.wire import parks as wire
from support.parks import Plan
from support.stored_files import Desk, new_file

WRONG = wire.ParkToken(os.urandom(32))


def both(desk: Desk, guest: Guest) -> tuple[Plan, Plan]:
    plans = Plan(), Plan()
    for plan in plans:
        desk.parking.senders.new_park(guest, plan.wanted)
    return plans


def as_sender(desk: Desk, guest: Guest, token: bytes, plan: Plan) -> list[Callable[[], object]]:
    senders, sizes = desk.parking.senders, plan.sizes()
    reader = wire.NewReader(secrets.token_hex(16), bytes(32))
    proof = wire.ParkToken(token)
    resized = wire.ParkSizes(token, sizes.manifest_bytes, sizes.content_bytes)
    return [
        lambda: senders.look(guest, proof, plan.id),
        lambda: senders.ticket(guest, proof, plan.id),
        lambda: senders.add_reader(guest, wire.AddReader(token, reader), plan.id),
        lambda: senders.closing(guest, wire.ParkClosing(token, plan.reader, bytes(124)), plan.id),
        lambda: senders.reserve(guest, resized, plan.id),
        lambda: senders.commit(guest, resized, plan.id),
        lambda: senders.end(guest, proof, plan.id),
    ]


def as_reader(desk: Desk, guest: Guest, token: bytes, reader: str) -> list[Callable[[], object]]:
    readers, proof = desk.parking.readers, wire.ParkToken(token)
    return [
        lambda: readers.look(guest, proof, reader),
        lambda: readers.ticket(guest, proof, reader),
        lambda: readers.done(guest, proof, reader),
    ]


def test_tokens_of_other_parks_readers_and_roles_open_nothing(desk: Desk, guest: Guest) -> None:
    mine, other = both(desk, guest)
    for token in (other.token, mine.readers[mine.reader], other.readers[other.reader], os.urandom(32)):
        for act in as_sender(desk, guest, token, mine):
            with pytest.raises(NotFound):
                act()
    for token in (mine.token, other.token, other.readers[other.reader], os.urandom(32)):
        for act in as_reader(desk, guest, token, mine.reader):
            with pytest.raises(NotFound):
                act()
    shown = desk.parking.senders.look(guest, mine.proof, mine.id)
    assert (shown.state, [one.done for one in shown.readers]) == ("arriving", [False])


def test_a_closing_is_stored_for_readers_of_that_park_only(desk: Desk, guest: Guest) -> None:
    mine, other = both(desk, guest)
    with pytest.raises(NotFound):
        desk.parking.senders.closing(guest, wire.ParkClosing(mine.token, other.reader, bytes(124)), mine.id)
    assert desk.parking.readers.look(guest, other.reading(), other.reader).closing is None


def test_tickets_open_their_own_park_in_their_own_direction(desk: Desk, guest: Guest) -> None:
    mine, other = Plan(), Plan()
    up, others = (desk.parking.senders.new_park(guest, plan.wanted).ticket for plan in (mine, other))
    chunk = mine.chunks()["content", 0]
    assert desk.put(up, "content", 0, chunk).status == 201
    down = desk.parking.readers.ticket(guest, mine.reading(), mine.reader).ticket
    theirs = desk.parking.readers.ticket(guest, other.reading(), other.reader).ticket
    for ticket in (up, others):
        assert desk.get(ticket, "content", 0).code == "ticket"
    for ticket in (down, theirs):
        assert desk.put(ticket, "content", 0, chunk).code == "ticket"
    assert desk.get(down, "content", 0).body == chunk
    assert desk.get(theirs, "content", 0).status == 204
    # What the other one sends goes to the other park.
    assert desk.put(others, "content", 0, bytes(len(chunk))).status == 201
    assert desk.get(down, "content", 0).body == chunk


def test_tickets_of_files_and_parks_do_not_meet(desk: Desk, guest: Guest) -> None:
    alice, wanted, plan = desk.person("alice"), new_file(), Plan()
    desk.uploads.new_file(alice, wanted)
    up = desk.parking.senders.new_park(guest, plan.wanted).ticket
    chunk = plan.chunks()["content", 0]
    assert desk.put(up, "content", 0, chunk).status == 201  # both rows have the number 1
    assert desk.get(desk.down(alice, wanted.version.upload), "content", 0).status == 204
    desk.uploads.abandon(alice, wanted.version.upload)
    assert desk.put(up, "content", 0, chunk).status == 200


def test_a_ticket_dies_after_fifteen_minutes_and_with_its_park(desk: Desk, guest: Guest) -> None:
    plan = Plan()
    up, chunks = desk.parking.senders.new_park(guest, plan.wanted).ticket, plan.chunks()
    desk.now += 900_000 - 1
    assert desk.put(up, "content", 0, chunks["content", 0]).status == 201
    desk.now += 1
    assert desk.put(up, "manifest", 0, chunks["manifest", 0]).status == 401
    fresh = desk.parking.senders.ticket(guest, plan.proof, plan.id).ticket
    assert desk.put(fresh, "manifest", 0, chunks["manifest", 0]).status == 201
    desk.parking.senders.end(guest, plan.proof, plan.id)
    assert desk.put(fresh, "manifest", 0, chunks["manifest", 0]).status == 401
    assert len(desk.files.parts.tickets) == 0


def test_of_one_park_or_reader_the_oldest_tickets_make_room(desk: Desk, guest: Guest) -> None:
    mine, other = both(desk, guest)
    first = desk.parking.senders.ticket(guest, other.proof, other.id).ticket
    read = desk.parking.readers.ticket(guest, other.reading(), other.reader).ticket
    ups = [desk.parking.senders.ticket(guest, mine.proof, mine.id).ticket for _ in range(PER_PARKER + 1)]
    downs = [
        desk.parking.readers.ticket(guest, mine.reading(), mine.reader).ticket for _ in range(PER_PARKER + 1)
    ]
    chunk = mine.chunks()["content", 0]
    assert [desk.put(up, "content", 0, chunk).status for up in (ups[0], ups[1], ups[-1])] == [401, 201, 200]
    assert [desk.get(down, "content", 0).status for down in (downs[0], downs[1])] == [401, 200]
    assert desk.put(first, "content", 0, chunk).status == 201
    assert desk.get(read, "content", 0).status == 200


def test_after_many_wrong_tokens_the_right_one_says_nothing_either(desk: Desk, guest: Guest) -> None:
    mine, other = both(desk, guest)
    for _ in range(WRONG_PER_PARK_AND_SOURCE):
        with pytest.raises(NotFound):
            desk.parking.readers.look(guest, WRONG, mine.reader)
    for proof in (WRONG, mine.reading()):
        with pytest.raises(HttpProblem) as refused:
            desk.parking.readers.look(guest, proof, mine.reader)
        assert (refused.value.status, refused.value.retry_after) == (429, 60)
    desk.parking.readers.look(guest, other.reading(), other.reader)
    desk.parking.readers.look(desk.guest("198.51.100.7"), mine.reading(), mine.reader)
    desk.now += 60_000
    desk.parking.readers.look(guest, mine.reading(), mine.reader)


def test_one_network_cannot_keep_the_database_busy(desk: Desk, guest: Guest) -> None:
    (mine, _) = both(desk, guest)
    closing = wire.ParkClosing(mine.token, mine.reader, bytes(124))
    refused = None
    for _ in range(WORK_PER_SOURCE):
        try:
            desk.parking.senders.closing(guest, closing, mine.id)
        except HttpProblem as problem:
            refused = problem
            break
    assert refused is not None
    assert refused.status == 429
    with pytest.raises(HttpProblem):
        desk.parking.senders.look(guest, mine.proof, mine.id)
    desk.parking.readers.look(guest, mine.reading(), mine.reader)
    desk.parking.senders.closing(desk.guest("198.51.100.7"), closing, mine.id)


def test_a_long_listing_is_as_much_work_as_it_is_long(
    desk: Desk, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan()
    desk.parking.senders.new_park(guest, plan.wanted)
    monkeypatch.setattr(desk.storage, "sizes", lambda _: {f"c{n}": 1 for n in range(6_400)})
    for _ in range(WORK_PER_SOURCE // 100):
        desk.parking.senders.look(guest, plan.proof, plan.id)
    with pytest.raises(HttpProblem) as refused:
        desk.parking.senders.look(guest, plan.proof, plan.id)
    assert refused.value.status == 429
    desk.parking.senders.look(desk.guest("198.51.100.7"), plan.proof, plan.id)
    desk.now += 60_000
    desk.parking.senders.look(guest, plan.proof, plan.id)


def test_one_network_has_two_long_listings_at_once(desk: Desk, guest: Guest) -> None:
    listing = desk.parking.senders._proofs.listing
    with listing(guest, 5_000), listing(guest, 5_000):
        with pytest.raises(HttpProblem) as refused, listing(guest, 5_000):
            pass
        with listing(guest, 1_000), listing(desk.guest("198.51.100.7"), 5_000):
            pass
    assert (refused.value.status, refused.value.retry_after) == (429, 1)
    with listing(guest, 5_000):
        pass
