"""Files, versions, shares, links and parks of a live server against a model of a few dictionaries.

Whatever sequence of right and wrong steps hypothesis finds, the server's answers are those of the model: what was
committed is there byte for byte and for the right people, what was not is not, and the number the server keeps of
each account's use is the sum of what it owns. PEERSEAL_MODEL_STEPS makes it long.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from attack.conftest import Attacked
from peerseal.wire import stored as s
from support.costs import costs
from support.outsider import Outsider
from support.parks import Chunks, Plan, fetched, park
from support.stored_files import (
    access_list,
    commit_of,
    new_file,
    new_link,
    new_version,
    next_version,
    share_of,
)
from support.storing import Storer

pytestmark = pytest.mark.e2e

#: `make attack` sets it to some hundreds.
STEPS: Final = int(os.environ.get("PEERSEAL_MODEL_STEPS", "0"))
OPEN_UPLOADS: Final = 50
WRONG: Final = b"w" * 32


class Upload:
    """One version on its way or committed."""

    def __init__(self, version: s.NewVersion, ticket: str) -> None:
        self.version, self.ticket = version, ticket
        self.chunks: Chunks = {}

    @property
    def id(self) -> str:
        return self.version.upload

    @property
    def bytes(self) -> int:
        return self.version.manifest_bytes + self.version.content_bytes


class Kept:
    """One file: its owner's number, its versions, who may read it, its links."""

    def __init__(self, owner: int, id_: str) -> None:
        self.owner, self.id, self.counter = owner, id_, 1
        self.versions: list[Upload] = []
        self.arriving: list[Upload] = []
        self.readers: dict[int, int] = {}
        self.links: dict[str, list[Any]] = {}

    @property
    def number(self) -> int:
        return len(self.versions)


