"""Reports: anybody may make a few, nobody learns from them, and one step ends the link that was reported."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerseal.errors import NotFound
from peerseal.server.guard.problems import HttpProblem
from peerseal.server.operator.reports import FREELY, FREELY_SECONDS, OPEN_PER_LINK, PER_HOUR, Reports
from peerseal.wire import reports
from peerseal.wire import stored as wire
from support.stored_files import Desk, new_file, new_link

TOKEN = wire.LinkToken(os.urandom(32))


class Case:
    """Alice's file behind a link, and who reads reports."""

    def __init__(self, home: Path) -> None:
        self.desk = Desk(home).__enter__()
        self.paid: set[str] = set()
        self.reports = Reports(
            self.desk.files.parts,
            lambda: self.desk.now,
            lambda: self.desk.now / 1000,
            lambda guest: guest.source in self.paid,
        )
        self.alice = self.desk.person("alice")
        self.wanted = new_file()
        self.file = self.desk.stored(self.alice, self.wanted).id
        self.link, self.other = self.new_link(2), self.new_link(3)

    def new_link(self, counter: int, downloads: int | None = None) -> str:
        link = new_link(
            self.file, self.wanted.version.upload, TOKEN.token, counter=counter, downloads=downloads
        )
        self.desk.sharing.new_link(self.alice, link, self.file)
        return link.link

    def report(self, link: str | None = None, source: str = "192.0.2.9", text: str = "look at this") -> None:
        self.reports.report(self.desk.guest(source), reports.Report(link or self.link, "malware", text))

    def all(self) -> tuple[reports.Reported, ...]:
        return self.reports.page(None, 200).reports


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path / "data")
    yield made
    made.desk.__exit__(None, None, None)


def test_a_report_says_what_whose_and_how_often(case: Case) -> None:
    case.report()
    case.report(source="198.51.100.1", text="")
    case.report(case.other, text="this too")
    assert [(one.link, one.text, one.owner, one.count, one.state) for one in case.all()] == [
        (case.other, "this too", "alice", 1, "open"),
        (case.link, "", "alice", 2, "open"),
        (case.link, "look at this", "alice", 2, "open"),
    ]


def test_a_link_that_is_not_there_is_answered_alike_and_kept_nowhere(case: Case) -> None:
    case.report("ab" * 16)
    assert case.all() == ()


def test_one_network_may_make_five_an_hour(case: Case) -> None:
    for _ in range(PER_HOUR):
        case.report()
    with pytest.raises(HttpProblem) as refused:
        case.report(case.other)
    assert refused.value.status == 429
    case.report(case.other, source="198.51.100.1")
    case.desk.now += 3_600_000
    case.report(case.other)


def test_many_reports_of_one_link_are_not_all_kept(case: Case) -> None:
    for n in range(OPEN_PER_LINK + 5):
        case.report(source=f"198.51.100.{n}")
    assert len(case.all()) == OPEN_PER_LINK


def test_what_is_said_cannot_hurt_a_page_or_a_terminal(case: Case) -> None:
    case.report(text="<img src=x onerror=alert(1)>\x1b[2J\x00\u202egpj.exe\nsecond line\u200b\r")
    assert case.all()[0].text == "<img src=x onerror=alert(1)> [2J  gpj.exe\nsecond line  "


def test_revoking_ends_that_link_and_downloads_under_way_and_no_other(case: Case) -> None:
    case.report()
    case.report(source="198.51.100.1")
    begun = case.desk.links.ticket(case.desk.guest(), TOKEN, case.link).ticket
    elsewhere = case.desk.links.ticket(case.desk.guest(), TOKEN, case.other).ticket
    assert case.desk.get(begun, "content", 0).status == 200
    case.reports.revoke(case.all()[0].id)
    assert case.desk.get(begun, "content", 0).status == 401
    with pytest.raises(NotFound):
        case.desk.links.open(case.desk.guest(), TOKEN, case.link)
    assert case.desk.get(elsewhere, "content", 0).status == 200
    assert {one.state for one in case.all()} == {"revoked"}
    # To its owner it is a link whose time is up: the list of access is theirs alone to sign.
    links = case.desk.listing.file(case.alice, case.file).links
    assert links is not None
    assert [one.expires for one in links if one.id == case.link] == [case.desk.now]
    case.reports.revoke(case.all()[0].id)


