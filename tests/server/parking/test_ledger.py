"""How much may be parked, and when it is over: to the byte and to the millisecond."""

import pytest

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest
from peerseal.server.files.parts import DAY_MS
from peerseal.server.files.tickets import TICKET_MS
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.parking.ledger import PARKS_PER_SOURCE, ParkRules
from peerseal.server.parking.models import ParkRow
from support.parks import Plan
from support.stored_files import Desk, new_file, sealed

from .conftest import ALL, MINE

HOURS_MS = 72 * 3600 * 1000
MANIFEST = 50 + 28


def of(room: int) -> Plan:
    """A park that takes exactly so much room."""
    plan = Plan(content=room - MANIFEST - 28, record_size=65_536)
    assert plan.wanted.manifest_bytes + plan.wanted.content_bytes == room
    return plan


def new(desk: Desk, guest: Guest, plan: Plan) -> str:
    try:
        desk.parking.senders.new_park(guest, plan.wanted)
    except HttpProblem as refused:
        return f"{refused.status} {refused.code}"
    return ""


def test_one_network_has_so_many_bytes(desk: Desk, guest: Guest) -> None:
    first = of(MINE - 5_000)
    assert new(desk, guest, of(MINE + 1)) == "507 quota"
    assert new(desk, guest, first) == ""
    assert new(desk, guest, of(5_001)) == "507 quota"
    assert new(desk, guest, of(5_000)) == ""
    assert new(desk, guest, of(200)) == "507 quota"
    assert new(desk, desk.guest("198.51.100.7"), of(MINE)) == ""
    desk.parking.senders.end(guest, first.proof, first.id)
    assert new(desk, guest, of(200)) == ""


def test_there_is_so_much_room_for_all(desk: Desk) -> None:
    networks = [desk.guest(f"198.51.100.{n}") for n in range(5)]
    assert [new(desk, one, of(MINE)) for one in networks[:3]] == ["", "", "507 quota"]
    assert new(desk, networks[3], of(ALL - 2 * MINE)) == ""
    assert new(desk, networks[4], of(200)) == "507 quota"


def test_one_network_has_so_many_parks(desk: Desk, guest: Guest) -> None:
    assert {new(desk, guest, of(200)) for _ in range(PARKS_PER_SOURCE)} == {""}
    assert new(desk, guest, of(200)) == "507 quota"


def test_what_the_receiver_has_already_takes_no_room(desk: Desk, guest: Guest) -> None:
    assert new(desk, guest, Plan(content=16 * 64 * 1000, first=(1, 999))) == ""
    with desk.database.reading() as session:
        assert session.query(ParkRow).one().room == 16 * 92


def test_an_open_park_takes_what_it_reserves(desk: Desk, guest: Guest) -> None:
    plan = Plan(content=64, open_=True)
    assert new(desk, guest, plan) == ""
    senders, most = desk.parking.senders, MINE - plan.wanted.manifest_bytes
    with pytest.raises(HttpProblem) as refused:
        senders.reserve(guest, plan.sizes(content_bytes=most + 1), plan.id)
    assert (refused.value.status, refused.value.code) == (507, "quota")
    senders.reserve(guest, plan.sizes(content_bytes=most), plan.id)
    assert new(desk, guest, of(200)) == "507 quota"
    senders.reserve(guest, plan.sizes(), plan.id)
    assert new(desk, guest, of(200)) == ""
    senders.reserve(guest, plan.sizes(content_bytes=2 * 92), plan.id)
    up = senders.ticket(guest, plan.proof, plan.id).ticket
    for place, content in plan.chunks().items():
        assert desk.put(up, *place, content).status == 201
    senders.commit(guest, plan.sizes(), plan.id)
    assert new(desk, guest, of(MINE - 200 - MANIFEST - 92)) == ""
    assert new(desk, guest, of(200)) == "507 quota"


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
    monkeypatch.setattr(desk.storage, "free", lambda: 999)
    assert new(desk, guest, of(1_000)) == "507 disk_full"
    assert new(desk, guest, of(999)) == ""


def test_a_server_that_parks_nothing_more_still_gives_what_is_there(desk: Desk, guest: Guest) -> None:
    plan = of(200)
    assert new(desk, guest, plan) == ""
    desk.parking.senders._rules = ParkRules(False, MINE, ALL, 72)
    assert new(desk, guest, of(200)) == "403 parking_closed"
    up = desk.parking.senders.ticket(guest, plan.proof, plan.id).ticket
    for place, content in plan.chunks().items():
        assert desk.put(up, *place, content).status == 201
    assert desk.parking.senders.commit(guest, plan.sizes(), plan.id).state == "complete"


def test_an_arriving_park_waits_a_day_for_its_next_chunk(desk: Desk, guest: Guest) -> None:
    plan = Plan()
    new(desk, guest, plan)
    desk.now += DAY_MS - 1
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
    assert new(desk, guest, of(MINE)) == ""
    desk.now += DAY_MS + TICKET_MS - 1
    assert new(desk, guest, of(MINE)) == "507 quota"
    desk.now += 1
    assert new(desk, guest, of(MINE)) == ""


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