class Server(RuleBasedStateMachine):
    """Three people on one server. Ids of files grow; a rule picks one by a number."""

    attacked: Attacked

    def __init__(self) -> None:
        super().__init__()
        self.people = [Storer.sign_up(self.attacked.port) for _ in range(3)]
        self.files: list[Kept] = []
        self.gone: list[Kept] = []
        self.parks: list[tuple[Plan, Chunks]] = []
        self.guesses = 0

    def teardown(self) -> None:
        for kept in self.files:
            self.people[kept.owner].expect("delete_file", file=kept.id)
        for plan, _ in self.parks:
            self.people[0].call("end_park", plan.proof, park=plan.id)
        for person in self.people:
            person.close()

    # --- storing ---

    @rule(owner=st.integers(0, 2), size=st.sampled_from([0, 1, 64, 1000, 1024, 1025, 3000]))
    def begin(self, owner: int, size: int) -> None:
        wanted = new_file(version=new_version(content=size))
        busy = sum(len(kept.arriving) for kept in self.files if kept.owner == owner)
        status, said = self.people[owner].call("new_file", wanted)
        assert status == (429 if busy >= OPEN_UPLOADS else 201)
        if status == 201:
            kept = Kept(owner, wanted.id)
            kept.arriving.append(Upload(wanted.version, said["ticket"]))
            self.files.append(kept)
            assert self.people[owner].call("new_file", wanted)[0] == 409

    @precondition(lambda self: self.files)
    @rule(which=st.integers(0), lag=st.sampled_from([0, 0, 0, 1]))
    def update(self, which: int, lag: int) -> None:
        kept = self.files[which % len(self.files)]
        owner = self.people[kept.owner]
        base = max(0, kept.number - lag)
        wanted = next_version(kept.id, base + 1, kept.counter, self._names(kept), tuple(kept.links))
        status, said = owner.call("new_version", wanted, base, file=kept.id)
        assert status == (201 if base == kept.number else 412), (status, said)
        if status == 201:
            kept.arriving.append(Upload(wanted.version, said["ticket"]))

    @precondition(lambda self: any(kept.arriving for kept in self.files))
    @rule(which=st.integers(0), whole=st.sampled_from([True, True, True, False]))
    def fill(self, which: int, whole: bool) -> None:
        _, upload = self._arriving(which)
        owner = self.people[0]
        plan = _chunks(upload.version)
        for place, content in list(plan.items())[: None if whole else 1]:
            known = upload.chunks.get(place)
            status = owner.put(upload.ticket, *place, content if known is None else known)
            assert status == (201 if known is None else 200)
            upload.chunks[place] = content if known is None else known
            assert owner.put(upload.ticket, *place, bytes(len(content))) == 409

    @precondition(lambda self: any(kept.arriving for kept in self.files))
    @rule(which=st.integers(0))
    def commit(self, which: int) -> None:
        kept, upload = self._arriving(which)
        owner = self.people[kept.owner]
        body = commit_of(upload.version)
        status, said = owner.call("commit", body, upload=upload.id)
        if upload.chunks.keys() != _chunks(upload.version).keys():
            assert status in (409, 412), said
        elif upload.version.version != kept.number + 1:
            assert status == 412, said
        else:
            assert status == 200, said
            assert owner.call("commit", body, upload=upload.id)[0] == 200
            kept.arriving.remove(upload)
            kept.versions.append(upload)

    @precondition(lambda self: any(kept.arriving for kept in self.files))
    @rule(which=st.integers(0), stranger=st.booleans())
    def abandon(self, which: int, stranger: bool) -> None:
        kept, upload = self._arriving(which)
        if stranger:
            assert self.people[(kept.owner + 1) % 3].call("abandon", upload=upload.id)[0] == 404
            return
        self.people[kept.owner].expect("abandon", upload=upload.id)
        kept.arriving.remove(upload)
        if not kept.arriving and not kept.versions:
            self.files.remove(kept)
            self.gone.append(kept)

    @precondition(lambda self: self.files)
    @rule(which=st.integers(0), who=st.integers(0, 2))
    def delete(self, which: int, who: int) -> None:
        kept = self.files[which % len(self.files)]
        status = self.people[who].call("delete_file", file=kept.id)[0]
        assert status == (204 if who == kept.owner else 404)
        if status == 204:
            self.files.remove(kept)
            self.gone.append(kept)

    # --- giving ---

    @precondition(lambda self: any(kept.versions for kept in self.files))
    @rule(which=st.integers(0), reader=st.integers(0, 2), fresh=st.booleans())
    def share(self, which: int, reader: int, fresh: bool) -> None:
        kept = self._stored(which)
        body = share_of(kept.id, kept.versions[-1].id, kept.counter + fresh)
        status, said = self.people[kept.owner].call(
            "share", body, file=kept.id, name=self.people[reader].name
        )
        expected = 422 if reader == kept.owner else 204 if fresh else 409
        assert status == expected, said
        if status == 204:
            kept.counter += 1
            kept.readers[reader] = kept.number

    @precondition(lambda self: any(kept.readers for kept in self.files))
    @rule(which=st.integers(0), leaves=st.booleans())
    def revoke(self, which: int, leaves: bool) -> None:
        shared = [kept for kept in self.files if kept.readers]
        kept = shared[which % len(shared)]
        reader = sorted(kept.readers)[which % len(kept.readers)]
        access = None if leaves else access_list(kept.id, kept.counter + 1)
        by = self.people[reader if leaves else kept.owner]
        by.expect("revoke", s.Revoke(access), file=kept.id, name=self.people[reader].name)
        kept.counter += not leaves
        del kept.readers[reader]

    @precondition(lambda self: any(kept.versions for kept in self.files))
    @rule(which=st.integers(0), downloads=st.sampled_from([None, 1, 2]))
    def link(self, which: int, downloads: int | None) -> None:
        kept = self._stored(which)
        token = os.urandom(32)
        body = new_link(kept.id, kept.versions[-1].id, token, counter=kept.counter + 1, downloads=downloads)
        self.people[kept.owner].expect("new_link", body, file=kept.id)
        kept.counter += 1
        kept.links[body.link] = [token, downloads, kept.versions[-1]]

    @precondition(lambda self: any(kept.links for kept in self.files))
    @rule(which=st.integers(0))
    def fetch_by_link(self, which: int) -> None:
        kept, link = self._linked(which)
        token, left, _ = kept.links[link]
        # Each from elsewhere: after too many that are wrong, used up or gone, the right one of a network waits too.
        guest = self._guest()
        try:
            eve = Outsider(
                self.attacked.port, f"127.{which % 99 + 101}.{which % 251}.{self.guesses % 250 + 1}"
            )
            self.guesses += 1
            assert eve.call("open_link", s.LinkToken(WRONG), link=link).status in (404, 429)
            status, said = guest.call("link_ticket", s.LinkToken(token), link=link)
            if left == 0:
                assert status in (404, 409), said
                return
            assert status == 200, said
            opened = guest.expect("open_link", s.LinkToken(token), link=link)
            upload = next(one for one in kept.versions if one.id == opened["version"]["upload"])
            _same(guest, said["ticket"], upload)
            guest.expect("confirm_link", s.Confirm(said["ticket"]), link=link)
            if left is not None:
                kept.links[link][1] = left - 1
        finally:
            guest.close()

    @precondition(lambda self: any(kept.links for kept in self.files))
    @rule(which=st.integers(0))
    def revoke_link(self, which: int) -> None:
        kept, link = self._linked(which)
        body = s.Revoke(access_list(kept.id, kept.counter + 1))
        self.people[kept.owner].expect("revoke_link", body, file=kept.id, link=link)
        token = kept.links.pop(link)[0]
        kept.counter += 1
        with contextlib.closing(self._guest()) as guest:
            assert guest.call("open_link", s.LinkToken(token), link=link)[0] == 404

    # --- parks ---

    @precondition(lambda self: len(self.parks) < 5)
    @rule(size=st.sampled_from([0, 100, 2000]))
    def leave(self, size: int) -> None:
        plan = Plan(content=size)
        self.parks.append((plan, park(self.people[0], plan)))

    @precondition(lambda self: self.parks)
    @rule(which=st.integers(0), done=st.booleans())
    def pick_up(self, which: int, done: bool) -> None:
        plan, chunks = self.parks[which % len(self.parks)]
        assert fetched(self.people[1], plan, chunks)
        if done:
            self.people[1].expect("parked_done", plan.reading(), reader=plan.reader)
            self.parks.remove((plan, chunks))
            assert self.people[1].call("parked", plan.reading(), reader=plan.reader)[0] == 404
            assert self.people[0].call("park", plan.proof, park=plan.id)[0] == 404

    # --- what always holds ---

    @precondition(lambda self: any(kept.versions for kept in self.files))
    @rule(which=st.integers(0), who=st.integers(0, 2))
    def read(self, which: int, who: int) -> None:
        kept = self._stored(which)
        person = self.people[who]
        status, said = person.call("file", file=kept.id)
        if who != kept.owner and who not in kept.readers:
            assert status == 404
            asked = s.AskStoreTicket("download")
            assert person.call("store_ticket", asked, upload=kept.versions[-1].id)[0] == 404
            return
        assert status == 200
        assert said["current"]["version"] == kept.number
        at = kept.number if who == kept.owner else min(kept.readers[who], kept.number)
        upload = kept.versions[-1 if who == kept.owner else at - 1]
        down = person.expect("store_ticket", s.AskStoreTicket("download"), upload=upload.id)["ticket"]
        _same(person, down, upload)

    @invariant()
    def everybody_uses_what_they_own(self) -> None:
        database = self.attacked.home / "data" / "peerseal.db"
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as rows:
            used = dict(rows.execute("SELECT user, used FROM users"))
        counted = costs(database)
        for number, person in enumerate(self.people):
            mine = [kept for kept in self.files if kept.owner == number]
            owned = sum(one.bytes for kept in mine for one in (*kept.versions[-10:], *kept.arriving))
            assert counted[person.name] == (used[person.name], owned)

    @invariant()
    def what_is_gone_stays_gone(self) -> None:
        for kept in self.gone[-2:]:
            assert self.people[kept.owner].call("file", file=kept.id)[0] == 404

    def _arriving(self, which: int) -> tuple[Kept, Upload]:
        all_ = [(kept, one) for kept in self.files for one in kept.arriving]
        return all_[which % len(all_)]

    def _stored(self, which: int) -> Kept:
        stored = [kept for kept in self.files if kept.versions]
        return stored[which % len(stored)]

    def _linked(self, which: int) -> tuple[Kept, str]:
        all_ = [(kept, link) for kept in self.files for link in kept.links]
        return all_[which % len(all_)]

    def _guest(self) -> Storer:
        self.guesses += 1
        return Storer(self.attacked.port, f"127.201.{self.guesses // 250 % 250}.{self.guesses % 250 + 1}")

    def _names(self, kept: Kept) -> tuple[str, ...]:
        for reader in kept.readers:
            kept.readers[reader] = 10**6  # a new version is wrapped for them from its start
        return tuple(self.people[reader].name for reader in sorted(kept.readers))


def test_files_versions_shares_links_and_parks_are_what_the_model_says(patient: Attacked) -> None:
    class Here(Server):
        pass

    Here.attacked = patient
    bounds = settings(
        max_examples=20 if STEPS else 3,
        stateful_step_count=STEPS or 40,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),  # making a failure smaller would ask a live server for minutes
        database=None,
        print_blob=False,
    )
    run_state_machine_as_test(Here, settings=bounds)


def _chunks(version: s.NewVersion) -> Chunks:
    from support.stored_files import chunks_of

    return {(stream, n): content for stream, n, content in chunks_of(version)}


def _same(reader: Storer, ticket: str, upload: Upload) -> None:
    for place, content in upload.chunks.items():
        assert reader.get(ticket, *place) == (200, content)