def test_a_counted_download_that_had_begun_does_not_survive_it(case: Case) -> None:
    link = case.new_link(4, downloads=1)
    begun = case.desk.links.ticket(case.desk.guest(), TOKEN, link).ticket
    assert case.desk.get(begun, "content", 0).status == 200
    case.report(link)
    case.reports.revoke(case.all()[0].id)
    assert case.desk.get(begun, "content", 0).status == 401


def test_a_link_that_is_used_up_can_still_be_reported(case: Case) -> None:
    link = case.new_link(4, downloads=1)
    with case.desk.database.writing() as session:
        session.connection().exec_driver_sql("UPDATE links SET used = 1 WHERE id = ?", (link,))
    case.report(link)
    assert [one.link for one in case.all()] == [link]


def test_a_closed_report_is_done_with_and_the_link_goes_on(case: Case) -> None:
    case.report()
    case.reports.close(case.all()[0].id)
    assert [one.state for one in case.all()] == ["closed"]
    case.desk.links.open(case.desk.guest(), TOKEN, case.link)
    for nothing in (case.reports.close, case.reports.revoke):
        with pytest.raises(NotFound):
            nothing("0" * 32)


def test_a_report_outlives_its_link_and_its_owner(case: Case) -> None:
    case.report()
    case.desk.sharing.delete_file(case.alice, case.file)
    case.reports.revoke(case.all()[0].id)
    with case.desk.database.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM users WHERE user = 'alice'")
    assert [(one.owner, one.state) for one in case.all()] == [(None, "revoked")]


def test_reports_come_in_pages_newest_first(case: Case) -> None:
    for n in range(5):
        case.report(source=f"198.51.100.{n}", text=str(n))
    first = case.reports.page(None, 3)
    rest = case.reports.page(first.next, 3)
    assert [one.text for one in first.reports + rest.reports] == ["4", "3", "2", "1", "0"]
    assert rest.next is None


def test_a_flood_about_one_account_takes_no_report_about_another_away(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peerseal.server.operator.reports.REPORTS_MAX", 12)
    monkeypatch.setattr("peerseal.server.operator.reports.PER_OWNER", 8)
    bob = case.desk.person("bob")
    wanted = new_file()
    file = case.desk.stored(bob, wanted).id
    theirs = []
    for counter in range(2, 8):
        link = new_link(file, wanted.version.upload, TOKEN.token, counter=counter)
        case.desk.sharing.new_link(bob, link, file)
        theirs.append(link.link)
    case.report(theirs[0], source="192.0.2.1", text="the one that matters")
    case.report(text="about alice")
    for n in range(40):
        case.report(theirs[1 + n % 5], source=f"198.51.100.{n}")
    about = [one.owner for one in case.all()]
    assert about.count("alice") == 1
    assert about.count("bob") == 8
    # And of one account's links no other's flood takes the only report of one.
    assert "the one that matters" in [one.text for one in case.all()]


def test_what_is_kept_in_all_goes_from_the_account_with_most(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peerseal.server.operator.reports.REPORTS_MAX", 6)
    bob = case.desk.person("bob")
    wanted = new_file()
    file = case.desk.stored(bob, wanted).id
    link = new_link(file, wanted.version.upload, TOKEN.token, counter=2)
    case.desk.sharing.new_link(bob, link, file)
    case.report(text="about alice")
    for n in range(12):
        case.report(link.link, source=f"198.51.100.{n}")
    assert len(case.all()) == 6
    assert [one.owner for one in case.all()].count("alice") == 1


def test_more_reports_than_people_make_cost_a_moment_and_who_paid_goes_on(case: Case) -> None:
    for n in range(FREELY):
        case.report(source=f"198.51.100.{n}")
    with pytest.raises(HttpProblem) as refused:
        case.report(source="203.0.113.1")
    assert (refused.value.status, refused.value.code) == (429, "challenge")
    assert (refused.value.retry_after or 0) > 0
    case.paid.add("203.0.113.1")
    case.report(case.other, source="203.0.113.1", text="paid")
    assert case.all()[0].text == "paid"
    case.desk.now += int(FREELY_SECONDS * 1000)
    case.report(case.other, source="203.0.113.2")
