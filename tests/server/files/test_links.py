"""Links: the same nothing for every refusal, and downloads counted exactly, also over a restart."""

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from peerseal.errors import NotFound
from peerseal.server.accounts.asking import Guest, Signed
from peerseal.server.files.links import WRONG_PER_LINK, WRONG_PER_LINK_AND_SOURCE, WRONG_PER_SOURCE
from peerseal.server.files.rights import Rights
from peerseal.server.files.tickets import ticket_hash
from peerseal.server.files.wholes import Whole
from peerseal.server.guard.problems import HttpProblem
from peerseal.wire import stored as wire
from support.stored_files import Desk, access_list, new_file, new_link, new_version, next_version

TOKEN = wire.LinkToken(os.urandom(32))
WRONG = wire.LinkToken(os.urandom(32))
LEASE = 900_000


class Shared:
    """A file of two content chunks and one of manifest, and a link to it."""

    def __init__(self, desk: Desk, downloads: int | None = None, expires: int | None = None) -> None:
        self.desk = desk
        self.alice: Signed = desk.person("alice")
        self.wanted = new_file(version=new_version(content=16 * 64 + 5))
        self.file = desk.stored(self.alice, self.wanted)
        link = new_link(
            self.file.id,
            self.wanted.version.upload,
            TOKEN.token,
            counter=2,
            downloads=downloads,
            expires=expires,
        )
        desk.sharing.new_link(self.alice, link, self.file.id)
        self.link = link.link
        self.wrap = link.wraps[0].wrap

    def ticket(self) -> str:
        return self.desk.links.ticket(self.desk.guest(), TOKEN, self.link).ticket

    def open(self) -> wire.LinkFile:
        return self.desk.links.open(self.desk.guest(), TOKEN, self.link)

    def take(self, ticket: str, *chunks: str) -> list[int]:
        return [self.desk.ask("GET", ticket, chunk).status for chunk in chunks]

    def confirm(self, ticket: str) -> None:
        self.desk.links.confirm(self.desk.guest(), wire.Confirm(ticket), self.link)

    @property
    def used(self) -> int:
        links = self.desk.listing.file(self.alice, self.file.id).links
        assert links is not None
        return links[0].used


def code(status: int, code_: str) -> pytest.RaisesExc[HttpProblem]:
    return pytest.RaisesExc(HttpProblem, check=lambda one: (one.status, one.code) == (status, code_))


ALL = ("manifest/0", "content/0", "content/1")


def test_a_link_opens_its_file_for_whoever_has_the_token(desk: Desk) -> None:
    shared = Shared(desk)
    assert desk.links.ask(desk.guest(), shared.link).password is False
    opened = shared.open()
    assert (opened.file, opened.owner, opened.left) == (shared.file.id, "alice", None)
    assert opened.version.wrap == shared.wrap
    assert shared.take(shared.ticket(), *ALL) == [200, 200, 200]


def test_absent_wrong_revoked_expired_and_used_up_are_the_same(desk: Desk) -> None:
    shared = Shared(desk, downloads=1, expires=desk.now + 5_000)

    def nothing(link: str, token: wire.LinkToken) -> None:
        with pytest.raises(NotFound):
            desk.links.open(desk.guest(), token, link)
        with pytest.raises(NotFound):
            desk.links.ticket(desk.guest(), token, link)

    nothing("0" * 32, TOKEN)
    nothing(shared.link, WRONG)
    desk.now += 4_999
    ticket = shared.ticket()
    desk.now += 1
    nothing(shared.link, TOKEN)
    desk.now -= 1
    shared.take(ticket, *ALL)
    shared.confirm(ticket)
    nothing(shared.link, TOKEN)
    desk.sharing.revoke_link(
        shared.alice, wire.Revoke(access_list(shared.file.id, 3)), shared.file.id, shared.link
    )
    nothing(shared.link, TOKEN)
    assert desk.get(ticket, "content", 0).status == 401
    with pytest.raises(NotFound):
        desk.links.ask(desk.guest(), shared.link)


