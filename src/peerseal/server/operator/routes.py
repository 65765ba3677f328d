"""The operator's endpoints, the challenge, and reports."""

from __future__ import annotations

import functools

from peerseal.server.accounts.asking import Guest
from peerseal.server.accounts.login import strict_cookie
from peerseal.server.api import Answers
from peerseal.server.guard import passes
from peerseal.server.operator import rights
from peerseal.server.operator.accounts import OperatedAccounts
from peerseal.server.operator.damage import DamageDesk
from peerseal.server.operator.invites import Invites
from peerseal.server.operator.names import registered
from peerseal.server.operator.reports import Reports
from peerseal.server.operator.rights import Operator, OperatorRights, unclaimed
from peerseal.server.operator.service import Desk, PayDesk
from peerseal.server.services import Services
from peerseal.wire import accounts as a
from peerseal.wire import challenge as challenge_wire
from peerseal.wire import damage
from peerseal.wire import guard as guard_wire
from peerseal.wire import operator as operator_wire
from peerseal.wire import reports as reports_wire


def register(answers: Answers, services: Services) -> None:
    """All of them."""
    _paying(answers, PayDesk(services.guard, services.challenges, services.passes))
    _pages(answers, services.rights)
    names_of_nobody = functools.partial(unclaimed, services.database)
    written = functools.partial(registered, services.database)
    _guard(answers, Desk(services.guard, services.now, names_of_nobody, written))
    _people(answers, services.operated, services.invites)
    _reports(answers, services.reports)
    _stored(answers, DamageDesk(services.damage, services.database))


def _paying(answers: Answers, pay: PayDesk) -> None:
    answers("challenge")(pay.challenge)

    @answers("solve_challenge")
    def solve(guest: Guest, solved: challenge_wire.Solved) -> challenge_wire.Pass:
        given = pay.solve(guest, solved)
        strict_cookie(passes.COOKIE, given.pass_, passes.SECONDS)
        return given


def _pages(answers: Answers, right: OperatorRights) -> None:
    @answers("operator_page_link")
    def link(_operator: Operator, _empty: a.Empty) -> operator_wire.PageLink:
        return right.link()

    @answers("operator_open_page")
    def open_page(_guest: Guest, wanted: operator_wire.OpenPage) -> operator_wire.OperatorSession:
        operator = right.open(wanted.secret)
        strict_cookie(rights.COOKIE, operator.cookie or "", rights.PAGE_SECONDS)
        return operator_wire.OperatorSession(operator.by, operator.csrf, operator.expires)

    @answers("operator_session")
    def session(operator: Operator) -> operator_wire.OperatorSession:
        return operator_wire.OperatorSession(operator.by, operator.csrf, operator.expires)

    @answers("operator_close_page")
    def close_page(operator: Operator) -> None:
        right.close_page(operator)
        strict_cookie(rights.COOKIE, "", 0)


def _guard(answers: Answers, desk: Desk) -> None:
    @answers("operator_overview")
    def overview(_operator: Operator) -> guard_wire.Overview:
        return desk.overview()

    @answers("operator_standings")
    def standings(_operator: Operator) -> guard_wire.Standings:
        return desk.standings()

    @answers("operator_standing")
    def standing(_operator: Operator, standing: str) -> guard_wire.StandingWhy:
        return desk.standing(standing)

    @answers("operator_undo")
    def undo(_operator: Operator, _empty: a.Empty, standing: str) -> None:
        desk.undo(standing)

    @answers("operator_allowed")
    def allowed(_operator: Operator) -> guard_wire.AllowedList:
        return desk.allowed()

    @answers("operator_allow")
    def allow(_operator: Operator, wanted: guard_wire.Allow) -> guard_wire.Allowed:
        return desk.allow(wanted)

    @answers("operator_disallow")
    def disallow(_operator: Operator, allowed: str) -> None:
        desk.disallow(allowed)

    @answers("operator_mode")
    def mode(_operator: Operator, wanted: guard_wire.SetMode) -> None:
        desk.set_mode(wanted)

    @answers("operator_events")
    def events(_operator: Operator, cursor: str | None, limit: int) -> guard_wire.Events:
        return desk.events(cursor, limit)


def _people(answers: Answers, accounts: OperatedAccounts, invites: Invites) -> None:
    @answers("operator_accounts")
    def listed(_operator: Operator, cursor: str | None, limit: int) -> operator_wire.OperatedAccounts:
        return accounts.page(cursor, limit)

    @answers("operator_change_account")
    def change(
        _operator: Operator, wanted: operator_wire.ChangeOperated, name: str
    ) -> operator_wire.OperatedAccount:
        return accounts.change(wanted, name)

    @answers("operator_invites")
    def invited(_operator: Operator) -> operator_wire.Invites:
        return invites.all()

    @answers("operator_invite")
    def invite(_operator: Operator, wanted: operator_wire.NewInvite) -> operator_wire.MadeInvite:
        return invites.make(wanted)

    @answers("operator_end_invite")
    def end(_operator: Operator, invite: str) -> None:
        invites.end(invite)


def _reports(answers: Answers, reports: Reports) -> None:
    answers("report")(reports.report)

    @answers("operator_reports")
    def listed(_operator: Operator, cursor: str | None, limit: int) -> reports_wire.ReportedList:
        return reports.page(cursor, limit)

    @answers("operator_close_report")
    def close(_operator: Operator, _empty: a.Empty, report: str) -> None:
        reports.close(report)

    @answers("operator_revoke_reported")
    def revoke(_operator: Operator, _empty: a.Empty, report: str) -> None:
        reports.revoke(report)


def _stored(answers: Answers, desk: DamageDesk) -> None:
    @answers("operator_damage")
    def damaged(_operator: Operator) -> damage.DamageList:
        return desk.all()
