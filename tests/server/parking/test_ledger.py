"""How much may be parked, and when it is over: to the byte and to the millisecond."""

from collections.abc import Callable
from pathlib import Path

import pytest

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest
from peerseal.server.files.parts import DAY_MS
from peerseal.server.files.sizes import BLOCK
from peerseal.server.files.tickets import TICKET_MS
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.parking import ledger
from peerseal.server.parking.kind import FIRST_MS
from peerseal.server.parking.ledger import PARKS_PER_SOURCE, ParkRules
from peerseal.server.parking.models import ParkRow
from support.parks import Plan
from support.stored_files import Desk, new_file, sealed

from .conftest import ALL, MINE

HOURS_MS = 72 * 3600 * 1000
#: What a manifest of one small chunk takes, and the smallest park.
MANIFEST = BLOCK
SMALL = MANIFEST + BLOCK


def of(room: int) -> Plan:
    """A park that takes exactly so much room."""
    sealed_bytes = room - MANIFEST
    plan = Plan(content=sealed_bytes - 28 * -(-sealed_bytes // (65_536 + 28)), record_size=65_536)
    assert plan.wanted.content_bytes == sealed_bytes
    return plan


def said(act: Callable[[], object]) -> str:
    try:
        act()
    except HttpProblem as refused:
        return f"{refused.status} {refused.code}"
    return ""


def new(desk: Desk, guest: Guest, plan: Plan) -> str:
    return said(lambda: desk.parking.senders.new_park(guest, plan.wanted))


def test_one_network_has_so_many_bytes(desk: Desk, guest: Guest) -> None:
    first = of(MINE - 50_000)
    assert new(desk, guest, of(MINE + 1)) == "507 quota"
    assert new(desk, guest, first) == ""
    assert new(desk, guest, of(50_001)) == "507 quota"
    assert new(desk, guest, of(50_000)) == ""
    assert new(desk, guest, of(SMALL)) == "507 quota"
    assert new(desk, desk.guest("198.51.100.7"), of((ALL - MINE) // 4)) == ""
    desk.parking.senders.end(guest, first.proof, first.id)
    assert new(desk, guest, of(SMALL)) == ""


def test_one_network_leaves_the_others_three_quarters_of_what_is_left(desk: Desk) -> None:
    left = ALL
    for number in range(5):
        network = desk.guest(f"198.51.100.{number}")
        most = left // 4
        assert new(desk, network, of(most + 1)) == "507 quota"
        assert new(desk, network, of(most)) == ""
        left -= most
    assert left > ALL // 5


def test_room_that_is_only_asked_for_shuts_nobody_out(tmp_path: Path) -> None:
    large = 16 * 2**30
    with Desk(tmp_path / "data", parks=ParkRules(True, large, 4 * large, 72)) as desk:
        desk.storage.free = lambda: 40 * 2**30  # type: ignore[method-assign]
        desk.storage.capacity = lambda: 100 * 2**30  # type: ignore[method-assign]
        for number in range(20):
            assert new(desk, desk.guest(f"198.51.100.{number}"), of(15 * 2**30)) == ""
        assert new(desk, desk.guest("198.51.100.99"), of(5 * 2**30)) == ""


def test_what_comes_counts_and_stops_where_there_is_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ADVANCE", 2_000)
    with Desk(tmp_path / "data", parks=ParkRules(True, 100_000, 100_000, 72)) as desk:
        plans = [of(25_000), of(23_000)]
        assert [new(desk, desk.guest(), plan) for plan in plans] == ["", ""]
        book, numbers = desk.parking.kind, (1, 2)
        for _ in range(24):
            book.coming(numbers[0], 1_000)
        for _ in range(22):
            book.coming(numbers[1], 1_000)
        with desk.database.reading() as session:
            assert [row.stored for row in session.query(ParkRow).order_by(ParkRow.number)] == [24_000, 22_000]
        others = [desk.guest(f"198.51.100.{number}") for number in range(8)]
        for other in others:
            new(desk, other, of(8_192))
        book.coming(numbers[0], 1_000)
        assert said(lambda: book.coming(numbers[0], 1_000)) == "507 quota"
        assert said(lambda: book.coming(numbers[0], 1_000)) == "507 quota", "and so it stays"
        desk.parking.senders.end(desk.guest(), plans[1].proof, plans[1].id)
        assert said(lambda: book.coming(numbers[0], 1_000)) == ""


def test_the_smallest_chunks_count_as_what_they_take_on_a_disk(desk: Desk, guest: Guest) -> None:
    assert new(desk, guest, Plan(content=16 * 64 * 47)) == ""
    assert new(desk, guest, of(SMALL)) == "507 quota"
    assert new(desk, desk.guest("198.51.100.7"), Plan(content=16 * 64 * 1025)) == "422 invalid"


def test_of_the_smallest_chunks_only_so_many_come(tmp_path: Path) -> None:
    with Desk(tmp_path / "data") as desk:
        guest, plan = desk.guest(), Plan(content=64, open_=True)
        up = desk.parking.senders.new_park(guest, plan.wanted).ticket
        desk.parking.senders.reserve(guest, plan.sizes(content_bytes=5_000 * 16 * 92), plan.id)
        assert desk.put(up, "content", 1023, bytes(16 * 92)).status == 201
        assert desk.put(up, "content", 1024, bytes(16 * 92)).code == "chunk_length"


def test_one_network_has_so_many_parks(desk: Desk, guest: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert PARKS_PER_SOURCE == 256
    monkeypatch.setattr(ledger, "PARKS_PER_SOURCE", 3)
    assert {new(desk, guest, of(SMALL)) for _ in range(3)} == {""}
    assert new(desk, guest, of(SMALL)) == "507 quota"


def test_what_the_receiver_has_already_takes_no_room(desk: Desk, guest: Guest) -> None:
    assert new(desk, guest, Plan(content=16 * 64 * 1000, first=(1, 999))) == ""
    with desk.database.reading() as session:
        assert session.query(ParkRow).one().room == BLOCK


def test_an_open_park_takes_what_it_reserves(desk: Desk, guest: Guest) -> None:
    plan = Plan(content=64, open_=True)
    assert new(desk, guest, plan) == ""
    whole, rest = divmod(MINE - MANIFEST, BLOCK)
    senders, most = desk.parking.senders, whole * 16 * 92
    assert rest < BLOCK
    with pytest.raises(HttpProblem) as refused:
        senders.reserve(guest, plan.sizes(content_bytes=most + 1), plan.id)
    assert (refused.value.status, refused.value.code) == (507, "quota")
    senders.reserve(guest, plan.sizes(content_bytes=most), plan.id)
    assert new(desk, guest, of(SMALL)) == "507 quota"
    senders.reserve(guest, plan.sizes(), plan.id)
    assert new(desk, guest, of(SMALL)) == ""
    senders.reserve(guest, plan.sizes(content_bytes=2 * 92), plan.id)
    up = senders.ticket(guest, plan.proof, plan.id).ticket
    for place, content in plan.chunks().items():
        assert desk.put(up, *place, content).status == 201
    senders.commit(guest, plan.sizes(), plan.id)
    assert new(desk, guest, of(MINE - SMALL - MANIFEST - BLOCK)) == ""
    assert new(desk, guest, of(SMALL)) == "507 quota"


def test_parks_count_for_no_account_and_accounts_not_for_parks(desk: Desk, guest: Guest) -> None:
    alice = desk.person("alice")
    desk.stored(alice, new_file())
    used = desk.used(alice)
    assert new(desk, guest, of(MINE)) == ""
    desk.files.sweep.run()
    assert desk.used(alice) == used


def test_a_full_disk_is_said_before_anything_is_begun(
    desk: Desk, guest: Guest, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = of(SMALL)
    for capacity, margin in ((4 * 2**30, 4 * 2**30 // 20), (100 * 2**30, 2**30)):
        monkeypatch.setattr(desk.storage, "capacity", lambda size=capacity: size)
        monkeypatch.setattr(desk.storage, "free", lambda size=margin: size + 99_999)
        assert new(desk, guest, of(100_000)) == "507 disk_full"
        monkeypatch.setattr(desk.storage, "free", lambda size=margin: size + 100_000)
        last = of(100_000)
        assert new(desk, guest, last) == ""
        assert new(desk, guest, plan) == "507 disk_full", "what the other still brings has its room"
        desk.parking.senders.end(guest, last.proof, last.id)
    up = desk.parking.senders.new_park(guest, plan.wanted).ticket
    alice = desk.person("alice")
    theirs = new_file()
    over = desk.uploads.new_file(alice, theirs).ticket
    monkeypatch.setattr(desk.storage, "free", lambda: 2**30 + 70)
    chunks = plan.chunks()
    assert desk.put(up, "manifest", 0, chunks["manifest", 0]).code == "disk_full"
    desk.fill(over, theirs.version)  # accounts may have the rest


def test_a_server_that_parks_nothing_more_still_gives_what_is_there(desk: Desk, guest: Guest) -> None:
    plan = of(SMALL)
    assert new(desk, guest, plan) == ""
    desk.parking.senders._rules = ParkRules(False, MINE, ALL, 72)
    assert new(desk, guest, of(SMALL)) == "403 parking_closed"
    up = desk.parking.senders.ticket(guest, plan.proof, plan.id).ticket
    for place, content in plan.chunks().items():
        assert desk.put(up, *place, content).status == 201
    assert desk.parking.senders.commit(guest, plan.sizes(), plan.id).state == "complete"


def test_an_arriving_park_waits_a_day_for_its_next_chunk(desk: Desk, guest: Guest) -> None:
    plan = Plan()
    new(desk, guest, plan)
    desk.now += FIRST_MS - 1
    up, chunks = desk.parking.senders.ticket(guest, plan.proof, plan.id).ticket, plan.chunks()
    assert desk.put(up, "manifest", 0, chunks["manifest", 0]).status == 201
    assert desk.parking.senders.look(guest, plan.proof, plan.id).expires == desk.now + DAY_MS
    desk.now += DAY_MS - 1
    up = desk.parking.senders.ticket(guest, plan.proof, plan.id).ticket
    desk.now += 1
    with pytest.raises(NotFound):
        desk.parking.senders.look(guest, plan.proof, plan.id)
    with pytest.raises(NotFound):
        desk.parking.readers.look(guest, plan.reading(), plan.reader)
    assert desk.put(up, "content", 0, chunks["content", 0]).status == 404  # it comes too late
    desk.now += TICKET_MS
    desk.files.sweep.run()
    desk.cleaned()
    assert desk.on_disk() == 0


def test_a_complete_park_lives_so_long_and_begun_downloads_may_finish(desk: Desk, guest: Guest) -> None:
    plan = Plan()
    up, chunks = desk.parking.senders.new_park(guest, plan.wanted).ticket, plan.chunks()
    for place, content in chunks.items():
        assert desk.put(up, *place, content).status == 201
    desk.parking.senders.commit(guest, plan.sizes(), plan.id)
    desk.now += HOURS_MS - 1
    desk.files.sweep.run()
    down = desk.parking.readers.ticket(guest, plan.reading(), plan.reader).ticket
    desk.now += 1
    with pytest.raises(NotFound):
        desk.parking.readers.ticket(guest, plan.reading(), plan.reader)
    desk.files.sweep.run()
    assert desk.get(down, "content", 0).body == chunks["content", 0]
    desk.now += TICKET_MS - 2
    assert desk.get(down, "content", 0).status == 200
    desk.now += 2
    desk.files.sweep.run()
    desk.cleaned()
    assert (desk.get(down, "content", 0).status, desk.on_disk()) == (401, 0)


def test_a_chunk_that_was_under_way_at_the_end_gives_a_complete_park_no_other_time(
    desk: Desk, guest: Guest
) -> None:
    plan = Plan(first=(1, 1))
    new(desk, guest, plan)
    ends = desk.parking.senders.commit(guest, plan.sizes(), plan.id).expires
    desk.now += 1_000
    with desk.database.writing() as session:
        desk.parking.kind.touch(session, session.query(ParkRow).one().number)
    assert desk.parking.senders.look(guest, plan.proof, plan.id).expires == ends


def test_what_is_over_makes_room_without_waiting_for_the_sweep(desk: Desk, guest: Guest) -> None:
    plan = of(MINE)
    up = desk.parking.senders.new_park(guest, plan.wanted).ticket
    assert desk.put(up, "manifest", 0, plan.chunks()["manifest", 0]).status == 201
    desk.now += DAY_MS + TICKET_MS - 1
    assert new(desk, guest, of(MINE)) == "507 quota"
    desk.now += 1
    assert new(desk, guest, of(MINE)) == ""


def test_a_park_nothing_comes_to_is_soon_over_whatever_is_reserved(desk: Desk, guest: Guest) -> None:
    plan = Plan(content=64, open_=True)
    assert new(desk, guest, plan) == ""
    desk.now += FIRST_MS - 1
    desk.parking.senders.reserve(guest, plan.sizes(content_bytes=47 * 16 * 92), plan.id)
    assert new(desk, guest, of(MINE)) == "507 quota"
    desk.now += 1
    assert new(desk, guest, of(MINE)) == ""
    with pytest.raises(NotFound):
        desk.parking.senders.look(guest, plan.proof, plan.id)


def test_the_sweep_knows_whose_blobs_are_whose(desk: Desk, guest: Guest) -> None:
    alice, plan = desk.person("alice"), Plan()
    desk.stored(alice, new_file())
    up = desk.parking.senders.new_park(guest, plan.wanted).ticket
    content = plan.chunks()["content", 0]
    assert desk.put(up, "content", 0, content).status == 201
    before = desk.on_disk()
    lost = desk.storage.create("f" * 32 + "/c0")
    lost.write([b"lost"])
    lost.finish()
    desk.files.sweep.run()
    assert desk.on_disk() == before
    assert sealed(100) == len(content)