def test_wrong_tokens_are_slowed_down_for_the_link_and_for_the_source(desk: Desk) -> None:
    shared = Shared(desk)
    for n in range(WRONG_PER_LINK // 5):  # of these eight the first three are counted apart
        for _ in range(8):
            with pytest.raises(NotFound):
                desk.links.open(desk.guest(f"192.0.{n}.1"), WRONG, shared.link)
    for token in (WRONG, TOKEN):
        with code(429, "too_many_requests"):
            desk.links.open(desk.guest("192.0.2.1"), token, shared.link)
    # Who was not wrong about it often is not held up, also beside one who was.
    for source in ("203.0.113.1", "192.0.2.200"):
        for _ in range(2):
            with pytest.raises(NotFound):
                desk.links.open(desk.guest(source), WRONG, shared.link)
        desk.links.open(desk.guest(source), TOKEN, shared.link)
    desk.links.open(desk.guest("198.51.100.1"), TOKEN, shared.link)
    desk.now += 60_000
    shared.open()
    for n in range(WRONG_PER_SOURCE):
        with pytest.raises(NotFound):
            desk.links.ticket(desk.guest(), WRONG, f"{n:032x}")
    with code(429, "too_many_requests"):
        shared.open()
    desk.links.open(desk.guest("192.0.2.77"), TOKEN, shared.link)


def test_one_network_that_guesses_does_not_lock_out_who_has_the_link(desk: Desk) -> None:
    shared = Shared(desk)
    guesser = desk.guest("192.0.2.66")
    for _ in range(WRONG_PER_LINK_AND_SOURCE):
        with pytest.raises(NotFound):
            desk.links.open(guesser, WRONG, shared.link)
    for token in (WRONG, TOKEN):
        with code(429, "too_many_requests"):
            desk.links.open(guesser, token, shared.link)
    desk.links.open(desk.guest("192.0.2.77"), TOKEN, shared.link)


def test_neighbours_and_others_who_guess_do_not_lock_out_who_was_never_wrong(desk: Desk) -> None:
    shared = Shared(desk)
    guessers = [f"192.0.2.{n}" for n in range(4)] + [f"198.51.{n}.1" for n in range(17)]
    for source in guessers:
        for _ in range(WRONG_PER_LINK_AND_SOURCE - 1):
            with contextlib.suppress(NotFound, HttpProblem):
                desk.links.open(desk.guest(source), WRONG, shared.link)
    with code(429, "too_many_requests"):
        desk.links.open(desk.guest("192.0.2.1"), TOKEN, shared.link)
    desk.links.open(desk.guest("192.0.2.200"), TOKEN, shared.link)
    # Of neighbours who were not wrong yet there are so many a minute.
    for n in range(20, 20 + WRONG_PER_LINK):
        with pytest.raises(NotFound):
            desk.links.open(desk.guest(f"192.0.2.{n}"), WRONG, shared.link)
    with code(429, "too_many_requests"):
        desk.links.open(desk.guest("192.0.2.200"), TOKEN, shared.link)
    desk.links.open(desk.guest("203.0.113.9"), TOKEN, shared.link)


def test_right_tokens_are_never_slowed_down(desk: Desk) -> None:
    shared = Shared(desk)
    for _ in range(WRONG_PER_SOURCE + 5):
        shared.open()


def test_the_slot_is_taken_by_the_first_content_chunk_and_not_before(desk: Desk) -> None:
    shared = Shared(desk, downloads=1)
    one, two = shared.ticket(), shared.ticket()
    assert shared.take(one, "manifest/0") == shared.take(two, "manifest/0") == [200]
    assert desk.ask("HEAD", one, "content/0").status == 200
    assert shared.open().left == 1
    assert shared.take(two, "content/0") == [200]
    assert shared.open().left == 0
    late = desk.get(one, "content", 0)
    assert (late.status, late.code) == (409, "no_downloads_left")
    with code(409, "no_downloads_left"):
        shared.ticket()
    assert shared.take(two, "content/0", "content/1", "content/1", "manifest/0") == [200] * 4
    assert shared.used == 0


def test_a_chunk_asked_for_while_another_takes_the_slot_is_given(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = Shared(desk, downloads=1)
    parts = desk.files.parts
    grant = parts.tickets.find(ticket_hash(shared.ticket()))
    assert grant is not None
    kind = parts.kinds["upload"]
    find = kind.find

    def meanwhile(session: Session, number: int) -> Whole | None:
        found = find(session, number)  # the database is read as it stood now
        with ThreadPoolExecutor(1) as thread:
            thread.submit(desk.files.leases.serve, grant, "c0").result()
        return found

    monkeypatch.setattr(kind, "find", meanwhile)
    assert Rights(parts).place(grant, "content", 1).chunk == "c1"
    assert grant.leased


def test_confirming_counts_once_and_the_session_may_go_on(desk: Desk) -> None:
    shared = Shared(desk, downloads=2)
    ticket = shared.ticket()
    with code(409, "conflict"):
        shared.confirm(ticket)
    with pytest.raises(NotFound):
        shared.confirm("wrong")
    shared.take(ticket, *ALL)
    for _ in range(3):
        shared.confirm(ticket)
    assert (shared.used, shared.open().left) == (1, 1)
    assert shared.take(ticket, "content/1") == [200]
    desk.now += LEASE
    desk.files.sweep.run()
    assert (shared.used, shared.open().left) == (1, 1)


@pytest.mark.parametrize(("chunks", "counted"), [(ALL, 1), (ALL[:2], 0), (ALL[1:], 0)])
def test_a_lease_that_ends_counts_if_everything_had_been_served(
    desk: Desk, chunks: tuple[str, ...], counted: int
) -> None:
    shared = Shared(desk, downloads=1)
    ticket = shared.ticket()
    shared.take(ticket, *chunks)
    desk.now += LEASE - 1
    assert shared.open().left == 0
    desk.now += 1
    if not counted:
        assert shared.open().left == 1
    desk.files.sweep.run()
    assert shared.used == counted
    assert shared.take(ticket, "content/0") == [401]


def test_a_lease_that_ended_is_settled_before_another_is_given(desk: Desk) -> None:
    shared = Shared(desk, downloads=1)
    early = shared.ticket()
    shared.take(early, *ALL)
    desk.now += LEASE - 10
    with code(409, "no_downloads_left"):
        shared.ticket()
    desk.now += 10  # nobody has swept; the count must hold all the same
    with code(409, "no_downloads_left"):
        shared.ticket()


def test_a_ticket_lives_on_with_its_lease(desk: Desk) -> None:
    shared = Shared(desk, downloads=1)
    ticket = shared.ticket()
    for _ in range(5):
        desk.now += LEASE - 1
        assert shared.take(ticket, "content/0") == [200]
    desk.now += LEASE
    assert shared.take(ticket, "content/0") == [401]


def test_a_restart_loses_no_count_and_no_lease(tmp_path: Path) -> None:
    with Desk(tmp_path) as before:
        shared = Shared(before, downloads=1)
        ticket = shared.ticket()
        shared.take(ticket, "manifest/0", "content/0")
    with Desk(tmp_path) as after:
        after.files.sweep.run()
        shared.desk = after
        late = after.links.open(after.guest(), TOKEN, shared.link)
        assert late.left == 0
        assert shared.take(ticket, "content/1") == [200]
        shared.confirm(ticket)
        assert shared.used == 1


def test_a_new_version_is_opened_if_it_was_wrapped_for_the_link(desk: Desk) -> None:
    shared = Shared(desk)
    second = next_version(shared.file.id, 2, counter=2, links=(shared.link, "0" * 32))
    desk.updated(shared.alice, shared.file.id, second)
    assert shared.open().version.upload == second.version.upload
    desk.updated(shared.alice, shared.file.id, next_version(shared.file.id, 3, counter=2))
    assert shared.open().version.upload == second.version.upload


def test_a_link_needs_a_newer_list_an_own_file_and_a_future(desk: Desk) -> None:
    shared = Shared(desk)
    upload = shared.wanted.version.upload
    bob = desk.person("bob")

    def link(counter: int, expires: int | None = None) -> wire.NewLink:
        return new_link(shared.file.id, upload, TOKEN.token, counter=counter, expires=expires)

    with pytest.raises(NotFound):
        desk.sharing.new_link(bob, link(3), shared.file.id)
    with code(409, "stale_access"):
        desk.sharing.new_link(shared.alice, link(2), shared.file.id)
    with code(422, "expires"):
        desk.sharing.new_link(shared.alice, link(3, desk.now), shared.file.id)
    again = link(3)
    desk.sharing.new_link(shared.alice, again, shared.file.id)
    with code(409, "exists"):
        desk.sharing.new_link(shared.alice, again, shared.file.id)
    with pytest.raises(NotFound):
        desk.sharing.revoke_link(bob, wire.Revoke(access_list(shared.file.id, 4)), shared.file.id, again.link)
    with code(409, "stale_access"):
        desk.sharing.revoke_link(
            shared.alice, wire.Revoke(access_list(shared.file.id, 3)), shared.file.id, again.link
        )


def test_an_expired_file_has_no_links(desk: Desk) -> None:
    shared = Shared(desk)
    desk.sharing.change_file(shared.alice, wire.ChangeFile(desk.now + 10), shared.file.id, 1)
    assert shared.open().expires == desk.now + 10
    desk.now += 10
    with pytest.raises(NotFound):
        shared.open()


def test_a_guest_is_told_nothing_of_the_owner_but_what_is_public(desk: Desk) -> None:
    shared = Shared(desk)
    assert isinstance(desk.guest(), Guest)
    said = wire.LINK_FILE.write(shared.open())
    assert isinstance(said, dict)
    assert said.keys() == {"file", "owner", "bundle", "version", "expires", "left"}
